"""`returns attribute` as its users meet it."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from experiments.cli.main import main

SMALL = ["--weeks", "30", "--replicates", "3", "--households", "80"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def test_json_shares_sum_to_the_change_and_files_hold_every_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", "uk-2025", "uk-pilot-2026", *SMALL, "--json", "--out", "there"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert told["mixtures"] == 8
    by: dict[str, dict[str, float]] = defaultdict(dict)
    for row in told["rows"]:
        by[row["measure"]][row["group"]] = row["mean"]
    for mean in by.values():
        assert set(mean) == {"from", "to", "change", "offer", "publicity", "threat"}
        assert mean["to"] - mean["from"] == pytest.approx(mean["change"], abs=1e-6)
        assert mean["offer"] + mean["publicity"] + mean["threat"] == pytest.approx(mean["change"], abs=1e-6)
    assert "Written to there: shares.csv, runs.csv, mixtures.csv, manifest.json" in printed.err
    with open("there/runs.csv", newline="") as lines:
        runs = list(csv.DictReader(lines))
    assert len(runs) == 2 * 3
    for run in runs:
        parts = sum(float(run[group]) for group in ("offer", "publicity", "threat"))
        assert parts == pytest.approx(float(run["change"]), abs=1e-6)
    with open("there/mixtures.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 8 * 2 * 3
    assert main(["attribute", "uk-2025", "danish-2021", *SMALL, "--out", "there"]) == 2
    assert "other inputs" in capsys.readouterr().err


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_fits_its_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    held = ["danish-2010-2022@denmark-2009", "--hold", "2010-03-01", "--hold-inflow", "2010"]
    days = ["--measure", "stock:2011-06-30", "--measure", "assisted_persons:2010-06-01..2011-06-01"]
    assert main(["attribute", *held, *days, "--replicates", "2", "--groups", "inflow", "--uncertainty", "seeds"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    words = re.sub(r"\s+", " ", out)
    for told in ("held from 2010-03-01", "persons awaiting departure, 2011-06-30", "caseload.inflow", "chance alone"):
        assert told in words
    assert "offer" not in words.split("Groups,")[0].replace("offers", "")


def test_what_each_side_is_given_of_its_own_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    sides = [
        "--from-set",
        "world.onward_per_year=0.1",
        "--to-set",
        "world.onward_per_year=0.9",
        "--measure",
        "cost_npv",
    ]
    assert main(["attribute", "uk-2025", "uk-2025", *SMALL, *sides, "--set", "world.hotel_night=100", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["group"] for row in rows] == ["from", "to", "change", "ways-out"]
    assert rows[-1]["inputs"] == ["world.onward_per_year"]
    assert rows[-1]["share"] == 1.0


def test_a_situation_may_be_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "half.toml").write_text('extends = "uk-2025"\n[standing]\namount_per_person = 1500\n', encoding="utf-8")
    assert main(["attribute", "uk-2025@uk-families-2026", "./half.toml", *SMALL, "--json"]) == 0
    assert {row["group"] for row in json.loads(capsys.readouterr().out)["rows"]} == {"from", "to", "change", "offer"}


@pytest.mark.parametrize(("argv", "told"), [
    (["uk-2025"], "or --hold DATE in its place"),
    (["uk-2025", "uk-pilot-2062"], "Did you mean 'uk-pilot-2026'"),
    (["uk-2025", "uk-pilot-2026", "--measure", "costs"], "returns list measures"),
    (["uk-2025", "uk-pilot-2026", "--workers", "0"], "--workers"),
    (["uk-2025", "uk-pilot-2026@denmark-2009", "--households", "50"], "same date"),
])  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attribute", *argv]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err
    assert len(printed.err.strip().splitlines()) == 1
