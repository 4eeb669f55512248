"""What happened, as lines for people: who left, went out of contact, was protected or came back, and by what chance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.arrivals import ARRIVALS
from abm.arrays.state import State
from abm.household.stages import COL, ROUTES, Holds, Stage, gone
from abm.inputs.parameters import InputError
from abm.model import Prepared
from abm.numerics.draws import key_of
from abm.week.week import the_state_acts
from abm.why import explain_now
from abm.why_words import percent
from experiments.page.choices import SIDES
from experiments.page.film import Film, Take
from experiments.page.paired import Answer

#: Lines told at a time, and how many of them lie before the week in view.
LINES, _BEFORE = 40, 14
#: The way out, of those that `abm.why` weighs, by which a stage is entered.
_BY_CHOICE = {
    Stage.BOOKED: ("ASSISTED_RETURN", "assisted return"),
    Stage.RETURNED_ASSISTED: ("ASSISTED_RETURN", "assisted return"),
    Stage.RETURNED_UNASSISTED: ("UNASSISTED_RETURN", "unassisted return"),
    Stage.ABSCONDED: ("GO_IRREGULAR", "go irregular"),
}
_WORDS = {
    Stage.AWAITING: "claimed asylum",
    Stage.REFUSED: "was refused",
    Stage.EXHAUSTED: "lost its last appeal",
    Stage.ABSCONDED: "went out of contact",
    Stage.BOOKED: "accepted an offer",
    Stage.PROTECTED: "was granted protection",
    Stage.SETTLED: "was given leave to stay for good",
    Stage.RETURNED_ASSISTED: "left with assistance",
    Stage.RETURNED_UNASSISTED: "left unassisted",
    Stage.REMOVED: "was removed by force",
}
_HOUSED = {"hotel": "in a hotel", "dispersal": "in dispersal housing", "own": "on its own"}
#: What is told unless everything is asked for: leaving, and what leads to it.
MAIN = frozenset({Stage.ABSCONDED, Stage.BOOKED, *ROUTES})
#: What follows on these is told too: coming back, and not leaving after all.
_AFTER = frozenset({Stage.BOOKED, *ROUTES})


@dataclass(frozen=True)
class Event:
    """A household enters a stage.

    Attributes
    ----------
    week, household, before, stage
        When, who, and from where to where.
    sides
        Under which of A (0) and B (1) it happens in that week.
    after
        What chance and ties had to do with it, for people; empty before it was looked up.
    """

    week: int
    household: int
    before: Stage
    stage: Stage
    sides: tuple[int, ...]
    after: str = ""

    @property
    def apart(self) -> bool:
        """Whether it happens under one side only."""
        return len(self.sides) == 1

    @property
    def words(self) -> str:
        """What happened."""
        if gone(self.before):
            return "came back, with a new claim"
        if self.before is Stage.BOOKED and self.stage not in MAIN:
            return "did not leave after all"
        if self.before is Stage.ABSCONDED and Holds.CASE_IS_OPEN in self.stage.holds:
            return "was found again"
        return _WORDS[self.stage]

    def told(self, film: Film) -> dict[str, Any]:
        """As the list shows it."""
        under = "under both" if not self.apart else f"under {SIDES[self.sides[0]].upper()} only"
        return {
            "key": f"{self.week}-{self.household}-{self.stage:d}-{'-'.join(map(str, self.sides))}",
            "week": self.week,
            "household": self.household,
            "stage": int(self.stage),
            "sides": [SIDES[side] for side in self.sides],
            "text": f"{_people(film.takes[self.sides[0]], self.household)} · {self.words} {under}",
            "after": self.after,
        }


def events(film: Film, *, everything: bool = False) -> list[Event]:
    """What happens to the households of a film, in order of week.

    Parameters
    ----------
    everything
        Claims, decisions on them and settlement too, not only what leads out of the country or out of sight.
    """
    found: dict[tuple[int, int, int, int], list[int]] = {}
    for side, take in enumerate(film.takes):
        before = take.first.copy()
        ids = take.ids
        for week, row, stage in zip(take.week.tolist(), take.row.tolist(), take.stage.tolist(), strict=True):
            was = int(before[row])
            before[row] = stage
            if everything or stage in MAIN or was in _AFTER:
                found.setdefault((week, int(ids[row]), was, stage), []).append(side)
    return [
        Event(week, household, Stage(was), Stage(stage), tuple(sides))
        for (week, household, was, stage), sides in sorted(found.items())
    ]


@dataclass(frozen=True)
class Kept:
    """Whom the maps show, as their filters say it.

    Attributes
    ----------
    show
        ``all``, or ``differ``, ``left`` and ``out``: what happens under one side only, departures, and going out of
        contact.
    origin
        Number of a country of origin, or −1 for all.
    came
        ``all``, or ``stock`` (claim failed before the start), ``start`` (there at the start) and ``later``.
    """

    show: str = "all"
    origin: int = -1
    came: str = "all"

    @classmethod
    def told(cls, told: dict[str, Any]) -> Kept:
        """The filters that the browser tells; what it cannot have told counts as all."""
        show, came = (str(told.get(key, "all")) for key in ("show", "came"))
        return cls(show if show in _SHOWN else "all", int(told.get("origin", -1)), came if came in _CAME else "all")

    def of(self, film: Film, every: list[Event]) -> list[Event]:
        """The events of those who are kept."""
        if self == Kept():
            return every
        came = _CAME[self.came](film)
        there = came & (film.origin == self.origin) if self.origin >= 0 else came
        kept = set(film.ids[there].tolist())
        return [event for event in every if event.household in kept and _SHOWN[self.show](event)]


_SHOWN: dict[str, Callable[[Event], bool]] = {
    "all": lambda event: True,
    "differ": lambda event: event.apart,
    "left": lambda event: event.stage in ROUTES,
    "out": lambda event: event.stage is Stage.ABSCONDED,
}
_CAME: dict[str, Callable[[Film], NDArray[np.bool_]]] = {
    "all": lambda film: np.ones(len(film.ids), bool),
    "stock": lambda film: film.ids < ARRIVALS,
    "start": lambda film: ~film.later,
    "later": lambda film: film.later,
}


def _people(take: Take, household: int) -> str:
    """Origin and family, for people."""
    s, row = take.run.state.s, np.flatnonzero(take.ids == household)[0]
    adults, children = int(s[COL.adults, row]), int(s[COL.children, row])
    family = f"{adults} + {children}" if children else "1 adult" if adults == 1 else f"{adults} adults"
    return f"{take.run.prepared.origins[int(s[COL.origin, row])]}, {family}"


def near(every: list[Event], week: int) -> list[Event]:
    """The events around a week, in order: some before it, most from it on."""
    at = bisect_left(every, week, key=lambda event: event.week)
    first = max(0, min(at - _BEFORE, len(every) - LINES))
    return every[first : first + LINES]


def looked_up(
    answer: Answer, shown: list[Event], stopped: Callable[[], bool], known: dict[Event, str]
) -> Iterator[list[Event]]:
    """The same events with what chance and ties had to do with them; each side's run is replayed once.

    Parameters
    ----------
    known
        What was looked up before; what is found is added.
    """

    def told() -> list[Event]:
        return [replace(event, after=known.get(event, "")) for event in shown]

    yield told()
    for side in (0, 1):
        prepared, seed, now = answer.prepared[side], answer.choices.seed, 0
        mine = [event for event in shown if event.sides[0] == side and event not in known]
        if not mine:
            continue
        state = prepared.begin(seed)
        for week, group in groupby(mine, key=lambda event: event.week):
            if stopped():
                return
            prepared.advance(seed, state, now, week)
            now = week
            decides = list(group)
            here = state
            if any(map(_by_choice, decides)):
                here = State(*(part.copy() for part in state))
                the_state_acts(key_of(seed), week, prepared.plain_in(week), here)
            known |= {event: _told(answer, side, here, event) for event in decides}
        yield told()


def _by_choice(event: Event) -> bool:
    return event.stage in _BY_CHOICE and event.before is not Stage.BOOKED


def _told(answer: Answer, side: int, here: State, event: Event) -> str:
    """What chance and ties had to do with an event."""
    if event.before is Stage.BOOKED:
        booked = [w for w, s in answer.film.history(side, event.household) if s == Stage.BOOKED and w <= event.week]
        when = f"in week {booked[-1]}" if booked and booked[-1] >= 0 else "before the start"
        if event.stage in MAIN:
            return f"had accepted {when}"
        share = answer.prepared[side].plain_in(event.week).world.withdrawal
        return f"had accepted {when}; {percent(share)} of those who accept withdraw, drawn"
    parts = [_chance(answer.prepared[side], answer.choices.seed, here, event)] if _by_choice(event) else []
    if event.stage in MAIN:
        parts.append(ties(answer.film, side, event))
    return "; ".join(filter(None, parts))


def _chance(prepared: Prepared, seed: int, here: State, event: Event) -> str:
    """What the decision of the week tells, if the household decided."""
    try:
        found = explain_now(prepared, seed, here, event.household, event.week)
    except InputError:
        return ""
    choice, way = _BY_CHOICE[event.stage]
    housing = _HOUSED[found.household["housing"]]
    if not found.considered or found.choice != choice:
        return f"{housing}; not by its own choice: a share of people move on or disappear"
    return f"{housing}; {percent(found.attention * found.probabilities.get(way, 0.0))} a week, drawn"


def ties(film: Film, side: int, event: Event) -> str:
    """How many of a household's ties had left at the start of the week, of those that had come by then."""
    take = film.takes[side]
    row = int(np.flatnonzero(take.ids == event.household)[0])
    state = take.run.state
    mine = state.ties[state.tie_start[row] : state.tie_start[row + 1]]
    stages = take.stages_after(event.week - 1)[mine]
    come, left = int((stages != Stage.ABSENT).sum()), int(gone(stages).sum())
    if not come:
        return "knows nobody here"
    return f"{left} of the {come} household{'s' * (come != 1)} it knows here had left"
