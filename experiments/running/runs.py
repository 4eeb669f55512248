"""What a worker does: prepare a point once, run its replicates, hand back numbers.

Runs here in a thread of this process, or in a worker of a cluster; nothing here knows which.
"""

from __future__ import annotations

import pickle
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import abm
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.scenarios.overrides import apply_settings

#: Prepared points kept at hand: more than there are threads, so that replicates find theirs again.
KEPT_POINTS = 32


@dataclass(frozen=True)
class Bases:
    """What every run of a sweep shares: the inputs before a point's settings change them.

    `settings` are the design's own, applied at every point; `file` is how messages name the design.
    """

    policies: tuple[Policy, ...]
    caseload: Caseload
    behaviour: Behaviour
    settings: Mapping[str, Any]
    weeks: int
    households: int | None
    seed: int
    series: bool
    model_version: str
    file: str

    def inputs(self, variant: int, settings: Mapping[str, Any]) -> tuple[Policy, Caseload, Behaviour]:
        """Policy, caseload and behaviour of a point.

        Raises
        ------
        InputError
            If the values do not go together (a cap below the amount, for example).
        """
        changes = {**self.settings, **settings}
        return apply_settings(self.policies[variant], self.caseload, self.behaviour, changes, file=self.file)

    def prepare(self, variant: int, settings: Mapping[str, Any]) -> Any:
        """The point, ready to run with any seed."""
        policy, caseload, behaviour = self.inputs(variant, settings)
        return abm.prepare(policy, caseload, behaviour, weeks=self.weeks, households=self.households)


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

    def __init__(self, bases: Bases) -> None:
        self.bases = bases
        self._kept: dict[int, Any] = {}
        self._lock = threading.Lock()

    def prepared(self, job: Job) -> Any:
        """The job's point, prepared now or a moment ago."""
        found = self._kept.get(job.cell)
        if found is None:
            found = self.bases.prepare(job.variant, job.settings)
            with self._lock:
                while len(self._kept) >= KEPT_POINTS:
                    del self._kept[next(iter(self._kept))]
                self._kept[job.cell] = found
        return found

    def __call__(self, jobs: Sequence[Job]) -> Done:
        """Run a batch; a run that raises is recorded, the others go on."""
        begun = time.perf_counter()
        total = sum(len(job.replicates) for job in jobs)
        done = Done(
            cells=np.repeat([job.cell for job in jobs], [len(job.replicates) for job in jobs]).astype(np.int64),
            replicates=np.concatenate([np.asarray(job.replicates, dtype=np.int64) for job in jobs]),
            run_ids=[""] * total,
            measures=np.full((total, len(abm.MEASURES)), np.nan),
            series=[None] * total if self.bases.series else None,
        )
        row = 0
        for job in jobs:
            for replicate in job.replicates:
                try:
                    self._run(job, self.bases.seed + replicate, row, done)
                except Exception as fault:
                    done.errors[row] = _told(fault)
                row += 1
        done.seconds = time.perf_counter() - begun
        return done

    def _run(self, job: Job, seed: int, row: int, done: Done) -> None:
        prepared = self.prepared(job)
        done.run_ids[row] = prepared.identity(seed)
        if done.series is None:
            done.measures[row] = prepared.measures(seed)
            return
        run = prepared.run(seed)
        done.measures[row] = [run.measures[name] for name in abm.MEASURES]
        weekly = run.series if "week" in run.series.columns else run.series.rename_axis("week").reset_index()
        done.series[row] = {name: np.asarray(weekly[name], dtype=np.float64) for name in weekly.columns}


def _told(fault: Exception) -> str:
    """What went wrong, in one line, with the place for those who look for the cause."""
    if isinstance(fault, InputError):
        return f"InputError: {fault}"
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" (in {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {fault}{place}"


# ---- on a cluster -----------------------------------------------------------------------------------


def packed(bases: Bases) -> bytes:
    """The bases as they travel to a worker."""
    return pickle.dumps(bases, protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=4)
def _unpacked(bases: bytes) -> Runner:
    return Runner(pickle.loads(bases))


def run_elsewhere(bases: bytes, jobs: Sequence[Job]) -> Done:
    """Run a batch in a worker process.

    Raises
    ------
    InputError
        If the worker has another version of the model.
    """
    runner = _unpacked(bases)
    if runner.bases.model_version != abm.MODEL_VERSION:
        allowed = f"workers with model version {runner.bases.model_version}, as here: install the same package on them"
        raise InputError("--cluster", f"a worker with {abm.MODEL_VERSION}", allowed)
    return runner(jobs)
