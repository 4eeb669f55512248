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
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.measures import COMPARED, MEASURES, Measure
from experiments.compare.comparing import Comparison, Runs
from experiments.sweep.tables import half_width

LOW, HIGH = 5.0, 95.0
CONFIDENCE = 0.90
RESAMPLES = 2_000
#: Seed of the resampling: the same runs give the same interval.
RESAMPLING_SEED = 20_260_305

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
    "households": "households_followed_12m",
}

Array = NDArray[np.float64]


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


def _of_policy(runs: Runs, base: Runs) -> Iterator[dict[str, Any]]:
    for name in MEASURES:
        yield _row(name, runs, base)
    yield _row("net_saving_npv", runs, base)
    yield _ratio(
        COMPARED["cost_per_additional_return"], runs,
        *(() if runs is base else cost_per_additional_return(runs, base)),
    )  # fmt: skip
    yield _ratio(COMPARED["break_even_offer"], runs, *(() if runs is base else break_even_offer(runs, base)))


def _row(name: str, runs: Runs, base: Runs) -> dict[str, Any]:
    if name == "net_saving_npv":
        # The baseline's cost less the variant's: itself a difference, so both columns show it.
        values = base.measure("cost_npv") - runs.measure("cost_npv")
        return _told(COMPARED[name], runs, values, values)
    return _told(MEASURES[name], runs, runs.measure(name), runs.measure(name) - base.measure(name))


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


def bought_by_pairing(base: Array, values: Array, differences: Array) -> float:
    """How many times fewer runs the paired difference needs than one of independent runs.

    The sum of the two variances over the variance of the paired differences; NaN where nothing
    differs or the baseline does not vary.
    """
    known = ~np.isnan(differences)
    if known.sum() < 2 or float(differences[known].var()) == 0.0 or float(base[known].var()) == 0.0:
        return math.nan
    return float((base[known].var() + values[known].var()) / differences[known].var())


def spread(values: Array) -> tuple[float, float, float, float, int]:
    """Mean, 5th and 95th percentile, standard error of the mean, and count, over the values that exist."""
    known = values[~np.isnan(values)]
    count = len(known)
    if count == 0:
        return math.nan, math.nan, math.nan, math.nan, 0
    low, high = np.percentile(known, [LOW, HIGH])
    error = float(known.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    # Percentiles of runs that are all alike must not stray from their mean by a rounding error.
    mean = float(known[0]) if (known == known[0]).all() else float(known.mean())
    return mean, float(low), float(high), error, count


def differs(differences: Array) -> bool:
    """Whether the mean of paired differences can be told from zero: its 90 % interval (Student's) excludes it."""
    known = differences[~np.isnan(differences)]
    if len(known) < 2:
        return False
    half = half_width(np.array(len(known)), known.std(ddof=1), CONFIDENCE)
    return bool(abs(known.mean()) > half)


def cost_per_additional_return(runs: Runs, base: Runs) -> tuple[float, float, float]:
    """Additional cost over additional departures, a ratio of means, with its bootstrap interval.

    Undefined (NaN) where additional departures cannot be told from none (a ratio over nothing), and where
    there are fewer departures than under the baseline (nothing is bought).
    """
    cost = runs.measure("cost_npv") - base.measure("cost_npv")
    departures = runs.measure("departures") - base.measure("departures")
    if not differs(departures) or departures.mean() < 0:
        return math.nan, math.nan, math.nan
    return ratio_of_means(cost, departures)


def break_even_offer(runs: Runs, base: Runs) -> tuple[float, float, float]:
    """Payment per assisted departure at which the variant costs what the baseline costs, with its interval.

    What the variant saves before its payments, spread over its assisted departures: the baseline's cost,
    less the variant's cost without its payments, divided by the variant's assisted departures.  Undefined
    (NaN) without assisted departures.
    """
    without = runs.measure("cost_npv") - runs.measure("offer_spend")
    return ratio_of_means(base.measure("cost_npv") - without, runs.measure("assisted_departures"))


def ratio_of_means(above: Array, below: Array) -> tuple[float, float, float]:
    """Ratio of two means over the same runs, and its 90 % percentile-bootstrap interval.

    Runs are resampled whole, so that what a run adds above and below the line stays together.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (Chapman & Hall, 1993), ch. 13.
    """
    if len(below) == 0 or below.mean() == 0.0:
        return math.nan, math.nan, math.nan
    value = float(above.mean() / below.mean())
    if len(below) == 1 or np.ptp(above * below.mean() - below * above.mean()) == 0.0:
        return value, value, value
    from scipy.stats import DegenerateDataWarning, bootstrap

    def ratio(x: Array, y: Array, axis: int = -1) -> Array:
        return np.asarray(x.mean(axis=axis) / y.mean(axis=axis))

    # A resample without anything below the line has no ratio; then there is no interval.
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        found = bootstrap(
            (above, below), ratio, paired=True, vectorized=True, n_resamples=RESAMPLES, confidence_level=CONFIDENCE,
            method="percentile", batch=max(1, 2_000_000 // len(below)), rng=np.random.default_rng(RESAMPLING_SEED),
        )  # fmt: skip
    if not np.isfinite(found.bootstrap_distribution).all():
        return value, math.nan, math.nan
    return value, float(found.confidence_interval.low), float(found.confidence_interval.high)


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
