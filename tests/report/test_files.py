"""The files of comparisons and runs: whole or not at all, never over anything else, and true to what was run."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm import InputError, prepare
from abm.measures import IDS
from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question.question import Question, ask
from experiments.report import run_files
from experiments.report.compare_files import FIGURES, FILES, place_of, write
from experiments.report.verdict import verdict
from experiments.storing.output import MANIFEST


def asked(**changes: Any) -> Question:
    return ask(["uk-upfront-national"], **({"weeks": 30, "replicates": 3, "households": 60} | changes))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(asked())


@pytest.fixture(scope="module")
def folder(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "new" / "folder"
    write(place_of(comparison.question, path), comparison, rows(comparison))
    return path


def everything(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


# ---- what is in them --------------------------------------------------------------------------------


def test_a_comparison_leaves_the_contracted_files_and_nothing_else(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == {*FILES, MANIFEST}
    assert [p.name for p in folder.parent.iterdir()] == ["folder"]


def test_the_manifest_holds_inputs_versions_seeds_and_the_hash_of_each_file(
    folder: Path, comparison: Comparison
) -> None:
    told = json.loads((folder / MANIFEST).read_text())
    for name in FILES:
        assert told["sha256"][name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert {"model", "python", "numpy", "numba", "mesa"} <= set(told["versions"])
    assert told["seeds"] == {"first": 0, "last": 2, "replicates": 3}
    assert told["parameter_vectors"] == 3
    assert told["run_identities"] == comparison.identity
    assert told["inputs"]["policies"][1]["offers"]["offer"]["amount_per_person"] == 10_000.0
    assert told["duration_seconds"] > 0


def test_the_summary_holds_the_same_rows_as_the_json(folder: Path, comparison: Comparison) -> None:
    with (folder / "summary.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    for told, given in zip(found, rows(comparison), strict=True):
        assert told["measure"] == given["measure"]
        assert set(told) == {*given, "title"}
        for key in ("mean", "mean_low", "mean_high", "run_p05", "run_p95", "difference", "difference_run_p95"):
            assert told[key] == ("" if math.isnan(given[key]) else repr(given[key]))


def test_every_run_is_a_row_of_the_runs_once(folder: Path, comparison: Comparison) -> None:
    for name, held in (("runs.parquet", comparison.runs), ("runs_pull.parquet", comparison.pulled)):
        table = pd.read_parquet(folder / name)
        assert len(table) == 2 * 3
        assert not table.duplicated(["variant", "seed"]).any()
        mine = table[table["role"] == "variant"]
        assert mine["seed"].tolist() == [0, 1, 2]
        assert mine["run_id"].tolist() == held[1].identities
        assert np.array_equal(mine[list(IDS)].to_numpy(), held[1].measures, equal_nan=True)
    table = pd.read_parquet(folder / "runs.parquet")
    cost = table.pivot(index="seed", columns="variant", values="cost_npv")
    saving = next(r for r in rows(comparison) if (r["role"], r["measure"]) == ("variant", "net_saving_npv"))
    assert (cost["uk-2025"] - cost["uk-upfront-national"]).mean() == pytest.approx(saving["mean"])


def test_the_weekly_series_add_up(folder: Path) -> None:
    table = pd.read_parquet(folder / "weekly.parquet")
    mean = table[table["role"] == "variant"].pivot(index="week", columns="series", values="mean")
    assert len(mean) == 30
    lines = [name for name in mean if name.startswith("cost_") and name != "cost_total"]
    assert mean[lines].sum(axis=1).to_numpy() == pytest.approx(mean["cost_total"].to_numpy())
    assert (table["run_p05"] <= table["run_p95"]).all()


def test_the_index_says_what_was_asked_the_verdict_and_what_each_file_is(folder: Path, comparison: Comparison) -> None:
    told = (folder / "index.md").read_text(encoding="utf-8")
    assert told.startswith("# uk-upfront-national against uk-2025 (the baseline)\n")
    for sentence in verdict(comparison, rows(comparison)):
        assert sentence in told
    for name in FILES[1:]:
        assert Path(name).stem in told, name
    assert set(re.findall(r"\]\(([^)]+)\)", told)) <= {*FILES, MANIFEST}
    assert "30 weeks; 3 runs of each policy, seeds 0 to 2, paired" in told


def test_each_figure_is_as_wide_as_a_journal_in_every_form_and_its_text_is_text(folder: Path) -> None:
    for name in FIGURES:
        png = (folder / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG\r\n")
        assert int.from_bytes(png[16:20]) == 7 * 300
        svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", svg))
        assert "everybody, lasting" in words
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        finding, alt = (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n\n")
        assert finding.split()[0] in words
        assert "the pilot's amounts for everybody, lasting" in alt


def test_the_same_inputs_give_the_same_bytes(folder: Path, comparison: Comparison, tmp_path: Path) -> None:
    write(place_of(comparison.question, tmp_path / "again"), compare(comparison.question), rows(comparison))
    one, other = everything(folder), everything(tmp_path / "again")
    for name in FILES:
        assert one[name] == other[name], name


def test_a_run_leaves_its_weeks_households_and_measures(tmp_path: Path) -> None:
    prepared = prepare("uk-pilot-2026", "uk-families-2026", weeks=20, households=40)
    run = prepared.run(5)
    run_files.write(run_files.place_of(prepared, 5, tmp_path / "run"), run)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {*run_files.FILES, MANIFEST}
    weekly = pd.read_parquet(tmp_path / "run" / "weekly.parquet")
    pd.testing.assert_frame_equal(weekly, run.series)
    assert len(pd.read_parquet(tmp_path / "run" / "households.parquet")) == len(run.households)
    told = json.loads((tmp_path / "run" / MANIFEST).read_text())
    assert told["run_identity"] == prepared.identity(5)


# ---- whole or not at all ----------------------------------------------------------------------------


def test_a_folder_that_holds_other_things_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    before = everything(tmp_path)
    with pytest.raises(InputError, match=r"holds other things \(thesis.tex\)"):
        place_of(asked(), tmp_path)
    assert everything(tmp_path) == before


def test_results_of_other_inputs_are_refused_and_not_touched(folder: Path) -> None:
    before = everything(folder)
    with pytest.raises(InputError, match="the results of other inputs"):
        place_of(asked(seed=1), folder)
    assert everything(folder) == before


def test_results_of_the_same_inputs_are_written_again(folder: Path, comparison: Comparison) -> None:
    before = everything(folder)
    write(place_of(asked(), folder), comparison, rows(comparison))
    after = everything(folder)
    assert {name: after[name] for name in FILES} == {name: before[name] for name in FILES}
    assert set(after) == set(before)


def test_an_empty_folder_is_used(comparison: Comparison, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(place_of(comparison.question, tmp_path / "empty"), comparison, rows(comparison))
    assert (tmp_path / "empty" / MANIFEST).is_file()
