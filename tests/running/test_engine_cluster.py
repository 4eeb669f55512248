"""On a cluster (a scheduler and workers on this machine) a sweep gives the same tables, and survives deaths."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from dask_cluster import Cluster

import abm
from abm.inputs.parameters import InputError
from experiments.sweep import sweep

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.cluster

AMOUNT = "offer.amount_per_person"
DESIGN: dict[str, Any] = {
    "variants": ["uk-2025", "uk-upfront-national"], "factors": {AMOUNT: [0, 1000, 2000]}, "replicates": 50, "weeks": 4,
    "set": {"offer.household_cap": "none"},
}  # fmt: skip
TABLES = ("runs.parquet", "summary.parquet", "summary.csv")


@pytest.fixture
def tiny_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Two workers that have the stand-in for the model, whose runs take ten milliseconds."""
    tiny_model.install(monkeypatch.setattr)
    cluster = Cluster(tmp_path, {"TINY_SECONDS": "0.01", "TINY_LOG": str(tmp_path / "log")})
    try:
        for _ in range(2):
            cluster.add_tiny("--no-nanny")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that have the model itself."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), {})
    try:
        for _ in range(2):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.stop()


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def test_two_workers_give_the_tables_that_threads_give(cluster: Cluster, tmp_path: Path) -> None:
    design = {**DESIGN, "replicates": 6, "weeks": 30, "households": 60, "series": True}
    here = sweep(design, out=tmp_path / "here")
    there = sweep(design, out=tmp_path / "there", cluster=cluster.address)
    assert there.new == 36
    assert tables(here.folder) == tables(there.folder)
    assert (here.folder / "series.parquet").read_bytes() == (there.folder / "series.parquet").read_bytes()


def test_a_sweep_begun_on_threads_can_be_finished_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    design = {**DESIGN, "replicates": 2, "weeks": 10, "households": 30}
    sweep(design, out=tmp_path / "mixed")
    more = sweep({**design, "replicates": 4}, out=tmp_path / "mixed", cluster=cluster.address)
    whole = sweep({**design, "replicates": 4}, out=tmp_path / "whole")
    assert more.new == 12
    assert tables(more.folder) == tables(whole.folder)


def test_workers_with_another_model_version_are_refused(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abm, "MODEL_VERSION", "another")
    monkeypatch.setattr(abm, "model_version", lambda: "another")
    with pytest.raises(InputError, match="model version another"):
        sweep(DESIGN, out=tmp_path / "out", cluster=cluster.address)


class KillOnce:
    """Progress that kills a process when some runs are done."""

    def __init__(self, process: subprocess.Popen[bytes], after: int) -> None:
        self.process, self.after, self.killed = process, after, False

    def start(self, total: int, done: int, where: str) -> None: ...

    def update(self, done: int, failed: int, total: int) -> None:
        if done >= self.after and not self.killed:
            self.process.send_signal(signal.SIGKILL)
            self.killed = True

    def say(self, message: str) -> None: ...

    def end(self) -> None: ...


def test_a_worker_killed_in_the_middle_loses_nothing(tiny_cluster: Cluster, tmp_path: Path) -> None:
    killer = KillOnce(tiny_cluster.workers[0], after=60)
    outcome = sweep(DESIGN, out=tmp_path / "out", cluster=tiny_cluster.address, progress=killer)
    assert killer.killed
    assert (outcome.done, outcome.failed) == (300, 0)
    whole = sweep(DESIGN, out=tmp_path / "whole")
    assert tables(outcome.folder) == tables(whole.folder)
    times = Counter((tmp_path / "log").read_text().split())
    # Only what the dead worker had in hand was run again.
    assert len(times) == 300
    assert sum(count - 1 for count in times.values()) < 150


def test_a_run_that_kills_its_worker_is_recorded_and_the_others_go_on(tiny_cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(8):
        tiny_cluster.add_tiny("--no-nanny")
    design = {**DESIGN, "variants": ["uk-2025"], "factors": {AMOUNT: [0, tiny_model.DEADLY, 2000]}, "replicates": 1}
    outcome = sweep(design, out=tmp_path / "out", cluster=tiny_cluster.address)
    assert (outcome.done, outcome.failed) == (3, 1)
    failure = outcome.results("failures").iloc[0]
    assert failure[AMOUNT] == tiny_model.DEADLY
    assert failure["error"].startswith("WorkerDied")
    assert failure["run_id"] == ""


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_an_address_without_a_cluster_is_refused(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.running.cluster.PATIENCE", 1.0)
    with pytest.raises(InputError, match="--cluster"):
        sweep({**DESIGN, "replicates": 1}, out=tmp_path / "out", cluster=address)
