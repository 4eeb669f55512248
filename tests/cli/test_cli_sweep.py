"""``returns sweep``: what it plans, what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.cli.sweep import app

AMOUNT = "offer.amount_per_person"


@pytest.mark.usefixtures("tiny")
def test_a_plan_counts_the_runs_and_runs_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["offer-amount", "--plan", "--replicates", "3"], result_action="return_value") == 0
    assert "2 variants × 11 points × 1 draws × 3 replicates = 66 runs" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_without_a_design_the_ready_ones_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app([], result_action="return_value") == 0
    assert "pilot-sobol" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny")
def test_json_tells_the_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["offer-amount", "--replicates", "1", "--out", str(out), "--json"]
    assert app(command, result_action="return_value") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"], told["failed"], told["folder"]) == (22, 0, str(out))


def test_the_exit_code_says_whether_runs_failed(
    tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "fails"
    failing.touch()
    monkeypatch.setenv("TINY_FAILS", str(failing))
    file = tmp_path / "d.toml"
    file.write_text(
        f'variants = ["uk-2025"]\nweeks = 4\nreplicates = 3\n[set]\n"offer.household_cap" = "none"\n'
        f'[factors]\n"{AMOUNT}" = [666]\n'
    )
    command = [str(file), "--out", str(tmp_path / "out")]
    assert app(command, result_action="return_value") == 1
    assert "3 runs failed" in capsys.readouterr().out
    failing.unlink()
    assert app([*command, "--retry-failed"], result_action="return_value") == 0
