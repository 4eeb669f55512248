"""Policies of the model appraised: cost and effect by draw, at other discount rates, by payer, and what to find out.

A draw is a parameter vector: runs that share one are averaged.  Chance remains in it where a vector has few runs, so
the value of *perfect* information counts luck that nobody could know; that of the inputs, by regression, does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abm.arrays.ledger import LINE
from abm.arrays.state import LEDGER_AT
from abm.inputs.parameters import InputError
from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.compare.comparing import Comparison, Runs
from experiments.economics.appraisal import Appraisal, Row, Terms
from experiments.economics.effects import Effect
from experiments.economics.groups import Group, varying
from experiments.economics.strategies import incremental
from experiments.statistics.intervals import PERCENTILES, spread, vector_means

Array = NDArray[np.float64]

#: What an additional departure and the like may be worth, in GBP, unless it is said.
WORTHS = (0.0, 50_000.0, 100_000.0, 200_000.0)
#: Discount rates that are always shown: of the Green Book for money and for health and life, and none.
RATES = (0.035, 0.015, 0.0)

#: Who pays which lines, as far as the ledger knows; the payer as it is in the United Kingdom.
PAYERS: dict[str, tuple[int, ...]] = {
    "asylum support (Home Office): housing and subsistence": (LINE.hotel, LINE.dispersal, LINE.subsistence),
    "decisions, reviews and open cases (Home Office)": (LINE.casework,),
    "appeals (Home Office and tribunals, not told apart)": (LINE.appeals,),
    "return (Home Office): offers, travel, help, advice": (LINE.advice, LINE.offer, LINE.travel, LINE.reintegration),
    "enforcement and detention (Home Office)": (LINE.enforcement, LINE.detention),
    "people who came because of the policy (all of these)": (LINE.induced_arrivals,),
    "people who came back (all of these)": (LINE.re_entry,),
}
NOT_IN_THE_LEDGER = (
    "Not in the ledger: schools, local authorities, health services, and what people cost or pay who are out of"
    " contact, protected or settled."
)


@dataclass(frozen=True)
class Policies:
    """A comparison seen as a choice between its policies.

    Attributes
    ----------
    appraisal
        Its policies, the baseline first; a draw a parameter vector.
    pulled
        The same with the pull factor on.
    """

    comparison: Comparison
    effect: Effect
    appraisal: Appraisal
    pulled: Appraisal

    @cached_property
    def groups(self) -> list[Group]:
        """The inputs that vary between the draws, by meaning; none where one behaviour is in use."""
        vectors = np.unique(self.comparison.vectors)
        if len(vectors) < 2:
            return []
        return varying([self.comparison.question.behaviours[vector] for vector in vectors])

    @property
    def rates(self) -> tuple[float, ...]:
        """Discount rates side by side: the comparison's own and the usual ones, the highest first."""
        return tuple(sorted({*RATES, self.comparison.question.caseload.world.discount_rate}, reverse=True))

    @property
    def discounted_runs(self) -> int:
        """Runs of each policy whose weekly ledger is kept, and which other discount rates are therefore over."""
        return len(self.comparison.runs[0].history)

    @cached_property
    def discounting(self) -> list[Row]:
        """The rows of the strategies at each discount rate, from the weekly ledgers; effects are not discounted."""
        runs, count = self.comparison.runs, self.discounted_runs
        vectors = self.comparison.vectors[:count]
        effect = np.column_stack([vector_means(e, vectors) for e in _effects(runs, self.effect, count)]).mean(axis=0)
        found = []
        for rate in self.rates:
            cost = [float(vector_means(cost_at(held, rate), vectors).mean()) for held in runs]
            for row in incremental(self.appraisal.names, cost, effect):
                found.append({"discount_rate": rate, **row, "against_baseline": row["cost"] - cost[0]})
        return found

    @cached_property
    def outside(self) -> dict[str, float]:
        """Policies under which more households than under the baseline end outside the account, and how many more."""
        base, *others = (runs.measure("outside_account_end") for runs in self.comparison.runs)
        found = {}
        for name, values in zip(self.appraisal.names[1:], others, strict=True):
            more = spread(values - base, self.comparison.vectors)
            if more.mean > 0 and not more.mean_low <= 0:
                found[name] = more.mean
        return found

    @cached_property
    def payers(self) -> list[Row]:
        """Who bears it: a row a payer and policy, with the mean and the difference from the baseline."""
        runs, vectors = self.comparison.runs, self.comparison.vectors
        found = []
        for payer, lines in PAYERS.items():
            paid = [held.lines[:, list(lines)].sum(axis=1) for held in runs]
            for name, values in zip(self.appraisal.names, paid, strict=True):
                more = values - paid[0]
                at = spread(more, vectors)
                low, high = np.percentile(more, PERCENTILES)
                found.append({
                    "payer": payer, "strategy": name, "cost": spread(values, vectors).mean, "difference": at.mean,
                    "difference_mean_low": at.mean_low, "difference_mean_high": at.mean_high,
                    "difference_run_p05": float(low), "difference_run_p95": float(high),
                })  # fmt: skip
        return found


def cost_at(runs: Runs, rate: float) -> Array:
    """Discounted cost of each run whose weekly ledger is kept, GBP of the whole caseload, shape (runs,)."""
    pence = runs.history[:, :, LEDGER_AT:].sum(axis=2)
    factors = (1.0 + rate) ** -(np.arange(pence.shape[1]) / WEEKS_PER_YEAR)
    return np.asarray(pence @ factors / 100.0 * runs.weight)


def policies(comparison: Comparison, effect: Effect, worths: Sequence[float]) -> Policies:
    """Appraise the policies of a comparison.

    Parameters
    ----------
    worths
        What a unit of the effect may be worth, GBP.

    Raises
    ------
    InputError
        If some run does not have the measure.
    """
    for runs in comparison.runs:
        lacking = int(np.isnan(runs.measure(effect.measure.id)).sum())
        if lacking:
            allowed = (
                f"a measure that every run has: {lacking:,} of {comparison.replicates:,} runs of {runs.label} have none"
                f" ({effect.measure.absent})"
            )
            raise InputError("--effect", effect.measure.id, allowed)
    world = comparison.question.caseload.world
    cost = f"public cost over {comparison.question.weeks:,} weeks, present value at {100 * world.discount_rate:.4g} %"
    terms = Terms("£", cost, effect.title, effect.unit)
    names = _names(comparison)
    central = _appraisal(comparison, comparison.runs, effect, Appraisal(
        names, np.empty((0, 0)), np.empty((0, 0)), tuple(worths), terms
    ))  # fmt: skip
    return Policies(comparison, effect, central, _appraisal(comparison, comparison.pulled, effect, central))


def _names(comparison: Comparison) -> tuple[str, ...]:
    """Labels of the policies; the baseline's own is marked where it is compared with itself as well."""
    base, *rest = (runs.label for runs in comparison.runs)
    return (f"{base} (baseline)" if base in rest else base, *rest)


def _appraisal(comparison: Comparison, runs: Sequence[Runs], effect: Effect, like: Appraisal) -> Appraisal:
    vectors = comparison.vectors
    cost = np.column_stack([vector_means(held.measure("cost_npv"), vectors) for held in runs])
    gained = np.column_stack([vector_means(e, vectors) for e in _effects(runs, effect, comparison.replicates)])
    return replace(like, cost=cost, effect=gained)


def _effects(runs: Sequence[Runs], effect: Effect, count: int) -> list[Array]:
    """The effect of each policy against the baseline, run by run."""
    values = [held.measure(effect.measure.id)[:count] for held in runs]
    return [effect.sign * (value - values[0]) for value in values]
