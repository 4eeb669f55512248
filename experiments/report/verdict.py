"""The verdict on a comparison, by rule: what each policy saves or costs, what it does to people, what turns the sign.

The rule is the same for every policy.  It *saves* if, of the runs in which it changes the cost at all, at least nine in
ten cost less than the same run under the baseline, and the 90 % interval of the mean saving lies above zero; it *costs*
if the same holds the other way round; where it changes no run it makes no difference; otherwise neither can be told.
The sign *turns* if with the pull factor on the mean saving has another sign and can be told from zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from abm.measures import difference
from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.paired import by_measure
from experiments.question.question import PULL_ON
from experiments.report.amounts import number, pounds
from experiments.report.names import named, names_of
from experiments.statistics.intervals import Spread, spread
from experiments.statistics.precision import FIRST

Effect = Literal["saves", "costs", "unclear", "none"]

#: Of the runs that a policy changes, the share that has to lie on one side for a verdict.
ONE_SIDE = 0.9
#: Most policies that the sentences go through one by one.
EACH = 4
#: Share of a saving that has to come from people outside the account for it to be told.
OUTSIDE = 0.5
#: What several policies do.
IN_ALL: dict[Effect, str] = {"saves": "save", "costs": "cost", "unclear": "may do either", "none": "do neither"}
#: Horizons in words.
YEARS = ("", "one year", "two years", "three years", "four years", "five years", "six years", "seven years",
         "eight years", "nine years", "ten years")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a comparison says of the money of one policy.

    Attributes
    ----------
    variant, name
        Label and name for people.
    effect
        ``saves``, ``costs``, ``unclear`` (neither can be told) or ``none`` (no run costs more or less).
    saving, mean_low, mean_high
        Mean net saving against the baseline and the 90 % interval of the mean, GBP.
    run_p05, run_p95
        5th and 95th percentile of the runs' savings, GBP.
    saves, saves_error, costs
        Share of runs that cost less than under the baseline, its Monte-Carlo standard error (by parameter vector;
        NaN for one run), and share of runs that cost more.
    effect_with_pull, saving_with_pull
        The same verdict and mean with the pull factor on.
    turns
        Whether the sign of the mean saving turns with the pull factor on.
    """

    variant: str
    name: str
    effect: Effect
    saving: float
    mean_low: float
    mean_high: float
    run_p05: float
    run_p95: float
    saves: float
    saves_error: float
    costs: float
    effect_with_pull: Effect
    saving_with_pull: float
    turns: bool


def findings(comparison: Comparison) -> tuple[Finding, ...]:
    """What is found of each policy but the baseline, in their order."""
    names = names_of(comparison.question)
    found = []
    for position in range(1, len(comparison.runs)):
        saved = _saved(comparison.runs, position)
        pulled = _saved(comparison.pulled, position)
        effect, told = _effect(saved, comparison.vectors)
        with_pull, told_with = _effect(pulled, comparison.vectors)
        saves = spread((saved > 0).astype(np.float64), comparison.vectors)
        costs = spread((saved < 0).astype(np.float64), comparison.vectors)
        found.append(
            Finding(
                comparison.runs[position].label, names[position], effect, told.mean, told.mean_low, told.mean_high,
                told.run_p05, told.run_p95, saves.mean, saves.standard_error, costs.mean, with_pull, told_with.mean,
                told.mean * told_with.mean < 0 and not told_with.mean_low <= 0 <= told_with.mean_high,
            )
        )  # fmt: skip
    return tuple(found)


def _saved(runs: Sequence[Runs], position: int) -> NDArray[np.float64]:
    return np.asarray(difference("net_saving_npv", runs[position].outcomes, runs[0].outcomes))


def _effect(saved: NDArray[np.float64], vectors: NDArray[np.int64]) -> tuple[Effect, Spread]:
    """The verdict on some savings, and their spread."""
    told = spread(saved, vectors)
    changed = np.count_nonzero(saved)
    if not changed:
        return "none", told
    if np.count_nonzero(saved > 0) >= ONE_SIDE * changed and not told.mean_low <= 0:
        return "saves", told
    if np.count_nonzero(saved < 0) >= ONE_SIDE * changed and not told.mean_high >= 0:
        return "costs", told
    return "unclear", told


def verdict(comparison: Comparison, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The verdict in neutral sentences, one an entry: money, people, what turns the sign, and what to beware of.

    Parameters
    ----------
    rows
        As `experiments.compare.paired.rows` gives them.
    """
    found = findings(comparison)
    told = [_money(comparison, found), _people(rows), _turns(found), *_outside(found, rows)]
    if comparison.replicates < FIRST:
        runs = f"{comparison.replicates} run{'s' * (comparison.replicates > 1)}"
        told.insert(0, f"Only {runs} of each policy: too few to rely on.")
    return told


def sentence(one: Finding, replicates: int) -> str:
    """What one policy saves or costs, and what it would with the pull factor on, in a sentence."""
    told = _saves(one, replicates)
    if one.effect_with_pull == "none" or one.saving_with_pull == one.saving:
        return f"{told}."
    return f"{told}; with the pull factor on it {_of(one.saving_with_pull)}."


# ---- the sentences ----------------------------------------------------------------------------------


def _money(comparison: Comparison, found: Sequence[Finding]) -> str:
    q = comparison.question
    against = f"against “{names_of(q)[0]}”"
    start = f"Over {horizon(q.weeks)}, {against}, "
    if q.varied:
        start = f"Over {horizon(q.weeks)}, of “{named(q)}” {against}: "
    if len(found) <= EACH:
        return start + _joined([_saves(found[0], comparison.replicates), *(_saves(one) for one in found[1:])]) + "."
    groups = [
        f"{count} {words}" for effect, words in IN_ALL.items() if (count := sum(one.effect == effect for one in found))
    ]
    most, least = max(found, key=lambda one: one.saving), min(found, key=lambda one: one.saving)
    what = "settings" if q.varied else "policies"
    return (
        f"{start}of {len(found)} {what} {_joined(groups)}; at best {_saves(most, comparison.replicates)}, and at worst"
        f" {_saves(least)}."
    )


def _saves(one: Finding, replicates: int = 0) -> str:
    """What one policy saves or costs, with the chance that it saves; the number of runs where it is told first."""
    if one.effect == "none":
        return f"“{one.name}” changes the cost in no run"
    chance = f"it saves in {_share(one.saves, replicates)}"
    if (same := 1 - one.saves - one.costs) > 0 and round(100 * same):
        chance += f", changes nothing in {_share(same)}"
    if one.effect == "unclear":
        mean = f"{pounds(abs(one.saving))} {'saved' if one.saving > 0 else 'lost'} on average"
        return f"“{one.name}” may save or cost ({mean}; {chance})"
    return f"“{one.name}” {_of(one.saving)}{' on average' if replicates else ''} ({chance})"


def _of(saving: float) -> str:
    return f"{'saves' if saving > 0 else 'costs'} {pounds(abs(saving))}"


def _share(value: float, replicates: int = 0) -> str:
    """A share of runs, never rounded to all or none."""
    if value in (0.0, 1.0):
        word = "all" if value else "none"
        return f"{word}{' of the' * (value == 0)} {replicates:,} runs" if replicates else word
    return f"{number(min(99.0, max(1.0, 100 * value)))} %" + (f" of {replicates:,} runs" if replicates else "")


def _people(rows: Sequence[dict[str, Any]]) -> str:
    """How departures and the children's years in limbo change."""
    found = by_measure([row for row in rows if not row["group"]], "variant")
    left, limbo = ([row["difference"] for row in found[name]] for name in ("departures", "child_years_in_limbo"))
    if len(left) > EACH:
        ends = [f"{_signed(min(values))} to {_signed(max(values))}" for values in (left, limbo)]
        return f"Departures change by {ends[0]} households, child-years in limbo by {ends[1]}."
    order = ", in the same order" if len(left) > 1 else ""
    return (
        f"Departures change by {_joined(map(_signed, left))} households on average{order};"
        f" child-years in limbo by {_joined(map(_signed, limbo))}."
    )


def _turns(found: Sequence[Finding]) -> str:
    """Which savings become a cost, or the other way round, with the pull factor on."""
    (elasticity,) = PULL_ON.values()
    turned = [one for one in found if one.turns]
    start = f"If offers drew arrivals (elasticity {elasticity:g}, the upper bound in the evidence)"
    if not turned:
        return f"{start}, {_still(found)}."
    told = [
        f"“{one.name}” would {'save' if one.saving_with_pull > 0 else 'cost'} {pounds(abs(one.saving_with_pull))}"
        for one in turned[:EACH]
    ]
    more = len(turned) - EACH
    if more > 0:
        told.append(f"{more} more would change sides as well")
    return f"{start}, the sign turns: {_joined(told)}."


def _still(found: Sequence[Finding]) -> str:
    """That the pull factor turns nothing; the amount, if there is one policy whose saving or cost can be told."""
    if len(found) == 1 and found[0].effect == found[0].effect_with_pull and found[0].effect in ("saves", "costs"):
        amount = pounds(abs(found[0].saving_with_pull))
        same = "the same " * (amount == pounds(abs(found[0].saving)))
        return f"it would still {'save' if found[0].effect == 'saves' else 'cost'} {same}{amount}"
    return "no saving would become a cost, and no cost a saving"


def _outside(found: Sequence[Finding], rows: Sequence[dict[str, Any]]) -> list[str]:
    """Savings that come mostly from people whose costs the account does not hold."""
    parts = by_measure([row for row in rows if not row["group"]], "variant")
    told = {}
    for position, one in enumerate(found):
        outside = sum(parts[name][position]["mean"] for name in ("saving_out_of_contact", "saving_settled"))
        if one.saving > 0 and one.effect != "none" and outside > OUTSIDE * one.saving:
            told[f"“{one.name}”"] = pounds(outside)
    if not told:
        return []
    return [
        f"In this, {_joined(told)} leave{'s' * (len(told) == 1)} {_joined(told.values())} of support unpaid to people"
        " out of contact, protected or settled; what they then cost or pay is not counted."
    ]


def horizon(weeks: int) -> str:
    """A horizon in words: five years, 30 weeks."""
    years, rest = divmod(weeks, round(WEEKS_PER_YEAR))
    return YEARS[years] if not rest and 0 < years < len(YEARS) else f"{weeks:,} week{'s' * (weeks != 1)}"


def _signed(value: float) -> str:
    decimals = 0 if abs(value) >= 10 else 1
    return number(value, decimals, signed=True)


def _joined(parts: Any) -> str:
    """A list in words."""
    told = list(parts)
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
