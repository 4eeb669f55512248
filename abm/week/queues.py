"""Lines of households before an office that serves only so many a week.

Cases are served in order of waiting, by lot, or by a policy's priority; equal turns are drawn by lot,
keyed by household, so that the order of rows never matters.

Who stands in a line is found a block of rows at a time: first who of them is due, several at once (how: see
`abm.week.week.attend_together`); in most blocks nobody is, and nothing else is done.
"""

from __future__ import annotations

import math

import numpy as np

from abm.arrays.state import SEAT, State
from abm.household.stages import COL
from abm.numerics.arithmetic import maker, routine, rule
from abm.numerics.draws import identity_of, uniform


@rule
def capacity(per_week: float, week: int) -> int:
    """Whole cases that can be served this week; fractions add up over the weeks."""
    return int(math.floor(per_week * (week + 1)) - math.floor(per_week * week))


@maker
def serve(state: State, waiting: int, most: int) -> int:
    """Keep the first `most` of those in line by turn, in order of row; returns how many are served.

    Reads ``queue[:waiting]`` and ``turns[:waiting]``; leaves the served rows in ``queue``.
    """
    if waiting <= most:
        return waiting
    if most <= 0:
        return 0
    last = smallest(state.turns[:waiting].copy(), most)
    served = 0
    for q in range(waiting):
        if state.turns[q] <= last and served < most:
            state.queue[served] = state.queue[q]
            served += 1
    return served


@routine
def smallest(turns: np.ndarray, most: int) -> float:
    """The largest of the `most` smallest of some turns, which are put out of order: Hoare's selection [1]_.

    NumPy's would take a tenth of all compiling.

    References
    ----------
    .. [1] C. A. R. Hoare, "Algorithm 65: Find", Communications of the ACM 4 (1961), 321-322.
    """
    low, high, wanted = 0, len(turns) - 1, most - 1
    while low < high:
        pivot, i, j = turns[(low + high) // 2], low, high
        while i <= j:
            while turns[i] < pivot:
                i += 1
            while turns[j] > pivot:
                j -= 1
            if i <= j:
                turns[i], turns[j] = turns[j], turns[i]
                i, j = i + 1, j - 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return turns[wanted]


@rule
def likely_last_lot(most: int, exposed: int) -> float:
    """A lot below which there are almost surely `most` of `exposed` households, so that few need to be ranked."""
    return min(1.0, (4.0 * most + 50.0) / max(1.0, float(exposed)))


@rule
def draw_lots(key: int, week: int, purpose: int, state: State, first: int, last: int) -> None:
    """Write a keyed lot for each of a block of rows, as its turn."""
    for i in range(first, last):
        state.bench[SEAT.turn, i - first] = uniform(key, identity_of(state.s[COL.id, i]), week, purpose)


@rule
def join_in_order(key: int, purpose: int, state: State, waiting: int, first: int, last: int) -> int:
    """Those of a block who are due join the line, by the week that stands for their turn; those of one week by lot."""
    for i in range(first, last):
        state.bench[SEAT.turn, i - first] += uniform(key, identity_of(state.s[COL.id, i]), 0, purpose)
    return join(state, waiting, first, last)


@rule
def join(state: State, waiting: int, first: int, last: int) -> int:
    """Those of a block of rows who are due join the line, each at its turn; returns its new length.

    Whoever is not due is written down too, and written over: a condition that now and then holds would cost more.
    """
    for i in range(first, last):
        state.queue[waiting] = i
        state.turns[waiting] = state.bench[SEAT.turn, i - first]
        waiting += int(state.bench[SEAT.due, i - first])
    return waiting
