"""A sweep with a baseline answers as a comparison does: the same runs, the same differences, the same intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
from abm.inputs.parameters import InputError
from experiments.compare import compare, rows
from experiments.question.question import ask
from experiments.question.study import lay_out
from experiments.statistics.precision import FIRST, Target
from experiments.sweep import sweep, tables, tally
from experiments.sweep.pairing import OF_PAIRS, OF_RUNS

AMOUNT, MONEY = "offer.amount_per_person", "behaviour.money"
#: Two amounts × two weights of money, the second of which the baseline meets too.
DESIGN: dict[str, Any] = {
    "variants": ["uk-upfront-national"], "baseline": "uk-2025", "replicates": 5, "weeks": 4,
    "set": {"offer.household_cap": "none"}, "factors": {AMOUNT: [1000, 2000], MONEY: [0.5, 0.9]},
}  # fmt: skip
SHARED = {"weeks": 40, "households": 150, "replicates": 6, "seed": 3}


# ---- with the model itself --------------------------------------------------------------------------


@pytest.mark.parametrize("uncertainty", ["parameters", "seeds"])
def test_a_sweep_of_one_point_gives_the_numbers_of_a_comparison(tmp_path: Path, uncertainty: Any) -> None:
    variants = ["uk-pilot-2026", "danish-2021"]
    outcome = sweep(
        {"variants": variants, "baseline": "uk-2025", "uncertainty": uncertainty, **SHARED,
         "set": {"offer.amount_per_person": 9_000, "uk-pilot-2026:offer.household_cap": 41_000,
                 "uk-2025:standing.amount_per_person": 2_500}},
        out=tmp_path / "out",
    )  # fmt: skip
    settings = (f"{AMOUNT}=9000", "uk-pilot-2026:offer.household_cap=41000", "uk-2025:standing.amount_per_person=2500")
    asked = ask(variants, baseline="uk-2025", settings=settings, uncertainty=uncertainty, in_brief=True, **SHARED)
    comparison = compare(asked)
    told = {(row["variant"], row["measure"]): row for row in rows(comparison) if row["role"] == "variant"}
    summary = outcome.results("summary")
    assert set(summary["measure"]) == {*abm.MEASURES, *OF_PAIRS}
    shared = [name for name in summary.columns if name in next(iter(told.values())) and name not in ("variant", "unit")]
    assert {"difference", "difference_mean_low", "difference_run_p95", "variance_reduction", "words"} <= set(shared)
    for _, row in summary.iterrows():
        expected = told[row["variant"], row["measure"]]
        for name in shared:
            if isinstance(expected[name], str):
                assert row[name] == expected[name]
            else:
                assert row[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), (row, name)
    runs, base = outcome.results(), outcome.results("baseline")
    for label, held in zip(asked.labels, comparison.runs, strict=True):
        found = base if label == "uk-2025" else runs[runs["variant"] == label]
        assert found["run_id"].tolist() == held.identities
    pilot = runs[runs["variant"] == "uk-pilot-2026"]
    saving = comparison.runs[0].measure("cost_npv") - comparison.runs[1].measure("cost_npv")
    np.testing.assert_array_equal(pilot["net_saving_npv"], saving)
    pilot_row = summary[(summary["variant"] == "uk-pilot-2026") & (summary["measure"] == "net_saving_npv")].iloc[0]
    assert pilot_row["difference_above_zero"] == pytest.approx((saving > 0).mean())


def test_levers_leave_the_baseline_alone_and_the_world_does_not() -> None:
    design = {**DESIGN, "factors": {AMOUNT: [3000, 20000], "world.hotel_night": [100, 140]}}
    study = lay_out(design)
    cases = [study.case(cell) for cell in range(study.variant_cells, study.cells)]
    assert [case.policy for case in cases] == [abm.load_policy("uk-2025")] * 2
    assert [case.caseload.world.hotel_night for case in cases] == [100, 140]


# ---- what is run, and how often ---------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_the_baseline_is_run_once_for_points_that_differ_in_levers_alone(tmp_path: Path) -> None:
    outcome = sweep(DESIGN, out=tmp_path / "out")
    runs, base = outcome.results(), outcome.results("baseline")
    assert (len(runs), len(base), outcome.total) == (4 * 5, 2 * 5, 30)
    assert base[MONEY].unique().tolist() == [0.5, 0.9]
    assert base[AMOUNT].isna().all()  # the baseline does not have it
    assert base["variant"].unique().tolist() == ["uk-2025"]
    pairs = runs.merge(base, left_on="baseline_run_id", right_on="run_id", suffixes=("", "_base"))
    assert len(pairs) == len(runs)
    assert (pairs["seed"] == pairs["seed_base"]).all()
    assert (pairs[MONEY] == pairs[f"{MONEY}_base"]).all()
    np.testing.assert_array_equal(pairs["net_saving_npv"], pairs["cost_npv_base"] - pairs["cost_npv"])
    np.testing.assert_array_equal(pairs["additional_departures"], pairs["departures"] - pairs["departures_base"])
    told = json.loads((outcome.folder / "manifest.json").read_text())
    assert (told["baseline"], told["baseline_points"]) == ("uk-2025", 2)


@pytest.mark.usefixtures("tiny")
def test_the_baseline_meets_each_draw_with_its_own_seeds(tmp_path: Path) -> None:
    draws = pd.DataFrame({"behaviour.money": [0.5, 0.7, 1.1]})
    design = {**DESIGN, "factors": {AMOUNT: [1000, 2000]}, "posterior": draws}
    outcome = sweep(design, out=tmp_path / "out")
    runs, base = outcome.results(), outcome.results("baseline")
    assert (len(runs), len(base)) == (2 * 3 * 5, 3 * 5)
    keys = ["draw", "replicate", "seed"]
    assert len(runs.merge(base, on=keys)) == len(runs)
    summary = outcome.results("summary")
    row = summary[(summary["measure"] == "net_saving_npv") & (summary["point"] == 1)].iloc[0]
    means = runs[runs["point"] == 1].groupby("draw")["net_saving_npv"].mean()
    assert row["difference"] == pytest.approx(means.mean())
    assert row["difference_standard_error"] == pytest.approx(means.std(ddof=1) / 3**0.5)


@pytest.mark.usefixtures("tiny")
def test_slices_of_the_tables_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sweep(DESIGN, out=tmp_path / "whole")
    monkeypatch.setattr(tables, "SLICE", 7)
    monkeypatch.setattr(tally, "FLUSH_RUNS", 4)
    sliced = sweep(DESIGN, out=tmp_path / "sliced")
    for table in ("runs", "baseline", "summary"):
        pd.testing.assert_frame_equal(sliced.results(table), whole.results(table))


@pytest.mark.usefixtures("tiny")
def test_before_the_end_runs_and_baseline_are_told_apart(tmp_path: Path) -> None:
    folder = sweep(DESIGN, out=tmp_path / "out")
    runs, base = folder.results(), folder.results("baseline")
    for name in ("runs.parquet", "baseline.parquet"):
        (folder.folder / name).unlink()
    so_far = folder.results()
    pd.testing.assert_frame_equal(so_far, runs[so_far.columns])
    pd.testing.assert_frame_equal(folder.results("baseline"), base)


def test_a_run_whose_baseline_failed_has_no_difference(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "fails"
    failing.touch()
    monkeypatch.setenv("TINY_FAILS", str(failing))
    design = {**DESIGN, "factors": {f"uk-2025:{AMOUNT}": [666, 0]}, "set": {"uk-2025:offer.household_cap": "none"}}
    outcome = sweep(design, out=tmp_path / "out")
    runs = outcome.results()
    assert outcome.results("failures")["role"].unique().tolist() == ["baseline"]
    assert runs["cost_npv"].notna().all()
    # The lever is the baseline's own: it fails at the first point and not at the second.
    assert runs["net_saving_npv"].isna().tolist() == [True] * 5 + [False] * 5
    failing.unlink()
    mended = sweep(design, out=tmp_path / "out", retry_failed=True)
    assert mended.results()["net_saving_npv"].notna().all()


# ---- precision --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_a_precision_of_a_saving_is_that_of_its_paired_differences(tmp_path: Path) -> None:
    design = {**DESIGN, "factors": {AMOUNT: [1000, 2000]}, "uncertainty": "seeds"}
    outcome = sweep(design, out=tmp_path / "out", precision=[Target("net_saving_npv", 0.05)])
    looked, runs = outcome.results("precision"), outcome.results()
    # The seed sets most of a run of the stand-in, and nothing of a difference: the first look is enough.
    assert looked["replicates"].tolist() == [FIRST, FIRST]
    assert looked["reached"].all()
    assert looked["mean"].tolist() == pytest.approx(runs.groupby("point")["net_saving_npv"].mean().tolist())
    level = sweep(design, out=tmp_path / "level", precision=[Target("cost_npv", 0.03)])
    assert len(level.results("baseline")) == level.results("precision")["replicates"].max() > FIRST


@pytest.mark.usefixtures("tiny")
def test_a_saving_without_a_baseline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names none"):
        sweep({**DESIGN, "baseline": None}, out=tmp_path / "out", precision=[Target("net_saving_npv", 1.0)])
    assert not (tmp_path / "out").exists()


def test_every_measure_of_a_run_has_a_column() -> None:
    assert "net_saving_npv" in OF_RUNS
    assert "cost_per_additional_return" not in OF_RUNS
    assert "cost_per_additional_return" in OF_PAIRS
