"""What is worked out beside what a visitor sees: the newest has the last word, and faults become messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from abm import InputError
from experiments.page import background
from experiments.page.background import STOPPED, Latest, in_background
from experiments.running.turns import TURNS, Over, Sharer, Turns, sharing


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


class Faulty(Held):
    """A state that cannot be changed the first times."""

    def __init__(self, faults: int) -> None:
        super().__init__()
        self.left = faults

    def keep(self, change: Callable[[Latest], Latest]) -> None:
        if self.left > 0:
            self.left -= 1
            raise AttributeError("partially initialized module 'pandas' has no attribute 'DataFrame'")
        super().keep(change)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_ATTEMPTS", (0.0, 0.01))
    monkeypatch.setattr(background, "_GLANCE", 0.02)


def test_what_could_not_be_shown_once_is_shown_after_all(impatient: None) -> None:
    held = Faulty(1)
    in_background(lambda stopped: iter("abc"), held.keep)
    held.wait_for(lambda now: now.value == "c")
    assert [seen.value for seen in held.seen] == ["a", "b", "c"]
    assert held.now.problem == ""


@pytest.mark.parametrize("faults", [2, 5])
def test_runs_that_stop_because_nothing_can_be_shown_are_said_to_have_stopped(impatient: None, faults: int) -> None:
    held, drawn = Faulty(faults), list[str]()

    def work(stopped: Callable[[], bool]) -> Iterator[str]:
        for value in "abcdefgh":
            drawn.append(value)
            yield value

    in_background(work, held.keep)
    held.wait_for(lambda now: now.problem == STOPPED)
    assert drawn == ["a"]


def test_where_nothing_can_ever_be_shown_the_attempts_end(
    impatient: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "_LAST_ATTEMPTS", 3)
    held, before = Faulty(1_000_000), threading.active_count()
    in_background(lambda stopped: iter("abc"), held.keep)
    for _ in range(500):
        if held.left == 1_000_000 - 5 and threading.active_count() == before:
            break
        threading.Event().wait(0.02)
    assert held.left == 1_000_000 - 5
    assert threading.active_count() == before
    assert "could not be shown" in caplog.text


def test_a_fault_of_the_work_that_cannot_be_told_at_once_is_told_later(
    impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda told: None)
    held = Faulty(4)

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        raise InputError("weeks", 0, "at least 1")
        yield 0

    in_background(work, held.keep)
    held.wait_for(lambda now: "weeks = 0 is not accepted" in now.problem)


def test_work_without_a_sign_of_life_is_given_up_and_said(impatient: None) -> None:
    held, go, over = Held(), threading.Event(), threading.Event()

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        yield 1
        go.wait(20)
        yield 2
        over.set()

    in_background(work, held.keep, silence=0.1)
    held.wait_for(lambda now: now.problem == STOPPED)
    assert held.now.value == 1
    go.set()
    assert over.wait(20)
    assert held.now == held.seen[-1]
    assert held.now.value == 1


def test_work_that_takes_turns_for_long_is_not_given_up(impatient: None) -> None:
    held = Held()

    def work(stopped: Callable[[], bool]) -> Iterator[str]:
        with TURNS:
            for _ in range(60):
                threading.Event().wait(0.01)
                TURNS.give_way()
        yield "done"

    in_background(work, held.keep, silence=0.3)
    held.wait_for(lambda now: now.value == "done")
    assert held.now.problem == ""


def test_stopped_work_ends_at_its_next_step() -> None:
    held, begun, ended = Held(), threading.Event(), threading.Event()

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        try:
            with TURNS:
                begun.set()
                while True:
                    threading.Event().wait(0.01)
                    TURNS.give_way()
        except Over:
            ended.set()
            raise
        yield 1

    stop = in_background(work, held.keep)
    assert begun.wait(20)
    stop()
    assert ended.wait(2)
    assert held.now == Latest()


def test_who_waits_is_told_that_others_are_running(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_PATIENCE", 0.05)
    monkeypatch.setattr(background, "TURNS", Turns(1))
    held, go = Held(), threading.Event()

    def work(stopped: Callable[[], bool]) -> Iterator[str]:
        go.wait(20)
        yield "figures"

    with sharing(Sharer("another")), background.TURNS:
        in_background(work, held.keep, others=True)
        held.wait_for(lambda now: now.others == 1)
    go.set()
    held.wait_for(lambda now: now.value == "figures")
    assert held.now.others == 0
