"""A country and a policy of one's own, as the documents describe it; tables as CSV; settings in a row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abm.model import MODEL_VERSION
from experiments.cli.main import app

SMALL = ["--replicates", "2", "--weeks", "20", "--csv"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def changed(path: str, **lines: str) -> None:
    """Take the # away from settings of a file and give them other values, as in an editor."""
    text = Path(path).read_text("utf-8")
    for name, value in lines.items():
        before = [line for line in text.splitlines() if line.lstrip("#").startswith(f"{name} = ")]
        assert before, name
        text = text.replace(before[0], f"{name} = {value}", 1)
    Path(path).write_text(text, "utf-8")


def test_germany_is_made_from_the_documents_and_run(returns) -> None:
    assert returns("new", "caseload", "germany", "--rows", "--day", "2025-01-06")[0] == 0
    assert returns("new", "policy", "starthilfe")[0] == 0
    # numbers of an example, to be seen again below
    Path("germany.csv").write_text(
        "origin;size;children;housing;arrived;households\n"
        "Iraq;4;2;dispersal;2021-05-03;40\nTürkiye;1;0;own;2023-09-11;60\nAFG;2;1;dispersal;2022-02-07;20\n", "utf-8",
    )  # fmt: skip
    changed("germany.toml", place='"Germany"', dispersal_night='{ value = 20, mark = "assumed", note = "an example" }')
    changed("starthilfe.toml", amount_per_person="1000", household_cap="4000", open_refused="true")

    code, out, _ = returns("show", "germany.toml")
    assert code == 0
    assert "households = 120" in out
    assert "world.dispersal_night = 20 GBP/person/night" in out
    assert "rows.stage = exhausted" in out
    code, out, err = returns(
        "compare", "starthilfe.toml", "--caseload", "germany.toml", *SMALL, "--json", "--out", "de"
    )
    assert code == 0
    assert "Assumed of the households of germany (mark: assumed): school_children = 0 (no such column)" in err
    assert {row["variant"] for row in json.loads(out)} == {"uk-2025", "starthilfe"}
    told = json.loads(Path("de/manifest.json").read_text("utf-8"))["inputs"]
    assert (told["caseload"]["households"], told["caseload"]["date"]) == (120, "2025-01-06")
    assert told["policies"][1]["offers"]["offer"]["amount_per_person"] == 1000

    for name in ("runs", "runs_pull", "weekly"):
        plain, packed = pd.read_csv(f"de/{name}.csv"), pd.read_parquet(f"de/{name}.parquet")
        assert list(plain.columns) == list(packed.columns)
        for column in packed.select_dtypes("number"):
            np.testing.assert_allclose(plain[column].astype(float), packed[column].astype(float), rtol=1e-12)
    assert ",nan" not in Path("de/runs.csv").read_text("utf-8").lower()


def test_new_files_run_as_written(returns) -> None:
    assert returns("new", "caseload", "here/people")[0] == 2  # there is no such folder
    Path("here").mkdir()
    returns("new", "caseload", "here/people")
    returns("new", "policy", "here/offer", "--extends", "uk-pilot-2026")
    returns("new", "policy", "here/more.toml", "--extends", "here/offer.toml")
    assert 'extends = "offer.toml"' in Path("here/more.toml").read_text("utf-8")
    code, _, err = returns("run", "here/more.toml", "--caseload", "here/people.toml", "--weeks", "4", "--out", "ran")
    assert (code, "returns:" in err) == (0, False)
    assert len(pd.read_csv("ran/households.csv")) == len(pd.read_parquet("ran/households.parquet"))


def test_new_never_writes_over_a_file(returns) -> None:
    Path("mine.csv").write_text("my only copy", "utf-8")
    code, _, err = returns("new", "caseload", "mine", "--rows")
    assert code == 2
    assert "NAME = 'mine.csv' is not accepted: a name of which there is no file yet" in err
    assert [path.name for path in Path().iterdir()] == ["mine.csv"]
    assert Path("mine.csv").read_text("utf-8") == "my only copy"
    assert returns("new", "policy", "mine", "--extends", "uk-pilot")[0] == 2
    assert returns("new", "caseload", "other", "--day", "5 January")[0] == 2
    assert [path.name for path in Path().iterdir()] == ["mine.csv"]


def test_a_table_of_people_is_a_caseload_wherever_one_is_named(returns) -> None:
    Path("people.csv").write_text("origin,households\nIraq,40\n", "utf-8")
    code, out, _ = returns("show", "people.csv")
    assert code == 0
    assert "households = 40" in out
    code, out, err = returns("run", "uk-2025", "--caseload", "people.csv", "--weeks", "4", "--json", "--out", "ran")
    assert code == 0
    assert json.loads(out)["caseload"] == "people"
    assert "stage = 100% exhausted (no such column)" in err
    Path("design.toml").write_text(
        'caseload = "people.csv"\nvariants = ["uk-2025"]\nweeks = 4\nreplicates = 2\n'
        "[factors]\nworld.discount_rate = [0.0, 0.035]\n", "utf-8",
    )  # fmt: skip
    assert returns("sweep", "design.toml", "--out", "swept", "--csv")[0] == 0
    runs = pd.read_csv("swept/runs.csv")
    assert len(runs) == len(pd.read_parquet("swept/runs.parquet")) == 4
    assert returns("sweep", "design.toml", "--out", "swept", "--replicates", "3")[0] == 0
    assert len(pd.read_csv("swept/runs.csv")) == 6  # what is there already does not grow stale


@pytest.mark.parametrize(("text", "command"), [
    ('variants = ["uk-2025"]\n', "design: returns sweep"), ('[[row]]\nid = "x"\n', "history: returns validate"),
])  # fmt: skip
def test_show_says_of_another_kind_of_file_which_command_reads_it(text: str, command: str, returns) -> None:
    Path("it.toml").write_text(text, "utf-8")
    code, _, err = returns("show", "it.toml")
    assert code == 2
    assert command in err


@pytest.mark.parametrize("words", [
    ["--set", "world.hotel_night=150", "offer.amount_per_person=7000"],
    ["--set", "world.hotel_night=150", "--set", "offer.amount_per_person=7000"],
    ["--set=world.hotel_night=150", "offer.amount_per_person=7000"],
])  # fmt: skip
def test_several_settings_may_follow_one_option(words: list[str], returns) -> None:
    code, _, _ = returns("run", *words, "uk-pilot-2026", "--weeks", "4", "--households", "20", "--out", "ran")
    assert code == 0
    told = json.loads(Path("ran/manifest.json").read_text("utf-8"))["inputs"]
    assert told["caseload"]["world"]["hotel_night"] == 150
    assert told["policy"]["offers"]["offer"]["amount_per_person"] == 7000


def test_the_version_of_the_model_is_told_with_that_of_the_package(returns) -> None:
    assert MODEL_VERSION in returns("--version")[1]


def test_completion_knows_commands_and_their_options() -> None:
    script = app.generate_completion(shell="bash")
    assert all(word in script for word in ("frontier", "caseload", "at-least"))


@pytest.mark.parametrize(("name", "command"), [("peers", "sweep"), ("uk-2004", "validate")])
def test_show_says_of_the_name_of_a_design_or_history_which_command_reads_it(name: str, command: str, returns) -> None:
    code, _, err = returns("show", name)
    assert code == 2
    assert f"returns {command} {name} reads it" in err
