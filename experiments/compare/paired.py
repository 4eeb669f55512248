"""Rows of a comparison: each measure of each policy, and its paired difference from the baseline.

Two kinds of interval, both of 90 % and never mixed up:

``runs``
    5th to 95th percentile of the outcomes of the runs: what one such caseload may see, chance and (with
    ``parameters``) uncertainty of the behaviour included.  It does not shrink with more replicates.
    ``difference_low`` and ``difference_high`` are those percentiles of the differences, run by run.
``bootstrap``
    For ratios of means (cost per additional return, break-even payment): the interval of the estimate,
    by resampling whole runs, pairs kept.  It shrinks with more replicates.

Standard errors (of a mean, of a mean difference) are given beside them, and how many times fewer runs
the paired difference needs than independent runs would (``variance_reduction``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from abm.measures import COMPARED, MEASURES, Measure, Ratio
from experiments.compare.comparing import Comparison, Runs
from experiments.statistics.intervals import Array, bought_by_pairing, differs, ratio_of_means, spread

#: Keys of a row, the first nine fixed by contract.
KEYS = (
    "variant", "measure", "unit", "mean", "low", "high", "difference", "difference_low", "difference_high",
    "role", "group", "interval", "standard_error", "difference_standard_error", "variance_reduction", "runs", "defined",
)  # fmt: skip

#: Measures given again with the pull factor on, under their name with this after it.
WITH_PULL = "_with_pull"
PULLED = ("net_saving_npv", "induced_arrivals")

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
    base = comparison.runs[0]
    found = []
    for position, runs in enumerate(comparison.runs):
        role = "variant" if position else "baseline"
        found += [{**row, "role": role} for row in _of_policy(runs, base)]
        pulled, pulled_base = comparison.pulled[position], comparison.pulled[0]
        for name in PULLED:
            found.append({**_row(name, pulled, pulled_base), "measure": name + WITH_PULL, "role": role})
        found += [{**row, "role": role} for row in _by_group(runs, base, comparison.question.by)]
    return [{key: row[key] for key in KEYS} for row in found]


def by_measure(rows: Sequence[Mapping[str, Any]], role: str = "") -> dict[str, list[Any]]:
    """Rows by the measure that they tell of, those of one role (or all), in their order."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        if role in ("", row["role"]):
            found.setdefault(row["measure"], []).append(row)
    return found


def _of_policy(runs: Runs, base: Runs) -> Iterator[dict[str, Any]]:
    for name in (*MEASURES, *COMPARED):
        yield _row(name, runs, base)


def _row(name: str, runs: Runs, base: Runs) -> dict[str, Any]:
    if name in MEASURES:
        return _told(MEASURES[name], runs, runs.measure(name), runs.measure(name) - base.measure(name))
    measure = COMPARED[name]
    found = measure.of(runs.outcomes, base.outcomes)
    if isinstance(found, Ratio):
        # A ratio to the baseline that the baseline has to itself is none.
        return _ratio(measure, runs, *(() if runs is base else _estimated(found)))
    return _told(measure, runs, found, found)  # itself a difference, so both columns show it


def _estimated(ratio: Ratio) -> tuple[float, float, float]:
    """A ratio of means with its interval; NaN where it stands over nothing, or over less where there must be more."""
    if ratio.only_more and (not differs(ratio.below) or ratio.below.mean() < 0):
        return math.nan, math.nan, math.nan
    return ratio_of_means(ratio.above, ratio.below)


def _told(measure: Measure, runs: Runs, values: Array, differences: Array, group: str = "") -> dict[str, Any]:
    mean, low, high, error, count = spread(values)
    difference, d_low, d_high, d_error, _ = spread(differences)
    return {
        "variant": runs.label, "measure": measure.id, "unit": measure.unit, "mean": mean, "low": low, "high": high,
        "difference": difference, "difference_low": d_low, "difference_high": d_high, "group": group,
        "interval": "runs", "standard_error": error, "difference_standard_error": d_error,
        "variance_reduction": bought_by_pairing(values - differences, values, differences), "runs": len(values),
        "defined": count,
    }  # fmt: skip


def _ratio(
    measure: Measure, runs: Runs, value: float = math.nan, low: float = math.nan, high: float = math.nan
) -> dict[str, Any]:
    nan = math.nan
    return {
        "variant": runs.label, "measure": measure.id, "unit": measure.unit, "mean": value, "low": low, "high": high,
        "difference": nan, "difference_low": nan, "difference_high": nan, "group": "", "interval": "bootstrap",
        "standard_error": nan, "difference_standard_error": nan, "variance_reduction": nan, "runs": len(runs.measures),
        "defined": len(runs.measures) if math.isfinite(value) else 0,
    }  # fmt: skip


def _by_group(runs: Runs, base: Runs, by: str | None) -> Iterator[dict[str, Any]]:
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
            yield _told(measure, runs, values, values - others, group=f"{by}={group}")
