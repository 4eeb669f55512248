"""A sweep runs each run once, survives failures and interruptions, and tells what it measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import tiny_model

import abm
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import load_behaviour_draws
from experiments.question.study import lay_out
from experiments.running.progress import Silent
from experiments.statistics.precision import FIRST, Target, confidence_of_look
from experiments.sweep import results, sweep, tally
from experiments.sweep import tables as tables_of
from experiments.sweep.sweeping import InterruptedSweep

TESTS = Path(__file__).parents[1]
AMOUNT = "offer.amount_per_person"
DESIGN: dict[str, Any] = {
    "variants": ["uk-2025", "uk-upfront-national"], "factors": {AMOUNT: [0, 1000, 2000]}, "replicates": 5, "weeks": 4,
    "set": {"offer.household_cap": "none"},
}  # fmt: skip
TABLES = ("runs.parquet", "summary.parquet", "summary.csv")
REAL: dict[str, Any] = {
    "variants": ["uk-2025", "uk-pilot-2026"], "factors": {"behaviour.money": "plausible"}, "sampling": {"levels": 2},
    "replicates": 4, "weeks": 30, "households": 100,
}  # fmt: skip


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


# ---- with the model itself --------------------------------------------------------------------------


def test_a_row_of_the_table_is_what_the_model_gives_for_its_values_and_seed(tmp_path: Path) -> None:
    table = sweep({**REAL, "seed": 11}, out=tmp_path / "out").results()
    assert len(table) == 2 * 2 * 4
    for _, row in table.sample(4, random_state=1).iterrows():
        draws = load_behaviour_draws()  # replicates take them in turn
        behaviour = draws[row["replicate"] % len(draws)].with_values({"money": row["behaviour.money"]})
        policy, caseload = abm.load_policy(row["variant"]), abm.load_caseload("uk-families-2026")
        prepared = abm.prepare(policy, caseload, behaviour, weeks=30, households=100)
        assert row["run_id"] == prepared.identity(int(row["seed"]))
        np.testing.assert_array_equal(row[list(abm.MEASURES)].to_numpy(float), prepared.measures(int(row["seed"])))


def test_the_number_of_threads_changes_no_byte(tmp_path: Path) -> None:
    one = sweep(REAL, out=tmp_path / "one", workers=1).folder
    three = sweep(REAL, out=tmp_path / "three", workers=3).folder
    assert tables(one) == tables(three)


def test_every_point_has_the_same_seeds(tmp_path: Path) -> None:
    table = sweep({**REAL, "seed": 5}, out=tmp_path / "out").results()
    for _, group in table.groupby(["variant", "point"]):
        assert group["seed"].tolist() == [5, 6, 7, 8]


def test_weekly_series_are_kept_when_asked_for(tmp_path: Path) -> None:
    outcome = sweep({**REAL, "series": True, "replicates": 2}, out=tmp_path / "out")
    series = outcome.results("series")
    assert len(series) == 2 * 2 * 2 * 30
    behaviour = load_behaviour_draws()[1].with_values({"money": outcome.results()["behaviour.money"].iloc[0]})
    prepared = abm.prepare("uk-2025", "uk-families-2026", behaviour, weeks=30, households=100)
    expected = prepared.run(1).series
    found = series[(series["variant"] == "uk-2025") & (series["point"] == 0) & (series["replicate"] == 1)]
    for name in expected.columns:
        np.testing.assert_array_equal(found[name].to_numpy(float), expected[name].to_numpy(float))


def test_results_are_read_by_other_tools_too(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    outcome = sweep(REAL, out=tmp_path / "out")
    counted = duckdb.sql(f"select count(*) from '{outcome.folder}/parts/*.parquet' where not failed").fetchall()
    assert counted == [(16,)]


# ---- once and only once -----------------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_the_same_call_again_runs_nothing(tmp_path: Path) -> None:
    first = sweep(DESIGN, out=tmp_path / "out")
    before = tables(first.folder)
    again = sweep(DESIGN, out=tmp_path / "out")
    assert (first.new, again.new, again.done) == (30, 0, 30)
    assert tables(first.folder) == before


@pytest.mark.usefixtures("tiny")
def test_more_replicates_run_only_what_is_missing_and_fewer_make_the_smaller_tables_again(tmp_path: Path) -> None:
    small = tables(sweep(DESIGN, out=tmp_path / "out").folder)
    larger = sweep({**DESIGN, "replicates": 8}, out=tmp_path / "out")
    assert larger.new == 18
    assert tables(larger.folder) == tables(sweep({**DESIGN, "replicates": 8}, out=tmp_path / "whole").folder)
    assert sweep(DESIGN, out=tmp_path / "out").new == 0
    assert tables(larger.folder) == small


@pytest.mark.usefixtures("tiny")
def test_slices_of_the_tables_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sweep(DESIGN, out=tmp_path / "whole")
    monkeypatch.setattr(tables_of, "SLICE", 7)
    monkeypatch.setattr(tally, "FLUSH_RUNS", 4)
    sliced = sweep(DESIGN, out=tmp_path / "sliced")
    for table in ("runs", "summary"):
        pd.testing.assert_frame_equal(sliced.results(table), whole.results(table))


@pytest.mark.usefixtures("tiny")
def test_results_can_be_read_before_the_end(tmp_path: Path) -> None:
    folder = sweep(DESIGN, out=tmp_path / "out").folder
    whole = results(folder)
    for name in TABLES:
        (folder / name).unlink()
    pd.testing.assert_frame_equal(results(folder), whole)
    with pytest.raises(InputError, match="summary"):
        results(folder, "summary")
    with pytest.raises(InputError, match="Did you mean 'summary'"):
        results(folder, "sumary")


# ---- failures ---------------------------------------------------------------------------------------


@pytest.fixture
def failing(tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file: while it is there, runs with the amount 666 fail."""
    file = tmp_path / "fails"
    file.touch()
    monkeypatch.setenv("TINY_FAILS", str(file))
    return file


def with_failures() -> dict[str, Any]:
    return {**DESIGN, "factors": {AMOUNT: [0, tiny_model.FAILING]}}


def test_a_run_that_fails_is_recorded_and_the_others_go_on(failing: Path, tmp_path: Path) -> None:
    outcome = sweep(with_failures(), out=tmp_path / "out")
    assert (outcome.done, outcome.failed) == (20, 10)
    assert len(outcome.results()) == 10
    failures = outcome.results("failures")
    assert failures[AMOUNT].unique().tolist() == [666.0]
    assert failures["error"].str.startswith("ArithmeticError: the amount is 666").all()
    assert sorted(failures["seed"].unique()) == [0, 1, 2, 3, 4]


def test_a_failed_run_is_tried_again_only_when_asked(failing: Path, tmp_path: Path) -> None:
    sweep(with_failures(), out=tmp_path / "out")
    assert sweep(with_failures(), out=tmp_path / "out").new == 0
    still = sweep(with_failures(), out=tmp_path / "out", retry_failed=True)
    assert (still.new, still.failed) == (10, 10)
    assert still.results("failures")["attempt"].unique().tolist() == [1]
    failing.unlink()
    mended = sweep(with_failures(), out=tmp_path / "out", retry_failed=True)
    assert (mended.new, mended.failed) == (10, 0)
    assert not (tmp_path / "out" / "failures.parquet").exists()
    undisturbed = sweep(with_failures(), out=tmp_path / "undisturbed")
    assert tables(mended.folder) == tables(undisturbed.folder)


# ---- stopping ---------------------------------------------------------------------------------------

SLOW = (
    "import sys; sys.path[:0] = [{tests!r}, {root!r}]\n"
    "import tiny_model; tiny_model.install()\n"
    "from experiments.cli.sweep import app\n"
    "code = app(sys.argv[1:], result_action='return_value')\n"
    "sys.exit(code)\n"
)


def start(tmp_path: Path, out: Path, **environment: str) -> subprocess.Popen[str]:
    file = tmp_path / "slow.toml"
    file.write_text(f'variants = ["uk-2025"]\nweeks = 4\nreplicates = 200\n[factors]\n"{AMOUNT}" = [1, 2]\n')
    code = SLOW.format(tests=str(TESTS), root=str(TESTS.parent))
    command = [sys.executable, "-c", code, str(file), "--out", str(out), "--workers", "2"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_keeps_what_is_done_says_how_to_resume_and_resumes(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    with start(tmp_path, out, TINY_SECONDS="0.02", TINY_LOG=str(log)) as child:
        until = time.monotonic() + 60
        while not (log.exists() and len(log.read_text().split()) > 20):
            assert time.monotonic() < until
            time.sleep(0.05)
        child.send_signal(number)
        _, told = child.communicate(timeout=60)
    assert child.returncode == code
    assert "Run the same command again to resume" in told
    assert "Traceback" not in told
    assert json.loads((out / "manifest.json").read_text())["state"] == "interrupted"
    done = set(log.read_text().split())
    assert len(results(out)) == len(done) < 400
    with start(tmp_path, out, TINY_LOG=str(log)) as child:
        child.communicate(timeout=60)
    assert child.returncode == 0
    every = log.read_text().split()
    assert len(every) == len(set(every)) == 400


def test_a_second_ctrl_c_does_not_wait_for_long_runs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with start(tmp_path, out, TINY_SECONDS="45") as child:
        until = time.monotonic() + 60
        while not (out / "manifest.json").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1.0)
        child.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert child.poll() is None, "the first Ctrl-C waits for the runs under way"
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "Ctrl-C again" in told
    assert "Traceback" not in told
    with start(tmp_path, out) as child:
        child.communicate(timeout=60)
    assert child.returncode == 0


def test_progress_is_plain_lines_when_piped(tmp_path: Path) -> None:
    with start(tmp_path, tmp_path / "out") as child:
        said, told = child.communicate(timeout=60)
    assert "400 of 400 runs (100%)" in told
    assert "\x1b" not in told
    assert "400 of 400 runs done, 400 of them now" in said


# ---- summaries --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_the_summary_has_students_interval_of_each_point_and_measure(tmp_path: Path) -> None:
    outcome = sweep(DESIGN, out=tmp_path / "out")
    runs, summary = outcome.results(), outcome.results("summary")
    assert len(summary) == 6 * len(abm.MEASURES)
    for _, row in summary.sample(10, random_state=2).iterrows():
        values = runs[(runs["variant"] == row["variant"]) & (runs["point"] == row["point"])][row["measure"]]
        interval = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.90)
        assert row[["mean", "mean_low", "mean_high"]].tolist() == pytest.approx([values.mean(), *interval])
        assert row[["run_p05", "run_p95"]].tolist() == pytest.approx(np.percentile(values, [5, 95]).tolist())
        assert row[["runs", "vectors", "defined"]].tolist() == [5, 5, 5]  # a draw of its own for each run
        assert row["standard_error"] == pytest.approx(values.std(ddof=1) / 5**0.5)
        assert row["unit"] == abm.MEASURES[row["measure"]].unit
    pd.testing.assert_frame_equal(pd.read_csv(outcome.folder / "summary.csv"), summary, check_dtype=False, rtol=1e-12)


@pytest.mark.usefixtures("tiny")
def test_one_run_gives_a_mean_and_no_interval(tmp_path: Path) -> None:
    summary = sweep({**DESIGN, "replicates": 1}, out=tmp_path / "out").results("summary")
    assert summary["mean"].notna().all()
    assert summary[["mean_low", "mean_high"]].isna().all(axis=None)
    assert (summary["run_p05"] == summary["mean"]).all()


@pytest.mark.usefixtures("tiny")
def test_with_posterior_draws_the_interval_is_over_draws(tmp_path: Path) -> None:
    (tmp_path / "draws.csv").write_text("behaviour.money\n0.5\n0.7\n1.1\n")
    outcome = sweep({**DESIGN, "posterior": str(tmp_path / "draws.csv")}, out=tmp_path / "out")
    runs, row = outcome.results(), outcome.results("summary").iloc[0]
    assert len(runs) == 3 * 30
    assert runs["behaviour.money"].unique().tolist() == [0.5, 0.7, 1.1]
    here = runs[(runs["variant"] == "uk-2025") & (runs["point"] == 0)]
    means = here.groupby("draw")[row["measure"]].mean()
    interval = scipy.stats.ttest_1samp(means, 0.0).confidence_interval(0.90)
    assert row[["runs", "vectors", "defined"]].tolist() == [15, 3, 15]
    assert row[["mean", "mean_low", "mean_high"]].tolist() == pytest.approx([means.mean(), *interval])
    assert row["standard_error"] == pytest.approx(means.std() / 3**0.5)
    assert row[["run_p05", "run_p95"]].tolist() == pytest.approx(np.percentile(here[row["measure"]], [5, 95]).tolist())


@pytest.mark.usefixtures("tiny")
def test_draws_have_seeds_of_their_own_and_the_same_at_every_point(tmp_path: Path) -> None:
    """With the same seeds, what chance did to all draws alike would be left out of the interval over draws."""
    (tmp_path / "draws.csv").write_text("behaviour.money\n0.5\n0.7\n1.1\n")
    study = lay_out({**DESIGN, "posterior": str(tmp_path / "draws.csv"), "seed": 4})
    runs = sweep(study.design, out=tmp_path / "out").results()
    for row in runs.sample(10, random_state=1).itertuples():
        cell = (study.design.variants.index(row.variant) * len(study.points) + row.point) * 3 + row.draw
        assert study.case(cell).prepared().identity(row.seed) == row.run_id
    for _, point in runs.groupby(["variant", "point"]):
        assert point.sort_values(["replicate", "draw"])["seed"].tolist() == list(range(4, 4 + 15))


@pytest.mark.usefixtures("tiny")
def test_the_manifest_tells_what_was_run_with_what(tmp_path: Path) -> None:
    outcome = sweep(DESIGN, out=tmp_path / "out")
    told = json.loads((outcome.folder / "manifest.json").read_text())
    assert told["state"] == "complete"
    assert told["model_version"] == tiny_model.VERSION
    assert told["runs"] == {"total": 30, "done": 30, "failed": 0}
    assert told["design"]["factors"] == DESIGN["factors"]
    assert set(told["tables"]) == set(TABLES)
    assert told["versions"]["numpy"] == np.__version__


# ---- precision --------------------------------------------------------------------------------------

NAME = "return_rate_12m"


@pytest.mark.usefixtures("tiny")
def test_replicates_are_added_until_the_interval_is_narrow_enough(tmp_path: Path) -> None:
    target = Target(NAME, 0.015)
    outcome = sweep(DESIGN, out=tmp_path / "out", precision=[target])
    looked = outcome.results("precision")
    assert looked["reached"].all()
    assert (looked["half_width"] <= 0.015).all()
    assert (looked["replicates"] >= FIRST).all()
    runs = outcome.results()
    assert runs.groupby(["variant", "point"]).size().tolist() == looked["replicates"].tolist()
    again = sweep(DESIGN, out=tmp_path / "out", precision=[target])
    assert (again.new, again.total) == (0, outcome.total)


@pytest.mark.usefixtures("tiny")
def test_a_precision_out_of_reach_stops_at_the_most_and_says_so(tmp_path: Path) -> None:
    outcome = sweep(DESIGN, out=tmp_path / "out", precision=[Target(NAME, 1e-9)], max_replicates=30)
    assert outcome.total == 6 * 30
    assert not any(row["reached"] for row in outcome.looks)


class _StopsOnce(Silent):
    """Ctrl-C while the last run of the first look is done."""

    asked = False

    def update(self, done: int, failed: int, total: int) -> None:
        if done == total and not self.asked:
            self.asked = True
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("tiny")
def test_a_stop_at_the_end_of_a_look_is_heard_before_the_next(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"out": tmp_path / "out", "precision": [Target(NAME, 1e-9)], "max_replicates": 30}
    with pytest.raises(InterruptedSweep):
        sweep(DESIGN, **asked, progress=_StopsOnce())
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["state"] == "interrupted"
    assert len(results(tmp_path / "out")) == 6 * FIRST < 6 * 30
    assert sweep(DESIGN, **asked).total == 6 * 30


@pytest.mark.usefixtures("tiny")
def test_with_posterior_draws_a_precision_is_judged_by_draw(tmp_path: Path) -> None:
    (tmp_path / "draws.csv").write_text("behaviour.money\n0.5\n0.7\n1.1\n")
    design = {**DESIGN, "posterior": str(tmp_path / "draws.csv")}
    outcome = sweep(design, out=tmp_path / "out", precision=[Target(NAME, 0.05)], max_replicates=60)
    runs = outcome.results()
    looked = outcome.results("precision")
    assert looked["reached"].any()
    for row in looked.itertuples():
        here = runs[(runs["variant"] == row.variant) & (runs["point"] == row.point)].groupby("draw")[NAME]
        assert here.size().tolist() == [row.replicates] * 3
        quantile = scipy.stats.t.ppf(0.5 + confidence_of_look(row.looks) / 2, 2)
        assert row.half_width == pytest.approx(quantile * here.mean().std() / 3**0.5)
        assert row.reached == (row.half_width <= 0.05)


# ---- refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"workers": 0}, {"workers": 2, "cluster": "tcp://127.0.0.1:1"}])
@pytest.mark.usefixtures("tiny")
def test_workers_that_make_no_sense_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="--workers"):
        sweep(DESIGN, out=tmp_path / "out", **options)


def test_weeks_are_factors_and_the_variants_own_date_is_a_week_in_the_table(tmp_path: Path) -> None:
    design = {
        "variants": ["uk-2002-2015"], "caseload": "uk-refused-2005", "weeks": 6, "households": 20, "replicates": 1,
        "factors": {"standing.start_week": [0, 4], "standing.end_week": [5, 6]},
        "sampling": {"method": "one-at-a-time"},
    }  # fmt: skip
    sweep(design, out=tmp_path / "out")
    table = results(tmp_path / "out")
    # 1 January 2002 lies in the 157th week before 3 January 2005.
    assert set(table["standing.start_week"]) == {0, 4, -157}
    assert set(table["standing.end_week"].dropna()) == {5, 6}
