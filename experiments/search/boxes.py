"""Boxes in which a policy fails: PRIM of the EMA workbench, its restrictions tested, and the box tried on other points.

References
----------
J. H. Friedman, N. I. Fisher, "Bump hunting in high-dimensional data" (Statistics and Computing 9, 1999, 123–143).
B. P. Bryant, R. J. Lempert, "Thinking inside the box: a participatory, computer-assisted approach to scenario
discovery" (Technological Forecasting and Social Change 77, 2010, 34–49): coverage, density, quasi-p-values.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Share of the points in a box that is peeled off, or pasted on, at a step, and least share of all points in a box.
PEEL, LEAST_MASS = 0.05, 0.05
#: A restriction stays if, without it, as many failures in the box would have less than this probability.
SIGNIFICANT = 0.05
#: Failures that must be left for another box to be looked for.
LEAST_FAILURES = 20


@dataclass(frozen=True)
class Restriction:
    """One side of one input that a box cuts off.

    Attributes
    ----------
    column
        Number of the input.
    upper
        True: only values of at most `limit` lie in the box; False: of at least.
    p, p_tested
        Quasi-p-value: the probability of as many failures among the points of the box if they were as frequent as
        without this restriction (one-sided binomial), on the points it was found with and on the others.
    """

    column: int
    upper: bool
    limit: float
    p: float = np.nan
    p_tested: float = np.nan


class Fit(NamedTuple):
    """How well a box tells failures.

    Attributes
    ----------
    coverage
        Share of all failures that lie in it (and in no box before it).
    density
        Share of the points in it (and in no box before it) that fail.
    mass
        Share of all points that lie in it.
    inside, failing
        Those points, and those of them that fail.
    """

    coverage: float
    density: float
    mass: float
    inside: int
    failing: int

    @property
    def score(self) -> float:
        """Harmonic mean of coverage and density; nought of an empty box."""
        both = self.coverage + self.density
        return 2 * self.coverage * self.density / both if both > 0 else 0.0


@dataclass(frozen=True)
class Step:
    """A box on the way: after so many peels, before restrictions without significance were taken off."""

    restrictions: tuple[Restriction, ...]
    found: Fit
    tested: Fit


@dataclass(frozen=True)
class Box:
    """A box that was chosen.

    Attributes
    ----------
    found, tested
        On the points it was found with, and on the others.
    steps
        All boxes that PRIM went through to it, the whole space first.
    chosen
        The step from which it comes.
    """

    restrictions: tuple[Restriction, ...]
    found: Fit
    tested: Fit
    steps: tuple[Step, ...]
    chosen: int

    @property
    def columns(self) -> tuple[int, ...]:
        """The inputs it restricts, each once."""
        return tuple(dict.fromkeys(one.column for one in self.restrictions))


class Half(NamedTuple):
    """Points, shape (points, inputs), and which of them fail."""

    x: Array
    fails: Flags


def find_boxes(find: Half, test: Half, *, most: int, boxes: int) -> list[Box]:
    """Boxes of points that fail, one after the other, the next among the points outside those before.

    From all boxes that PRIM goes through, each without the restrictions that are not significant and with at most
    `most` inputs, the one with the largest harmonic mean of coverage and density is chosen.

    Parameters
    ----------
    find, test
        The points that boxes are found with, and others on which they are tried.
    most
        Inputs that a box restricts at most.
    boxes
        Boxes at most; fewer where no restriction is significant, or too few failures are left.

    Raises
    ------
    InputError
        If the extra `discover` is not installed.
    """
    found: list[Box] = []
    left = [np.ones(len(half.fails), dtype=np.bool_) for half in (find, test)]
    while len(found) < boxes:
        now = find.fails & left[0]
        if now.sum() < LEAST_FAILURES or now.sum() == left[0].sum():
            break
        box = _best(find, test, left, most)
        if box is None:
            break
        found.append(box)
        left = [there & ~inside(box.restrictions, half.x) for there, half in zip(left, (find, test), strict=True)]
    return found


def inside(restrictions: Sequence[Restriction], x: Array) -> Flags:
    """Which points lie in a box."""
    there = np.ones(len(x), dtype=np.bool_)
    for one in restrictions:
        there &= x[:, one.column] <= one.limit if one.upper else x[:, one.column] >= one.limit
    return there


def fit(restrictions: Sequence[Restriction], half: Half, left: Flags) -> Fit:
    """Coverage, density and mass of a box among the points that are left."""
    there = inside(restrictions, half.x) & left
    count, failing, all_failing = int(there.sum()), int((there & half.fails).sum()), int(half.fails.sum())
    return Fit(
        failing / all_failing if all_failing else 0.0, failing / count if count else 0.0, count / len(there), count,
        failing,
    )  # fmt: skip


def _best(find: Half, test: Half, left: Sequence[Flags], most: int) -> Box | None:
    limits = _peeled(find.x[left[0]], find.fails[left[0]])
    steps = tuple(Step(some, fit(some, find, left[0]), fit(some, test, left[1])) for some in limits)
    best: tuple[Restriction, ...] = ()
    chosen, score = 0, -1.0
    for number, some in enumerate(limits):
        kept = _significant(some, find, left[0], most)
        reached = fit(kept, find, left[0]).score if kept else -1.0
        if reached > score:
            best, chosen, score = kept, number, reached
    if not best:
        return None
    tested = _tested(best, test, left[1])
    return Box(tested, fit(best, find, left[0]), fit(best, test, left[1]), steps, chosen)


def _significant(some: Sequence[Restriction], half: Half, left: Flags, most: int) -> tuple[Restriction, ...]:
    """The restrictions of a box that matter: the least significant goes, until all are and few enough inputs remain."""
    kept = list(some)
    while kept:
        kept = [replace(one, p=quasi_p(one, kept, half, left)) for one in kept]
        worst = max(kept, key=lambda one: one.p)
        if worst.p <= SIGNIFICANT and len({one.column for one in kept}) <= most:
            break
        kept.remove(worst)
    return tuple(sorted(kept, key=lambda one: (one.p, one.column)))


def _tested(some: Sequence[Restriction], half: Half, left: Flags) -> tuple[Restriction, ...]:
    return tuple(replace(one, p_tested=quasi_p(one, some, half, left)) for one in some)


def quasi_p(one: Restriction, box: Sequence[Restriction], half: Half, left: Flags) -> float:
    """The quasi-p-value of one restriction of a box (Bryant and Lempert, 2010); 1 where the box is empty."""
    from scipy.stats import binomtest

    others = [other for other in box if (other.column, other.upper) != (one.column, one.upper)]
    within, without = fit(box, half, left), fit(others, half, left)
    if not within.inside:
        return 1.0
    return float(binomtest(within.failing, within.inside, without.density, alternative="greater").pvalue)


def _peeled(x: Array, fails: Flags) -> list[tuple[Restriction, ...]]:
    """The boxes that PRIM goes through, as restrictions; the first has none."""
    import pandas as pd

    prim = _prim()
    names = [f"x{k}" for k in range(x.shape[1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about the library's own way of writing
        found = prim.Prim(
            pd.DataFrame(x, columns=names), fails.astype(np.int64), threshold=0.0, peel_alpha=PEEL, paste_alpha=PEEL,
            mass_min=LEAST_MASS,
        ).find_box()  # fmt: skip
    ends = np.stack([x.min(axis=0), x.max(axis=0)])
    return [_restrictions(limits[names].to_numpy(dtype=np.float64), ends) for limits in found.box_lims]


def _restrictions(limits: Array, ends: Array) -> tuple[Restriction, ...]:
    return tuple(
        Restriction(column, bool(end), float(limits[end, column]))
        for column in range(limits.shape[1])
        for end in (0, 1)
        if limits[end, column] != ends[end, column]
    )


def _prim() -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells of its own extras that are not there
            from ema_workbench.analysis import prim
    except ImportError:
        told = "the extra `discover`: pip install 'household-returns[discover]'"
        raise InputError("returns discover", "not installed", told) from None
    return prim


def check_installed() -> None:
    """See that boxes can be found, before anything runs.

    Raises
    ------
    InputError
        If the extra `discover` is not installed.
    """
    _prim()
