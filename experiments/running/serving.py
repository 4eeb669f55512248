"""An engine: somewhere to run batches of runs, an `Executor` in front of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from experiments.running.runs import Done, Job

#: Batches never grow by more than this at once, so one odd timing cannot make a huge one.
GROWTH = 4
MOST_RUNS = 10_000


@dataclass
class Engine:
    """Somewhere to run batches.

    Attributes
    ----------
    run
        The function that runs a batch there, given the jobs.
    slots
        Batches that can run at the same time, now.
    batch_seconds
        Work that a batch should hold, so that handing it over costs little beside it.
    """

    executor: Executor
    run: tuple[Callable[..., Done], tuple[Any, ...]]
    slots: Callable[[], int]
    batch_seconds: float
    where: str
    #: Errors by which the engine says that a worker died of a batch.
    deaths: tuple[type[BaseException], ...] = ()
    #: Seconds of work in a batch for each slot, where that is more: many slots are served by one process.
    a_slot: float = 0.0
    _size: int = field(default=1, init=False)

    def submit(self, jobs: list[Job]) -> Future[Done]:
        """Hand over a batch."""
        function, first = self.run
        return self.executor.submit(function, *first, jobs)

    def learn(self, done: Done, slots: int) -> None:
        """Fit the size of the next batches to what one took."""
        each = max(done.seconds / max(len(done), 1), 1e-6)
        fitting = int(max(self.batch_seconds, self.a_slot * slots) / each)
        self._size = max(1, min(fitting, GROWTH * self._size, MOST_RUNS))

    def size(self, left: int, slots: int) -> int:
        """Runs for the next batch; small at the end, so that all workers finish together."""
        return max(1, min(self._size, left // (2 * slots)))
