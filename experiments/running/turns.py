"""Turns for runs: those who share a process (the visitors of a page) come to use the cores in equal measure.

Who has had the least time goes next, and nobody keeps a core for longer than a slice while others wait.  So a
short question is answered soon beside long ones, and a long one goes on as fast as the others leave it time.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from abm.model import Prepared, Run
from experiments.running.threads import GLANCE, cores

#: Seconds that somebody may compute while others wait.
SLICE = 0.25
#: Seconds that somebody who rested may have ahead of the others: enough for the first figures of a short question.
CREDIT = 2.0
#: Most visitors who may wait for a turn.
MOST_WAITING = 60
#: Seconds after which the time that somebody had is forgotten.
_MEMORY = 60.0
#: Households times weeks that are run in one go before others may have a turn: about 20 ms.
_STEP = 20_000


class Over(Exception):
    """Nobody wants any more what is being worked out."""


class Full(Exception):
    """More wait for a turn than there is room for."""


class Sharer:
    """Somebody's work that takes turns with that of others.

    Parameters
    ----------
    who
        Works of the same visitor share one account of time.
    stopped
        Whether nobody wants the result any more.
    present
        Whether the visitor is there; who is away is not served, and goes on after coming back.

    Attributes
    ----------
    seen
        When it last waited for a turn or was given one, as `time.monotonic` tells it.
    """

    def __init__(
        self, who: Hashable, stopped: Callable[[], bool] = lambda: False, present: Callable[[], bool] = lambda: True
    ) -> None:
        self.who, self.stopped, self.present, self.seen = who, stopped, present, time.monotonic()


_SHARER: ContextVar[Sharer | None] = ContextVar("sharer", default=None)


@contextmanager
def sharing(sharer: Sharer) -> Iterator[None]:
    """What takes turns in this block (also in threads that `threads.each` starts) does so for this work."""
    before = _SHARER.set(sharer)
    try:
        yield
    finally:
        _SHARER.reset(before)


class _Ticket:
    """A thread that waits for a turn or has one."""

    def __init__(self, sharer: Sharer, number: int) -> None:
        self.sharer, self.number, self.given, self.began = sharer, number, threading.Event(), 0.0


class Turns:
    """So many places to compute, shared out by how much time everybody has had.

    ``with turns:`` waits for a place and gives it back; within, `give_way` between two steps lets others in.

    Parameters
    ----------
    places
        How many compute at a time.
    most
        How many visitors may wait.
    """

    def __init__(self, places: int, most: int = MOST_WAITING) -> None:
        self._free, self._most = places, most
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._waiting: list[_Ticket] = []
        self._holding: list[_Ticket] = []
        self._had: dict[Hashable, tuple[float, float]] = {}
        self._mine = threading.local()

    def __enter__(self) -> Turns:
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._mine.ticket = self._wait()
        self._mine.depth = depth + 1
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.depth -= 1
        if self._mine.depth == 0 and self._mine.ticket is not None:
            self._give_back(self._mine.ticket)
            self._mine.ticket = None

    def give_way(self) -> None:
        """Between two steps: let others in if they wait and the slice is over.

        Raises
        ------
        Over
            If nobody wants the result any more.
        """
        ticket = getattr(self._mine, "ticket", None)
        sharer = ticket.sharer if ticket else _SHARER.get()
        if sharer is None:
            return
        sharer.seen = time.monotonic()
        if sharer.stopped():
            raise Over
        if ticket is None or (sharer.present() and (not self._waiting or sharer.seen - ticket.began < SLICE)):
            return
        self._give_back(ticket)
        self._mine.ticket = None  # should waiting fail, there is nothing to give back
        self._mine.ticket = self._wait()

    def others(self, who: Hashable) -> int:
        """How many others compute or wait for a turn."""
        with self._lock:
            return len({ticket.sharer.who for ticket in (*self._waiting, *self._holding)} - {who})

    def _wait(self) -> _Ticket:
        ticket = _Ticket(_SHARER.get() or Sharer(threading.get_ident()), next(self._numbers))
        sharer = ticket.sharer
        with self._lock:
            waiting = {other.sharer.who for other in self._waiting if other.sharer.present()}
            if sharer.who not in waiting and len(waiting) >= self._most:
                raise Full(
                    f"{len(waiting)} visitors are waiting for runs, as many as there is room for. Try again soon."
                )
            self._join(sharer.who)
            self._waiting.append(ticket)
            self._serve()
        try:
            while not ticket.given.wait(GLANCE):
                sharer.seen = time.monotonic()
                if sharer.stopped():
                    raise Over
                with self._lock:  # somebody may have come back
                    self._serve()
        except BaseException:
            with self._lock:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                else:
                    self._end(ticket)
            raise
        return ticket

    def _join(self, who: Hashable) -> None:
        """Who asks for no time saves up a little of it, and no more."""
        now = time.monotonic()
        self._had = {name: (had, at) for name, (had, at) in self._had.items() if now - at < _MEMORY}
        active = {ticket.sharer.who for ticket in (*self._waiting, *self._holding)} & self._had.keys()
        least = min((self._had[name][0] for name in active), default=0.0) - CREDIT
        self._had[who] = max(self._had.get(who, (least, now))[0], least), now

    def _serve(self) -> None:
        while self._free:
            able = [ticket for ticket in self._waiting if ticket.sharer.present() and not ticket.sharer.stopped()]
            if not able:
                return
            chosen = min(able, key=lambda ticket: (self._had.get(ticket.sharer.who, (0.0, 0.0))[0], ticket.number))
            self._waiting.remove(chosen)
            self._holding.append(chosen)
            self._free -= 1
            chosen.began = chosen.sharer.seen = time.monotonic()
            chosen.given.set()

    def _give_back(self, ticket: _Ticket) -> None:
        with self._lock:
            self._end(ticket)

    def _end(self, ticket: _Ticket) -> None:
        now, who = time.monotonic(), ticket.sharer.who
        ticket.sharer.seen = now
        self._had[who] = self._had.get(who, (0.0, now))[0] + now - ticket.began, now
        self._holding.remove(ticket)
        self._free += 1
        self._serve()


#: Shared by all who use this process: as many places as cores.
TURNS = Turns(cores())


def by_turns(prepared: Prepared, seed: int) -> Run:
    """One run with the turns of others in between: the same as ``prepared.run(seed)`` to the last bit."""
    with TURNS:
        state = prepared.begin(seed)
        weeks = max(1, _STEP // prepared.households)
        for first in range(0, prepared.weeks, weeks):
            TURNS.give_way()
            prepared.advance(seed, state, first, min(first + weeks, prepared.weeks))
        return prepared.finished(seed, state)
