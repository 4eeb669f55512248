"""`returns economics` as its users meet it."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest

SMALL = ["--weeks", "40", "--replicates", "24", "--households", "60", "--worth", "0,50000"]
HIV = (
    'Strategy,COST,effect,note\nno screening,"26,000",277.25,\none time,"27,000",277.57,\n'
    'every 5 years,"28,020",277.78,x\n'
    'every 3 years,"28,440",277.83,\nannual,"29,440",277.76,\n'
)
DRAWS = "draw,strategy,cost,effect\n1,nothing,0,0\n1,something,10,3\n2,nothing,0,0\n2,something,10,0\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "130")


def table(name: str) -> list[dict[str, str]]:
    with open(name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_policies_are_appraised_in_a_table_in_sentences_and_in_files(returns) -> None:
    code, out, err = returns("economics", "uk-pilot-2026", "uk-upfront-national", *SMALL, "--out", "found")
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    for told in (
        "Which policy is worth its money", "pounds at prices of 2024–25",
        "present value at 3.5 %", "a higher number of departures is taken for better", "At £50,000:",
        "of draws. Expected loss:", "chance included",
        "With the pull factor on", "3.5 % 1.5 % 0 %", "asylum support (Home Office)", "Not in the ledger: schools",
        "Written to found",
    ):  # fmt: skip
        assert told in words
    pictures = {
        f"{name}.{kind}" for name in ("plane", "acceptability", "information") for kind in ("png", "svg", "pdf")
    }
    tables = {f"{name}.csv" for name in (
        "strategies", "decision", "draws", "information", "discounting", "payers", "pulled", "pulled-decision",
    )}  # fmt: skip
    assert set(os.listdir("found")) == pictures | tables | {"manifest.json"}
    manifest = json.loads(Path("found/manifest.json").read_text("utf-8"))
    assert (manifest["kind"], manifest["currency"], manifest["price_year"]) == ("economics", "GBP", 2024)
    assert ">uk-pilot-2026<" in Path("found/plane.svg").read_text("utf-8")  # text is text
    assert len(table("found/draws.csv")) == 3 * 24
    # What it leaves it also reads, and comes to the same.
    code, out, err = returns("economics", "found/draws.csv", "--worth", "0,50000", "--json", "--out", "again")
    assert code == 0, err
    again, first = (json.loads(out), table("found/strategies.csv"))
    assert [row["strategy"] for row in again] == [row["strategy"] for row in first]
    assert [row["cost"] for row in again] == pytest.approx([float(row["cost"]) for row in first])


def test_a_policy_under_which_people_leave_the_account_is_not_called_cheaper_without_a_warning(returns) -> None:
    asked = ["--weeks", "40", "--replicates", "3", "--households", "60", "--effect", "child_years_in_limbo"]
    code, out, err = returns("economics", "settle-all", *asked)
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    assert "a lower number of child-years in limbo is taken for better" in words
    assert "more households end outside the account than under uk-2025" in words
    assert words.index("cannot be called cheaper") < words.index("At every worth")
    assert "Too few draws" in words


@pytest.mark.slow
def test_json_of_policies_is_the_same_for_any_number_of_workers_and_a_discount_rate_counts(returns) -> None:
    asked = ["economics", "uk-upfront-national", *SMALL, "--json"]
    one, two, other = (returns(*asked, *more)[1] for more in (
        ("--workers", "1"), ("--workers", "2"), ("--discount", "0"),
    ))  # fmt: skip
    assert one == two
    cost, undiscounted = (
        {row["strategy"]: row["cost"] for row in json.loads(told)} for told in (one, other)
    )  # fmt: skip
    assert all(undiscounted[name] > cost[name] for name in cost)


def test_a_table_of_anybody_s_strategies(returns) -> None:
    Path("hiv.csv").write_text(HIV, encoding="utf-8")
    code, out, err = returns("economics", "hiv.csv", "--json")
    assert code == 0
    assert "not used" in err and "note" in err  # noqa: PT018
    rows = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert [list(row) for row in rows] == [
        ["strategy", "cost", "effect", "incremental_cost", "incremental_effect", "icer", "status"]
    ] * 5
    assert [row["status"] for row in rows] == ["ND"] * 4 + ["D"]
    assert [row["icer"] for row in rows[1:4]] == pytest.approx([3_125, 1_020 / 0.21, 8_400])
    assert rows[0]["icer"] is None
    assert rows[4]["incremental_cost"] is None
    code, out, _ = returns("economics", "hiv.csv")
    words = re.sub(r"\s+", " ", out)
    assert "annual is dominated: every 5 years does at least as much for no more." in words
    assert "no screening below 3,125; one time from there to 4,857; every 5 years from there to 8,400;" in words
    folder = next(Path("results").iterdir())
    assert {path.name for path in folder.iterdir()} == {
        "strategies.csv", "plane.png", "plane.svg", "plane.pdf", "manifest.json",
    }  # fmt: skip


def test_a_table_of_draws_has_its_curves_and_the_value_of_perfect_information(returns) -> None:
    Path("draws.csv").write_text(DRAWS, encoding="utf-8")
    code, out, err = returns("economics", "draws.csv", "--worth", "0,10", "--out", "found")
    assert code == 0, err
    words = re.sub(r"\s+", " ", out)
    # Worked by hand in tests/economics/test_decision.py.
    assert "At 10: something, the best in 50 % of draws. Expected loss: 5; of the others nothing 10." in words
    assert "would be worth 5 at 10 a unit" in words
    assert {"decision.csv", "acceptability.svg"} <= set(os.listdir("found"))
    rows = {(float(row["worth"]), row["strategy"]): row for row in table("found/decision.csv")}
    assert float(rows[10.0, "something"]["evpi"]) == 5
    assert rows[10.0, "something"]["chosen"] == "True"


@pytest.mark.parametrize(("argv", "told"), [
    (["hiv.csv", "uk-2025"], "one table of strategies and nothing else"),
    (["hiv.csv", "--weeks", "10"], "a table brings its own costs and effects"),
    (["none.csv"], "a file that can be read"),
    (["hiv.csv", "--worth", "x"], "--worth = 'x'"),
    (["uk-pilot-2026", "--effect", "departure"], "Did you mean 'departures'"),
    (["uk-pilot-2026", "--discount", "2"], "world.discount_rate"),
    (["uk-pilot-2026", "--discount", "0.01", "--set", "world.discount_rate=0.02"], "each path once"),
    (["uk-pilot-2027"], "Did you mean 'uk-pilot-2026'"),
])  # fmt: skip
def test_bad_input_is_told_in_a_sentence_and_nothing_is_written(returns, argv: list[str], told: str) -> None:
    Path("hiv.csv").write_text(HIV, encoding="utf-8")
    code, out, err = returns("economics", *argv)
    assert (code, out) == (2, "")
    assert told in err
    assert os.listdir(".") == ["hiv.csv"]


@pytest.mark.parametrize("width", [80, 140])
def test_it_fits_its_terminal(returns, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    Path("hiv.csv").write_text(HIV, encoding="utf-8")
    _, out, _ = returns("economics", "hiv.csv", "--out", "x")
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= width
