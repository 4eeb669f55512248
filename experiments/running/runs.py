"""What a worker does: prepare a point once, run its replicates, hand back numbers.

Runs here in a thread of this process, or in a worker of a cluster; nothing here knows which.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

import abm
from abm.inputs.kept import Kept
from abm.inputs.parameters import InputError
from abm.model import Prepared
from experiments.question.shared import Shared
from experiments.running.versions import Versions, check_versions, versions

#: Prepared points kept at hand: more than there are threads, so that replicates find theirs again.
KEPT_POINTS = 32
#: Runs that are prepared one after the other before they are run: what one needed the next finds in the processor's
#: cache, where a run of thousands of household-weeks leaves nothing.
TOGETHER = 8


@dataclass(frozen=True)
class Job:
    """Some replicates of one cell (variant × point × draw)."""

    cell: int
    variant: int
    settings: Mapping[str, Any]
    replicates: Sequence[int]


@dataclass
class Done:
    """Results of a batch, a row a run; `errors` holds the rows that failed, whose measures are NaN."""

    cells: NDArray[np.int64]
    replicates: NDArray[np.int64]
    run_ids: list[str]
    measures: NDArray[np.float64]
    errors: dict[int, str] = field(default_factory=dict)
    series: list[Mapping[str, NDArray[np.float64]] | None] | None = None
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.cells)


class Runner:
    """Runs jobs; keeps the last few prepared points so that later batches need not prepare them again."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._kept: Kept[Prepared] = Kept(KEPT_POINTS)

    def prepared(self, job: Job, replicate: int) -> Prepared:
        """The job's point with the behaviour of a replicate, prepared now or a moment ago."""

        def make() -> Prepared:
            return self.shared.case(job.variant, job.settings, replicate).prepared()

        return self._kept.of((job.cell, replicate % self.shared.vectors), make)

    def __call__(self, jobs: Sequence[Job]) -> Done:
        """Run a batch; a run that raises is recorded, the others go on."""
        begun = time.perf_counter()
        total = sum(len(job.replicates) for job in jobs)
        done = Done(
            cells=np.repeat([job.cell for job in jobs], [len(job.replicates) for job in jobs]).astype(np.int64),
            replicates=np.concatenate([np.asarray(job.replicates, dtype=np.int64) for job in jobs]),
            run_ids=[""] * total,
            measures=np.full((total, len(abm.MEASURES)), np.nan),
            series=[None] * total if self.shared.series else None,
        )
        runs = ((row, *run) for row, run in enumerate((job, int(r)) for job in jobs for r in job.replicates))
        while some := list(islice(runs, TOGETHER)):
            ready = []
            for row, job, replicate in some:
                with _recorded(row, done):
                    ready.append((row, *self._ready(job, replicate, row, done)))
            for row, prepared, seed in ready:
                with _recorded(row, done):
                    self._run(prepared, seed, row, done)
        done.seconds = time.perf_counter() - begun
        return done

    def _ready(self, job: Job, replicate: int, row: int, done: Done) -> tuple[Prepared, int]:
        prepared, seed = self.prepared(job, replicate), self.shared.seed_of(job.cell, replicate)
        done.run_ids[row] = prepared.identity(seed)
        return prepared, seed

    def _run(self, prepared: Prepared, seed: int, row: int, done: Done) -> None:
        if done.series is None:
            done.measures[row] = prepared.measures(seed)
            return
        run = prepared.run(seed)
        done.measures[row] = [run.measures[name] for name in abm.MEASURES]
        weekly = run.series if "week" in run.series.columns else run.series.rename_axis("week").reset_index()
        done.series[row] = {name: np.asarray(weekly[name], dtype=np.float64) for name in weekly.columns}


@contextmanager
def _recorded(row: int, done: Done) -> Iterator[None]:
    """What goes wrong with a run is its record."""
    try:
        yield
    except Exception as fault:
        done.errors[row] = _told(fault)


def _told(fault: Exception) -> str:
    """What went wrong, in one line, with the place for those who look for the cause."""
    if isinstance(fault, InputError):
        return f"InputError: {fault}"
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" (in {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {fault}{place}"


# ---- on a cluster -----------------------------------------------------------------------------------


def packed(shared: Shared) -> bytes:
    """What the runs share, as it travels to a worker."""
    return pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL)


def kept(shared: bytes) -> bytes:
    """What the runs share, as a task whose result every batch is given."""
    return shared


@lru_cache(maxsize=4)
def _unpacked(shared: bytes) -> Runner:
    return Runner(pickle.loads(shared))


def _here() -> str:
    """The address of the worker that this is."""
    from distributed import get_worker

    return str(get_worker().address)


def run_elsewhere(wanted: Versions, shared: bytes, jobs: Sequence[Job]) -> Done:
    """Run a batch in a worker process.

    Parameters
    ----------
    wanted
        Versions of whoever asks: looked at before anything is unpacked, since a worker may have joined late.

    Raises
    ------
    InputError
        If the worker has others.
    """
    check_versions(versions(), wanted, _here())
    runner = _unpacked(shared)
    whole = runner.shared.model_version
    if whole != abm.model_version():
        allowed = f"workers on which rules of one's own have the mark they have here ({whole})"
        raise InputError("--cluster", f"a worker with {abm.model_version()}", allowed)
    return runner(jobs)
