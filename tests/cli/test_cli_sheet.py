"""`returns sheet` as its users meet it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from experiments.cli.main import main

SMALL = ["--weeks", "60", "--replicates", "3", "--households", "80"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_json_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sheet", "uk-pilot-2026", "danish-2021", *SMALL, "--json", "--out", "there"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert [(v["variant"], v["word"]) for v in told["verdicts"]] == [
        (variant, word) for variant in ("uk-pilot-2026", "danish-2021") for word in ("firm", "fair", "compassionate")
    ]
    assert json.loads(Path("there/sheet.json").read_text(encoding="utf-8")) == told
    with open("there/sheet.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == len(told["rows"])
    assert Path("there/sheet.md").read_text(encoding="utf-8").count("## ") == 2
    assert "Written to there: sheet.md, sheet.csv, sheet.json, manifest.json" in printed.err


@pytest.mark.parametrize("width", [80, 140])
def test_the_sheets_fit_their_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["sheet", "uk-upfront-national", *SMALL, "--out", "there"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    words = re.sub(r"\s+", " ", out)
    for told in ("Firm, fair, compassionate: uk-upfront-national", "gap by origin", "others, fewer than 10 each"):
        assert told in words


def test_bad_input_leaves_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sheet", "uk-pilot-2027", "--out", "there"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
