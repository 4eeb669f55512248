"""Means and intervals of numbers from runs.

Two kinds of interval, both of 90 % and never mixed up:

*of runs*
    5th to 95th percentile: what one such caseload may see.  It does not shrink with more runs.
*of an estimate*
    Student's t for a mean, the bootstrap for a ratio of means: how well the number is known.  It shrinks.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Confidence of every interval, and the percentiles of an interval of runs.
CONFIDENCE = 0.90
LOW, HIGH = 5.0, 95.0

RESAMPLES = 2_000
#: Seed of the resampling: the same runs give the same interval.
RESAMPLING_SEED = 20_260_305

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """Some runs summed up; NaN where no run has a value."""

    mean: float
    low: float
    high: float
    standard_error: float
    defined: int


def spread(values: Array) -> Spread:
    """Mean, 5th and 95th percentile, standard error of the mean, and count, over the values that exist."""
    known = values[~np.isnan(values)]
    count = len(known)
    if count == 0:
        return Spread(math.nan, math.nan, math.nan, math.nan, 0)
    low, high = np.percentile(known, [LOW, HIGH])
    error = float(known.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    # Percentiles of runs that are all alike must not stray from their mean by a rounding error.
    mean = float(known[0]) if (known == known[0]).all() else float(known.mean())
    return Spread(mean, float(low), float(high), error, count)


def half_width(count: ArrayLike, deviation: ArrayLike, confidence: float = CONFIDENCE) -> Array:
    """Half the width of Student's interval of a mean; NaN for fewer than two values.

    Parameters
    ----------
    count, deviation
        Number of values and their standard deviation (n − 1).
    """
    from scipy.special import stdtrit

    n = np.asarray(count, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = stdtrit(n - 1.0, 0.5 + confidence / 2) * np.asarray(deviation, dtype=np.float64) / np.sqrt(n)
    return np.where(n >= 2, found, np.nan)


def differs(differences: Array) -> bool:
    """Whether the mean of paired differences can be told from zero: its 90 % interval (Student's) excludes it."""
    known = differences[~np.isnan(differences)]
    if len(known) < 2:
        return False
    return bool(abs(known.mean()) > half_width(len(known), known.std(ddof=1)))


def bought_by_pairing(base: Array, values: Array, differences: Array) -> float:
    """How many times fewer runs the paired difference needs than one of independent runs.

    The sum of the two variances over the variance of the paired differences; NaN where nothing
    differs or the baseline does not vary.
    """
    known = ~np.isnan(differences)
    if known.sum() < 2 or float(differences[known].var()) == 0.0 or float(base[known].var()) == 0.0:
        return math.nan
    return float((base[known].var() + values[known].var()) / differences[known].var())


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
