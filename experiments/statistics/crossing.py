"""Where a curve of means passes zero, and how well that is known."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from experiments.statistics.intervals import PERCENTILES, RESAMPLES, RESAMPLING_SEED, Array


class Crossing(NamedTuple):
    """A value at which a mean passes zero.

    Attributes
    ----------
    at
        Interpolated between the two values beside it.
    low, high
        90 % interval; infinite where it reaches beyond the values tried, NaN where there is none.
    rising
        Whether the mean is below zero before it and above it after.
    """

    at: float
    low: float
    high: float
    rising: bool


def crossings(x: ArrayLike, values: Array) -> list[Crossing]:
    """Where the mean of some values passes zero, by linear interpolation, each with its interval.

    Parameters
    ----------
    x
        Values tried, rising, shape (points,).
    values
        What was found there, a row a parameter vector (or run) of its own, shape (vectors, points).

    Notes
    -----
    The interval is the percentile bootstrap over whole rows, so that what one vector gives at all points stays
    together [1]_.  In a resample a crossing is the nearest one in the same direction; where there is none, it lies
    below or above all values tried, as the sign there says.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (Chapman & Hall, 1993), ch. 13.
    """
    at = np.asarray(x, dtype=np.float64)
    rows = values[~np.isnan(values).any(axis=1)]
    if not len(rows) or len(at) < 2:
        return []
    found = _zeros(at, rows.mean(axis=0))
    if not found:
        return []
    resampled: list[Array] = []
    if len(rows) > 1:
        rng = np.random.default_rng(RESAMPLING_SEED)
        resampled = [rows[rng.integers(len(rows), size=len(rows))].mean(axis=0) for _ in range(RESAMPLES)]
    return [Crossing(place, *_interval(at, resampled, place, rising), rising) for place, rising in found]


def _zeros(x: Array, means: Array) -> list[tuple[float, bool]]:
    """Where a broken line passes zero, and whether it rises there; a line that only touches zero does not pass it."""
    found: list[tuple[float, bool]] = []
    known = [(place, mean) for place, mean in zip(x.tolist(), means.tolist(), strict=True) if mean != 0.0]
    for (before, low), (after, high) in pairwise(known):
        if (low < 0) == (high < 0):
            continue
        between = [p for p, m in zip(x.tolist(), means.tolist(), strict=True) if before < p < after and m == 0.0]
        place = between[0] if between else before + (after - before) * low / (low - high)
        found.append((place, high > 0))
    return found


def _interval(x: Array, resampled: list[Array], place: float, rising: bool) -> tuple[float, float]:
    if not resampled:
        return math.nan, math.nan
    places = []
    for means in resampled:
        same = [other for other, up in _zeros(x, means) if up is rising]
        if same:
            places.append(min(same, key=lambda other: abs(other - place)))
        else:
            # Above zero everywhere, a rising mean has passed it before the first value; a falling one, after the last.
            places.append(-math.inf if (means[-1] > 0) is rising else math.inf)
    low, high = np.percentile(places, PERCENTILES, method="nearest")
    return float(low), float(high)
