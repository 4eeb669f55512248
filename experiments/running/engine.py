"""The seam to engines of a sweep: an `Executor`, threads of this process or a Dask cluster behind it.

Beyond one machine, an existing scheduler does the work (`dask.distributed`); nothing here is specific to it but
`_cluster`.
"""

from __future__ import annotations

import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

import numpy as np

import abm
from abm.inputs.parameters import InputError
from experiments.question.study import Study
from experiments.running.runs import Done, Job, Runner, packed, run_elsewhere
from experiments.running.threads import threads, workers_of

#: Seconds of work in a batch: handing over a batch costs 0.1 ms to a thread, 5 ms to a cluster.
THREAD_BATCH, CLUSTER_BATCH = 0.02, 0.25
#: Batches never grow by more than this at once, so one odd timing cannot make a huge one.
GROWTH = 4
MOST_RUNS = 10_000
#: How often a waiting sweep looks up, in seconds.
GLANCE = 0.1
#: Seconds to wait for a scheduler to answer, and for a first worker.
PATIENCE, WORKER_PATIENCE = 10.0, 30.0


class EngineLostError(InputError):
    """The cluster no longer answers."""

    def __init__(self, address: str, fault: str) -> None:
        allowed = f"a cluster that answers ({fault}); what is done is kept: run the same command again to resume"
        super().__init__("--cluster", address, allowed)


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
    _size: int = field(default=1, init=False)

    def submit(self, jobs: list[Job]) -> Future[Done]:
        """Hand over a batch."""
        function, first = self.run
        return self.executor.submit(function, *first, jobs)

    def learn(self, done: Done) -> None:
        """Fit the size of the next batches to what one took."""
        each = max(done.seconds / max(len(done), 1), 1e-6)
        fitting = int(self.batch_seconds / each)
        self._size = max(1, min(fitting, GROWTH * self._size, MOST_RUNS))

    def size(self, left: int, slots: int) -> int:
        """Runs for the next batch; small at the end, so that all workers finish together."""
        return max(1, min(self._size, left // (2 * slots)))


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
        with _quiet(), _cluster(study, cluster) as engine:
            yield engine
        return
    with threads(count) as executor:
        runner = Runner(study.shared)
        yield Engine(executor, (runner, ()), lambda: count, THREAD_BATCH, f"{count} thread{'s' * (count > 1)}")


@contextmanager
def _cluster(study: Study, address: str) -> Iterator[Engine]:
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        allowed = "only with dask.distributed installed: pip install 'household-returns[cluster]'"
        raise InputError("--cluster", address, allowed) from None
    # A client that could not connect closes itself when it is collected; within the start of another it would wait
    # for ever for a lock that the start holds.
    gc.collect()
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError) as fault:
        allowed = f"the address of a Dask scheduler, such as tcp://127.0.0.1:8786 ({type(fault).__name__}: {fault})"
        raise InputError("--cluster", address, allowed) from None
    try:
        client.wait_for_workers(1, timeout=WORKER_PATIENCE)
        other = {str(v) for v in client.run(_model_version, on_error="return").values()} - {abm.MODEL_VERSION}
        if other:
            allowed = f"workers with model version {abm.MODEL_VERSION}, as here: install the same package on them"
            raise InputError("--cluster", f"a worker that says: {min(other)}", allowed)
        yield Engine(
            executor=client.get_executor(pure=False),
            run=(run_elsewhere, (packed(study.shared),)),
            slots=lambda: max(1, sum(client.nthreads().values())),
            batch_seconds=CLUSTER_BATCH,
            where=f"the cluster at {address}",
            deaths=(KilledWorker,),
        )
    except TimeoutError:
        raise InputError("--cluster", address, "a cluster with a worker (none has joined yet)") from None
    finally:
        with suppress(Exception):
            client.close(timeout=5)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from printing tracebacks of a lost connection: what matters of them is in the errors raised here."""
    levels = {name: logging.getLogger(name).level for name in ("distributed", "distributed.client")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _model_version() -> str:
    return str(abm.MODEL_VERSION)


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
    #: Batches that killed a worker, cut into single runs: tried again one at a time to find which does it.
    suspects: deque[list[Job]] = deque()
    under_way: dict[Future[Done], list[Job]] = {}
    try:
        while True:
            if time.monotonic() - asked > 1:
                slots, asked = _slots(engine), time.monotonic()
            while not stopping() and len(under_way) < 2 * slots:
                if suspects:
                    if any(_single(jobs) for jobs in under_way.values()):
                        break
                    jobs = suspects.popleft()
                else:
                    pairs = list(islice(source, engine.size(left, slots)))
                    left -= len(pairs)
                    jobs = _jobs(study, pairs)
                if not jobs:
                    break
                under_way[engine.submit(jobs)] = jobs
            if stopping():
                for future in under_way:
                    future.cancel()
            if not under_way:
                return
            ready, _ = wait(under_way, timeout=GLANCE, return_when=FIRST_COMPLETED)
            if not ready:
                yield None
            for future in ready:
                jobs = under_way.pop(future)
                done = _outcome(engine, future, jobs, suspects, stopping())
                if done is not None:
                    engine.learn(done)
                    yield done
    finally:
        for future in under_way:
            future.cancel()


def _slots(engine: Engine) -> int:
    try:
        return engine.slots()
    except OSError as fault:
        raise EngineLostError(engine.where, str(fault)) from None


def _outcome(
    engine: Engine, future: Future[Done], jobs: list[Job], suspects: deque[list[Job]], stopping: bool
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
        if _single(jobs):
            return _died(jobs[0], fault)
        suspects.extend([Job(job.cell, job.variant, job.settings, (r,))] for job in jobs for r in job.replicates)
        return None
    except OSError as fault:
        raise EngineLostError(engine.where, str(fault)) from None


def _single(jobs: list[Job]) -> bool:
    return len(jobs) == 1 and len(jobs[0].replicates) == 1


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
