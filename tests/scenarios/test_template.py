"""New files: every parameter that is declared stands in them, they run as written, and uncommented change nothing."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from abm import InputError, load_caseload, load_policy
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import declarations
from abm.inputs.policy import Policy
from abm.scenarios.kinds import kind_of
from abm.scenarios.scenario import SCENARIOS
from abm.scenarios.template import caseload_template, policy_template, rows_template

DAY = date(2025, 1, 6)


def loaded(folder: Path, text: str) -> Policy | Caseload:
    path = folder / "new.toml"
    path.write_text(text, "utf-8")
    (folder / "new.csv").write_text(rows_template(), "utf-8")
    return load_policy(path) if "policy" in text.splitlines()[0] else load_caseload(path)


def uncommented(text: str) -> str:
    """Every setting set, but for the examples of what a file may have besides."""
    return re.sub(r"^#(\w+ = (?!\"…).*[^…]$)", r"\1", text.partition("\n#[")[0], flags=re.MULTILINE)


TEXTS = {
    "policy": policy_template("new"),
    "caseload": caseload_template("new", day=DAY),
    "caseload of rows": caseload_template("new", day=DAY, rows="new.csv"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_new_file_with_every_setting_uncommented_is_the_file_as_written(kind: str, tmp_path: Path) -> None:
    text = TEXTS[kind]
    written, every = loaded(tmp_path, text), loaded(tmp_path, uncommented(text))
    texts = {"title", "describes", "place"}
    assert every.model_dump(exclude=texts) == written.model_dump(exclude=texts)
    settable = [path for path in declarations(type(every)) if not path.startswith("standing.")]
    if kind == "caseload of rows":
        settable.remove("households")
    assert {path for path in settable if path not in every.figures} == set()


@pytest.mark.parametrize("kind", TEXTS)
def test_a_new_file_explains_every_setting_it_has(kind: str) -> None:
    words = " ".join(TEXTS[kind].replace("\n#", " ").split())
    for path, declared in declarations(Policy if kind == "policy" else Caseload).items():
        if not path.startswith("standing.") and (kind, path) != ("caseload of rows", "households"):
            assert " ".join(declared.meaning.split()) in words, path


def test_a_new_policy_that_extends_another_shows_what_that_has(tmp_path: Path) -> None:
    text = policy_template("new", extends="uk-pilot-2026")
    assert "#amount_per_person = 10000.0" in text
    assert loaded(tmp_path, text).offers == load_policy("uk-pilot-2026").offers


def test_the_example_households_are_allowed_and_say_everything(tmp_path: Path) -> None:
    made = loaded(tmp_path, TEXTS["caseload of rows"])
    assert isinstance(made, Caseload)
    assert made.households == len(made.rows) == 2
    assert not [path for path in made.figures if path.startswith("rows.")]


def test_counts_by_origin_may_take_the_place_of_the_example_households(tmp_path: Path) -> None:
    """The headings of the file stand above settings that are all left as they are: nothing is said twice."""
    (tmp_path / "new.toml").write_text(TEXTS["caseload of rows"], encoding="utf-8")
    table = "origin,persons,stage,housing\nIraq,30,refused,dispersal\nAlbania,10,exhausted,own\n"
    (tmp_path / "new.csv").write_text(table, encoding="utf-8")
    made = load_caseload(tmp_path / "new.toml")
    assert (made.housing.dispersal, made.stages.refused) == (0.75, 0.75)
    said = TEXTS["caseload of rows"].replace("#hotel = 0.3", "hotel = 0.3")
    assert said != TEXTS["caseload of rows"]
    (tmp_path / "new.toml").write_text(said, encoding="utf-8")
    with pytest.raises(InputError, match=r"the column housing of new\.csv gives it"):
        load_caseload(tmp_path / "new.toml")


# ---- which kind a file is ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SCENARIOS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_file_is_known_for_what_it_is(path: Path) -> None:
    assert kind_of(path) == {"policies": "policy", "caseloads": "caseload"}[path.parent.name]


KINDS = {
    "rows": ('rows = "families.csv"', "caseload"),
    "housing of a caseload": ("[housing]\nhotel = 1.0\ndispersal = 0.0\nown = 0.0", "caseload"),
    "housing of a policy": ("[housing]\nhotel_exit_per_week = 0.1", "policy"),
    "procedure of a caseload": ("[procedure]\ndecisions_per_week = 3", "caseload"),
    "inflow alone": ("inflow_per_week = 3", "caseload"),
    "a title and a base": ('title = "x"\nextends = "base.toml"', "caseload"),
    "a table as base": ('title = "x"\nextends = "people.csv"', "caseload"),
    "a named offer": ("[offers.pilot]\namount_per_person = 3", "policy"),
    "coefficients": ("money = 0.5", "behaviour"),
    "nothing": ("", "policy"),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_file_is_known_by_what_stands_in_it_or_by_what_it_extends(case: str, tmp_path: Path) -> None:
    text, kind = KINDS[case]
    (tmp_path / "base.toml").write_text("households = 10\n[housing]\nhotel = 1.0\ndispersal = 0.0\nown = 0.0", "utf-8")
    (tmp_path / "people.csv").write_text("origin,size\nIraq,1\n", "utf-8")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    assert kind_of(tmp_path / "mine.toml") == kind
