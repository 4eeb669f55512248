"""More points of a sequence in the same folder: what is done is kept, and the tables are those of a sweep of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from abm.inputs.parameters import InputError
from experiments.storing.store import FolderError
from experiments.sweep import sweep

TABLES = ("runs.parquet", "baseline.parquet", "summary.parquet", "summary.csv")
AMOUNT = "offer.amount_per_person"


def design(points: int, method: str = "sobol", **more: Any) -> dict[str, Any]:
    return {
        "variants": ["uk-pilot-2026", "uk-upfront-national"], "baseline": "uk-2025", "replicates": 2, "weeks": 4,
        "set": {"offer.household_cap": "none"}, "sampling": {"method": method, "points": points},
        "factors": {AMOUNT: {"low": 0, "high": 20000}, "behaviour.money": "plausible"}, **more,
    }  # fmt: skip


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("method", "rows"), [("sobol", 1), ("saltelli", 4)])
def test_only_what_is_missing_is_run(tmp_path: Path, method: str, rows: int) -> None:
    few = sweep(design(4, method), out=tmp_path / "out")
    small = tables(few.folder)
    many = sweep(design(16, method), out=tmp_path / "out")
    whole = sweep(design(16, method), out=tmp_path / "whole")
    # Saltelli's four rows of a base point have two amounts and two weights of money, of which the baseline meets these.
    base_rows = 2 if method == "saltelli" else 1
    assert few.new == 4 * (2 * rows + base_rows) * 2
    assert many.new == whole.new - few.new == 12 * (2 * rows + base_rows) * 2
    assert tables(many.folder) == tables(whole.folder)
    assert json.loads((many.folder / "manifest.json").read_text())["points"] == 16 * rows
    # Back to fewer: nothing is run, and the tables are the smaller ones again.
    assert sweep(design(4, method), out=tmp_path / "out").new == 0
    assert tables(many.folder) == small


@pytest.mark.usefixtures("tiny")
def test_another_sample_needs_another_folder(tmp_path: Path) -> None:
    sweep(design(4, "latin-hypercube"), out=tmp_path / "out")
    with pytest.raises(FolderError, match="points"):
        sweep(design(8, "latin-hypercube"), out=tmp_path / "out")


@pytest.mark.usefixtures("tiny")
def test_points_that_clash_are_left_out_counted_and_named(tmp_path: Path) -> None:
    grid = design(4, factors={AMOUNT: [5000, 20000], "offer.household_cap": [10000, 40000]}, set={})
    grid["sampling"] = {"method": "grid"}
    with pytest.raises(InputError, match="skip_clashes"):
        sweep(grid, out=tmp_path / "out")
    outcome = sweep({**grid, "sampling": {"skip_clashes": True}}, out=tmp_path / "out")
    assert (outcome.total, outcome.failed) == (3 * 2 * 2 + 2, 0)
    assert sorted(outcome.results()["point"].unique()) == [0, 1, 3]
    told = json.loads((outcome.folder / "manifest.json").read_text())["skipped"]
    assert told["count"] == 2
    assert told["points"][0]["variant"] == "uk-pilot-2026"
    assert "household_cap" in told["points"][0]["because"]
