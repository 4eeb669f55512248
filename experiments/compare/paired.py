"""Rows of a comparison: each measure of each policy, and its paired difference from the baseline.

Two kinds of interval, both of 90 %, each with its own names:

``run_p05``, ``run_p95``
    5th and 95th percentile of the outcomes of the runs: what one such caseload may see, chance and (with
    ``parameters``) uncertainty of the behaviour included.  They do not close with more replicates.
``mean_low``, ``mean_high``
    How well the mean is known, by parameter vector: runs that share one are not independent.  Student's t, and
    for ratios of means (cost per additional return, break-even payment) the bootstrap of whole vectors, pairs kept.

``difference_…`` are the same of the differences, taken run by run.  A ratio has no percentiles of runs.

Where a ratio would mislead, `words` stand in its place.  A chance is a share of runs: its standard error is that of
Monte Carlo, by parameter vector, and it has no percentiles of runs.  Rows of the saving by elasticity of arrivals and
worth of support name both in their group, that of the chance of saving so much the amount.

Standard errors (of a mean, of a mean difference) are given beside them, and how many times fewer runs
the paired difference needs than independent runs would (``variance_reduction``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.measures import COMPARED, MEASURES, Measure, Ratio
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.further import AT_LEAST, FURTHER, saved_at_least
from experiments.statistics.intervals import Array, bought_by_pairing, differs, ratio_of_means, spread

Vectors = NDArray[np.int64]

#: What a row tells of the values, in this order; of the differences under the same names after ``difference_``.
TOLD = ("mean_low", "mean_high", "run_p05", "run_p95")
#: Keys of a row, the first thirteen fixed by contract.
KEYS = (
    "variant", "measure", "unit", "mean", *TOLD, "difference", *(f"difference_{key}" for key in TOLD),
    "role", "group", "standard_error", "difference_standard_error", "variance_reduction", "runs", "vectors", "defined",
    "words",
)  # fmt: skip

#: Measures given again with the pull factor on, under their name with this after it.
WITH_PULL = "_with_pull"
PULLED = ("net_saving_npv", "induced_arrivals")
#: The chance of saving; with the pull factor on under its name with `WITH_PULL` after it.
CHANCE = "chance_of_saving"
#: Group of a row at one elasticity of arrivals and one worth of support.
GRID = "pull_elasticity={:g}, support_worth={:g}"

#: Rates by group (see `abm.model.Run.by`), as measures.
GROUPED = {
    "return_rate": "return_rate_12m",
    "assisted_return_rate": "assisted_return_rate_12m",
    "removed_rate": "removed_rate_12m",
    "absconded_share": "absconded_share",
    "households": "households_at_risk",
}


def rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Tidy rows, one a (policy, measure, group), NaN where something does not exist."""
    base, vectors = comparison.runs[0], comparison.vectors
    found = []
    for position, runs in enumerate(comparison.runs):
        role = "variant" if position else "baseline"
        control = comparison.controls[position] if comparison.controls else None
        pulled, pulled_base = comparison.pulled[position], comparison.pulled[0]
        told = [_row(name, runs, base, vectors, control) for name in (*MEASURES, *COMPARED)]
        told += [{**_row(name, pulled, pulled_base, vectors), "measure": name + WITH_PULL} for name in PULLED]
        told += _further(comparison, position)
        told += _by_strength(comparison, position) if position else []
        told += _by_group(runs, base, comparison.question.by, vectors)
        found += [{**row, "role": role} for row in told]
    return [{key: row[key] for key in KEYS} for row in found]


def by_measure(rows: Sequence[Mapping[str, Any]], role: str = "") -> dict[str, list[Any]]:
    """Rows by the measure that they tell of, those of one role (or all), in their order."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        if role in ("", row["role"]):
            found.setdefault(row["measure"], []).append(row)
    return found


def _row(name: str, runs: Runs, base: Runs, vectors: Vectors, control: Runs | None = None) -> dict[str, Any]:
    if name in MEASURES:
        values = runs.measure(name)
        return _told(MEASURES[name], runs, values, values - base.measure(name), vectors)
    measure = COMPARED[name]
    if measure.control and control is None:
        nothing = np.full(len(runs.measures), math.nan)
        return _ratio(measure, runs, vectors) if measure.ratio else _told(measure, runs, nothing, nothing, vectors)
    third = (control.outcomes,) if measure.control and control else ()
    found = measure.of(runs.outcomes, base.outcomes, *third)
    if isinstance(found, Ratio):
        # A ratio to the baseline that the baseline has to itself is none.
        return _ratio(measure, runs, vectors, *(() if runs is base else estimated(found, vectors)))
    return _told(measure, runs, found, found, vectors)  # itself a difference, so both columns show it


def estimated(ratio: Ratio, vectors: Vectors | None) -> tuple[float, float, float, str]:
    """A ratio of means with its interval, or NaN and, where a ratio would mislead, words in its place."""
    none = math.nan, math.nan, math.nan
    above, below = spread(ratio.above, vectors), spread(ratio.below, vectors)
    more = below.mean_low > 0
    if ratio.only_more and not more:
        return *none, ""
    if ratio.only_dearer:
        if not differs(ratio.below, vectors):
            return *none, ""
        leave = "more leave" if more else "fewer leave"
        if not differs(ratio.above, vectors):
            return *none, f"{leave}, cost about the same"
        if above.mean < 0 or not more:
            return *none, f"{'saves' if above.mean < 0 else 'costs'} and {leave}"
    return *ratio_of_means(ratio.above, ratio.below, vectors), ""


def _told(
    measure: Measure, runs: Runs, values: Array, differences: Array, vectors: Vectors, group: str = ""
) -> dict[str, Any]:
    of_values, of_differences = spread(values, vectors), spread(differences, vectors)
    return {
        "variant": runs.label, "measure": measure.id, "unit": measure.unit, "group": group, "mean": of_values.mean,
        **{key: getattr(of_values, key) for key in TOLD}, "difference": of_differences.mean,
        **{f"difference_{key}": getattr(of_differences, key) for key in TOLD},
        "standard_error": of_values.standard_error, "difference_standard_error": of_differences.standard_error,
        "variance_reduction": bought_by_pairing(values - differences, values, differences), "runs": len(values),
        "vectors": len(np.unique(vectors)), "defined": of_values.defined, "words": "",
    }  # fmt: skip


def _ratio(
    measure: Measure,
    runs: Runs,
    vectors: Vectors,
    value: float = math.nan,
    low: float = math.nan,
    high: float = math.nan,
    words: str = "",
) -> dict[str, Any]:
    return dict.fromkeys(KEYS, math.nan) | {
        "variant": runs.label, "measure": measure.id, "unit": measure.unit, "group": "", "mean": value,
        "mean_low": low, "mean_high": high, "runs": len(runs.measures), "vectors": len(np.unique(vectors)),
        "defined": len(runs.measures) if math.isfinite(value) else 0, "words": words,
    }  # fmt: skip


def _further(comparison: Comparison, position: int) -> Iterator[dict[str, Any]]:
    """Chances of saving, which the baseline has not, and what is paid to those who would go anyway."""
    runs, base, vectors = comparison.runs[position], comparison.runs[0], comparison.vectors
    nothing = np.full(len(runs.measures), math.nan)

    def chance(values: Array, group: str = "") -> dict[str, Any]:
        told = _told(FURTHER[CHANCE], runs, values if position else nothing, nothing, vectors, group)
        # Percentiles of noughts and ones tell nothing; and no share lies outside nought and one.
        low, high = (float(np.clip(told[end], 0.0, 1.0)) for end in ("mean_low", "mean_high"))
        return told | {"run_p05": math.nan, "run_p95": math.nan, "mean_low": low, "mean_high": high}

    yield chance(FURTHER[CHANCE].of(runs, base))
    pulled = comparison.pulled
    yield {**chance(FURTHER[CHANCE].of(pulled[position], pulled[0])), "measure": CHANCE + WITH_PULL}
    amount = comparison.question.at_least
    if amount is not None and position:
        yield chance(saved_at_least(runs, base, amount), AT_LEAST.format(amount))
    dead, dead_share = FURTHER["deadweight"], FURTHER["deadweight_share"]
    told = bool(runs.leaving or runs.paid)
    values = dead.of(runs, base) if told else nothing
    yield _told(dead, runs, values, values - dead.of(base, base) if told else nothing, vectors)
    found = dead_share.of(runs, base) if position and told else None
    yield _ratio(dead_share, runs, vectors, *(ratio_of_means(found.above, found.below, vectors) if found else ()))


def _by_strength(comparison: Comparison, position: int) -> Iterator[dict[str, Any]]:
    """The saving with the pull factor on, by elasticity of arrivals and worth of support: over the first runs."""
    name = PULLED[0]
    for at, cell in comparison.grid.items():
        vectors = comparison.question.vectors(len(cell[0].measures))
        told = _row(name, cell[position], cell[0], vectors)
        yield {**told, "measure": name + WITH_PULL, "group": GRID.format(*at)}


def _by_group(runs: Runs, base: Runs, by: str | None, vectors: Vectors) -> Iterator[dict[str, Any]]:
    """Rates by group: a value a replicate, NaN in replicates without such households."""
    if by is None:
        return
    groups = sorted({group for table in base.groups for group in table.index}, key=lambda g: (str(type(g)), g))
    for group in groups:
        for column, name in GROUPED.items():
            unit = "households" if column == "households" else "share"
            measure = Measure(name, name, unit, "", "fair")
            values, others = (
                np.array([float(table[column].get(group, math.nan)) for table in held.groups]) for held in (runs, base)
            )
            yield _told(measure, runs, values, values - others, vectors, group=f"{by}={group}")
