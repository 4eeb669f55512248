"""`returns sensitivity` as its users meet it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import abm

SMALL = [
    "--weeks", "40", "--replicates", "2", "--trajectories", "2", "--points", "4", "--most", "3",
    "--tornado-replicates", "3", "--over", "behaviour.assisted=-5:-1", "--over", "behaviour.consider",
    "--over", "world.hotel_night", "--over", "world.support_worth",
]  # fmt: skip
PILOT = ["sensitivity", "uk-pilot-2026", "--measure", "net_saving_npv", "--against", "uk-2025", *SMALL]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "130")


def test_it_tells_what_the_answer_hangs_on_and_writes_its_tables_and_picture(returns) -> None:
    code, out, err = returns(*PILOT, "--out", "found")
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    for told in (
        "net saving: uk-pilot-2026 against uk-2025", "Shares of the variance", "only seeds: attributed to none",
        "One at a time", "Where the sign turns", "behaviour.assisted", "2 trajectories, 10 points", "Written to found",
        "Without any effect here, to the last bit (1): world.support_worth",
    ):  # fmt: skip
        assert told in words
    assert set(os.listdir("found")) == {
        "screening.csv", "shares.csv", "tornado.csv", "turns.csv", "figure.png", "figure.svg", "manifest.json",
    }  # fmt: skip
    with open("found/screening.csv", encoding="utf-8", newline="") as file:
        rows = {row["input"]: row for row in csv.DictReader(file)}
    assert len(rows) == 4
    assert rows["world.support_worth"]["mu_star"] == "0.0"
    assert json.loads(Path("found/manifest.json").read_text("utf-8"))["kind"] == "sensitivity"


@pytest.mark.parametrize("width", [80, 160])
def test_the_tables_fit_their_terminal(returns, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = returns(*PILOT)
    assert "…" not in out
    assert max(len(line) for line in out.splitlines() if not line.startswith("Written")) <= width


def test_json_is_strict_and_the_same_for_any_number_of_workers(returns) -> None:
    def refuse(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    told = [returns(*PILOT, "--json", "--workers", workers)[1] for workers in ("1", "2")]
    assert told[0] == told[1]
    found = json.loads(told[0], parse_constant=refuse)
    assert found["measure"] == "net_saving_npv"
    assert found["without_effect"] == ["world.support_worth"]
    assert found["baseline"] == "uk-2025"
    assert 0.0 <= found["variance"]["only_seeds"] <= 1.0


def test_a_measure_of_one_policy_needs_no_baseline_and_a_setting_without_effect_is_told(returns) -> None:
    code, out, err = returns(
        "sensitivity", "uk-2025", "--measure", "cost_npv", *SMALL, "--set", "world.reunion_share=0.02"
    )
    assert code == 0
    assert "Where the sign turns" not in out
    assert "world.reunion_share=0.02 changed no figure" in err


def test_a_measure_that_runs_lack_or_that_stays_the_same_is_refused_and_nothing_is_written(returns) -> None:
    code, out, err = returns("sensitivity", "uk-2025", "--measure", "return_rate_60m", *SMALL)
    assert (code, out) == (2, "")
    assert "3 of 3 runs have none (nobody is followed that long); all of them have " in err
    code, out, err = returns("sensitivity", "uk-2025", "--measure", "dispersal_week", *SMALL)
    assert (code, out) == (2, "")
    assert "a measure that varies" in err
    assert os.listdir(".") == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
@pytest.mark.slow
def test_ctrl_c_exits_130_and_leaves_nothing_half_written() -> None:
    abm.simulate("uk-2025", "uk-families-2026", weeks=5, households=10)  # nothing is left to compile
    env = {**os.environ, "PYTHONPATH": str(Path(abm.__file__).parents[1])}
    command = [sys.executable, "-m", "experiments.cli.main", "sensitivity", "--measure", "cost_npv", "--out", "kept/it"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
                               preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL))  # fmt: skip
    try:
        # Once the first run is done, the threads are at work.
        deadline = time.monotonic() + 120
        while len(os.listdir(f"/proc/{process.pid}/task")) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=150)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, "")
    assert "nothing was written" in err
    assert "Traceback" not in err
    assert os.listdir(".") == []
