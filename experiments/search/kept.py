"""Runs of policies, each done once and kept: the memory by which a search that was stopped goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from abm.measures import IDS
from experiments.question.case import Case
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.storing.output import fingerprint
from experiments.storing.parquet import from_bytes, to_bytes
from experiments.storing.store import Folder, FolderError

Array = NDArray[np.float64]

#: Jobs a thread that are handed out together, and seconds after which what is done is written to the disk.
JOBS_A_THREAD, WRITE_EVERY = 4, 5.0


def key_of(case: Case) -> str:
    """What tells one policy of a search from another."""
    return fingerprint(case.policy.model_dump(mode="json", exclude={"name", "title", "describes"}))


class Kept:
    """Every measure of every run, by policy and replicate.

    Parameters
    ----------
    seed
        Of replicate 0; replicate r has seed + r, and the vector of that number, under every policy.
    folder
        Where runs are kept as they are done; without one, in memory alone.

    Raises
    ------
    FolderError
        If a part of the folder is damaged or cannot be read.
    """

    def __init__(
        self, seed: int, folder: Folder | None = None, *, workers: int | None = None, progress: Progress | None = None
    ) -> None:
        self.seed, self.folder, self.workers = seed, folder, workers_of(workers)
        self.progress = progress or Silent()
        self.done: dict[tuple[str, int], Array] = {}
        self.new, self.expected = 0, 0
        self._unwritten: list[tuple[str, int]] = []
        self._written = time.monotonic()
        if folder is not None:
            for name, content in folder.parts():
                self._read(folder, name, content)
        self.found = len(self.done)

    def runs(self, cases: Sequence[Case], replicates: range) -> list[Array]:
        """The measures of some policies, shape (replicates, measures) each; those that are kept are not run again.

        Raises
        ------
        InputError
            If the inputs of a policy do not go together.
        KeyboardInterrupt
            On Ctrl-C; what was done is kept.
        """
        keys = [key_of(case) for case in cases]
        jobs = [
            (key, case, replicate)
            for key, case in dict(zip(keys, cases, strict=True)).items()
            for replicate in replicates
            if (key, replicate) not in self.done
        ]
        try:
            step = JOBS_A_THREAD * self.workers
            if jobs and not self.new:
                self._run(jobs[:1], 1)  # in this thread's view first: compilation can be told of
                jobs = jobs[1:]
            for at in range(0, len(jobs), step):
                self._run(jobs[at : at + step], self.workers)
                if time.monotonic() - self._written > WRITE_EVERY:
                    self.write()
        finally:
            self.write()
        return [np.stack([self.done[key, replicate] for replicate in replicates]) for key in keys]

    def _run(self, jobs: Sequence[tuple[str, Case, int]], workers: int) -> None:
        def work(job: tuple[str, Case, int]) -> Array:
            _, case, replicate = job
            return case.prepared(replicate).measures(self.seed + replicate)

        found = [work(jobs[0])] if len(jobs) == 1 else each(jobs, work, workers=workers)
        for (key, _, replicate), measures in zip(jobs, found, strict=True):
            self.done[key, replicate] = measures
            self._unwritten.append((key, replicate))
        self.new += len(jobs)
        self.progress.update(len(self.done), 0, max(self.expected, len(self.done)))

    def write(self) -> None:
        """Write what is not on the disk yet.

        Raises
        ------
        FolderError
            If the disk is full or the folder cannot be written.
        """
        self._written = time.monotonic()
        if self.folder is None or not self._unwritten:
            return
        import pyarrow as pa

        some = sorted(self._unwritten)
        values = np.stack([self.done[one] for one in some])
        columns = {"policy": [key for key, _ in some], "replicate": [replicate for _, replicate in some]}
        table = pa.table(columns | {name: values[:, k] for k, name in enumerate(IDS)})
        self.folder.write_part(to_bytes(table))
        self._unwritten = []

    def _read(self, folder: Folder, name: str, content: bytes) -> None:
        import pyarrow as pa

        table = None
        with suppress(pa.ArrowException, OSError):
            table = from_bytes(content)
        kinds = {"policy": pa.string(), "replicate": pa.int64(), **dict.fromkeys(IDS, pa.float64())}
        if table is None or list(zip(table.column_names, table.schema.types, strict=True)) != list(kinds.items()):
            raise FolderError(folder.path, f"{name} is not of a search", "name another folder with --out")
        values = np.stack([table[one].to_numpy() for one in IDS], axis=1)
        for key, replicate, row in zip(
            table["policy"].to_pylist(), table["replicate"].to_pylist(), values, strict=True
        ):
            self.done[key, replicate] = row
