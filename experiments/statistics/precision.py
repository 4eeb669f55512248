"""Replicates until an interval is narrow enough, honest about having looked more than once.

A plain 90 % interval that is looked at after every batch, and kept once it happens to be narrow, covers the
truth less often than 90 %.  The rule here spends the 10 % over the looks: look k (1, 2, …) uses an interval
of confidence 1 − 0.10 / (k (k + 1)).  The shares 1/2, 1/6, 1/12, … sum to one, so by Bonferroni all
intervals looked at cover the truth together with at least 90 %, whichever is the last.  Chow and Robbins
(1965) show that without spending this holds only as the width goes to zero; at least 20 runs keep the
t interval sound for the first look.

References
----------
Chow, Y. S. and Robbins, H. (1965). On the asymptotic theory of fixed-width sequential confidence intervals
for the mean. Annals of Mathematical Statistics 36, 457–462.
Lan, K. K. G. and DeMets, D. L. (1983). Discrete sequential boundaries for clinical trials. Biometrika 70, 659–663.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

import abm
from abm.inputs.parameters import InputError, nearest_spelling
from experiments.statistics.intervals import CONFIDENCE

#: Runs before the first look.
FIRST = 20


@dataclass(frozen=True)
class Target:
    """A measure and the half-width that its interval should have, in the measure's unit."""

    measure: str
    half_width: float


@dataclass(frozen=True)
class Look:
    """What a look at the runs so far found.

    `half_width` is that of the interval at the look's own confidence; NaN when too few runs have the measure.
    """

    number: int
    runs: int
    mean: float
    half_width: float
    enough: bool
    #: Runs at which to look again, if this is not enough.
    next_runs: int


def parse_target(text: str, *, compared: bool = False) -> Target:
    """A target written as ``measure=±x``, ``measure=+-x`` or ``measure=x``.

    Parameters
    ----------
    compared
        Whether there is a baseline: then a measure of comparisons that each run has will do too.

    Raises
    ------
    InputError
        If the measure is unknown or the half-width is not a positive number.
    """
    name, equals, number = (word.strip() for word in text.partition("="))
    known = dict(abm.MEASURES)
    if compared:
        known |= {told.id: told for told in abm.COMPARED.values() if not told.ratio}
    if name not in known:
        near = nearest_spelling(name, known)
        raise InputError("--precision", text, "measure=±x with the id of a measure", nearest=near)
    try:
        width = float(number.removeprefix("±").removeprefix("+-").removeprefix("+/-"))
    except ValueError:
        width = math.nan
    if not equals or not (math.isfinite(width) and width > 0):
        raise InputError("--precision", text, f"measure=±x with x above zero ({known[name].unit})")
    return Target(name, width)


def parse_targets(texts: Iterable[str], *, compared: bool = False) -> tuple[Target, ...]:
    """Targets as the command line gives them, each measure once."""
    targets = tuple(parse_target(text, compared=compared) for text in texts)
    names = [target.measure for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise InputError("--precision", name, "each measure once")
    return targets


def confidence_of_look(number: int) -> float:
    """Confidence of the interval at look `number` (from 1)."""
    return 1.0 - (1.0 - CONFIDENCE) / (number * (number + 1))


def look(values: ArrayLike, half_width: float, number: int, *, most: int) -> Look:
    """Look at the values so far, and tell whether the interval of their mean is narrow enough.

    Parameters
    ----------
    values
        One value a run (or a paired difference a seed); NaN where the measure does not exist.
    half_width
        The half-width asked for, in the unit of the values.
    number
        Which look this is, from 1.
    most
        Never ask for more runs than this.

    Returns
    -------
    Look
        `next_runs` is between a quarter more and twice as many runs as now: what the spread so far suggests.
    """
    given = np.asarray(values, dtype=np.float64)
    known = given[~np.isnan(given)]
    runs, count = len(given), len(known)
    if count < 2:
        return Look(number, runs, math.nan, math.nan, False, min(2 * runs, most))
    from scipy.special import stdtrit

    deviation = float(known.std(ddof=1))
    quantile = float(stdtrit(count - 1, 0.5 + confidence_of_look(number) / 2))
    found = quantile * deviation / math.sqrt(count)
    enough = found <= half_width and count >= FIRST
    again = float(stdtrit(count - 1, 0.5 + confidence_of_look(number + 1) / 2))
    suggested = 1.05 * (again * deviation / half_width) ** 2 * runs / count
    following = int(min(max(math.ceil(1.25 * runs), suggested), 2 * runs, most))
    return Look(number, runs, float(known.mean()), found, enough, following)
