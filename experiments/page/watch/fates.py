"""Where the fates of households part: the first week in which each stands differently under A and under B."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.household.stages import Stage
from experiments.page.film import Film

#: (week, household) of every household that ever stands differently, by week; −1: from the start.
Order = tuple[tuple[int, int], ...]


def parted(film: Film) -> Order:
    """Every household whose fates part, in order of the week in which they do."""
    starts: list[NDArray[np.int64]] = []
    changes: list[NDArray[np.int64]] = []
    for side in film.takes:
        at = np.searchsorted(film.ids, side.ids)
        start = np.zeros(len(film.ids), np.int64)
        start[at] = side.first
        starts.append(start)
        changes.append((side.week * len(film.ids) + at[side.row]) * len(Stage) + side.stage)
    # Until its fates part a household has the same changes under both; the first that only one side has parts them.
    week, at = np.divmod(np.setxor1d(changes[0], changes[1]) // len(Stage), len(film.ids))
    first = np.full(len(film.ids), film.weeks)
    np.minimum.at(first, at, week)
    first[starts[0] != starts[1]] = -1
    differ = np.flatnonzero(first < film.weeks)
    return tuple(sorted((int(first[i]), int(film.ids[i])) for i in differ))


def parting_of(order: Order, household: int) -> int | None:
    """The week in which a household's fates part, or None."""
    return next((week for week, one in order if one == household), None)


def neighbours(order: Order, household: int, week: int) -> dict[str, Any]:
    """The households that differ just before and after this one (if it does not differ: before and after a week).

    Returns
    -------
    dict
        ``previous`` and ``next`` (household, and the week in which its fates part; or None) and ``place`` in words.
    """
    here = next((k for k, (_, one) in enumerate(order) if one == household), None)
    if here is None:
        after = next((k for k, (first, _) in enumerate(order) if first > week), len(order))
        before, place = after - 1, f"{len(order):,} differ" if order else "none differs"
    else:
        before, after, place = here - 1, here + 1, f"{here + 1:,} of {len(order):,} that differ"

    def told(k: int) -> dict[str, int] | None:
        return {"household": order[k][1], "week": max(0, order[k][0])} if 0 <= k < len(order) else None

    return {"previous": told(before), "next": told(after), "place": place}
