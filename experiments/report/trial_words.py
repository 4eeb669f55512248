"""What is said of a trial: what was tried, whether it would settle anything, and what leaks between its arms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from experiments.report.amounts import Scale, number, scale
from experiments.trial.asking import LEVEL, POWER
from experiments.trial.conducting import Conducted
from experiments.trial.rows import Row, best

#: What the outcomes are called: of a family, and as an effect.
TITLES = {"departed": "departed", "saving": "saved"}
#: A null offer is told of where it is rejected too often or too seldom by this p-value.
OFF = 0.01


def effect_scale(rows: Sequence[Row], outcome: str) -> Scale:
    """How effects on an outcome are written, the same in table, sentences and figure."""
    mine = [row for row in rows if row["outcome"] == outcome]
    keys = ("truth", "bias", "detectable", "standard_error")
    values = [abs(row[key]) for row in mine for key in keys if math.isfinite(row[key])]
    return scale(mine[0]["unit"], values, values)


def heading(found: Conducted) -> str:
    """What was tried."""
    trial = found.trial
    ways = " or ".join(f"by {way}" for way in trial.by)
    offers = ", ".join(trial.offers)
    return (
        f"Its own offer{'s' * (len(trial.offers) > 1)} ({offers}) open to {number(100 * trial.share)} % of the"
        f" families, drawn {ways}; the others live under the rest of the policy."
    )


def settled(found: Conducted, rows: Sequence[Row]) -> Iterator[str]:
    """Whether it would be settled, by how many families in how many months; a sentence an outcome and assignment."""
    for outcome in found.trial.outcomes:
        s = effect_scale(rows, outcome)
        for way in found.trial.by:
            yield _settled(found, rows, outcome, way, s)


def _settled(found: Conducted, rows: Sequence[Row], outcome: str, way: str, s: Scale) -> str:
    what = f"{'Whether it saves' if outcome == 'saving' else 'Whether it makes more leave'}, by {way}:"
    row = best(rows, outcome, way)
    if row is None:
        if all(r["impossible"] == 1.0 for r in rows if r["by"] == way):
            return f"{what} no number of families that was asked for allows a test."
        return (
            f"{what} the model itself cannot tell the effect from nought in these months, so no number of families can"
            " be named."
        )
    told = (
        f"{what} {rounded(row['needed'])} families followed for {row['months']} months would show the model's mean"
        f" effect, {amount(row['truth'], s)}, {number(100 * POWER)} times in 100; {row['families']:,} families would"
        f" show one of {amount(row['detectable'], s)}."
    )
    checks = [r for r in rows if r["checked"] and (r["outcome"], r["by"], r["months"]) == (outcome, way, row["months"])]
    checks = [r for r in checks if r["families"] == round(row["needed"])]
    if checks:
        rejected = chance(checks[0], "power")
        told += f" Trials of that size, run to check it, rejected in {rejected}: the effect differs from draw to draw."
    elif row["needed"] > found.trial.most_checked:
        told += " That many were not run."
    have = found.trial.variant.caseload.households
    return told + (f" The caseload has {have:,}." if row["needed"] > have else "")


def leaks(found: Conducted, rows: Sequence[Row]) -> Iterator[str]:
    """What peers carry from arm to arm, a sentence an outcome."""
    months = max(found.trial.months)
    for outcome in found.trial.outcomes:
        s, parts = effect_scale(rows, outcome), []
        for way in found.trial.by:
            row = _largest(rows, outcome, way, months)
            told = row["bias_mean_low"] > 0 or row["bias_mean_high"] < 0
            parts.append(
                f"by {way} {amount(row['bias'], s)} {_interval(row, 'bias', s)}"
                + ("" if told else ", which cannot be told from nought")
            )
        yield f"Bias by spill-over after {months} months, {TITLES[outcome]}: {'; '.join(parts)}."


def false_positives(found: Conducted, rows: Sequence[Row]) -> Iterator[str]:
    """How often a trial of nothing rejects, and whether that is what it should be."""
    for outcome in found.trial.outcomes:
        for way in found.trial.by:
            mine = [r for r in rows if (r["outcome"], r["by"]) == (outcome, way) and not r["checked"]]
            for row in (r for r in mine if r["false_positive_p"] < OFF and r["impossible"] < 1.0):
                seldom = "less" if row["false_positive"] < LEVEL else "more"
                why = f"with so few departures or sites the test rejects {seldom} often than it should"
                yield (
                    f"{TITLES[outcome].capitalize()}, {row['families']:,} families by {way}, {row['months']} months: an"
                    f" offer of nothing is rejected in {chance(row, 'false_positive')}"
                    f" instead of {number(100 * LEVEL)} %: {why}."
                )


def impossible(rows: Sequence[Row]) -> Iterator[str]:
    """Trials that allow no test."""
    seen: set[tuple[int, str]] = set()
    for row in rows:
        if row["impossible"] > 0 and (row["families"], row["by"]) not in seen:
            seen.add((row["families"], row["by"]))
            yield (
                f"{row['families']:,} families by {row['by']}: {number(100 * row['impossible'])} % of the trials allow"
                f" no test ({number(row['sites'])} sites; it takes two in each arm), and count as not rejecting."
            )


METHOD = (
    "True effect: the same families with the offer open to all, less with it open to none, on the same seeds. Standard"
    " error: standard deviation over runs of the trial's estimate less that truth. Seen from: the smallest true effect"
    " rejected at 5 %, two-sided, with a power of 80 %: (1.96 + 0.84) standard errors. Power: share of runs that"
    " reject, over effects as they differ from draw to draw; null: the same under an offer of nothing; both with 90 %"
    " intervals (Wilson's)."
    " Test by family: Welch's; by site: robust to what families of a site have in common. Spill-over: less what"
    " changes for those not drawn, less what those drawn lack of the effect of opening it to all. Needed: at the mean"
    " true effect, as the standard error falls with the root of the number of families. Saved: housing, subsistence,"
    " open cases, payments, travel and help after return, discounted; enforcement, decisions and advice cannot be told"
    " by family."
)


def _largest(rows: Sequence[Row], outcome: str, way: str, months: int) -> Row:
    mine = [r for r in rows if (r["outcome"], r["by"], r["months"]) == (outcome, way, months) and not r["checked"]]
    return max(mine, key=lambda row: row["families"])


def amount(value: float, s: Scale) -> str:
    """An effect with its unit."""
    if s.difference_label.startswith("£"):
        told, (unit, per) = s.difference(value), _money(s.difference_label)
        return f"{'−' if told.startswith('-') else ''}£{told.lstrip('+-')}{unit}{per}"
    return f"{s.difference(value)} {s.difference_label}"


def _money(label: str) -> tuple[str, str]:
    """``£k per family`` as what stands after the number, and what it is of."""
    unit, _, per = label.removeprefix("£").partition(" ")
    return unit, f" {per}" if per else ""


def _interval(row: Row, name: str, s: Scale) -> str:
    told = s.difference_interval(row[f"{name}_mean_low"], row[f"{name}_mean_high"])
    return f"({told[1:-1]})" if told else ""


def chance(row: Row, name: str) -> str:
    """A share of runs with its interval."""
    low, high = number(100 * row[f"{name}_low"]), number(100 * row[f"{name}_high"])
    return f"{number(100 * row[name])} % of runs ({low}, {high})"


def rounded(count: float) -> str:
    """A number of families with two digits that count."""
    if not math.isfinite(count):
        return "no number of" if math.isinf(count) else "an unknown number of"
    digits = max(0, len(str(int(count))) - 2)
    return f"{round(count / 10**digits) * 10**digits:,}"
