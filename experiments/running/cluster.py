"""A Dask cluster as an engine: an existing scheduler hands the batches out, workers anywhere run them.

What the runs share (2 MB with the draws of the posterior) travels to each worker once: it is the result of a task on
which every batch depends, so that a worker that joins late fetches it, and it is made again where all who had it died.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from abm.inputs.parameters import InputError
from experiments.question.study import Study
from experiments.running.runs import kept, packed, run_elsewhere
from experiments.running.serving import Engine
from experiments.running.versions import check_versions, versions

#: Seconds of work in a batch: handing over a batch costs 5 ms.
BATCH = 0.25
#: Seconds of work in a batch for each place where one can run: the one process that hands out serves them all.
BATCH_A_SLOT = 0.02
#: Seconds to wait for a scheduler to answer, and for a first worker.
PATIENCE, WORKER_PATIENCE = 10.0, 30.0


@contextmanager
def cluster_engine(study: Study, address: str) -> Iterator[Engine]:
    """The cluster at an address as an engine for a study's runs.

    Raises
    ------
    InputError
        If it cannot be reached, no worker joins, or one has other versions.
    """
    with _quiet(), _connected(study, address) as engine:
        yield engine


@contextmanager
def _connected(study: Study, address: str) -> Iterator[Engine]:
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
        ours = versions()
        for worker, theirs in client.run(versions, on_error="return").items():
            if isinstance(theirs, OSError):  # it has gone meanwhile
                continue
            if isinstance(theirs, BaseException):  # it has no such function, or nothing of the package
                theirs = {}
            check_versions(theirs, ours, worker)
        shared = client.submit(kept, packed(study.shared), pure=False)
        yield Engine(
            executor=client.get_executor(pure=False),
            run=(run_elsewhere, (ours, shared)),
            slots=lambda: max(1, sum(client.nthreads().values())),
            batch_seconds=BATCH,
            where=f"the cluster at {address}",
            a_slot=BATCH_A_SLOT,
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
