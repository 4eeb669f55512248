"""The smallest runs: groups of nobody, one household, a precision out of reach; each ends and leaves whole files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz.run import half_written

FIVE = ("--weeks", "5", "--households", "15")
ONE = ("--weeks", "1", "--households", "1", "--replicates", "1")
SEEDS = ("--uncertainty", "seeds")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", [
    ("compare", *FIVE, "--replicates", "2", *SEEDS, "--by", "size"),
    ("compare", "uk-pilot-2026", *ONE, *SEEDS, "--by", "origin", "--all"),
    ("run", "uk-pilot-2026", *ONE[:4]), ("why", "uk-pilot-2026", *ONE[:4], "--household", "0"),
    ("sheet", "uk-pilot-2026", *ONE, *SEEDS), ("economics", "uk-pilot-2026", *ONE),
    ("attribute", "uk-2025", "uk-pilot-2026", *ONE, *SEEDS),
    ("advise", "--amounts", "3000", "--windows", "1", "--to", "present", "--when", "exhausted", *ONE, *SEEDS),
], ids=lambda words: words[0])  # fmt: skip
def test_it_ends_and_leaves_whole_folders(returns, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, printed, _ = returns(*words)
    assert code == 0
    assert printed
    assert half_written(tmp_path) == []


@pytest.mark.parametrize(
    ("asked", "most", "told"),
    [
        ("net_saving_npv=±0.0001", 21, "NOT reached with 21 runs"),
        ("departures=±0.0001", 60, "NOT reached with 60 runs"),
        ("return_rate_60m=±0.1", 40, "too few runs have it, asked ±0.1: NOT reached with 40 runs"),
    ],
)
def test_a_precision_out_of_reach_ends_at_the_most_replicates(returns, asked: str, most: int, told: str) -> None:
    words = (
        "compare",
        "uk-pilot-2026",
        *FIVE,
        *SEEDS,
        "--precision",
        asked,
        "--max-replicates",
        str(most),
        "--out",
        "o",
    )
    code, printed, _ = returns(*words)
    assert code == 0
    assert told in " ".join(printed.split())
    (look,) = json.loads(Path("o/manifest.json").read_text())["precision"]
    assert (look["reached"], look["replicates"]) == (False, most)


def test_a_precision_out_of_reach_of_the_posterior_ends_as_well(returns) -> None:
    """Draws in turn: whole rounds of them, or fewer runs than there are draws."""
    words = (
        "compare",
        "uk-pilot-2026",
        *FIVE,
        "--precision",
        "departures=±0.0001",
        "--max-replicates",
        "30",
        "--out",
        "o",
    )
    assert returns(*words)[0] == 0
    (look,) = json.loads(Path("o/manifest.json").read_text())["precision"]
    assert look["replicates"] <= 30


def test_a_sweep_with_a_precision_out_of_reach_ends(returns) -> None:
    Path("own.toml").write_text(
        'variants = ["uk-pilot-2026"]\nbaseline = "uk-2025"\nweeks = 5\nhouseholds = 15\nuncertainty = "seeds"\n'
        'replicates = 2\n[factors]\n"offer.amount_per_person" = [0, 1000]\n'
    )
    words = ("sweep", "own.toml", "--precision", "departures=±0.0000001", "--max-replicates", "25", "--out", "s")
    code, printed, _ = returns(*words)
    assert code == 0
    assert "Precision reached for" in printed
    assert json.loads(Path("s/manifest.json").read_text())["state"] == "complete"
