"""Threads for runs: the only place that starts them.

The compiled week releases the interpreter's lock, so threads are all that one machine needs: no start-up, no
pickling.  What a job gives has its place by the order of the jobs, so the number of threads changes nothing.
"""

from __future__ import annotations

import contextvars
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from abm.inputs.parameters import InputError

Given = TypeVar("Given")
Found = TypeVar("Found")

#: How often a waiting thread looks up, in seconds, so that Ctrl-C is heard.
GLANCE = 0.2


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_of(number: int | None) -> int:
    """Threads for a number that somebody asked for: one a core without a number.

    Raises
    ------
    InputError
        If the number makes no sense.
    """
    if number is not None and number < 1:
        raise InputError("--workers", number, "a whole number of at least 1")
    return number or cores()


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that start nothing new once the block has failed, and are not waited for then."""
    executor = ThreadPoolExecutor(count, thread_name_prefix="runs")
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def each(
    jobs: Iterable[Given],
    work: Callable[[Given], Found],
    *,
    workers: int | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> list[Found]:
    """Do some work for each job, in threads; what it gives, in the order of the jobs.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.
    told
        Gets the number of jobs done, now and then.

    Raises
    ------
    InputError
        If the number of workers makes no sense.
    KeyboardInterrupt
        On Ctrl-C, once no new job will be begun.  What a job raises is raised here.
    """
    todo, count = list(jobs), workers_of(workers)
    with Stop((signal.SIGINT,)) as stop, threads(count) as executor:
        futures = []
        for job in todo:
            stop.raise_if_asked()
            futures.append(executor.submit(contextvars.copy_context().run, work, job))
        waiting = set(futures)
        while waiting:
            stop.raise_if_asked()
            done, waiting = wait(waiting, timeout=GLANCE, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            told(len(todo) - len(waiting))
    stop.raise_if_asked()  # also where the last job was done meanwhile: whoever asked meant what comes after as well
    return [future.result() for future in futures]


class Stop:
    """While it is open, a signal to stop is a request; a second one is a KeyboardInterrupt.

    An exception out of the blue could leave a lock behind, so those who hand out work ask instead.  Outside
    the main thread, which alone hears signals, nobody ever asks.

    Attributes
    ----------
    by
        The signal that was heard; 0 before.
    """

    def __init__(self, signals: Iterable[signal.Signals], heard: Callable[[], None] = lambda: None) -> None:
        self._signals, self._heard, self.by = tuple(signals), heard, 0
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self.by != 0

    def raise_if_asked(self) -> None:
        """Stop, if that was asked for."""
        if self.asked():
            raise KeyboardInterrupt

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _: object) -> None:
        if self.by:
            raise KeyboardInterrupt
        self.by = number
        self._heard()
