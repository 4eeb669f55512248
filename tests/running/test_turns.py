"""Turns: who had least goes next, nobody waits behind a long run, and those who left are not served."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from experiments.running import turns
from experiments.running.threads import each
from experiments.running.turns import Full, Over, Sharer, Turns, sharing


def start(sharer: Sharer, work: Callable[[], None]) -> threading.Thread:
    """Do some work for somebody in a thread."""

    def body() -> None:
        with sharing(sharer):
            work()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def busy(shared: Turns, seconds: float) -> None:
    """Compute for so long, in small steps."""
    with shared:
        had = 0.0
        while had < seconds:
            time.sleep(0.005)
            had += 0.005
            shared.give_way()


def test_a_short_question_does_not_wait_for_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLICE", 0.02)
    shared, stop = Turns(2), threading.Event()
    heavy = [Sharer(k, stop.is_set) for k in range(8)]

    def work() -> None:
        with pytest.raises(Over):
            busy(shared, 1e9)

    threads = [start(sharer, work) for sharer in heavy]
    time.sleep(0.3)
    began = time.monotonic()
    start(Sharer("light"), lambda: busy(shared, 0.02)).join(20)
    took = time.monotonic() - began
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    # Four rounds of nine at two places come to less than half a second; without turns it would never end.
    assert took < 5


def test_two_visitors_have_the_same_time_however_many_threads_they_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLICE", 0.01)
    shared, stop = Turns(1), threading.Event()
    one, two = Sharer("one", stop.is_set), Sharer("two", stop.is_set)
    had = {"one": 0, "two": 0}

    def work(name: str) -> Callable[[], None]:
        def steps() -> None:
            with contextlib.suppress(Over), shared:
                while True:
                    time.sleep(0.005)
                    had[name] += 1
                    shared.give_way()

        return steps

    threads = [start(one, work("one")) for _ in range(4)] + [start(two, work("two"))]
    time.sleep(1.5)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert 0.5 < had["one"] / had["two"] < 2


def test_who_is_away_waits_and_goes_on_after_coming_back() -> None:
    shared, here, done = Turns(1), threading.Event(), threading.Event()

    def work() -> None:
        with shared:
            done.set()

    thread = start(Sharer("away", present=here.is_set), work)
    assert not done.wait(0.5)
    start(Sharer("other"), lambda: busy(shared, 0.01)).join(20)
    assert not done.is_set()
    here.set()
    assert done.wait(20)
    thread.join(20)


def test_who_stops_while_waiting_leaves_the_place_to_others() -> None:
    shared, over = Turns(1), threading.Event()

    def work() -> None:
        with pytest.raises(Over), shared:
            pass

    with shared:
        thread = start(Sharer("gone", over.is_set), work)
        time.sleep(0.05)
        over.set()
        thread.join(5)
        assert not thread.is_alive()
    start(Sharer("other"), lambda: busy(shared, 0.01)).join(20)


def test_more_than_there_is_room_for_are_told_so() -> None:
    shared, over, told = Turns(1, most=2), threading.Event(), list[str]()

    def work() -> None:
        with pytest.raises(Over), shared:
            pass

    def one_more() -> None:
        try:
            with shared:
                pass
        except Full as full:
            told.append(str(full))

    with shared:
        waiting = [start(Sharer(k, over.is_set), work) for k in range(2)]
        time.sleep(0.1)
        assert shared.others("me") == 3
        start(Sharer("me"), one_more).join(20)
        over.set()
        for thread in waiting:
            thread.join(20)
    assert told == ["2 visitors are waiting for runs, as many as there is room for. Try again soon."]


def test_threads_of_a_job_share_the_account_of_their_visitor() -> None:
    shared, seen = Turns(2), list[object]()

    def work(job: int) -> None:
        with shared:
            seen.append(shared._holding[-1].sharer.who)

    with sharing(Sharer("one")):
        each(range(4), work, workers=2)
    assert seen == ["one"] * 4
