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
from abm.numerics.arithmetic import maker, rule
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
    last = np.partition(state.turns[:waiting], most - 1)[most - 1]
    served = 0
    for q in range(waiting):
        if state.turns[q] <= last and served < most:
            state.queue[served] = state.queue[q]
            served += 1
    return served


@rule
def likely_last_lot(most: int, exposed: int) -> float:
    """A lot below which there are almost surely `most` of `exposed` households, so that few need to be ranked."""
    return min(1.0, (4.0 * most + 50.0) / max(1.0, float(exposed)))


@rule
def draw_lots(key: int, week: int, purpose: int, state: State, first: int, last: int) -> None:
    """Write a keyed lot for each of a block of rows, as its turn."""
    identity, turn = state.s[COL.id, first:last], state.bench[SEAT.turn, : last - first]
    for i in range(len(turn)):
        turn[i] = uniform(key, identity_of(identity[i]), week, purpose)


@rule
def join_in_order(key: int, purpose: int, state: State, waiting: int, first: int, since: np.ndarray) -> int:
    """Those of a block who are due join the line, by the week from which they wait; those of one week by lot."""
    last = first + len(since)
    draw_lots(key, 0, purpose, state, first, last)
    turn = state.bench[SEAT.turn, : len(since)]
    for i in range(len(turn)):
        turn[i] += since[i]
    return join(state, waiting, first, last)


@rule
def join(state: State, waiting: int, first: int, last: int) -> int:
    """Those of a block of rows who are due join the line, each at its turn; returns its new length.

    Whoever is not due is written down too, and written over: a condition that now and then holds would cost more.
    """
    due, turn = state.bench[SEAT.due, : last - first], state.bench[SEAT.turn, : last - first]
    for i in range(len(due)):
        state.queue[waiting] = first + i
        state.turns[waiting] = turn[i]
        waiting += int(due[i])
    return waiting
