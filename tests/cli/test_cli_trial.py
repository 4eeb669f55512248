"""`returns trial` as its users meet it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from experiments.cli.main import main

SMALL = ["--families", "60,120", "--months", "3,6", "--replicates", "3", "--check", "0"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_json_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trial", *SMALL, "--json", "--out", "there"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert [(r["families"], r["by"], r["outcome"], r["months"]) for r in told] == [
        (families, by, outcome, months)
        for families in (60, 120)
        for by in ("family", "site")
        for outcome in ("departed", "saving")
        for months in (3, 6)
    ]
    for row in told:
        assert row["power_low"] <= row["power"] <= row["power_high"]
        assert 0.8 * row["families"] <= row["enrolled"] <= row["families"] * 1.3
    assert "Written to there: trials.csv, runs.csv, figure.png, figure.svg, manifest.json" in printed.err
    with open("there/trials.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == len(told)
    with open("there/runs.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 3 * len(told)
    assert main(["trial", *SMALL, "--share", "0.3", "--out", "there"]) == 2
    assert "other inputs" in capsys.readouterr().err


@pytest.mark.parametrize("width", [80, 150])
def test_the_tables_fit_their_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["trial", *SMALL, "--out", "there"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    words = re.sub(r"\s+", " ", out)
    for told in (
        "A randomised trial of uk-pilot-2026",
        "open to 50 % of the families",
        "Whether it saves, by family:",
        "Bias by spill-over after 6 months",
        "60 families by site: 100 % of the trials allow no test",
    ):
        assert told in words


def test_one_outcome_and_assignment_of_a_small_site(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--by", "site", "--outcome", "departed", "--set", "caseload.network.site_households=10", "--json"]
    assert main(["trial", *SMALL, *few, "--out", "there"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {(row["by"], row["outcome"]) for row in told} == {("site", "departed")}
    assert {row["sites"] for row in told} == {6.0, 12.0}
    assert all(row["impossible"] == 0.0 for row in told)


@pytest.mark.parametrize("bad", [["--families", "many"], ["--months", "0"], ["--share", "1.5"], ["uk-2025"]])
def test_bad_input_leaves_nothing(bad: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["trial", *bad, "--out", "there"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
