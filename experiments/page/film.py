"""What happened to every household in every week, as compact text that the browser plays.

A film is a first frame, one character a household, and the changes after it, packed in 32 bits each.
The two sides of a comparison share one cast: the households of both runs, in one order and place.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.arrivals import ARRIVALS
from abm.browser.layout import headed, picture
from abm.household.stages import COL, STAGE, chooses, gone, went_home
from abm.model import Prepared, Run
from experiments.running.threads import each
from experiments.running.turns import TURNS

#: A change is week << 21 | household << 4 | stage.
_WEEK_AT, _HOUSEHOLD_AT = 21, 4
#: A decision that comes at most so many weeks after a tie went home counts as coming after it.
AFTER_WEEKS = 8


@dataclass(frozen=True)
class Take:
    """One run, and every change of stage in it.

    Attributes
    ----------
    first
        Stage of each row before week 0, shape (rows,).
    week, row, stage
        The changes in order of week, shape (changes,) each.
    """

    run: Run
    first: NDArray[np.int64]
    week: NDArray[np.int64]
    row: NDArray[np.int64]
    stage: NDArray[np.int64]

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Identity of each row."""
        return self.run.state.s[COL.id].astype(np.int64)

    @cached_property
    def left(self) -> NDArray[np.int64]:
        """Which of the changes are departures, in order of week."""
        return np.flatnonzero(gone(self.stage))

    @cached_property
    def after_tie(self) -> NDArray[np.bool_]:
        """Whether each departure was decided within `AFTER_WEEKS` after a tie had gone home by its own choice.

        It is decided when the household accepts an offer, or else when it leaves; removals are decided by nobody in the
        household, and never count.
        """
        state = self.run.state
        home: dict[int, list[int]] = {}
        booked: dict[int, int] = {}
        decided = []
        for week, row, stage in zip(self.week.tolist(), self.row.tolist(), self.stage.tolist(), strict=True):
            if stage == STAGE.BOOKED:
                booked[row] = week
            elif went_home(stage):
                home.setdefault(row, []).append(week)
                decided.append((row, booked.pop(row, week)))
            elif gone(stage):
                decided.append((row, -1))
            else:
                booked.pop(row, None)
        return np.array(
            [
                any(
                    0 < week - earlier <= AFTER_WEEKS
                    for tie in state.ties[state.tie_start[row] : state.tie_start[row + 1]].tolist()
                    for earlier in home.get(tie, ())
                )
                for row, week in decided
            ],
            bool,
        )

    def stages_after(self, week: int) -> NDArray[np.int64]:
        """Stage of each row at the end of a week, −1 for the start, shape (rows,)."""
        found = self.first.copy()
        until = int(np.searchsorted(self.week, week, side="right"))
        found[self.row[:until]] = self.stage[:until]  # of several changes of a row the last one stays
        return found


def take(prepared: Prepared, seed: int) -> Take:
    """Run a whole horizon week by week, by turns with other visitors, and note every change of stage."""
    with TURNS:
        return _taken(prepared, seed)


def _taken(prepared: Prepared, seed: int) -> Take:
    state = prepared.begin(seed)
    stages = state.s[COL.stage, :]  # it changes with the run
    first = stages.astype(np.int64)
    before = stages.copy()
    weeks, rows, entered = [], [], []
    for week in range(prepared.weeks):
        prepared.advance(seed, state, week, week + 1)
        changed = np.flatnonzero(stages != before)
        weeks.append(np.full(len(changed), week))
        rows.append(changed)
        entered.append(stages[changed].astype(np.int64))
        before[changed] = stages[changed]
        TURNS.give_way()
    changes = (np.concatenate(noted) for noted in (weeks, rows, entered))
    return Take(prepared.finished(seed, state), first, *changes)


@dataclass(frozen=True)
class Film:
    """Two takes of the same households.

    Attributes
    ----------
    takes
        A's and B's.
    ids
        Identity of every household of either run, in the order of the picture, shape (n,).
    """

    takes: tuple[Take, Take]
    ids: NDArray[np.int64]
    origin: NDArray[np.int64]
    site: NDArray[np.int64]

    @property
    def weeks(self) -> int:
        """Length of the runs."""
        return self.takes[0].run.prepared.weeks

    def history(self, side: int, household: int) -> list[tuple[int, int]]:
        """Stages of a household: (week of entry, stage), from −1 for where it stood before week 0."""
        found = self.takes[side]
        rows = np.flatnonzero(found.ids == household)
        if len(rows) == 0:
            return [(-1, 0)]
        mine = found.row == rows[0]
        changes = zip(found.week[mine].tolist(), found.stage[mine].tolist(), strict=True)
        return [(-1, int(found.first[rows[0]])), *changes]

    def last_decision(self, side: int, household: int, week: int) -> int | None:
        """The latest week up to `week` in which the household had a decision to make, or None."""
        entries = self.history(side, household)
        for (entered, stage), end in zip(
            reversed(entries), [week, *(e[0] for e in reversed(entries[1:]))], strict=True
        ):
            # It stands in `stage` at the start of the weeks after it entered, up to the one it left it in.
            if chooses(stage) and entered < min(week, end):
                return min(week, end)
        return None

    @cached_property
    def parting(self) -> int | None:
        """The first week in which a household stands differently under A and under B; None if none ever does."""
        starts = [np.zeros(len(self.ids), np.int64) for _ in self.takes]
        for start, found in zip(starts, self.takes, strict=True):
            start[np.searchsorted(self.ids, found.ids)] = found.first
        if (starts[0] != starts[1]).any():
            return -1
        apart = np.setxor1d(self._packed(0), self._packed(1))
        return int(apart[0] >> _WEEK_AT) if len(apart) else None

    @cached_property
    def later(self) -> NDArray[np.bool_]:
        """Whether each household comes only in the course of the runs, shape (n,)."""
        there = np.zeros(len(self.ids), bool)
        for found in self.takes:
            there[np.searchsorted(self.ids, found.ids[found.first != STAGE.ABSENT])] = True
        return ~there

    def _packed(self, side: int) -> NDArray[np.int64]:
        found = self.takes[side]
        at = np.searchsorted(self.ids, found.ids)
        return (found.week << _WEEK_AT) | (at[found.row] << _HOUSEHOLD_AT) | found.stage

    # -- as text

    @cached_property
    def cast(self) -> dict[str, Any]:
        """Who and where: the same whatever the policies do, unless they bring arrivals."""
        count = len(self.ids)
        arrived = self.ids >= ARRIVALS
        # Those who were there by site, the others in the order in which they come: so their band fills from its top.
        order = np.lexsort((self.ids, np.where(self.later, 0, self.site), arrived))
        drawn = picture(self.origin, order, self.later)
        names = self.takes[0].run.prepared.origins
        return {
            "count": count,
            "xy": _text(np.round(drawn.xy * 65_535).astype("<u2")),
            "ids": _text(self.ids.astype("<f8")),
            "origin": _text(self.origin.astype("<u2")),
            "site": _text(self.site.astype("<u2")),
            "ties": _text(self._ties().astype("<u4")),
            "came": _text(arrived.astype("u1") + self.later.astype("u1")),
            "spacing": drawn.spacing,
            "names": names,
            "blocks": [
                {
                    "name": names[o],
                    "origin": o,
                    "x": b.x,
                    "y": b.y,
                    "w": b.w,
                    "h": b.h,
                    "headed": headed(b),
                    "parted": drawn.parted.get(o),
                }
                for o, b in drawn.blocks
            ],
        }

    def reel(self, side: int) -> dict[str, str]:
        """First frame, one character a household, the packed changes, and which departures came after a tie's."""
        found = self.takes[side]
        first = np.zeros(len(self.ids), np.uint8)
        first[np.searchsorted(self.ids, found.ids)] = found.first
        packed = self._packed(side)
        return {
            "first": (first + ord("0")).tobytes().decode("ascii"),
            "changes": _text(packed.astype("<u4")),
            "departures": _text(packed[found.left].astype("<u4")),
            "after": _text(found.after_tie.astype("u1")),
        }

    def _ties(self) -> NDArray[np.int64]:
        """Pairs of tied households of either run, shape (ties, 2), without repeats."""
        pairs = []
        for found in self.takes:
            state = found.run.state
            at = np.searchsorted(self.ids, found.ids)
            one = np.repeat(at, np.diff(state.tie_start))
            other = at[state.ties[: len(one)]]
            pairs.append(one[one < other] * len(self.ids) + other[one < other])
        joined = np.union1d(*pairs)
        return np.stack([joined // len(self.ids), joined % len(self.ids)], axis=1)


def film(a: Prepared, b: Prepared, seed: int) -> Film:
    """Both sides with the same seed."""
    one, other = each((a, b), lambda prepared: take(prepared, seed), workers=2)
    takes = one, other
    ids, first = np.unique(np.concatenate([takes[0].ids, takes[1].ids]), return_index=True)
    origin, site = (
        np.concatenate([found.run.state.s[column] for found in takes])[first].astype(np.int64)
        for column in (COL.origin, COL.site)
    )
    return Film(takes, ids, origin, site)


def _text(numbers: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")
