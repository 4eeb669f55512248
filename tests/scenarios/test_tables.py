"""A caseload from what people have: a data frame, a CSV file, a spreadsheet; households one by one, or counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from abm import InputError, caseload_from, load_caseload

FAMILIES = pd.DataFrame({"origin": ["Albania", "IRQ"], "size": [4, 1], "children": [2, 0], "housing": ["hotel", "own"]})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(frame: pd.DataFrame | str, **given: Any) -> str:
    with pytest.raises(InputError) as caught:
        caseload_from(frame, **given)
    return str(caught.value)


# ---- the same people, however they come ---------------------------------------------------------------


def test_a_data_frame_a_csv_file_and_a_spreadsheet_of_the_same_people_are_the_same_caseload() -> None:
    pytest.importorskip("openpyxl", reason="needs the extra `spreadsheet`")
    FAMILIES.to_csv("people.csv", index=False)
    FAMILIES.to_excel("people.xlsx", index=False)
    framed = caseload_from(FAMILIES)
    assert [(row.origin, row.size, row.children, row.housing) for row in framed.rows] == [
        ("Albania", 4, 2, "hotel"),
        ("Iraq", 1, 0, "own"),
    ]
    for path in ("people.csv", Path("people.xlsx")):
        assert caseload_from(path).model_dump() == framed.model_dump()
        assert load_caseload(path).model_dump() == framed.model_dump()


def test_so_many_alike_are_the_same_as_one_line_each() -> None:
    counted = caseload_from(FAMILIES.assign(households=[3, 2]))
    assert counted.rows == caseload_from(FAMILIES.loc[[0, 0, 0, 1, 1]]).rows
    assert (counted.households, counted.origins) == (5, {"Albania": 0.6, "Iraq": 0.4})
    # twelve persons in households of four are three, five in households of one are five
    assert caseload_from(FAMILIES.assign(persons=[12, 5])).households == 8


def test_a_counted_index_is_read_as_pandas_leaves_it() -> None:
    people = pd.DataFrame({"origin": ["Iraq", "Albania", "Iraq"], "size": [2, 1, 2]})
    counted = caseload_from(people.groupby(["origin", "size"]).size())
    assert sorted((row.origin, row.size) for row in counted.rows) == [("Albania", 1), ("Iraq", 2), ("Iraq", 2)]


def test_a_count_of_origins_gives_shares_of_origins_stages_and_housing() -> None:
    frame = pd.DataFrame({
        "origin": ["Iraq", "Iraq", "Albania", "Turkey"], "households": [60, 20, 20, 0],
        "housing": ["own", "hotel", "hotel", "own"],
    })  # fmt: skip
    found = caseload_from(frame, stages={"refused": 0.25, "exhausted": 0.75})
    assert (found.households, found.rows) == (100, ())
    assert found.describes == (
        "Assumed of the households of people (mark: assumed): size = composition"
        " (no such column: sizes and children are drawn from the section composition)."
    )
    said = {"composition": {"family_share": 0.3}, "stages": {"exhausted": 1.0}}
    assert caseload_from(frame, **said).describes == ""
    assert found.origins == {"Iraq": 0.8, "Albania": 0.2}
    assert (found.housing.own, found.housing.hotel, found.housing.dispersal) == (0.6, 0.4, 0.0)
    assert found.stages.refused == 0.25


def test_persons_become_households_by_the_mean_size_of_the_composition() -> None:
    frame = pd.DataFrame({"origin": ["Iraq"], "persons": [1_200]})
    alone = {"family_share": 0.0}
    pairs = {"family_share": 1.0, "second_adult": 0.0, "extra_children": 0.0}  # an adult with one child
    # a second adult always, and as many children as are allowed almost surely: two and three
    most = {"family_share": 1.0, "second_adult": 1.0, "extra_children": 10.0, "max_children": 2}
    assert caseload_from(frame, composition=alone).households == 1_200
    assert caseload_from(frame, composition=pairs).households == 600
    assert caseload_from(frame, composition=most).households == 300
    assert "1,200 persons" in caseload_from(frame).figure("households").note


def test_days_become_weeks_until_the_date_of_the_caseload() -> None:
    frame = FAMILIES.assign(arrived=pd.to_datetime(["2024-01-01", None]), stage_since=["2024-12-23", "2025-01-06"])
    first, second = caseload_from(frame, date="2025-01-06").rows
    assert (first.weeks_in_country, first.weeks_in_stage) == (53.0, 2.0)  # 371 and 14 days
    assert (second.weeks_in_country, second.weeks_in_stage) == (52.0, 0.0)  # as declared; the same day
    assert caseload_from(frame, date=date(2025, 1, 6)).rows == (first, second)


# ---- what is assumed is told --------------------------------------------------------------------------


def test_what_a_table_does_not_say_is_told_with_its_mark_and_what_it_says_is_not() -> None:
    found = caseload_from(FAMILIES.assign(weeks_in_stage=[26.0, None]))
    told = {path: (figure.value, figure.mark, figure.note) for path, figure in found.figures.items()}
    assert told["rows.stage"] == ("exhausted", "assumed", "no such column")
    assert told["rows.weeks_in_stage"] == (0.0, "assumed", "blank in 1 of 2 lines")
    assert not {"rows.children", "rows.housing", "rows.size"} & set(told)
    assert "stage = exhausted (no such column)" in found.describes
    assert "housing" not in found.describes


def test_a_table_that_says_everything_leaves_nothing_to_assume() -> None:
    every = FAMILIES.assign(school_children=[1, 0], stage="refused", weeks_in_stage=8, weeks_in_country=60)
    found = caseload_from(every)
    assert found.describes == ""
    assert [path for path in found.figures if path.startswith("rows.")] == []


def test_a_caseload_that_extends_another_forgets_what_the_other_table_left_open() -> None:
    FAMILIES.to_csv("one.csv", index=False)
    every = FAMILIES.assign(school_children=[1, 0], stage="refused", weeks_in_stage=8, weeks_in_country=60)
    found = caseload_from(every, extends="one.csv")
    assert found.describes == ""
    assert {row.stage for row in found.rows} == {"refused"}
    counted = caseload_from(pd.DataFrame({"origin": ["Iraq"], "households": [7]}), extends="one.csv")
    assert (counted.rows, counted.households) == ((), 7)


# ---- mistakes -----------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "another word": ({"Nationality": ["Iraq"], "size": [1]}, "columns = 'Nationality' .*Did you mean 'origin'"),
    "two columns": (
        {"origin": ["Iraq"], "size": [1], "chilren": [0], "id": [7]},
        r"columns = '2 columns' .*one of origin, size, .*not 'chilren' \(children\?\), 'id'",
    ),
    "nothing counts": ({"origin": ["Iraq"]}, "columns = 'origin' .*size .* households or persons"),
    "two counts": ({"origin": ["Iraq"], "households": [1], "persons": [2]}, "persons' .*left out beside households"),
    "below nought": ({"origin": ["Iraq"], "households": [-1]}, "row 0, households = -1 .*at least 0"),
    "half a household": ({"origin": ["Iraq"], "households": [1.5]}, "row 0, households = '1.5' .*a whole number"),
    "blank count": ({"origin": ["Iraq"], "households": [None]}, "row 0, households = '' .*a whole number"),
    "nobody": ({"origin": ["Iraq"], "households": [0]}, "at least one of its households"),
    "children of nobody": ({"origin": ["Iraq"], "households": [3], "children": [2]}, "children' .*together with size"),
    "a stage that is none": (
        {"origin": ["Iraq"], "households": [3], "stage": ["exausted"]},
        "row 0, stage = 'exausted' .*one of awaiting, .*Did you mean 'exhausted'",
    ),
    "too many": ({"origin": ["Iraq"], "size": [1], "households": [200_001]}, "row 0, households = 200001 .*200,000"),
    "weeks and days": (
        {"origin": ["Iraq"], "size": [1], "arrived": ["2024-01-01"], "weeks_in_country": [3]},
        "arrived' .*left out beside weeks_in_country",
    ),
    "day of no year": ({"origin": ["Iraq"], "size": [1], "arrived": ["03/05/2024"]}, "row 0, arrived = '03/05/2024'"),
    "day to come": (
        {"origin": ["Iraq"], "size": [1], "arrived": ["2025-01-07"]},
        "row 0, arrived = '2025-01-07' .*up to 2025-01-06",
    ),
    "unknown origin": ({"origin": ["Irak"], "size": [1]}, "row 0, origin = 'Irak' .*Did you mean 'Iraq'"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_bad_table_is_refused_by_row_column_value_and_what_is_allowed(case: str) -> None:
    columns, told = FAULTS[case]
    with pytest.raises(InputError, match=f"^the data frame: .*{told}"):
        caseload_from(pd.DataFrame(columns), date="2025-01-06")


def test_days_without_a_whole_date_of_the_caseload_are_refused() -> None:
    told = refusal(FAMILIES.assign(arrived="2024-01-01"), date="2025")
    assert "row 0, arrived" in told
    assert "a whole date" in told


@pytest.mark.parametrize(
    ("text", "cell"), [("origin;households\nIraq;1.000", "1.000"), ("origin;size\nIraq;1,000", "1,000")]
)
def test_a_number_that_may_be_one_or_a_thousand_is_refused(text: str, cell: str) -> None:
    Path("people.csv").write_text(text, "utf-8")
    assert f"= '{cell}' is not accepted: a whole number, written without separators" in refusal("people.csv")


def test_what_the_table_gives_cannot_be_given_again() -> None:
    frame = pd.DataFrame({"origin": ["Iraq"], "households": [3], "housing": ["own"]})
    assert "caseload_from: origins = " in refusal(frame, origins={"Iraq": 1.0})
    assert "caseload_from: housing = " in refusal(frame, housing={"own": 1.0, "hotel": 0.0, "dispersal": 0.0})
    assert "left out, or 3" in refusal(frame, households=4)


def test_a_table_that_is_not_there_is_refused_with_the_nearest_of_its_folder() -> None:
    FAMILIES.to_csv("people.csv", index=False)
    with pytest.raises(InputError, match=r"caseload = 'peopel\.csv' .*Did you mean 'people\.csv'"):
        load_caseload("peopel.csv")
    assert "a data frame, or the path of a CSV file" in refusal("people.ods")
