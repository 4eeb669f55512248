"""Means and intervals of numbers from runs.

Two kinds of interval, both of 90 %, each with a name of its own:

``run_p05``, ``run_p95``
    5th and 95th percentile of the runs: what one such caseload may see.  It does not shrink with more runs.
``mean_low``, ``mean_high``
    Student's t for a mean, the bootstrap for a ratio of means: how well the number is known.

Runs that share a parameter vector are not independent of each other; vectors are.  A mean is therefore the
mean over vectors of the vectors' means, and its interval is over vectors: more vectors narrow it, more runs of
the same ones only as far as chance goes.  Where one vector is in use, the runs themselves are independent.

References
----------
A. C. Cameron, D. L. Miller, "A practitioner's guide to cluster-robust inference" (Journal of Human Resources
50, 2015, 317–372).
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Confidence of every interval, and the percentiles of runs.
CONFIDENCE = 0.90
PERCENTILES = (5.0, 95.0)

RESAMPLES = 2_000
#: Seed of the resampling: the same runs give the same interval.
RESAMPLING_SEED = 20_260_305

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """Some runs summed up; NaN where no run has a value, and no interval of a mean of one value."""

    mean: float
    mean_low: float
    mean_high: float
    run_p05: float
    run_p95: float
    standard_error: float
    defined: int


def vector_means(values: Array, vectors: ArrayLike | None = None) -> Array:
    """Values that are independent of each other: a mean a parameter vector, or the runs if one vector is in use.

    Parameters
    ----------
    values
        One a run along the first axis; NaN where a run has none.
    vectors
        Which parameter vector each run has; without it, the runs are independent.

    Returns
    -------
    Array
        One a vector along the first axis, in the order of the vectors; NaN where no run of a vector has a value.
    """
    if vectors is None:
        return values
    labels, at = np.unique(np.asarray(vectors), return_inverse=True)
    if len(labels) < 2 or len(labels) == len(values):
        return values
    there = ~np.isnan(values)
    sums = np.zeros((len(labels), *values.shape[1:]))
    counts = np.zeros(sums.shape)
    np.add.at(sums, at, np.where(there, values, 0.0))
    np.add.at(counts, at, there)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def spread(values: Array, vectors: ArrayLike | None = None) -> Spread:
    """Mean, its interval, percentiles of the runs, standard error and count, over the values that exist.

    Parameters
    ----------
    values, vectors
        As `vector_means` takes them.
    """
    known = values[~np.isnan(values)]
    count = len(known)
    if count == 0:
        return Spread(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    if count == 1:  # as below, in a hundredth of the time: most points of many sweeps have one run
        only = float(known[0])
        return Spread(only, math.nan, math.nan, only + 0.0, only + 0.0, math.nan, 1)
    p05, p95 = (float(at) for at in np.percentile(known, PERCENTILES))
    means = vector_means(values, vectors)
    means = means[~np.isnan(means)]
    # Percentiles and intervals of runs that are all alike must not stray from their mean by a rounding error.
    alike = bool((known == known[0]).all())
    mean = float(known[0]) if alike else float(means.mean())
    if len(means) < 2:
        return Spread(mean, math.nan, math.nan, p05, p95, math.nan, count)
    deviation = 0.0 if alike else float(means.std(ddof=1))
    half = float(half_width(len(means), deviation))
    return Spread(mean, mean - half, mean + half, p05, p95, deviation / math.sqrt(len(means)), count)


def half_width(count: ArrayLike, deviation: ArrayLike, confidence: float = CONFIDENCE) -> Array:
    """Half the width of Student's interval of a mean; NaN for fewer than two values.

    Parameters
    ----------
    count, deviation
        Number of values and their standard deviation (n − 1).
    """
    n = np.asarray(count, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        quantile = student_quantile(n - 1.0, 0.5 + confidence / 2)
        found = quantile * np.asarray(deviation, dtype=np.float64) / np.sqrt(n)
    return np.where(n >= 2, found, np.nan)


def student_quantile(freedom: ArrayLike, share: float) -> Array:
    """Quantile of Student's t to ten digits, the same ones from every version of SciPy.

    SciPy's own root differs between versions from the ninth digit on, and with it every interval; one step of Newton's
    method makes it exact enough for the tenth.
    """
    from scipy.special import gammaln, stdtr, stdtrit

    v = np.asarray(freedom, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = stdtrit(v, share)
        log_density = gammaln((v + 1) / 2) - gammaln(v / 2) - np.log(v * np.pi) / 2 - (v + 1) / 2 * np.log1p(t * t / v)
        t = t - (stdtr(v, t) - share) / np.exp(log_density)
        digit = 10.0 ** (9 - np.floor(np.log10(np.abs(t))))
        return np.asarray(np.round(t * digit) / digit)


def differs(differences: Array, vectors: ArrayLike | None = None) -> bool:
    """Whether the mean of paired differences can be told from zero: its 90 % interval (Student's) excludes it."""
    told = spread(differences, vectors)
    return told.mean_low > 0 or told.mean_high < 0


def bought_by_pairing(base: Array, values: Array, differences: Array) -> float:
    """How many times fewer runs the paired difference needs than one of independent runs.

    The sum of the two variances over the variance of the paired differences; NaN where nothing
    differs or the baseline does not vary.
    """
    known = ~np.isnan(differences)
    if known.sum() < 2 or float(differences[known].var()) == 0.0 or float(base[known].var()) == 0.0:
        return math.nan
    return float((base[known].var() + values[known].var()) / differences[known].var())


def ratio_of_means(above: Array, below: Array, vectors: ArrayLike | None = None) -> tuple[float, float, float]:
    """Ratio of two means over the same runs, and its 90 % percentile-bootstrap interval.

    Vectors (runs, where one vector is in use) are resampled whole, so that what one adds above and below the
    line stays together.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (Chapman & Hall, 1993), ch. 13.
    """
    above, below = vector_means(above, vectors), vector_means(below, vectors)
    if len(below) == 0 or below.mean() == 0.0:
        return math.nan, math.nan, math.nan
    value = float(above.mean() / below.mean())
    if len(below) == 1:
        return value, math.nan, math.nan
    if np.ptp(above * below.mean() - below * above.mean()) == 0.0:
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
