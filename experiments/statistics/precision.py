"""Replicates until an interval is narrow enough, honest about having looked more than once.

A plain 90 % interval that is looked at after every batch, and kept once it happens to be narrow, covers the
truth less often than 90 %.  The rule here spends the 10 % over the looks: look k (1, 2, …) uses an interval
of confidence 1 − 0.10 / (k (k + 1)).  The shares 1/2, 1/6, 1/12, … sum to one, so by Bonferroni all
intervals looked at cover the truth together with at least 90 %, whichever is the last.  Chow and Robbins
(1965) show that without spending this holds only as the width goes to zero; at least 20 runs keep the
t interval sound for the first look.

Runs that take parameter vectors in turn are judged by vector (`experiments.statistics.intervals`), and added in
whole rounds of vectors.  More rounds take out chance and nothing else: what the vectors differ by remains, and
where that alone is too much the rule stops and says so.

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
from experiments.statistics.intervals import CONFIDENCE, Array, student_quantile, vector_means

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

    `half_width` is that of the interval at the look's own confidence; NaN when too few have the measure.
    """

    number: int
    runs: int
    mean: float
    half_width: float
    enough: bool
    #: Runs at which to look again, if this is not enough; as many as now, if no more will do.
    next_runs: int
    #: About the half-width that would remain however many runs the same vectors had.
    floor: float = 0.0


def parse_target(text: str, *, compared: bool = False) -> Target:
    """A target written as ``measure=±x``, ``measure=+-x`` or ``measure=x``, x as 0.01, 500k, 1m or 2bn.

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
        known |= {told.id: told for told in abm.COMPARED.values() if not (told.ratio or told.control)}
    if name not in known:
        near = nearest_spelling(name, known)
        raise InputError("--precision", text, "measure=±x with the id of a measure", nearest=near)
    try:
        width = _amount(number.removeprefix("±").removeprefix("+-").removeprefix("+/-"))
    except ValueError:
        width = math.nan
    if not equals or not (math.isfinite(width) and width > 0):
        raise InputError("--precision", text, f"measure=±x with x above zero ({known[name].unit})")
    return Target(name, width)


def _amount(text: str) -> float:
    """A number, in thousands, millions or billions if k, m or bn stands after it."""
    for word, factor in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if text.endswith(word):
            return float(text.removesuffix(word)) * factor
    return float(text)


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


def whole_rounds(runs: int, vectors: int) -> int:
    """At least so many runs, each vector as often as any other; or fewer than there are vectors, once each."""
    return runs if runs <= vectors else -(-runs // vectors) * vectors


def look(values: ArrayLike, half_width: float, number: int, *, most: int, vectors: ArrayLike | None = None) -> Look:
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
    vectors
        Which parameter vector each run has; without it, the runs are independent.

    Returns
    -------
    Look
        `next_runs` is between a quarter more and twice as many runs as now, in whole rounds of the vectors: what
        the spread so far suggests.
    """
    given = np.asarray(values, dtype=np.float64)
    runs, defined = len(given), int((~np.isnan(given)).sum())
    at_a_time = 1 if vectors is None else len(np.unique(np.asarray(vectors)))
    if at_a_time == runs:  # a vector of its own for each run so far
        at_a_time = 1
    means = vector_means(given, vectors)
    means = means[~np.isnan(means)]
    count = len(means)

    def following(wanted: float) -> int:
        fitting = most - most % at_a_time
        return max(runs, min(whole_rounds(math.ceil(wanted), at_a_time), fitting))

    if count < 2:
        return Look(number, runs, math.nan, math.nan, False, following(2 * runs))

    def reach(number: int) -> float:
        """Half-width of the interval at a look, for means whose standard deviation is one."""
        return float(student_quantile(count - 1, 0.5 + confidence_of_look(number) / 2)) / math.sqrt(count)

    variance = float(means.var(ddof=1))
    found = reach(number) * math.sqrt(variance)
    enough = found <= half_width and defined >= FIRST
    # More rounds take out chance; what the vectors' own means differ by is left.
    chance = _of_chance(given, vectors, variance)
    left, allowed = variance - chance, (half_width / reach(number + 1)) ** 2
    # Two standard errors of what is left: only a precision that is clearly out of reach is given up.
    doubt = 2 * math.sqrt((2 * chance**2 + 4 * left * chance) / (count - 1))
    again = 2.0 * runs if left - doubt < allowed else float(runs)
    if left < allowed:
        again = min(max(1.25 * runs, 1.05 * runs * chance / (allowed - left)), again)
    floor = reach(number + 1) * math.sqrt(left)
    return Look(number, runs, float(means.mean()), found, enough, following(again), floor)


def _of_chance(values: Array, vectors: ArrayLike | None, variance: float) -> float:
    """How much of the variance between the means of vectors is chance; all of it, while no vector has two runs."""
    if vectors is None:
        return variance
    labels, at = np.unique(np.asarray(vectors), return_inverse=True)
    if len(labels) < 2:
        return variance
    groups = [held[~np.isnan(held)] for held in (values[at == k] for k in range(len(labels)))]
    found = [float(held.var(ddof=1)) / len(held) for held in groups if len(held) > 1]
    return min(variance, float(np.mean(found))) if found else variance
