"""Run a design once and only once: what is done is kept, what is missing is run, the tables are made from the parts."""

from __future__ import annotations

import platform
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.given import path_given
from experiments.question.defaults import MAX_REPLICATES
from experiments.question.design import Design
from experiments.question.study import Study, lay_out
from experiments.running.compiling import announcing_compilation
from experiments.running.engine import batches, open_engine
from experiments.running.progress import Progress, Silent
from experiments.running.threads import Stop
from experiments.statistics.precision import Target
from experiments.storing.store import MANIFEST, Folder, read_manifest
from experiments.sweep.stopping import Looks
from experiments.sweep.summaries import measures_of
from experiments.sweep.tables import results, write_tables
from experiments.sweep.tally import Tally

if TYPE_CHECKING:
    import pandas as pd

RESULTS = Path("results")
#: Points left out that the manifest names, at most; all are counted.
NAMED_CLASHES = 1_000
_PACKAGES = ("household-returns", "mesa", "numba", "numpy", "pyarrow", "scipy", "SALib", "distributed")


class InterruptedSweep(KeyboardInterrupt):
    """The sweep was asked to stop, and kept what was done.

    `outcome` tells how far it got, `signal` what stopped it, and `left_running` whether runs under way
    were not waited for (after a second Ctrl-C).
    """

    def __init__(self, outcome: Outcome, by: int, *, left_running: bool = False) -> None:
        super().__init__(f"stopped after {outcome.done:,} of {outcome.total:,} runs; the same call again resumes")
        self.outcome, self.signal, self.left_running = outcome, by, left_running


@dataclass
class Outcome:
    """How a sweep ended.

    Attributes
    ----------
    total, done, new, failed
        Runs asked for; there now; of these done by this call; and those that failed.
    seconds, compute_seconds
        Time this call took, and the time its runs took summed over workers.
    looks
        With a precision asked for: a row a (variant, point, measure) that says whether it was reached.
    study
        What was run.
    """

    folder: Path
    total: int
    done: int = 0
    new: int = 0
    failed: int = 0
    seconds: float = 0.0
    compute_seconds: float = 0.0
    where: str = ""
    looks: list[dict[str, Any]] = field(default_factory=list)
    study: Study | None = field(default=None, repr=False)

    @property
    def complete(self) -> bool:
        """Whether every run has been tried."""
        return self.done == self.total

    def results(self, table: str = "runs") -> pd.DataFrame:
        """A result table (see `experiments.sweep.tables.results`)."""
        return results(self.folder, table)


def sweep(
    design: Design | Mapping[str, Any] | str | Path,
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    retry_failed: bool = False,
    precision: Sequence[Target] = (),
    max_replicates: int = MAX_REPLICATES,
    progress: Progress | None = None,
) -> Outcome:
    """Run a design, or what is missing of it, and write its result tables.

    Parameters
    ----------
    design
        A design, the name of a ready one, the path of a TOML file, or a mapping laid out as one.
    out
        Results folder; without one, ``results/<name of the design>``.  The same call again resumes.
    workers
        Threads; without a number, one a core.
    cluster
        Address of a Dask scheduler, instead of threads.
    retry_failed
        Try again the runs that failed before.
    precision
        Add replicates until the interval of these measures is narrow enough at every point (see
        `experiments.statistics.precision` for the rule), at most `max_replicates` of them.

    Returns
    -------
    Outcome
        Where the results are, and how many runs were done, new or failed.

    Raises
    ------
    InputError
        If the design is wrong, or the folder cannot be used (`FolderError`).
    InterruptedSweep
        On Ctrl-C or SIGTERM; a KeyboardInterrupt.
    """
    begun = time.perf_counter()
    study = lay_out(design)
    folder = path_given(out, "--out") if out is not None else RESULTS / study.design.name
    told = progress or Silent()
    looks = Looks(study, precision, max_replicates)
    if not (folder / MANIFEST).exists() or read_manifest(folder).get("points") != len(study.points):
        study.check()
    with Folder(folder, study.inputs, study.fingerprint) as store:
        manifest = store.manifest()
        if not manifest:
            store.write_manifest(manifest := _described(study))
        tally = Tally(store, study, retry_failed)
        outcome = Outcome(folder, study.runs, study=study)
        try:
            _run_all(study, tally, looks, outcome, told, workers, cluster)
        except InterruptedSweep:
            _close_manifest(store, study, manifest, outcome, looks, "interrupted", begun)
            raise
        told_of = tuple(manifest.get(key) for key in ("state", "wanted", "tables", "parts", "points"))
        if told_of != ("complete", looks.key(), store.hashes(), store.part_names(), len(study.points)):
            found = tally.found.take(looks.wanted[tally.found.cell] > tally.found.replicate)
            write_tables(store, study, found)
            looks.write(store)
            _close_manifest(store, study, manifest, outcome, looks, "complete", begun)
    outcome.looks = looks.report
    outcome.seconds = time.perf_counter() - begun
    return outcome


def _run_all(
    study: Study,
    tally: Tally,
    looks: Looks,
    outcome: Outcome,
    told: Progress,
    workers: int | None,
    cluster: str | None,
) -> None:
    """Run what is missing; with a precision asked for, look and run more until it is reached."""
    while True:
        missing = tally.missing(looks.wanted)
        outcome.total = int(looks.wanted.sum())
        count = int(missing.sum())
        outcome.done = outcome.total - count
        outcome.failed = tally.failures(looks.wanted)
        stopped = 0
        if count:
            with _stop(told) as stop, _announcing(told, cluster), open_engine(study, workers, cluster) as engine:
                outcome.where = engine.where
                told.start(outcome.total, outcome.done, engine.where)
                try:
                    for done in batches(engine, study, _pairs(missing), count, stop.asked):
                        if done is not None:
                            tally.add(done)
                            outcome.done += len(done)
                            outcome.new += len(done)
                            outcome.failed += len(done.errors)
                            outcome.compute_seconds += done.seconds
                        tally.flush_if_due()
                        told.update(outcome.done, outcome.failed, outcome.total)
                except KeyboardInterrupt:
                    raise InterruptedSweep(outcome, stop.by or signal.SIGINT, left_running=True) from None
                finally:
                    told.end()
                    tally.flush()
            stopped = stop.by
            if outcome.done < outcome.total and stopped:
                raise InterruptedSweep(outcome, stopped)
            tally.refresh()
        if not looks.more(tally):
            return
        if stopped:  # while the last run of this look was done
            outcome.total = int(looks.wanted.sum())
            raise InterruptedSweep(outcome, stopped)


def _announcing(told: Progress, cluster: str | None) -> AbstractContextManager[None]:
    """Compiling is told where it happens: here, or by the workers of a cluster to themselves."""
    return nullcontext() if cluster else announcing_compilation(told.say, clock=not isinstance(told, Silent))


def _stop(told: Progress) -> Stop:
    """Ctrl-C and SIGTERM as requests; a second Ctrl-C does not wait for the runs under way."""
    message = "stopping: waiting for the runs under way (Ctrl-C again: leave them)"
    return Stop((signal.SIGINT, signal.SIGTERM), lambda: told.say(message))


def _pairs(missing: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    for cell in np.flatnonzero(missing.any(axis=1)):
        for replicate in np.flatnonzero(missing[cell]):
            yield int(cell), int(replicate)


# ---- the manifest -----------------------------------------------------------------------------------


def _described(study: Study) -> dict[str, Any]:
    """What the manifest says of a sweep before its first run."""
    return {
        "state": "running",
        "model_version": study.shared.model_version,
        "created": _now(),
        **_laid(study),
        "measures": measures_of(study.shared.baseline),
        "versions": {"python": platform.python_version(), **{name: v for name in _PACKAGES if (v := _version(name))}},
    }


def _laid(study: Study) -> dict[str, Any]:
    """What of a design may change without making its runs others: what was asked of the folder last."""
    design = study.design
    told = {
        "design": design.model_dump(mode="json", exclude={"file", "table"}),
        "cells": int(study.active.sum()),
        "variants": list(design.variants),
        "baseline": design.baseline,
        "points": len(study.points),
        "draws": len(study.draws),
        "seeds": {
            "first": design.seed,
            "replicates": design.replicates,
            "rule": "replicate r of draw d has seed first + r × draws + d at every point and under the baseline",
        },
        "vectors": study.vectors,
    }
    if study.shared.baseline:
        told["baseline_points"] = len(study.baseline_points)
    if design.sampling.skip_clashes:
        told["skipped"] = {
            "count": len(study.clashes),
            "points": [
                {"variant": study.shared.labels[variant], "point": point, "because": why}
                for (variant, point), why in list(study.clashes.items())[:NAMED_CLASHES]
            ],
        }
    return told


def _close_manifest(
    store: Folder, study: Study, before: Mapping[str, Any], outcome: Outcome, looks: Looks, state: str, begun: float
) -> None:
    seconds = time.perf_counter() - begun
    call = {
        "ended": _now(), "state": state, "new_runs": outcome.new, "seconds": round(seconds, 3),
        "compute_seconds": round(outcome.compute_seconds, 3), "ran_on": outcome.where,
    }  # fmt: skip
    kept = {key: value for key, value in before.items() if key not in ("fingerprint", "inputs", "skipped")}
    store.write_manifest({
        **kept,
        **_laid(study),
        "state": state,
        "runs": {"total": outcome.total, "done": outcome.done, "failed": outcome.failed},
        "wanted": looks.key(),
        "tables": store.hashes() if state == "complete" else {},
        "parts": store.part_names(),
        "calls": [*kept.get("calls", []), call][-100:],
    })  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(name: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(name)
    return None
