"""Strategies by cost and effect: which are dominated, and what each step along the frontier costs for its effect.

References
----------
Drummond, Sculpher, Claxton, Stoddart and Torrance 2015, Methods for the Economic Evaluation of Health Care Programmes,
4th edition, chapter 4 (dominance, extended dominance, incremental ratios).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from abm.inputs.parameters import InputError

#: Status of a strategy: on the frontier, extendedly dominated, strongly dominated; rows come in this order.
NON_DOMINATED, EXTENDED, DOMINATED = "ND", "ED", "D"
ORDER = (NON_DOMINATED, EXTENDED, DOMINATED)
#: What each status says, for people.
STATUS = {
    NON_DOMINATED: "on the frontier",
    EXTENDED: "extendedly dominated: a mixture of two others does as much for less",
    DOMINATED: "dominated: another does at least as much for no more",
}
#: Columns of a row, in order.
COLUMNS = ("strategy", "cost", "effect", "incremental_cost", "incremental_effect", "icer", "status")

#: Two ratios that differ by less, relative to their size, are the same number rounded differently.
SAME = 1e-9


class _Point(NamedTuple):
    cost: float
    effect: float


def incremental(names: Sequence[str], cost: ArrayLike, effect: ArrayLike) -> list[dict[str, Any]]:
    """Incremental cost-effectiveness of strategies that exclude each other.

    Parameters
    ----------
    names
        Name of each strategy, each once.
    cost, effect
        Expected cost and effect of each, shape (strategies,), in any unit; more effect is better.

    Returns
    -------
    list of dict
        A row a strategy with the keys of `COLUMNS`.  First those on the frontier (``ND``) by rising cost, then the
        extendedly dominated (``ED``) and the strongly dominated (``D``), each by rising cost; alike ones by name.
        Increments and ``icer`` are against the strategy before it on the frontier; NaN for the first and for the
        dominated.

    Raises
    ------
    InputError
        If there is no strategy, a name comes twice, lengths differ, or a number is not finite.

    Notes
    -----
    A strategy is strongly dominated if another costs no more and does no less, and is better in one of the two (so of
    two with the same effect the dearer one is dominated).  It is extendedly dominated if some mixture of two others
    does as much for less, that is, if its ratio exceeds that of the next one.  One that lies *on* the line between two
    others is not dominated.  Strategies alike in both share their row's status and numbers, so that the order in which
    strategies are given changes nothing.
    """
    costs, effects = np.asarray(cost, dtype=float), np.asarray(effect, dtype=float)
    _check(names, costs, effects)
    at = {name: _Point(float(c), float(e)) for name, c, e in zip(names, costs, effects, strict=True)}
    undominated = _undominated(set(at.values()))
    frontier = _frontier(undominated)
    rows = []
    for name, point in at.items():
        status = DOMINATED if point not in undominated else NON_DOMINATED if point in frontier else EXTENDED
        place = frontier.index(point) if status == NON_DOMINATED else 0
        more_cost, more_effect, ratio = (
            (point.cost - frontier[place - 1].cost, point.effect - frontier[place - 1].effect,
             _ratio(frontier[place - 1], point))
            if place else (math.nan, math.nan, math.nan)
        )  # fmt: skip
        values = (name, point.cost, point.effect, more_cost, more_effect, ratio, status)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return sorted(rows, key=lambda row: (ORDER.index(row["status"]), row["cost"], row["effect"], row["strategy"]))


def _undominated(points: set[_Point]) -> list[_Point]:
    """The points that no other strongly dominates, by rising cost and effect."""
    kept: list[_Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.effect)):
        if not kept or point.effect > kept[-1].effect:
            kept.append(point)
    return kept


def _frontier(points: Sequence[_Point]) -> list[_Point]:
    """Those of the undominated points along which ratios do not fall."""
    kept: list[_Point] = []
    for point in points:
        while len(kept) > 1 and _exceeds(_ratio(kept[-2], kept[-1]), _ratio(kept[-1], point)):
            kept.pop()
        kept.append(point)
    return kept


def _ratio(one: _Point, other: _Point) -> float:
    """Cost of a unit of effect on the way from one point of the frontier to the next."""
    return (other.cost - one.cost) / (other.effect - one.effect)


def _exceeds(one: float, other: float) -> bool:
    return one > other and not math.isclose(one, other, rel_tol=SAME)


def _check(names: Sequence[str], cost: np.ndarray, effect: np.ndarray) -> None:
    if not len(names):
        raise InputError("strategies", [], "at least one strategy")
    for field, values in (("cost", cost), ("effect", effect)):
        if values.shape != (len(names),):
            raise InputError(field, values.shape, f"one number for each of the {len(names)} strategies")
        for name, value in zip(names, values.tolist(), strict=True):
            if not math.isfinite(value):
                raise InputError(f"{field} of {name}", value, "a finite number")
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise InputError("strategy", twice, "each strategy once")
