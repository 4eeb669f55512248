"""What a trialist reckons from two arms: a difference of means, its standard error by cluster, and a test."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from experiments.statistics.intervals import Array


class Estimate(NamedTuple):
    """A difference between arms; NaN where the arms do not allow one.

    Attributes
    ----------
    difference
        Mean of those treated less mean of the others.
    error
        Its standard error; NaN with fewer than two clusters in an arm.
    p
        Two-sided p-value of no difference; NaN without a standard error.
    """

    difference: float
    error: float
    p: float


def estimate(values: Array, treated: NDArray[np.bool_], clusters: NDArray[np.int64] | None = None) -> Estimate:
    """Compare two arms.

    The standard error is robust to whatever households of a cluster have in common: the variance of a mean is that of
    the clusters' summed residuals over the squared number of households, by arm, with n/(n − 1) for n clusters (CR1 by
    arm).  Clusters of one are Welch's test; equal clusters are Welch's test of the clusters' means.  Degrees of freedom
    are Satterthwaite's, over clusters.

    Parameters
    ----------
    values
        An outcome a household.
    treated
        Whether the offer was open to it.
    clusters
        Number of its cluster; without it, each household is one of its own.

    References
    ----------
    .. [1] R. J. Hayes, L. H. Moulton, "Cluster Randomised Trials" (2nd ed., CRC Press, 2017), ch. 10–11.
    .. [2] A. C. Cameron, D. L. Miller, "A practitioner's guide to cluster-robust inference", Journal of Human
       Resources 50 (2015), 317–372.
    """
    arms = [_arm(values[arm], None if clusters is None else clusters[arm]) for arm in (treated, ~treated)]
    (mean, variance, count), (other, other_variance, other_count) = arms
    difference, total = mean - other, variance + other_variance
    if math.isnan(total):
        return Estimate(difference, math.nan, math.nan)
    if total == 0.0:
        return Estimate(difference, 0.0, 1.0 if difference == 0.0 else 0.0)
    freedom = total**2 / (variance**2 / (count - 1) + other_variance**2 / (other_count - 1))
    error = math.sqrt(total)
    return Estimate(difference, error, float(2.0 * stdtr(freedom, -abs(difference) / error)))


def _arm(values: Array, clusters: NDArray[np.int64] | None) -> tuple[float, float, int]:
    """Mean of an arm, the variance of that mean, and the number of clusters."""
    if len(values) == 0:
        return math.nan, math.nan, 0
    mean = float(values.mean())
    residuals: Array = values - mean
    if clusters is not None:
        places = np.unique(clusters, return_inverse=True)[1]
        residuals = np.bincount(places, weights=residuals).astype(np.float64)
    count = len(residuals)
    if count < 2:
        return mean, math.nan, count
    return mean, float((residuals**2).sum()) / len(values) ** 2 * count / (count - 1), count


def detectable(error: float, level: float, power: float) -> float:
    """The smallest true effect that a two-sided test rejects with that power: (z₁₋ₗ/₂ + z_power) standard errors."""
    return float(ndtri(1.0 - level / 2.0) + ndtri(power)) * error
