"""A sweep runs each run once, survives failures and interruptions, and tells what it measured."""

from __future__ import annotations

import inspect
import io
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
from experiments.cli.sweep import app
from experiments.statistics.precision import FIRST, Target, confidence_of_look, look, parse_target
from experiments.running.progress import Lines
from experiments.question.study import lay_out
from experiments.sweep.sweeping import sweep
from experiments.sweep.tables import results

HERE = Path(__file__).parent
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


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for the model."""
    tiny_model.install(monkeypatch.setattr)


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


# ---- with the model itself --------------------------------------------------------------------------


def test_a_row_of_the_table_is_what_the_model_gives_for_its_values_and_seed(tmp_path: Path) -> None:
    table = sweep({**REAL, "seed": 11}, out=tmp_path / "out").results()
    assert len(table) == 2 * 2 * 4
    for _, row in table.sample(4, random_state=1).iterrows():
        behaviour = abm.load_behaviour().with_values({"money": row["behaviour.money"]})
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
    prepared = abm.prepare("uk-2025", "uk-families-2026", weeks=30, households=100)
    behaviour = abm.load_behaviour().with_values({"money": outcome.results()["behaviour.money"].iloc[0]})
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


def test_a_point_can_be_run_by_mesas_own_batch_run() -> None:
    import mesa

    fixed = {"policy": ["uk-2025", "uk-pilot-2026"], "caseload": "uk-families-2026", "households": 30, "weeks": 4}
    # Mesa 3.3 has no `rng` of its own here; there it is a parameter like any other.
    seeds = {"rng": [1, 2]}
    apart = "rng" in inspect.signature(mesa.batch_run).parameters
    rows = mesa.batch_run(
        abm.ReturnModel,
        parameters=fixed if apart else {**fixed, **seeds},
        **(seeds if apart else {}),
        max_steps=4,
        number_processes=1,
        display_progress=False,
        data_collection_period=-1,
    )
    assert len(rows) == 4
    assert {row["policy"] for row in rows} == {"uk-2025", "uk-pilot-2026"}


def readme_blocks(language: str) -> list[str]:
    text = (HERE.parent / "experiments" / "README.md").read_text(encoding="utf-8")
    return [block.split("```")[0] for block in text.split(f"```{language}\n")[1:]]


def test_the_python_of_the_readme_works_as_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(readme_blocks("python")[0], {})
    assert len(results("results/first")) == 2 * 5 * 5


def test_the_design_of_the_readme_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "design.toml").write_text(readme_blocks("toml")[0], encoding="utf-8")
    study = lay_out(tmp_path / "design.toml")
    study.check()
    assert study.cells == 2 * 9 * 2 * 5 * 2


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
    monkeypatch.setattr("experiments.sweep.tables.SLICE", 7)
    monkeypatch.setattr("experiments.sweep.tally.FLUSH_RUNS", 4)
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


def test_the_exit_code_says_whether_runs_failed(
    failing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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


# ---- stopping ---------------------------------------------------------------------------------------

SLOW = (
    "import sys; sys.path[:0] = [{here!r}, {root!r}]\n"
    "import tiny_model; tiny_model.install()\n"
    "from experiments.cli.sweep import app\n"
    "code = app(sys.argv[1:], result_action='return_value')\n"
    "sys.exit(code)\n"
)


def start(tmp_path: Path, out: Path, **environment: str) -> subprocess.Popen[str]:
    file = tmp_path / "slow.toml"
    file.write_text(
        f'variants = ["uk-2025"]\nweeks = 4\nreplicates = 200\n[set]\n"offer.household_cap" = "none"\n'
        f'[factors]\n"{AMOUNT}" = [1, 2]\n'
    )
    code = SLOW.format(here=str(HERE), root=str(HERE.parent))
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


def test_lines_tell_rate_time_left_and_failures() -> None:
    stream = io.StringIO()
    lines = Lines(stream, every=0.0)
    lines.start(100, 10, "2 threads")
    time.sleep(0.01)
    lines.update(40, 3, 100)
    assert "100 runs, 10 of them done already" in stream.getvalue()
    assert "a second" in stream.getvalue()
    assert "left" in stream.getvalue()
    assert "3 failed" in stream.getvalue()


# ---- summaries --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_the_summary_has_students_interval_of_each_point_and_measure(tmp_path: Path) -> None:
    outcome = sweep(DESIGN, out=tmp_path / "out")
    runs, summary = outcome.results(), outcome.results("summary")
    assert len(summary) == 6 * len(abm.MEASURES)
    for _, row in summary.sample(10, random_state=2).iterrows():
        values = runs[(runs["variant"] == row["variant"]) & (runs["point"] == row["point"])][row["measure"]]
        interval = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.90)
        assert row[["mean", "low", "high"]].tolist() == pytest.approx([values.mean(), *interval])
        assert (row["n"], row["sd"]) == (5, pytest.approx(values.std(ddof=1)))
        assert row["unit"] == abm.MEASURES[row["measure"]].unit
    pd.testing.assert_frame_equal(pd.read_csv(outcome.folder / "summary.csv"), summary, check_dtype=False, rtol=1e-12)


@pytest.mark.usefixtures("tiny")
def test_one_run_gives_a_mean_and_no_interval(tmp_path: Path) -> None:
    summary = sweep({**DESIGN, "replicates": 1}, out=tmp_path / "out").results("summary")
    assert summary["mean"].notna().all()
    assert summary[["low", "high"]].isna().all(axis=None)


@pytest.mark.usefixtures("tiny")
def test_with_posterior_draws_the_interval_is_over_draws(tmp_path: Path) -> None:
    (tmp_path / "draws.csv").write_text("behaviour.money\n0.5\n0.7\n1.1\n")
    outcome = sweep({**DESIGN, "posterior": str(tmp_path / "draws.csv")}, out=tmp_path / "out")
    runs, row = outcome.results(), outcome.results("summary").iloc[0]
    assert len(runs) == 3 * 30
    assert runs["behaviour.money"].unique().tolist() == [0.5, 0.7, 1.1]
    first = runs[(runs["variant"] == "uk-2025") & (runs["point"] == 0)].groupby("draw")[row["measure"]].mean()
    assert (row["n"], row["mean"], row["sd"]) == (3, pytest.approx(first.mean()), pytest.approx(first.std()))


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


def test_the_confidence_spent_over_all_looks_is_the_ten_percent_promised() -> None:
    spent = sum(1 - confidence_of_look(k) for k in range(1, 10_000))
    assert spent == pytest.approx(0.10, rel=1e-3)
    assert spent < 0.10


def test_stopping_when_narrow_covers_the_truth_as_often_as_promised() -> None:
    rng = np.random.default_rng(3)
    covered, trials = 0, 600
    for _ in range(trials):
        values = rng.exponential(1.0, 2_000)
        number, runs = 1, FIRST
        while not (taken := look(values[:runs], 0.25, number, most=2_000)).enough:
            number, runs = number + 1, taken.next_runs
        covered += abs(taken.mean - 1.0) <= 0.25
    # Binomial, three standard deviations below 90 %.
    assert covered / trials > 0.90 - 3 * (0.09 / trials) ** 0.5


def test_a_look_counts_only_runs_that_have_the_measure() -> None:
    values = np.concatenate([np.full(30, np.nan), np.random.default_rng(0).normal(0, 1, 10)])
    taken = look(values, 10.0, 1, most=1_000)
    assert not taken.enough
    assert taken.runs < taken.next_runs <= 2 * taken.runs


@pytest.mark.parametrize("text", ["return_rate_12m=±0.01", "return_rate_12m=+-0.01", "return_rate_12m=0.01"])
def test_a_precision_can_be_written_three_ways(text: str) -> None:
    assert parse_target(text) == Target(NAME, 0.01)


@pytest.mark.parametrize(("text", "nearest"), [
    ("return_rate_12=±0.01", "return_rate_12m"), ("return_rate_12m", None), ("return_rate_12m=±0", None),
    ("return_rate_12m=-1", None), ("return_rate_12m=nan", None), ("cost_npv=wide", None),
])  # fmt: skip
def test_a_bad_precision_is_refused(text: str, nearest: str | None) -> None:
    with pytest.raises(InputError) as refusal:
        parse_target(text)
    assert refusal.value.nearest == nearest


# ---- the command line -------------------------------------------------------------------------------


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


@pytest.mark.parametrize("options", [{"workers": 0}, {"workers": 2, "cluster": "tcp://127.0.0.1:1"}])
@pytest.mark.usefixtures("tiny")
def test_workers_that_make_no_sense_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="--workers"):
        sweep(DESIGN, out=tmp_path / "out", **options)
