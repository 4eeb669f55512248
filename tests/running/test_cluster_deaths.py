"""Whoever dies on a cluster, and whoever joins it late, nothing is lost: the tables are those of one machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_model
from dask_cluster import Cluster

from abm.inputs.parameters import InputError
from experiments.running import engine
from experiments.running.versions import check_versions, versions
from experiments.storing.store import TABLES
from experiments.sweep import results, sweep

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.cluster

DESIGN: dict[str, Any] = {
    "variants": ["uk-pilot-2026", "uk-upfront-national"], "baseline": "uk-2025", "weeks": 4, "replicates": 60,
    "factors": {"offer.amount_per_person": [0, 1000]}, "set": {"offer.household_cap": "none"}, "uncertainty": "seeds",
}  # fmt: skip
RUNS = 2 * 2 * 60 + 60


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES if (folder / name).is_file()}


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_model.install(monkeypatch.setattr)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """One worker with a nanny and one without, whose runs take ten milliseconds."""
    cluster = Cluster(tmp_path / "cluster", {"TINY_SECONDS": "0.01", "TINY_WHO": str(tmp_path / "who")})
    try:
        cluster.add_tiny("--nanny")
        cluster.add_tiny("--no-nanny")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """The tables of one machine."""
    return tables(sweep(DESIGN, out=tmp_path / "whole").folder)


class At:
    """Progress that does something each time so many runs are done."""

    def __init__(self, moments: list[int], action: Callable[[], None]) -> None:
        self.moments, self.action = sorted(moments), action

    def start(self, total: int, done: int, where: str) -> None: ...

    def update(self, done: int, failed: int, total: int) -> None:
        while self.moments and done >= self.moments[0]:
            self.moments.pop(0)
            self.action()

    def say(self, message: str) -> None: ...

    def end(self) -> None: ...


def worker_pids(cluster: Cluster) -> list[int]:
    """Process of each worker that has joined."""
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=30)
        return sorted(client.run(os.getpid, on_error="ignore").values())


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_and_nannies_die_at_any_moment(
    seed: int, cluster: Cluster, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    """Three deaths at moments of chance: a worker, a nanny, or a worker below a nanny; another joins after each."""
    rng = np.random.default_rng(seed)
    killed: list[int] = []

    def kill() -> None:
        nannies = [process.pid for process in cluster.workers if process.poll() is None]
        possible = sorted({*nannies, *worker_pids(cluster)} - set(killed))
        killed.append(int(rng.choice(possible)))
        os.kill(killed[-1], signal.SIGKILL)
        cluster.add_tiny("--no-nanny")

    moments = rng.integers(1, RUNS - 40, size=3).tolist()
    outcome = sweep(DESIGN, out=tmp_path / "out", cluster=cluster.address, progress=At(moments, kill))
    assert len(killed) == 3
    assert (outcome.done, outcome.failed) == (RUNS, 0)
    assert tables(outcome.folder) == whole


@pytest.mark.parametrize("seed", [1, 2])
def test_the_scheduler_dies_at_any_moment(seed: int, cluster: Cluster, tmp_path: Path, whole: dict[str, bytes]) -> None:
    """What is done is kept, and the same command goes on with another scheduler."""
    import dask

    moment = int(np.random.default_rng(3).integers(20, RUNS - 60))
    with dask.config.set({"distributed.comm.timeouts.connect": "2s"}), pytest.raises(InputError, match="to resume"):
        sweep(DESIGN, out=tmp_path / "out", cluster=cluster.address, progress=At([moment], cluster.scheduler.kill))
    kept = len(results(tmp_path / "out")) + len(results(tmp_path / "out", "baseline"))
    assert kept >= moment
    other = Cluster(tmp_path / "other", {})
    try:
        other.add_tiny("--no-nanny")
        resumed = sweep(DESIGN, out=tmp_path / "out", cluster=other.address)
    finally:
        other.stop()
    assert resumed.new == RUNS - kept
    assert tables(resumed.folder) == whole


def test_a_worker_that_joins_late_takes_its_part(cluster: Cluster, tmp_path: Path, whole: dict[str, bytes]) -> None:
    first = worker_pids(cluster)
    design = {**DESIGN, "replicates": 300}
    late = At([100], lambda: cluster.add_tiny("--no-nanny") and None)
    outcome = sweep(design, out=tmp_path / "out", cluster=cluster.address, progress=late)
    did = Counter(map(int, (tmp_path / "who").read_text().split()))
    assert sum(did.values()) == outcome.new == 5 * 300
    newcomers = [count for pid, count in did.items() if pid not in first]
    assert len(did) - len(newcomers) == len(first) or len(first) == 1  # the second may have joined after the first look
    assert max(newcomers) > 100
    assert tables(sweep(DESIGN, out=tmp_path / "few", cluster=cluster.address).folder) == whole


def test_a_worker_of_another_version_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    """One that is there before is found before the first run."""
    cluster.add_tiny("--no-nanny", TINY_OTHER="model")
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
    with pytest.raises(InputError, match=r"a worker at tcp://.* with model version tiny-2") as refused:
        sweep(DESIGN, out=tmp_path / "out", cluster=cluster.address)
    assert str(refused.value).count("\n") == 0
    assert "install the same" in str(refused.value)
    assert not list((tmp_path / "out" / "parts").glob("*.parquet"))


def test_a_worker_of_another_version_that_joins_late_is_refused(
    cluster: Cluster, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    """It runs nothing; what others did is kept, and without it the same command goes on."""
    worker_pids(cluster)
    late = At([20], lambda: cluster.add_tiny("--no-nanny", TINY_OTHER="numpy") and None)
    design = {**DESIGN, "replicates": 2_000}
    with pytest.raises(InputError, match=r"a worker at tcp://.* with numpy 0\.1"):
        sweep(design, out=tmp_path / "out", cluster=cluster.address, progress=late)
    kept = len(results(tmp_path / "out"))
    assert kept >= 20
    cluster.workers[-1].kill()
    outcome = sweep(DESIGN, out=tmp_path / "out", cluster=cluster.address)
    assert outcome.complete
    assert tables(outcome.folder) == whole


def test_every_version_that_differs_is_named() -> None:
    ours = versions()
    assert list(ours) == ["model version", "Python", "numpy", "numba"]
    check_versions(dict(ours), ours)
    with pytest.raises(InputError, match=r"a worker at x with Python 3\.1, numba unknown"):
        check_versions({**{name: ours[name] for name in ("model version", "numpy")}, "Python": "3.1"}, ours, "x")


def test_hosts_of_their_own_and_one_of_them_cut_off(tmp_path: Path) -> None:
    """Workers on two hosts (network namespaces); the cable of one is pulled half way, and the other does its part."""
    alone = ["unshare", "--net", "--mount", "--map-root-user", "--kill-child"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True, timeout=20).returncode:
        pytest.skip("this machine allows no network namespaces")
    command = [*alone, sys.executable, str(Path(tiny_model.__file__).parent / "host_harness.py"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    if "refused" in found:
        pytest.skip(f"this machine allows no network of its own: {found['refused']}")
    assert found.pop("seconds_when_cut") < 60
    assert found == {
        "hosts": ["10.97.0.2", "10.97.0.3"], "processes": 2, "same": True,
        "cut": True, "left": ["10.97.0.3"], "lost": 0, "same_when_cut": True,
    }  # fmt: skip


def test_the_job_script_of_the_page_works_as_it_is_written(tmp_path: Path) -> None:
    """With a stand-in for Slurm: ``srun`` starts two workers; environment and commands are those of this test."""
    page = Path(engine.__file__).with_name("CLUSTER.md")
    script = next(block for block in page.read_text(encoding="utf-8").split("```sh\n") if block.startswith("#!/bin"))
    script = script.split("```")[0].replace("/shared/venv/bin/activate", str(tmp_path / "activate"))
    places = tmp_path / "bin"
    places.mkdir()
    (tmp_path / "activate").write_text(f"PATH={places}:$PATH\n")
    for name, words in {
        "python": f'exec {sys.executable} "$@"',
        "dask": f'exec {sys.executable} -m dask "$@"',
        "returns": f'exec {sys.executable} -m experiments.cli.main "$@"',
        "srun": '"$@" & one=$!\n"$@" & other=$!\ntrap "kill $one $other" TERM\nwait',
    }.items():
        (places / name).write_text(f"#!/bin/bash\n{words}\n")
        (places / name).chmod(0o755)
    (tmp_path / "job.sbatch").write_text(script)
    (tmp_path / "design.toml").write_text(
        'variants = ["uk-pilot-2026"]\nbaseline = "uk-2025"\nreplicates = 6\nweeks = 10\nhouseholds = 30\n'
    )
    command = ["bash", "job.sbatch", "design.toml", str(tmp_path / "out")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(page.parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    with (tmp_path / "log").open("wb") as log:
        job = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        code = job.wait(300)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    assert code == 0, (tmp_path / "log").read_text()
    assert "on the cluster at tcp://" in (tmp_path / "log").read_text()
    here = [sys.executable, "-m", "experiments.cli.main", "sweep", "design.toml", "--out", str(tmp_path / "here")]
    subprocess.run(here, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300)
    assert tables(tmp_path / "out") == tables(tmp_path / "here")
    assert not list(tmp_path.glob("scheduler-*"))
