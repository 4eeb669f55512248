"""`returns frontier` as its users meet it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import abm
from experiments.search import kept


def small(*more: str, **numbers: object) -> list[str]:
    """The command with few short runs, some of its numbers changed."""
    told = {"weeks": 40, "trials": 12, "generation": 4, "replicates": 3, "final_replicates": 4, "uncertainty": "seeds"}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in (told | numbers).items()]
    return ["frontier", *options, *more]


SMALL = small()
Returns = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "170")


def table(path: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def left_in(folder: str) -> dict[str, bytes]:
    """Every file of a folder but its parts, which are written as time goes, and the lock."""
    root = Path(folder)
    names = (path for path in root.rglob("*") if path.is_file() and path.parent.name != "parts")
    return {str(path.relative_to(root)): path.read_bytes() for path in names if path.name != ".lock"}


def test_it_tells_the_frontier_and_writes_policies_that_compare_runs_to_the_same_figures(returns: Returns) -> None:
    code, out, err = returns(*SMALL, "--out", "found")
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    for told in (
        "most net saving and most additional departures, against uk-2025", "12 policies tried over 3 runs each",
        "4 fresh seeds", "uk-pilot-2026", "uk-upfront-national", "danish-2021", "partly lucky", "Written to found",
    ):  # fmt: skip
        assert told in words
    rows = table("found/frontier.csv")
    best = [row for row in rows if row["status"] == "on the frontier"]
    assert {path.name for path in Path("found/policies").iterdir()} == {f"{row['policy']}.toml" for row in best}
    assert len(table("found/trials.csv")) == 12
    one = best[0]
    # Fresh seeds are those after the search's: 3, 4, 5, 6.
    again = ["compare", f"found/{one['file']}", "--weeks", "40", "--replicates", "4", "--seed", "3"]
    code, out, err = returns(*again, "--uncertainty", "seeds", "--out", "again", "--json")
    assert code == 0, err
    told = {row["measure"]: row for row in json.loads(out) if row["variant"] == one["policy"] and not row["group"]}
    assert told["net_saving_npv"]["mean"] == pytest.approx(float(one["net_saving_npv_mean"]), rel=1e-12)
    assert told["departures"]["difference"] == pytest.approx(float(one["departures_mean"]), abs=1e-12)


def test_killed_it_goes_on_and_leaves_the_same_bytes(returns: Returns) -> None:
    code, _whole, err = returns(*SMALL, "--out", "whole", "--workers", "2")
    assert code == 0, err
    root = str(Path(abm.__file__).parents[1])
    command = [sys.executable, "-m", "experiments.cli.main", *SMALL, "--out", "killed", "--workers", "1"]
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not any(Path("killed/parts").glob("part-*")) and time.monotonic() < until:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not Path("killed/frontier.csv").exists()
    code, out, err = returns(*SMALL, "--out", "killed", "--workers", "1")
    assert code == 0, err
    assert "done before" in out
    assert left_in("killed") == left_in("whole")


def test_stopped_it_says_how_to_go_on(returns: Returns, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, asked = kept.Kept.runs, []

    def stopping(self: kept.Kept, *args: object) -> object:
        asked.append(args)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return runs(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(kept.Kept, "runs", stopping)
    code, _, err = returns(*SMALL, "--out", "found")
    assert code == 130
    assert "15 runs are kept in found. The same command resumes." in err  # 3 of the baseline, 3 of each of 4


def test_more_trials_go_on_from_those_there_are(returns: Returns) -> None:
    assert returns(*SMALL, "--out", "found")[0] == 0
    before = table("found/trials.csv")
    code, out, err = returns(*small(trials=16), "--out", "found")
    assert code == 0, err
    assert "done before" in out
    assert table("found/trials.csv")[:12] == before


def test_limits_hold_on_fresh_seeds_too(returns: Returns) -> None:
    code, _out, err = returns(*SMALL, "--limit", "offer_spend<=60k", "--out", "found")
    assert code == 0, err
    rows = table("found/frontier.csv")
    spent = {row["policy"]: float(row["offer_spend<=60000"]) for row in rows if row["status"] == "on the frontier"}
    assert spent
    assert max(spent.values()) <= 60_000
    broken = [row for row in table("found/trials.csv") if row["keeps_limits"] == "False"]
    assert broken, "a limit that no policy tried breaks says nothing here"
    assert all(float(row["over offer_spend<=60000"]) > 0 for row in broken)


def test_policies_that_do_the_same_are_told_once(returns: Returns) -> None:
    # A bonus for which there are no weeks is never paid: all runs of all these policies are alike.
    code, out, err = returns(*small("--lever", "offer.early_bonus=0:1:0.1", trials=4), "--out", "found")
    assert code == 0, err
    assert "to the last bit that of another policy found: " in out
    assert len([row for row in table("found/frontier.csv") if row["status"] != "named"]) == 1


def test_robust_figures_are_those_of_the_worst_tenth(returns: Returns) -> None:
    told = small("--robust", "worst-decile", replicates=10, final_replicates=10, trials=4)
    code, out, err = returns(*told, "--json", "--out", "found")
    assert code == 0, err
    for row in json.loads(out)["rows"]:
        assert row["net_saving_npv_worst_tenth"] <= row["net_saving_npv_mean"]
        assert row["net_saving_npv_worst_tenth"] <= row["net_saving_npv_run_p05"]  # one of ten: the least of them


@pytest.mark.parametrize(("argv", "told"), [
    (["--goal", "net_saving_npv"], "at least two different measures"),
    (["--goal", "net_saving_npv", "--goal", "removals"], "removals:max or removals:min"),
    (["--goal", "net_saving_np", "--goal", "departures"], "Did you mean 'net_saving_npv'?"),
    (["--goal", "cost_per_additional_return", "--goal", "departures"], "a ratio of means over runs"),
    (["--limit", "offer_spend<5m"], "MEASURE<=NUMBER"),
    (["--limit", "offer_spend<=much"], "a number at the end"),
    (["--limit", "net_saving_npv>=10bn"], "limits that some policy keeps"),
    (["--lever", "offer.amount_per_person=0:60000:1000"], "household_cap"),
    (["--robust", "worst-decile"], "a whole number from 10"),
    (["--goal", "median_weeks_to_departure:min", "--goal", "departures"], "a measure that every run has"),
])  # fmt: skip
def test_bad_input_is_told_in_one_sentence(returns: Returns, argv: list[str], told: str) -> None:
    code, out, err = returns(*SMALL, *argv)
    assert code == 2
    assert out == ""
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert not Path("results").exists() or not any(Path("results").rglob("frontier.csv"))


@pytest.mark.parametrize(("name", "value", "least"), [("generation", 3, 4), ("replicates", 1, 2), ("trials", 0, 1)])
def test_numbers_that_are_too_small_are_refused(returns: Returns, name: str, value: int, least: int) -> None:
    code, _, err = returns(*small(**{name: value}))
    assert code == 2
    assert f"--{name} = {value} is not accepted: a whole number from {least}" in err


def test_a_policy_without_the_usual_offer_needs_levers(returns: Returns) -> None:
    code, _, err = returns(*SMALL[:1], "enforcement-only", *SMALL[1:])
    assert code == 2
    assert "enforcement-only does not make the offer that is usually searched" in err


def test_another_question_is_not_written_over_it(returns: Returns) -> None:
    assert returns(*SMALL, "--out", "found")[0] == 0
    before = left_in("found")
    code, _, err = returns(*SMALL, "--out", "found", "--robust", "mean", "--goal", "departures", "--goal", "cost_npv")
    assert code == 2
    assert "what differs: --goal" in err
    assert left_in("found") == before


@pytest.mark.parametrize("width", [90, 170])
def test_the_table_fits_its_terminal(returns: Returns, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = returns(*SMALL)
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= width
