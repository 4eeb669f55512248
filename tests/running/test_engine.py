"""Batches through an engine whose workers die: only the run that kills is recorded, and no other is lost."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from threading import Timer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import abm
from experiments.running.engine import batches
from experiments.running.runs import Done, Job
from experiments.running.serving import Engine

CELLS = 12


class WorkerDiedError(Exception):
    """As Dask says it."""


class OneWorker(Executor):
    """A worker with a line before it: what is in the line dies with it.

    Attributes
    ----------
    deadly
        Cells whose runs kill it.
    killed
        How many more times it dies of something else.
    """

    def __init__(self, deadly: set[int], killed: int = 0) -> None:
        self.deadly, self.killed, self.line = deadly, killed, []  # type: ignore[var-annotated]

    def submit(self, function: Any, /, *given: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if not self.line:
            Timer(0.01, self._work).start()
        self.line.append((future, *given))
        return future

    def _work(self) -> None:
        line, self.line = self.line, []
        dies = any(job.cell in self.deadly for _, jobs in line for job in jobs)
        if not dies and self.killed:
            dies, self.killed = True, self.killed - 1
        for future, jobs in line:
            future.set_exception(WorkerDiedError()) if dies else future.set_result(done(jobs))


def done(jobs: list[Job]) -> Done:
    pairs = [(job.cell, replicate) for job in jobs for replicate in job.replicates]
    cells, replicates = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    measures = np.zeros((len(pairs), len(abm.MEASURES)))
    return Done(cells=cells, replicates=replicates, run_ids=["a"] * len(pairs), measures=measures, seconds=0.01)


@pytest.mark.parametrize("deadly", [set(), {0}, {5, 6}])
@pytest.mark.parametrize("killed", [0, 2])
@pytest.mark.parametrize("slots", [1, 8])
def test_only_the_run_that_kills_is_recorded(deadly: set[int], killed: int, slots: int) -> None:
    """Single runs that stood in line behind it were recorded with it, while one worker was there and more to come."""
    study: Any = SimpleNamespace(locate=lambda cell: (0, 0), settings=lambda cell: {})
    engine = Engine(OneWorker(deadly, killed), (done, ()), lambda: slots, 0.02, "here", deaths=(WorkerDiedError,))
    runs = [(cell, replicate) for cell in range(CELLS) for replicate in range(2)]
    found = [batch for batch in batches(engine, study, iter(runs), len(runs), lambda: False) if batch is not None]
    told = [(int(c), int(r)) for batch in found for c, r in zip(batch.cells, batch.replicates, strict=True)]
    assert sorted(told) == runs
    died = {int(batch.cells[row]) for batch in found for row in batch.errors}
    assert died == deadly
    assert sum(len(batch.errors) for batch in found) == 2 * len(deadly)
