"""The command line as its users meet it: what it prints, where it writes, and how it fails."""

from __future__ import annotations

import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import abm
from abm import caseload_names, policy_names
from abm.measures import COMPARED, MEASURES
from abm.scenarios.scenario import load_behaviour_draws
from experiments.cli.main import main

CONTRACTED = [
    "variant", "measure", "unit", "mean", "mean_low", "mean_high", "run_p05", "run_p95",
    "difference", "difference_mean_low", "difference_mean_high", "difference_run_p05", "difference_run_p95",
]  # fmt: skip
SMALL = ["--weeks", "30", "--replicates", "3", "--households", "60"]
COMMAND = [sys.executable, "-m", "experiments.cli.main"]
#: Where the packages under test are: the installed ones, or those of this folder.
HOME = str(Path(abm.__file__).parents[1])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def started(*argv: str, **options: object) -> subprocess.Popen[str]:
    """The command as a process of its own, which hears Ctrl-C also where the tests run in the background."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([HOME, os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        [*COMMAND, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        **{"preexec_fn": partial(signal.signal, signal.SIGINT, signal.SIG_DFL), **options},
    )  # type: ignore[call-overload,no-any-return]


# ---- compare ----------------------------------------------------------------------------------------


def test_json_rows_have_the_contracted_keys_first(returns) -> None:
    code, out, err = returns("compare", *SMALL, "--json")
    assert code == 0
    rows = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert all(list(row)[: len(CONTRACTED)] == CONTRACTED for row in rows)
    assert {row["variant"] for row in rows} == {"uk-2025", "uk-pilot-2026", "uk-upfront-national", "danish-2021"}
    assert {*MEASURES, *COMPARED} <= {row["measure"] for row in rows}
    assert "Written to results" in err


def test_a_number_that_does_not_exist_is_null(returns) -> None:
    _, out, _ = returns("compare", "uk-pilot-2026", *SMALL, "--json")
    rows = {(row["variant"], row["measure"]): row for row in json.loads(out)}
    assert rows["uk-pilot-2026", "return_rate_60m"]["mean"] is None
    assert rows["uk-pilot-2026", "cost_npv"]["mean"] > 0


@pytest.mark.parametrize("width", [80, 120])
def test_the_first_screen_fits_its_terminal_and_cuts_nothing_off(returns, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = returns("compare", *SMALL, "--out", "o")
    assert code == 0
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= width
    assert len(out.splitlines()) <= 42
    words = re.sub(r"\s+", " ", out)
    for told in (
        "Over 30 weeks, against “the standing offer (2025)”, “pilot of March 2026”", "60 simulated", "seeds 0 to 2",
        "mean [5–95 % of 3 paired runs]", "net saving", "pull factor on (1.3)", "child-years in limbo", "are assumed",
        "Files: o (index.md says what each is)", "None under any policy: ",
    ):  # fmt: skip
        assert told in words, told
    assert "uk-pilot-2026" not in out  # titles, not names of files


@pytest.mark.parametrize("width", [80, 160])
def test_the_whole_table_fits_its_terminal_and_cuts_nothing_off(returns, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = returns("compare", *SMALL, "--all", "--set", "world.hotel_night=145", "--at-least", "5m")
    assert code == 0
    assert "…" not in out
    lines = [line for line in out.splitlines() if not line.startswith("Written")]
    assert max(map(len, lines)) <= width
    for word in (
        "Firm", "Public money", "Compassionate", "With the pull factor on", "assumed", "danish-2021", "Runs that save",
        "£5.0m or more", "paid to those who would go anyway",
    ):  # fmt: skip
        assert word in re.sub(r"\s+", " ", out), word
    for told in ("60 simulated", "30 weeks; 3 runs", "seeds 0 to 2", "Prices of 2024", "3.5 %"):
        assert told in re.sub(r"\s+", " ", out)


@pytest.mark.parametrize("width", [80, 200])
def test_the_whole_table_names_both_intervals_and_how_many_vectors_stand_behind_it(
    returns, monkeypatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = returns("compare", "uk-upfront-national", *SMALL, "--all", "--by", "family")
    whole, words = out, re.sub(r"\s+", " ", out)
    assert whole.count("(mean 90 %)") >= 2
    assert whole.count("[runs 5–95 %]") >= 4
    assert "3 runs of 3 vectors" in words
    assert "its 90 % interval (mean_low, mean_high), by vector" in words
    assert "5th and 95th percentile of the runs (run_p05, run_p95)" in words


def test_settings_of_one_policy_are_compared_and_a_setting_without_effect_is_told(returns) -> None:
    code, out, err = returns("compare", "uk-pilot-2026", *SMALL, "--vary", "offer.acceptance_window_weeks=1,13,52")
    assert code == 0
    assert "acceptance window 13 weeks" in re.sub(r"\s+", " ", out)
    assert "offer.acceptance_window_weeks=13 changed no figure" in err
    assert "“acceptance window 52 weeks” has the same figures as “acceptance window 1 week” in every run." in err
    assert re.fullmatch(r"compare-uk-pilot-2026-3-settings-[0-9a-f]{8}", os.listdir("results")[0])


@pytest.mark.parametrize("form", ["md", "html", "tex", "csv"])
def test_a_table_to_be_pasted_is_all_that_is_printed(returns, form: str) -> None:
    code, out, err = returns("compare", "uk-pilot-2026", *SMALL, "--table", form, "--at-least", "250k")
    assert code == 0
    assert out.startswith({"md": "|  | the standing offer", "html": "<table>", "tex": "% Change", "csv": ",the"}[form])
    assert "£250k or more" in out.replace("\\pounds{}", "£")
    assert "Written to results" in err
    if form == "csv":
        table = pd.read_csv(io.StringIO(out))
        assert table.columns[2] == "pilot of March 2026"


def test_replicates_that_use_some_vectors_more_often_are_told_in_one_sentence(
    returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, err = returns("compare", "uk-pilot-2026", *SMALL)
    assert "would take all alike" not in out + err  # there are more draws than runs
    draws = load_behaviour_draws()[:2]
    monkeypatch.setattr("experiments.question.case.load_behaviour_draws", lambda: draws)
    told = "3 runs take 1 of the 2 parameter vectors twice and 1 once; 4 would take all alike."
    _, out, err = returns("compare", "uk-pilot-2026", *SMALL)
    assert told in re.sub(r"\s+", " ", out)
    assert told not in err
    _, out, err = returns("compare", "uk-pilot-2026", *SMALL, "--json")
    assert told in err
    _, out, err = returns("compare", "uk-pilot-2026", *SMALL, "--uncertainty", "seeds")
    assert "would take all alike" not in re.sub(r"\s+", " ", out)
    assert "mean [5–95 % of 3 paired runs]" in out


def test_what_is_piped_has_no_colours(returns) -> None:
    _, out, _ = returns("compare", "uk-pilot-2026", *SMALL)
    assert "\x1b" not in out


def test_the_same_question_is_written_to_the_same_folder_and_another_to_another(returns) -> None:
    returns("compare", "uk-pilot-2026", *SMALL)
    first = os.listdir("results")
    returns("compare", "uk-pilot-2026", *SMALL)
    assert os.listdir("results") == first
    assert re.fullmatch(r"compare-uk-pilot-2026-[0-9a-f]{8}", first[0])
    returns("compare", "uk-pilot-2026", *SMALL, "--set", "world.hotel_night=90")
    assert len(os.listdir("results")) == 2


def test_several_policies_are_told_in_the_name_of_the_folder(returns) -> None:
    returns("compare", "uk-pilot-2026", "danish-2021", *SMALL, "--json")
    assert re.fullmatch(r"compare-uk-pilot-2026-and-1-more-[0-9a-f]{8}", os.listdir("results")[0])


def test_settings_are_said_above_the_table_and_change_the_numbers(returns) -> None:
    _, out, _ = returns("compare", "uk-pilot-2026", *SMALL, "--set", "offer.amount_per_person=20000", "--set",
                        "world.hotel_night=90")  # fmt: skip
    told = re.sub(r"\s+", " ", out)
    assert "Set: offer.amount_per_person = 20000 (all variants, not the baseline)" in told
    assert "Set: world.hotel_night = 90 (all policies)" in told


def test_rates_are_shown_by_group(returns) -> None:
    _, out, _ = returns("compare", "uk-pilot-2026", "--by", "size", "--weeks", "60", "--replicates", "2")
    assert "Fair: return within 12 months, by size" in out


def test_a_policy_from_a_file_is_compared_under_its_own_name(returns) -> None:
    Path("mine.toml").write_text('extends = "uk-2025"\n[standing]\namount_per_person = 4000\n')
    code, out, _ = returns("compare", "mine.toml", *SMALL, "--json")
    assert code == 0
    assert "mine" in {row["variant"] for row in json.loads(out)}


def test_two_files_of_the_same_name_keep_their_paths(returns) -> None:
    for place, amount in (("a", 1_000), ("b", 2_000)):
        Path(place).mkdir()
        Path(place, "p.toml").write_text(f'extends = "uk-2025"\n[standing]\namount_per_person = {amount}\n')
    _, out, _ = returns("compare", "a/p.toml", "b/p.toml", *SMALL, "--json")
    assert {row["variant"] for row in json.loads(out)} == {"uk-2025", "a/p.toml", "b/p.toml"}


# ---- run, why, list, show ---------------------------------------------------------------------------


def test_a_run_prints_weeks_and_measures(returns) -> None:
    code, out, _ = returns("run", "uk-pilot-2026", "--weeks", "20", "--households", "50")
    assert code == 0
    assert "exhausted" in out
    assert "child-years in limbo" in out
    assert Path("results").is_dir()


def test_a_run_as_csv_is_its_weekly_series(returns) -> None:
    _, out, _ = returns("run", "uk-pilot-2026", "--weeks", "20", "--households", "50", "--csv")
    table = pd.read_csv(io.StringIO(out))
    assert table["week"].tolist() == list(range(20))
    assert "cost_total" in table


def test_a_run_as_json_has_measures_and_series(returns) -> None:
    _, out, _ = returns("run", "uk-pilot-2026", "--weeks", "20", "--households", "50", "--seed", "3", "--json")
    told = json.loads(out)
    assert set(told["measures"]) == set(MEASURES)
    assert told["measures"]["return_rate_60m"] is None
    assert len(told["series"]["week"]) == 20


def test_the_terms_of_a_decision_add_up_to_its_utilities(returns) -> None:
    code, out, _ = returns("why", "uk-pilot-2026", "--household", "3", "--weeks", "30", "--json")
    assert code == 0
    told = json.loads(out)
    irregular = math.fsum(value for _, value, applies in told["terms"] if applies == "irregular")
    assert told["utilities"]["go irregular"] == pytest.approx(irregular)
    assert math.fsum(told["probabilities"].values()) == pytest.approx(1.0)


def test_why_is_told_by_name(returns) -> None:
    code, out, _ = returns("why", "uk-pilot-2026", "--household", "3", "--week", "0", "--weeks", "30")
    assert code == 0
    for word in ("Household 3 in week 0", "Who they are", "the offer", "utility", "chance"):
        assert word in out


@pytest.mark.parametrize("what", ["variants", "caseloads", "levers", "measures", "parameters"])
def test_everything_can_be_listed(returns, what: str) -> None:
    code, out, _ = returns("list", what)
    assert code == 0
    _, as_json, _ = returns("list", what, "--json")
    for item in json.loads(as_json):
        assert item.get("name", item.get("path", item.get("id"))) in out


def test_levers_and_parameters_are_listed_with_unit_bounds_mark_and_source(returns) -> None:
    _, out, _ = returns("list", "parameters", "--json")
    night = next(item for item in json.loads(out) if item["path"] == "world.hotel_night")
    assert (night["unit"], night["default"], night["mark"]) == ("GBP/person/night", 144.98, "press")
    assert night["source"]
    _, out, _ = returns("list", "parameters", "--mark", "assumed", "--json")
    assert {item["mark"] for item in json.loads(out)} == {"assumed"}


@pytest.mark.parametrize("name", [*policy_names(), *caseload_names(), "behaviour"])
def test_the_figures_of_every_scenario_are_shown_with_their_marks(returns, name: str) -> None:
    code, out, _ = returns("show", name)
    assert code == 0
    assert "ASSUMED" in out or "assumed" in out
    assert re.search(r"\d+ figures: ", out)


def test_what_is_assumed_can_be_shown_alone(returns) -> None:
    _, out, _ = returns("show", "uk-pilot-2026", "--mark", "assumed", "--json")
    told = json.loads(out)
    assert told
    assert {figure["mark"] for figure in told} == {"assumed"}


def test_a_caseload_file_is_shown_as_one(returns) -> None:
    Path("mine.toml").write_text('extends = "uk-families-2026"\nhouseholds = 10\n')
    code, out, _ = returns("show", "mine.toml")
    assert code == 0
    assert "households = 10" in out


def test_a_caseload_of_households_shows_its_own_figures_of_countries(returns) -> None:
    Path("families.csv").write_text("origin;size\nMDA;3\n", encoding="utf-8")
    Path("mine.toml").write_text('rows = "families.csv"\n[countries.Moldova]\nincome = 4000\n', encoding="utf-8")
    code, out, _ = returns("show", "mine.toml")
    assert code == 0
    assert "countries.Moldova.income = 4000 GBP/person/year" in out


# ---- mistakes ---------------------------------------------------------------------------------------

MISTAKES = [
    (["compare", "uk-pilot"], "uk-pilot-2026"),
    (["compare", "--baseline", "uk-2052"], "uk-2025"),
    (["compare", "--caseload", "uk-familie"], "uk-families-2026"),
    (["compare", "--caseload", "none.toml"], "exists"),
    (["compare", "uk-2025", "uk-2025"], "each variant once"),
    (["compare", "--replicates", "0"], "from 1"),
    (["compare", "--replicates", "few"], "--replicates"),
    (["compare", "--weeks", "0"], "weeks"),
    (["compare", "--weeks", "-3"], "weeks"),
    (["compare", "--households", "0"], "households"),
    (["compare", "--seed", "-1"], "seed"),
    (["compare", "--seed", "9223372036854775807"], "seed"),
    (["compare", "--workers", "0"], "--workers"),
    (["compare", "--by", "sise"], "size"),
    (["compare", "--replicate", "3"], "--replicates"),
    (["compare", "--set", "offer.amount_per_persn=3"], "offer.amount_per_person"),
    (["compare", "--set", "offer.amount_per_person"], "path=value"),
    (["compare", "--set", "offer.amount_per_person=-1"], "from 0"),
    (["compare", "--set", "offer.amount_per_person=nan"], "finite"),
    (["compare", "--set", "offer.amount_per_person=90000"], "household_cap"),
    (["compare", "--set", "uk-pilot:offer.amount_per_person=3"], "uk-pilot-2026:offer.amount_per_person=3"),
    (["compare", "--set", "uk-2025:world.visit=3"], "without a variant"),
    (["compare", "--precision", "departure=3"], "departures"),
    (["compare", "--precision", "departures=0"], "above zero"),
    (["compare", "--precision", "departures=1", "--max-replicates", "3"], "--max-replicates"),
    (["compare", "--uncertainty", "all"], "parameters"),
    (["compare", "--at-least", "lots"], "such as 5m, 250k or 5000000"),
    (["compare", "--at-least=-5m"], "above zero"),
    (["compare", "--vary", "offer.amount_per_person=1,2"], "one variant"),
    (["compare", "uk-pilot-2026", "--vary", "offer.amount_per_persn=1,2"], "offer.amount_per_person"),
    (["compare", "--table", "docx"], "md"),
    (["compare", "--table", "md", "--json"], "--json"),
    (["run"], "VARIANT"),
    (["run", "uk-2025", "uk-2026"], "uk-2026"),
    (["run", "uk-2025", "--json", "--csv"], "--csv"),
    (["run", "uk-2025", "--weeks", "many"], "--weeks"),
    (["run", "uk-2025", "--set", "uk-2025:offer.amount_per_person=3"], "--set"),
    (["why", "uk-2025"], "--household"),
    (["why", "uk-2025", "--household", "99999"], "household"),
    (["why", "uk-2025", "--household", "1", "--week", "999"], "week"),
    (["show", "danish"], "danish-202"),
    (["show", "none.toml"], "exists"),
    (["list", "lever"], "levers"),
    (["list", "levers", "--mark", "sure"], "primary"),
    (["compair"], "compare"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "told"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_users_mistake_never_shows_a_traceback(returns, argv: list[str], told: str) -> None:
    code, out, err = returns(*argv)
    assert code == 2
    assert out == ""
    assert told in err
    assert "Traceback" not in err
    assert err.count("\n") == 1
    assert os.listdir(".") == []


def test_a_folder_that_holds_other_things_is_refused_before_anything_runs(returns) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    code, _, err = returns("compare", *SMALL, "--out", "mine")
    assert code == 2
    assert "notes.txt" in err
    assert os.listdir("mine") == ["notes.txt"]


def test_a_broken_file_is_named_with_its_line(returns) -> None:
    Path("bad.toml").write_text('extends = "uk-2025"\n[offer\n')
    code, _, err = returns("compare", "bad.toml")
    assert code == 2
    assert "bad.toml: line 2" in err


# ---- the process ------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy() -> None:
    told = (
        "import sys; from experiments.cli.main import main; main(['--help'])\n"
        "print(sorted({'numba', 'pandas', 'matplotlib', 'scipy', 'mesa', 'pyarrow'} & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": HOME}
    out = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, env=env, check=True).stdout
    assert out.splitlines()[-1] == "[]"
    assert "compare" in out


def test_help_and_version_succeed(returns) -> None:
    for command in ([], ["attribute"], ["compare"], ["run"], ["why"], ["list"], ["show"], ["sweep"]):
        code, out, _ = returns(*command, "--help")
        assert code == 0
        assert "Usage" in out
    code, out, _ = returns("--version")
    assert (code, out.split()[0]) == (0, "returns")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
def test_ctrl_c_exits_130_and_leaves_nothing_half_written() -> None:
    abm.simulate("uk-2025", "uk-families-2026", weeks=5, households=10)  # nothing is left to compile
    process = started("compare", "--replicates", "50000", "--out", "kept/results")
    try:
        # Once the first run is done, the threads are at work.
        deadline = time.monotonic() + 120
        while len(os.listdir(f"/proc/{process.pid}/task")) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "nothing was written" in err
    assert "Traceback" not in err
    assert out == ""
    assert os.listdir(".") == []


@pytest.mark.skipif(os.name == "nt", reason="no POSIX pipes")
def test_a_reader_that_goes_away_is_no_error_message() -> None:
    process = started("list", "levers")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 141


@pytest.mark.skipif(os.name == "nt", reason="no file size limits")
def test_a_full_disk_is_one_message_and_leaves_nothing() -> None:
    assert main(["run", "uk-2025", "--weeks", "20", "--households", "50", "--out", "warm"]) == 0

    def small_files_only() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    process = started("run", "uk-2025", "--weeks", "20", "--households", "50", preexec_fn=small_files_only)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "can be written (File too large)" in err
    assert "Traceback" not in err
    assert not any(path.is_file() for path in Path("results").rglob("*")) if Path("results").exists() else True


def test_a_pipe_without_the_pound_sign_is_no_error() -> None:
    env = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": HOME}
    argv = [*COMMAND, "compare", "uk-pilot-2026", "--all", *SMALL]
    done = subprocess.run(argv, capture_output=True, env={**os.environ, **env}, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Public money" in done.stdout
