"""Work beside what a visitor sees: a thread of its own for each, of which the newest has the last word.

Runs themselves are shared out by `experiments.running.turns`.  A second thread watches the first, so that
work which stops without a word is noticed and said.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from abm.inputs.parameters import InputError
from experiments.page.presence import visitor
from experiments.running.turns import TURNS, Full, Over, Sharer, sharing

_LOG = logging.getLogger(__name__)
_turns = itertools.count(1)

#: What is said when work stopped without a reason that a visitor could mend.
STOPPED = "The runs stopped. Run again."
#: Seconds without a sign of life after which work counts as stopped.
SILENCE = 120.0
#: Seconds without any figures after which it is said that others are running too; then again after so many times
#: as long, for whatever is said has the page drawn anew, and takes time from all.
_PATIENCE, _RARER = 1.5, 4.0
#: Seconds before each attempt to tell something.
_ATTEMPTS = (0.0, 0.1, 0.5, 2.0)
#: Seconds between two looks of the watch.
_GLANCE = 1.0
#: How often a message that could not be told is tried again.
_LAST_ATTEMPTS = 60


class Latest(NamedTuple):
    """The newest thing that a thread told, and what went wrong since; `turn` grows with each thread started.

    Attributes
    ----------
    others
        Visitors who are computing too, told while there is nothing else to tell.
    """

    turn: int = 0
    value: Any = None
    problem: str = ""
    others: int = 0


def in_background(
    work: Callable[[Callable[[], bool]], Iterator[Any]],
    keep: Callable[[Callable[[Latest], Latest]], None],
    *,
    silence: float = SILENCE,
    others: bool = False,
) -> Callable[[], None]:
    """Start `work` in a thread of its own; the function returned stops it.

    Parameters
    ----------
    work
        Yields values; it gets a function that tells whether it was stopped.  Where it waits for a turn or
        gives way it ends by itself once stopped.
    keep
        Changes the state that holds the `Latest`.  What an older thread tells late never replaces what
        a newer one told.
    silence
        Seconds without a value and without a turn after which the work is given up and `STOPPED` is told.
    others
        Whether it is told, while there are no figures, how many others compute too.
    """
    job = _Job(work, keep, silence, others)
    job.start()
    return job.over.set


class _Job:
    """A piece of work, the thread that does it and the thread that watches it."""

    def __init__(
        self,
        work: Callable[[Callable[[], bool]], Iterator[Any]],
        keep: Callable[[Callable[[Latest], Latest]], None],
        silence: float,
        others: bool,
    ) -> None:
        self.over = threading.Event()
        self._work, self._keep, self._silence, self._turn = work, keep, silence, next(_turns)
        who, present = visitor()
        self._sharer = Sharer(who, self.over.is_set, present)
        self._told = self._finished = False
        self._next_others = time.monotonic() + _PATIENCE if others else float("inf")
        self._owed = ""
        # Both are made here: a thread works for the visitor for whom it was made.
        self._doing = threading.Thread(target=self._do, daemon=True, name=f"work-{self._turn}")
        self._watching = threading.Thread(target=self._watch, daemon=True, name=f"watch-{self._turn}")

    def start(self) -> None:
        self._doing.start()
        self._watching.start()

    def _do(self) -> None:
        with sharing(self._sharer):
            try:
                with TURNS:  # under load: what is stopped while it waits here never starts
                    pass
                for value in self._work(self.over.is_set):
                    self._sharer.seen = time.monotonic()
                    if not self._tell(value, ""):
                        self._owed = STOPPED
                        return
                    self._sharer.seen = time.monotonic()
                self._finished = True
            except Over:
                self._finished = True
            except (InputError, Full) as error:
                self._give_up(str(error))
            except Exception as error:
                self._give_up(f"This could not be run ({type(error).__name__}: {error}).")
                raise

    def _give_up(self, problem: str) -> None:
        if self._tell(None, problem):
            self._finished = True
        else:
            self._owed = problem

    def _tell(self, value: Any, problem: str) -> bool:
        """Whether it was told, or nobody wants to know."""
        for attempt, pause in enumerate(_ATTEMPTS):
            if self.over.wait(pause) or self._try_to_tell(value, problem, log=attempt == 0):
                return True
        return False

    def _try_to_tell(self, value: Any, problem: str, *, log: bool) -> bool:
        turn = self._turn
        try:
            self._keep(
                lambda held: held if held.turn > turn else Latest(turn, held.value if problem else value, problem)
            )
        except Exception:
            if log:
                _LOG.exception("what was worked out could not be shown")
            return False
        self._told = True
        return True

    # -- the watch

    def _watch(self) -> None:
        began = time.monotonic()
        while not self.over.is_set():
            self._doing.join(timeout=_GLANCE)
            if not self._doing.is_alive():
                break
            if not self._sharer.present():
                self._sharer.seen = time.monotonic()
            elif time.monotonic() - self._sharer.seen > self._silence:
                self._owed = STOPPED
                break
            if not self._told and time.monotonic() > self._next_others:
                self._next_others = time.monotonic() + _RARER * (time.monotonic() - began)
                self._tell_others(TURNS.others(self._sharer.who))
        if self._finished or self.over.is_set():
            return
        for attempt in range(_LAST_ATTEMPTS):
            if self.over.is_set() or self._try_to_tell(None, self._owed or STOPPED, log=attempt == 0):
                break
            self.over.wait(_GLANCE)
        self.over.set()  # what was given up tells nothing more

    def _tell_others(self, others: int) -> None:
        turn = self._turn
        try:
            self._keep(
                lambda held: held if held.turn > turn or self._told else held._replace(problem="", others=others)
            )
        except Exception:
            _LOG.exception("that others are running could not be shown")
