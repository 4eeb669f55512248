"""Whatever stands in an input, it is read or refused in one sentence: `tests/fuzz/run.py` on thousands of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fuzz import run
from fuzz.edges import EDGES, Edge

from abm import InputError

HARNESS = [sys.executable, str(Path(run.__file__))]


def found(tmp_path: Path, *words: str, seconds: float) -> dict:
    """What the harness says, in a process of its own that may not take for ever."""
    at = tmp_path / "at"
    try:
        ended = subprocess.run(
            [*HARNESS, *words, "--at", str(at)], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"no end after {seconds:g} s: {at.read_text()}")
    assert ended.stdout, f"broke down at {at.read_text() if at.exists() else 'the start'}: {ended.stderr[-3000:]}"
    told = json.loads(ended.stdout)
    again = [f"python tests/fuzz/run.py --seed {one['seed']} --case {one['case']}: {one}" for one in told["faults"]]
    assert not again, "\n".join(again)
    assert ended.returncode == 0
    return told


def test_some_spoilt_inputs_are_read_or_refused(tmp_path: Path) -> None:
    told = found(tmp_path, "--seed", "7", "--cases", "600", seconds=400)
    assert told["refused"] > 300
    assert told["read"] > 40
    assert set(told["edges"]) == {edge.name for edge in EDGES}
    assert told["grown_mb"] < 1_000


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 10_000, 2_500))
def test_ten_thousand_spoilt_inputs_are_read_or_refused(tmp_path: Path, first: int) -> None:
    told = found(tmp_path, "--seed", "1", "--first", str(first), "--cases", "2500", seconds=900)
    assert told["refused"] + told["read"] == 2_500
    assert told["grown_mb"] < 1_500


@pytest.mark.slow
def test_spoilt_commands_that_are_run_to_the_end_leave_nothing_half_written(tmp_path: Path) -> None:
    told = found(tmp_path, "--seed", "2", "--cases", "60", "--to-the-end", seconds=900)
    assert told["read"] > 5
    assert told["refused"] > 5


# ---- the harness itself -----------------------------------------------------------------------------


def test_shares_come_to_a_hundred() -> None:
    assert sum(edge.share for edge in EDGES) == 100
    assert {run.edge_of(number).name for number in range(100)} == {edge.name for edge in EDGES}


def test_a_case_is_the_same_again(tmp_path: Path) -> None:
    for number in range(40):
        files = []
        for name in ("one", "other"):
            folder = tmp_path / f"{number}-{name}"
            folder.mkdir()
            run.edge_of(number).make(run.np.random.default_rng([5, number]), folder)
            files.append({path.name: path.read_bytes() for path in folder.iterdir()})
        assert files[0] == files[1]


def half(folder: Path) -> None:
    (folder / "_tmp-1-runs").write_text("half")


@pytest.mark.parametrize(("act", "kind"), [
    (lambda folder: 1 / 0, "ZeroDivisionError"), (lambda folder: time.sleep(5), "Hang"),
    (lambda folder: [0] * 10**13, "MemoryError"), (half, "AssertionError"),
    (lambda folder: int("x" * 3), "ValueError"), (lambda folder: sys.exit(3), "SystemExit"),
])  # fmt: skip
def test_a_fault_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act, kind: str) -> None:
    monkeypatch.setattr(run, "PATIENCE", 0.2)
    edges = (Edge("planted", 100, lambda rng, folder: ("planted", lambda: act(folder))),)
    end, told, fault = run.tried(1, 0, tmp_path, edges)
    assert (end, told) == ("fault", "planted: planted")
    assert run.kind(fault).startswith(kind)


def test_a_refusal_is_none(tmp_path: Path) -> None:
    def refuse() -> None:
        raise InputError("field", "a\nb", "something else")

    edges = (Edge("planted", 100, lambda rng, folder: ("planted", refuse)),)
    assert run.tried(1, 0, tmp_path, edges)[0] == "refused"
