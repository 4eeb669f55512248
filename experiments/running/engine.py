"""Runs through an engine: threads of this process, or a Dask cluster (`experiments.running.cluster`)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

import abm
from abm.inputs.parameters import InputError
from experiments.question.study import Study
from experiments.running.cluster import cluster_engine
from experiments.running.runs import Done, Job, Runner
from experiments.running.serving import Engine
from experiments.running.threads import threads, workers_of

#: Seconds of work in a batch for a thread: room for runs that are prepared together (`TOGETHER`), and soon over when
#: somebody stops the sweep.
BATCH = 0.1
#: How often a waiting sweep looks up, in seconds.
GLANCE = 0.1


class EngineLostError(InputError):
    """The cluster no longer answers."""

    def __init__(self, address: str, fault: str) -> None:
        allowed = f"a cluster that answers ({fault}); what is done is kept: run the same command again to resume"
        super().__init__("--cluster", address, allowed)


@contextmanager
def open_engine(study: Study, workers: int | None = None, cluster: str | None = None) -> Iterator[Engine]:
    """An engine for the study's runs: `workers` threads here, or the Dask cluster at an address.

    Raises
    ------
    InputError
        If the number of workers makes no sense, or the cluster cannot be reached.
    """
    count = workers_of(workers)
    if cluster is not None:
        if workers is not None:
            raise InputError("--workers", workers, "left out with --cluster, which has workers of its own")
        with cluster_engine(study, cluster) as engine:
            yield engine
        return
    with threads(count) as executor:
        runner = Runner(study.shared)
        yield Engine(executor, (runner, ()), lambda: count, BATCH, f"{count} thread{'s' * (count > 1)}")


# ---- running ----------------------------------------------------------------------------------------


def batches(
    engine: Engine, study: Study, runs: Iterable[tuple[int, int]], total: int, stopping: Callable[[], bool]
) -> Iterator[Done | None]:
    """Run (cell, replicate) pairs; yield each batch as it is done, and None now and then while waiting.

    At most two batches a slot are under way, so neither memory nor a stop depends on the number of runs.

    Parameters
    ----------
    total
        How many runs there are.
    stopping
        When it turns true, batches not begun are dropped and those under way are waited for.

    Raises
    ------
    EngineLostError
        If the cluster is lost; batches already yielded stay good.
    InputError
        If a worker has another version of the model.
    """
    source, left = iter(runs), total
    slots, asked = _slots(engine), time.monotonic()
    suspects: deque[_Batch] = deque()
    under_way: dict[Future[Done], _Batch] = {}
    try:
        while True:
            if time.monotonic() - asked > 1:
                slots, asked = _slots(engine), time.monotonic()
            while not stopping() and len(under_way) < 2 * slots:
                if suspects or any(batch.deaths > 1 for batch in under_way.values()):
                    if not suspects or not suspects[0].may_run_beside(under_way.values()):
                        break
                    batch = suspects.popleft()
                else:
                    pairs = list(islice(source, engine.size(left, slots)))
                    left -= len(pairs)
                    batch = _Batch(_jobs(study, pairs))
                if not batch.jobs:
                    break
                under_way[engine.submit(batch.jobs)] = batch
            if stopping():
                for future in under_way:
                    future.cancel()
            if not under_way:
                return
            ready, _ = wait(under_way, timeout=GLANCE, return_when=FIRST_COMPLETED)
            if not ready:
                yield None
            for future in ready:
                done = _outcome(engine, future, under_way.pop(future), suspects, stopping())
                if done is not None:
                    engine.learn(done, slots)
                    yield done
    finally:
        for future in under_way:
            future.cancel()


@dataclass(frozen=True)
class _Batch:
    """Runs that are handed out together.

    Where a worker dies, what it had at hand dies with it, innocent or not.  So such runs are tried again one by one,
    and those of which a worker dies once more all alone: only then is the run what kills.
    """

    jobs: list[Job]
    deaths: int = 0  # of workers that had it at hand

    def may_run_beside(self, others: Collection[_Batch]) -> bool:
        return not others if self.deaths > 1 else not any(other.deaths for other in others)


def _slots(engine: Engine) -> int:
    try:
        return engine.slots()
    except OSError as fault:
        raise EngineLostError(engine.where, str(fault)) from None


def _outcome(
    engine: Engine, future: Future[Done], batch: _Batch, suspects: deque[_Batch], stopping: bool
) -> Done | None:
    """What came of a batch; None if it is to be run again, or was dropped by a stop."""
    try:
        return future.result()
    except InputError:
        raise
    except CancelledError as fault:
        if stopping:
            return None
        raise EngineLostError(engine.where, str(fault) or "its scheduler is gone") from None
    except engine.deaths as fault:
        if batch.deaths > 1:
            return _died(batch.jobs[0], fault)
        alone = [Job(job.cell, job.variant, job.settings, (r,)) for job in batch.jobs for r in job.replicates]
        suspects.extend(_Batch([job], batch.deaths + 1) for job in alone)
        return None
    except OSError as fault:
        raise EngineLostError(engine.where, str(fault)) from None


def _died(job: Job, fault: BaseException) -> Done:
    """The record of a run that its worker did not survive."""
    return Done(
        cells=np.array([job.cell], dtype=np.int64),
        replicates=np.array(job.replicates, dtype=np.int64),
        run_ids=[""],
        measures=np.full((1, len(abm.MEASURES)), np.nan),
        errors={0: f"WorkerDied: the worker died of this run ({type(fault).__name__})"},
    )


def _jobs(study: Study, pairs: list[tuple[int, int]]) -> list[Job]:
    """Pairs grouped by cell, each with the settings a worker needs."""
    return [
        Job(cell, study.locate(cell)[0], study.settings(cell), tuple(replicate for _, replicate in group))
        for cell, group in groupby(pairs, key=lambda pair: pair[0])
    ]
