"""Threads for runs: what comes back has its place, what goes wrong is told, and Ctrl-C is heard."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from abm.inputs.parameters import InputError
from experiments.running.threads import Stop, each, workers_of


@pytest.mark.parametrize("workers", [1, 3, 16, None])
def test_results_have_the_place_of_their_jobs_however_many_threads(workers: int | None) -> None:
    def slow_at_first(job: int) -> int:
        time.sleep(0.02 if job < 3 else 0.0)
        return job * job

    assert each(range(40), slow_at_first, workers=workers) == [job * job for job in range(40)]


def test_there_may_be_nothing_to_do() -> None:
    assert each([], str) == []


def test_it_is_told_how_many_jobs_are_done() -> None:
    told: list[int] = []
    each(range(10), str, workers=2, told=told.append)
    assert told == sorted(told)
    assert told[-1] == 10


def test_what_goes_wrong_in_a_thread_is_raised_and_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def work(job: int) -> None:
        begun.append(job)
        time.sleep(0.005)
        if job == 5:
            raise ArithmeticError("job 5")

    with pytest.raises(ArithmeticError, match="job 5"):
        each(range(5_000), work, workers=2)
    assert len(begun) < 1_000


def test_ctrl_c_is_heard_while_threads_work_and_leaves_them_to_end() -> None:
    begun: list[int] = []

    def work(job: int) -> None:
        begun.append(job)
        time.sleep(0.02)
        if job == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        each(range(5_000), work, workers=2)
    assert len(begun) < 1_000
    assert signal.getsignal(signal.SIGINT) is before


def test_it_works_where_signals_are_not_heard() -> None:
    found: list[list[int]] = []
    thread = threading.Thread(target=lambda: found.append(each(range(5), abs, workers=2)))
    thread.start()
    thread.join(20)
    assert found == [[0, 1, 2, 3, 4]]


def test_a_first_signal_is_a_request_and_a_second_one_a_demand() -> None:
    heard: list[int] = []
    with Stop((signal.SIGTERM,), lambda: heard.append(1)) as stop:
        assert not stop.asked()
        signal.raise_signal(signal.SIGTERM)
        assert stop.asked()
        assert (stop.by, heard) == (signal.SIGTERM, [1])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert heard == [1]


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_of_threads_that_makes_no_sense_is_refused(number: int) -> None:
    with pytest.raises(InputError, match="--workers"):
        workers_of(number)
    assert workers_of(None) >= 1


def test_a_stop_while_the_last_job_is_done_is_heard() -> None:
    """A command asks for runs again and again: what stops it must not be lost between two of these."""

    def stopped(job: int) -> int:
        if job == 9:
            os.kill(os.getpid(), signal.SIGINT)
        return job

    with pytest.raises(KeyboardInterrupt):
        each(range(10), stopped, workers=2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
