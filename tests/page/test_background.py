"""What is worked out beside what a visitor sees: the newest has the last word, and faults become messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from abm import InputError
from experiments.page.background import Latest, in_background


class Held:
    """A state as the page holds it, that can be waited for."""

    def __init__(self) -> None:
        self.now, self.seen, self._told = Latest(), list[Latest](), threading.Condition()

    def keep(self, change: Callable[[Latest], Latest]) -> None:
        with self._told:
            self.now = change(self.now)
            self.seen.append(self.now)
            self._told.notify_all()

    def wait_for(self, wanted: Callable[[Latest], bool]) -> None:
        with self._told:
            assert self._told.wait_for(lambda: wanted(self.now), timeout=20)


def test_values_arrive_as_they_are_found() -> None:
    held = Held()
    in_background(lambda stopped: iter("abc"), held.keep)
    held.wait_for(lambda now: now.value == "c")
    assert [seen.value for seen in held.seen] == ["a", "b", "c"]


def test_what_an_older_thread_tells_late_replaces_nothing() -> None:
    held, go, said = Held(), threading.Event(), threading.Event()

    def slow(stopped: Callable[[], bool]) -> Iterator[str]:
        go.wait(20)
        yield "old"
        said.set()

    in_background(slow, held.keep)
    in_background(lambda stopped: iter(["new"]), held.keep)
    held.wait_for(lambda now: now.value == "new")
    go.set()
    assert said.wait(20)
    assert held.now.value == "new"


def test_what_was_stopped_tells_nothing_more() -> None:
    held, go, over = Held(), threading.Event(), threading.Event()

    def work(stopped: Callable[[], bool]) -> Iterator[Any]:
        yield 1
        go.wait(20)
        yield 2
        assert stopped()
        over.set()

    stop = in_background(work, held.keep)
    held.wait_for(lambda now: now.value == 1)
    stop()
    go.set()
    assert over.wait(20)
    assert held.now.value == 1


def test_a_refusal_is_told_and_what_was_there_stays() -> None:
    held = Held()

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        yield 7
        raise InputError("weeks", 0, "at least 1")

    in_background(work, held.keep)
    held.wait_for(lambda now: now.problem != "")
    assert held.now.value == 7
    assert "weeks = 0 is not accepted" in held.now.problem


def test_a_fault_is_told_to_the_visitor_and_not_hidden_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    held, logged = Held(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda told: logged.set())

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        raise ArithmeticError("no such number")
        yield 0

    in_background(work, held.keep)
    held.wait_for(lambda now: now.problem != "")
    assert held.now.problem == "This could not be run (ArithmeticError: no such number)."
    assert logged.wait(20)
