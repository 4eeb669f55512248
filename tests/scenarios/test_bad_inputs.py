"""A user's mistake is told in one sentence: file, field, value, what is allowed, nearest spelling."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.scenarios.export import to_toml
from abm.scenarios.scenario import apply_settings, load_behaviour, load_caseload, load_policy


def refusal(action: Callable[[], Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.field in message
    assert caught.value.allowed in message
    return caught.value


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


PEOPLE = "[origins]\nAlbania = 1.0\n"
ANOTHER = "; a value in another unit needs `times`, the worth of one of it"

# text of a policy file, field, value, words of what is allowed, nearest spelling
POLICIES: dict[str, tuple[str, str, Any, str, str | None]] = {
    "unknown lever": (
        "[offer]\namount_per_persn = 3",
        "offer.amount_per_persn", 3, "no such field", "offer.amount_per_person",
    ),
    "unknown section": ("[ofer]\nx = 1", "ofer", {"x": 1}, "no such field", "offer"),
    "unknown key at the top": ("tittle = 'x'", "tittle", "x", "no such field", None),
    "number for a section": ("offer = 3", "offer", 3, "a section, written [offer]", None),
    "negative amount": (
        "[offer]\namount_per_person = -1",
        "offer.amount_per_person", -1, "a number from 0 to 100000 (GBP/person)", None,
    ),
    "negative amount with a source": (
        "[offer]\namount_per_person = { value = -1, mark = 'press', source = 'x' }",
        "offer.amount_per_person", -1, "a number from 0 to 100000 (GBP/person)", None,
    ),
    "infinite amount": (
        "[offer]\namount_per_person = inf",
        "offer.amount_per_person", float("inf"), "a number from 0 to 100000 (GBP/person), finite", None,
    ),
    "text for a number": (
        "[offer]\namount_per_person = '3000'",
        "offer.amount_per_person", "3000", "a number from 0 to 100000 (GBP/person)", None,
    ),
    "none for a number that must be there": (
        "[offer]\namount_per_person = 'none'",
        "offer.amount_per_person", "none", "a number from 0 to 100000 (GBP/person)", None,
    ),
    "truth value for a number": (
        "[offer]\namount_per_person = true",
        "offer.amount_per_person", True, "a number from 0 to 100000 (GBP/person)", None,
    ),
    "number for a truth value": ("[offer]\nopen_refused = 1", "offer.open_refused", 1, "true or false", None),
    "fraction for a whole number": (
        "[offer]\nend_week = 1.5",
        "offer.end_week", 1.5, "a whole number from -5000 to 5000 (week), or a date such as 2006-01-12, or none", None,
    ),
    "window of no week": (
        "[offer]\nacceptance_window_weeks = 0",
        "offer.acceptance_window_weeks", 0, "a whole number from 1 to 520 (weeks), or none", None,
    ),
    "cap below the amount for one person": (
        "[offer]\namount_per_person = 9\nhousehold_cap = 3",
        "offer.household_cap", 3, "at least amount_per_person (9)", None,
    ),
    "inherited cap below a new amount": (
        "extends = 'uk-pilot-2026'\n[offer]\namount_per_person = 50_000",
        "offer.household_cap", 40_000, "at least amount_per_person (50000)", None,
    ),
    "standing cap below the amount for one person": (
        "[standing]\namount_per_person = 9\nhousehold_cap = 3",
        "standing.household_cap", 3, "at least amount_per_person (9)", None,
    ),
    "deadline before the start": (
        "[offer]\nstart_week = 5\nend_week = 4",
        "offer.end_week", 4, "at least start_week (5)", None,
    ),
    "unknown rule": (
        "[support]\nfamilies = 'stop'",
        "support.families", "stop", "one of continue, end_after, end_on_refusal", None,
    ),
    "title that is not text": ("title = 3", "title", 3, "text", None),
    "unknown key of a figure": (
        "[offer]\namount_per_person = { vlaue = 3 }",
        "offer.amount_per_person.vlaue", 3,
        "one of value, evidence, times, low, high, unit, mark, source, url, note", "value",
    ),
    "figure without a value": (
        "[offer]\namount_per_person = { mark = 'press' }",
        "offer.amount_per_person", {"mark": "press"}, "a figure with either value or evidence", None,
    ),
    "figure with value and evidence": (
        "[offer]\namount_per_person = { value = 1, evidence = 'costs:offer_pilot' }",
        "offer.amount_per_person", {"value": 1, "evidence": "costs:offer_pilot"},
        "a figure with either value or evidence", None,
    ),
    "unknown mark": (
        "[offer]\namount_per_person = { value = 3, mark = 'pres' }",
        "offer.amount_per_person.mark", "pres", "one of primary, press, inferred, fitted, assumed", "press",
    ),
    "source that is not text": (
        "[offer]\namount_per_person = { value = 3, source = 3 }",
        "offer.amount_per_person.source", 3, "text", None,
    ),
    "range that is not a number": (
        "[offer]\namount_per_person = { value = 3, low = '2' }",
        "offer.amount_per_person.low", "2", "a finite number", None,
    ),
    "range above its value": (
        "[offer]\namount_per_person = { value = 3, low = 4 }",
        "offer.amount_per_person.low", 4, "at most the value (3)", None,
    ),
    "range below its value": (
        "[offer]\namount_per_person = { value = 3, high = 2 }",
        "offer.amount_per_person.high", 2, "at least the value (3)", None,
    ),
    "unknown evidence": (
        "[offer]\namount_per_person = { evidence = 'costs:offer_pilott' }",
        "offer.amount_per_person.evidence", "costs:offer_pilott", "not a figure of the evidence (table:id)",
        "costs:offer_pilot",
    ),
    "evidence that is not text": (
        "[offer]\namount_per_person = { evidence = 3 }",
        "offer.amount_per_person.evidence", 3, "the name of a figure, table:id", None,
    ),
    "evidence that is a gap": (
        "[offer]\namount_per_person = { evidence = 'costs:appeal_cost' }",
        "offer.amount_per_person.evidence", "costs:appeal_cost", "a gap: the evidence holds no value for it", None,
    ),
    "multiple of a plain value": (
        "[offer]\namount_per_person = { value = 3, times = 2 }",
        "offer.amount_per_person.times", 2, "given only together with evidence, or with a value in another unit", None,
    ),
    "figure in another currency": (
        "[offer]\namount_per_person = { value = 40000, unit = 'DKK/person' }",
        "offer.amount_per_person.unit", "DKK/person",
        "GBP/person, the unit of offer.amount_per_person" + ANOTHER, None,
    ),
    "evidence in another currency": (
        "[offer]\namount_per_person = { evidence = 'incentives:dk_later' }",
        "offer.amount_per_person.evidence", "incentives:dk_later",
        "a figure in GBP/person, not DKK; another unit needs `times`, the worth of one of it", None,
    ),
    "evidence in days for weeks": (
        "[offer]\nacceptance_window_weeks = { evidence = 'stocks:uk_pilot_window' }",
        "offer.acceptance_window_weeks.evidence", "stocks:uk_pilot_window",
        "a figure in weeks, not days; another unit needs `times`, the worth of one of it", None,
    ),
    "word in another unit": (
        "[offer]\namount_per_person = { value = 'much', unit = 'DKK/person', times = 0.1 }",
        "offer.amount_per_person.value", "much", "a number of DKK/person", None,
    ),
    "figure that a rate makes too large": (
        "[offer]\nacceptance_window_weeks = { value = 10, unit = 'days', times = 1e308 }",
        "offer.acceptance_window_weeks.times", 1e308, "a factor of a finite figure", None,
    ),
    "multiple without end": (
        "[offer]\namount_per_person = { evidence = 'costs:offer_pilot', times = inf }",
        "offer.amount_per_person.times", float("inf"), "a finite number", None,
    ),
    "extends an unknown policy": (
        "extends = 'uk-2052'",
        "extends", "uk-2052", "a policy that is known, or the path of a TOML file", "uk-2025",
    ),
    "extends a missing file": (
        "extends = 'other.toml'",
        "extends", "other.toml", "the path of a TOML file that exists", None,
    ),
    "extends a number": ("extends = 3", "extends", 3, "the name of a policy or the path of a TOML file", None),
    "extends itself": (
        "extends = 'mine.toml'",
        "extends", "mine.toml", "a file that does not extend this one in turn", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", POLICIES)
def test_bad_policy_file_is_refused_by_field_value_and_what_is_allowed(case: str, tmp_path: Path) -> None:
    text, field, value, allowed, nearest = POLICIES[case]
    path = written(tmp_path, text)
    told = refusal(lambda: load_policy(path))
    assert (told.file, told.field, told.value, told.allowed, told.nearest) == (path, field, value, allowed, nearest)


CASELOADS: dict[str, tuple[str, str, Any, str, str | None]] = {
    "nobody": ("title = 'x'", "origins", {}, "shares by country (or rows: households of its own)", None),
    "no household": (
        PEOPLE.replace("[", "households = 0\n[", 1),
        "households", 0, "a whole number from 1 to 5000000 (households)", None,
    ),
    "stages that do not sum to one": (
        PEOPLE + "[stages]\nawaiting = 0.5\nexhausted = 0.4",
        "stages", {"awaiting": 0.5, "exhausted": 0.4}, "shares that sum to 1 (these sum to 0.9)", None,
    ),
    "housing that does not sum to one": (
        PEOPLE + "[housing]\nhotel = 1.0",
        "housing", {"hotel": 1.0, "dispersal": 0.5, "own": 0.2}, "shares that sum to 1 (these sum to 1.7)", None,
    ),
    "ties that exceed one": (
        PEOPLE + "[network]\nsame_site = 0.7\nsame_origin = 0.6",
        "network.same_origin", 0.6, "at most 1 less same_site (0.7)", None,
    ),
    "origins that do not sum to one": (
        "[origins]\nAlbania = 0.5\nIraq = 0.4",
        "origins", {"Albania": 0.5, "Iraq": 0.4}, "shares that sum to 1 (these sum to 0.9)", None,
    ),
    "unknown origin": (
        "[origins]\nAlbanai = 1.0",
        "origins.Albanai", "Albanai", "not the name or code of a country", "Albania",
    ),
    "negative share": (
        "[origins]\nAlbania = -0.5\nIraq = 1.5",
        "origins.Albania", -0.5, "a share from 0 to 1", None,
    ),
    "share that is a truth value": ("[origins]\nAlbania = true", "origins.Albania", True, "a share from 0 to 1", None),
    "origin given twice": (
        '[origins]\n"Gambia" = 0.5\n"Gambia, The" = 0.5',
        "origins.Gambia, The", 0.5, "one share for Gambia, The, which is given twice", None,
    ),
    "origins that are not a section": (
        "origins = 'all'",
        "origins", "all", "a section of shares by country, or with a column", None,
    ),
    "unknown mark of origins": (
        PEOPLE + "mark = 'certain'",
        "origins.mark", "certain", "one of primary, press, inferred, fitted, assumed", None,
    ),
    "unknown column": (
        "[origins]\ncolumn = 'refused_dependents_ye_sep2024'",
        "origins.column", "refused_dependents_ye_sep2024", "not a column of the table of origins",
        "refused_dependants_ye_sep2024",
    ),
    "column that does not count people": (
        "[origins]\ncolumn = 'gpi_2022'",
        "origins.column", "gpi_2022", "a column that counts people, not index", None,
    ),
    "unknown key beside a column": (
        "[origins]\ncolumn = 'supported_people_sep2024'\nlimt = 3",
        "origins.limt", 3, "one of column, limit, among, safe_threshold, mark, source, url, note", "limit",
    ),
    "limit of none": (
        "[origins]\ncolumn = 'supported_people_sep2024'\nlimit = 0",
        "origins.limit", 0, "a whole number of at least 1", None,
    ),
    "among what is unknown": (
        "[origins]\ncolumn = 'supported_people_sep2024'\namong = 'unsafe'",
        "origins.among", "unsafe", '"safe", or a list of countries', None,
    ),
    "among an unknown country": (
        "[origins]\ncolumn = 'supported_people_sep2024'\namong = ['Irak']",
        "origins.among", "Irak", "not the name or code of a country", "Iraq",
    ),
    "threshold that nobody reaches": (
        "[origins]\ncolumn = 'supported_people_sep2024'\namong = 'safe'\nsafe_threshold = 1.0",
        "origins.column", "supported_people_sep2024", "a column with at least one of the origins asked for", None,
    ),
    "threshold out of range": (
        "[origins]\ncolumn = 'supported_people_sep2024'\namong = 'safe'\nsafe_threshold = 2",
        "origins.safe_threshold", 2, "a number from 0 to 1", None,
    ),
    "unknown origin of a path": (
        PEOPLE + "[world]\nsafety_origins = 'Syria, Afganistan'",
        "world.safety_origins", "Afganistan", "not the name or code of a country", "Afghanistan",
    ),
    "origins of a path left blank": (
        PEOPLE + "[world]\nsafety_origins = ' '",
        "world.safety_origins", " ", "all, or names of origins separated by commas", None,
    ),
    "misspelt country with figures": (
        PEOPLE + "[countries.Moldva]\nincome = 4000",
        "countries.Moldva", "Moldva",
        "a country, or a place with `like`: the country whose figures it has unless it gives them", "Moldova",
    ),
    "unknown figure of a country": (
        PEOPLE + "[countries.Moldova]\nincme = 4000",
        "countries.Moldova.incme", 4000,
        "one of like, income, safety, grant_rate, appeal_allowed, family_share, returnable", "income",
    ),
    "figure of a country out of bounds": (
        PEOPLE + "[countries.Moldova]\nsafety = 1.5",
        "countries.Moldova.safety", 1.5, "a number from 0 to 1 (safety index 0–1), or none", None,
    ),
    "figure of a country in another currency": (
        PEOPLE + "[countries.Moldova]\nincome = { value = 80000, unit = 'MDL/person/year' }",
        "countries.Moldova.income.unit", "MDL/person/year",
        "GBP/person/year, the unit of countries.Moldova.income" + ANOTHER, None,
    ),
    "country described twice": (
        PEOPLE + "[countries.Moldova]\nsafety = 0.5\n[countries.MDA]\nsafety = 0.6",
        "countries.MDA", "MDA", "one section for Moldova, which is called Moldova before", None,
    ),
    "like no country": (
        PEOPLE + "[countries.Somaliland]\nlike = 'Somala'",
        "countries.Somaliland.like", "Somala", "not the name or code of a country", "Somalia",
    ),
    "country that is a number": (
        PEOPLE + "[countries]\nMoldova = 3",
        "countries.Moldova", 3, "a section, written [countries.Moldova]", None,
    ),
    "date without a year": (
        "date = '5 March'\n" + PEOPLE, "date", "5 March", "a date with the year first, such as 2026-03-05", None,
    ),
    "unknown cost": (
        PEOPLE + "[world]\nhotel_nigth = 3",
        "world.hotel_nigth", 3, "no such field", "world.hotel_night",
    ),
    "cost that is negative": (
        PEOPLE + "[world]\nhotel_night = -3",
        "world.hotel_night", -3, "a number from 0 to 10000 (GBP/person/night)", None,
    ),
    "missing table": (
        "rows = 'families.csv'",
        "rows", "families.csv", "the path of a CSV file or spreadsheet (.xlsx) that exists", None,
    ),
    "table that is a number": ("rows = 3", "rows", 3, "the path of a CSV file or of a spreadsheet (.xlsx)", None),
    "extends a policy": (
        "extends = 'uk-2025'",
        "extends", "uk-2025", "a caseload that is known, or the path of a TOML file", "uk-asylum-2025",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASELOADS)
def test_bad_caseload_file_is_refused_by_field_value_and_what_is_allowed(case: str, tmp_path: Path) -> None:
    text, field, value, allowed, nearest = CASELOADS[case]
    path = written(tmp_path, text)
    told = refusal(lambda: load_caseload(path))
    assert (told.file, told.field, told.value, told.allowed, told.nearest) == (path, field, value, allowed, nearest)


ROWS: dict[str, tuple[str, str, Any, str, str | None]] = {
    "unknown column": (
        "origin,size,chilren\nIraq,1,0", "line 1", "chilren", "one of origin, size, children", "children",
    ),
    "column left out": ("origin,children\nIraq,0", "line 1", "origin,children", "a header with the column size", None),
    "column given twice": ("origin,size,size\nIraq,1,2", "line 1", "size", "each column once", None),
    "nothing at all": ("", "line 1", "", "a header with the column origin", None),
    "more children than people": (
        "origin,size,children\nIraq,3,1\nIraq,2,2",
        "line 3, children", 2, "fewer than size (2): one adult at least", None,
    ),
    "more schoolchildren than children": (
        "origin,size,children,school_children\nIraq,3,1,2",
        "line 2, school_children", 2, "at most children (1)", None,
    ),
    "word for a number": ("origin,size\nIraq,two", "line 2, size", "two", "a whole number", None),
    "fraction for a whole number": ("origin,size\nIraq,1.5", "line 2, size", "1.5", "a whole number", None),
    "NaN": ("origin,size,weeks_in_stage\nIraq,1,nan", "line 2, weeks_in_stage", "nan", "a finite number", None),
    "size of nobody": ("origin,size\nIraq,0", "line 2, size", 0, "greater than or equal to 1", None),
    "blank size": ("origin,size\nIraq,", "line 2, size", "", "a whole number", None),
    "unknown origin": (
        "origin,size\nIrak,1", "line 2, origin", "Irak", "not the name or code of a country", "Iraq",
    ),
    "unknown stage": (
        "origin,size,stage\nIraq,1,gone",
        "line 2, stage", "gone", "one of awaiting, refused, exhausted, protected, absconded", None,
    ),
    "cell too few": ("origin,size\nIraq", "line 2", "Iraq", "as many cells as the header has columns", None),
    "cell too many": ("origin,size\nIraq,1,2", "line 2", "Iraq,1,2", "as many cells as the header has columns", None),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_bad_table_of_households_is_refused_by_line_column_and_value(case: str, tmp_path: Path) -> None:
    text, field, value, allowed, nearest = ROWS[case]
    table = written(tmp_path, text, "families.csv")
    path = written(tmp_path, "rows = 'families.csv'")
    told = refusal(lambda: load_caseload(path))
    assert (told.file, told.field, told.value, told.nearest) == (table, field, value, nearest)
    assert allowed in told.allowed


def test_all_names_of_a_table_that_are_unknown_are_told_at_once(tmp_path: Path) -> None:
    table = written(tmp_path, "origin,size\nIrak,1\nAlbania,1\nNigria,2\nIrak,3\nKorea,1", "families.csv")
    told = refusal(lambda: load_caseload(written(tmp_path, "rows = 'families.csv'")))
    assert (told.file, told.field, told.value) == (table, "origins", "3 names")
    assert told.allowed == (
        "names or ISO codes of countries, which these are not: line 2, origin 'Irak' (Iraq?);"
        " line 4, origin 'Nigria' (Nigeria?); line 6, origin 'Korea' (South Korea or North Korea?)"
    )


def test_empty_table_of_households_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "origin,size\n", "families.csv")
    path = written(tmp_path, "rows = 'families.csv'")
    told = refusal(lambda: load_caseload(path))
    assert (told.file, told.field, told.value) == (path, "rows", "families.csv")
    assert told.allowed == "a table with at least one household, not the empty families.csv"


def test_number_of_households_must_be_that_of_the_table(tmp_path: Path) -> None:
    written(tmp_path, "origin,size\nIraq,1\n", "families.csv")
    path = written(tmp_path, "households = 5\nrows = 'families.csv'")
    told = refusal(lambda: load_caseload(path))
    assert (told.file, told.field, told.value) == (path, "households", 5)
    assert told.allowed == "left out, or 1, the number of rows of families.csv"


def test_nan_is_refused_with_the_bounds(tmp_path: Path) -> None:
    path = written(tmp_path, "[offer]\namount_per_person = nan")
    told = refusal(lambda: load_policy(path))
    assert (told.file, told.field) == (path, "offer.amount_per_person")
    assert str(told.value) == "nan"
    assert told.allowed == "a number from 0 to 100000 (GBP/person), finite"


# ---- the file itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "kind", "wrong", "nearest"),
    [
        (load_policy, "policy", "uk-pilot-2O26", "uk-pilot-2026"),
        (load_caseload, "caseload", "uk-family-2026", "uk-families-2026"),
        (load_policy, "policy", "qqq", None),
    ],
)
def test_unknown_name_is_refused_with_the_nearest(
    load: Callable[[str], Any], kind: str, wrong: str, nearest: str | None
) -> None:
    told = refusal(lambda: load(wrong))
    assert (told.field, told.value, told.nearest) == (kind, wrong, nearest)
    assert told.allowed == f"a {kind} that is known, or the path of a TOML file"


def test_unknown_behaviour_is_refused() -> None:
    told = refusal(lambda: load_behaviour("mine"))
    assert (told.field, told.value, told.allowed) == ("behaviour", "mine", "the path of a TOML file")


def test_missing_file_is_refused_with_its_neighbour(tmp_path: Path) -> None:
    written(tmp_path, "", "mine.toml")
    told = refusal(lambda: load_policy(tmp_path / "mime.toml"))
    assert (told.field, told.value, told.nearest) == ("policy", str(tmp_path / "mime.toml"), "mine.toml")
    assert told.allowed == "the path of a TOML file that exists"


def test_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    told = refusal(lambda: load_policy(tmp_path))
    assert (told.field, told.value) == ("policy", str(tmp_path))
    assert told.allowed == "the path of a TOML file, not of a folder"


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"title = '\xff'")
    told = refusal(lambda: load_policy(path))
    assert (told.file, told.field, told.value, told.allowed) == (str(path), "text", b"\xff", "UTF-8 text")


def test_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "families.csv").write_bytes(b"origin,size\nC\xf4te,1\n")
    path = written(tmp_path, "rows = 'families.csv'")
    told = refusal(lambda: load_caseload(path))
    assert (told.file, told.field, told.value) == (str(tmp_path / "families.csv"), "text", b"\xf4")


@pytest.mark.parametrize(
    ("text", "line", "there"),
    [
        ("[offer]\namount_per_person = \n", "line 2", "amount_per_person ="),
        ("[offer]\nend_week = 3\nend_week = 4\n", "line 3", "end_week = 4"),
        ("[offer\n", "line 1", "[offer"),
        ("title = 'open", "line 1", "title = 'open"),
    ],
)
def test_text_that_is_not_toml_is_refused_with_its_line(text: str, line: str, there: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    told = refusal(lambda: load_policy(path))
    assert (told.file, told.field, told.value) == (path, line, there)
    assert told.allowed.startswith("valid TOML: ")


def test_two_files_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "extends = 'two.toml'", "one.toml")
    two = written(tmp_path, "extends = 'one.toml'", "two.toml")
    told = refusal(lambda: load_policy(tmp_path / "one.toml"))
    assert (told.file, told.field, told.value) == (two, "extends", "one.toml")


def test_mistake_in_an_extended_file_names_that_file(tmp_path: Path) -> None:
    base = written(tmp_path, "[offer]\namount = 3", "base.toml")
    path = written(tmp_path, "extends = 'base.toml'")
    told = refusal(lambda: load_policy(path))
    assert (told.file, told.field) == (base, "offer.amount")


# ---- settings -------------------------------------------------------------------------------------

SETTINGS: dict[str, tuple[dict[str, Any], str, Any, str, str | None]] = {
    "unknown lever": (
        {"offer.amount_per_persn": "3"}, "offer.amount_per_persn", "3", "no such parameter", "offer.amount_per_person",
    ),
    "lever without its section": (
        {"amount_per_person": "3"}, "amount_per_person", "3", "no such parameter", "offer.amount_per_person",
    ),
    "coefficient without its prefix": ({"money": "3"}, "money", "3", "no such parameter", "behaviour.money"),
    "name of a policy": ({"name": "x"}, "name", "x", "no such parameter", None),
    "world inside the caseload": (
        {"caseload.world.hotel_night": "3"},
        "caseload.world.hotel_night", "3", "no such parameter", "world.hotel_night",
    ),
    "word for a number": (
        {"world.hotel_night": "dear"}, "world.hotel_night", "dear", "a number from 0 to 10000 (GBP/person/night)", None,
    ),
    "NaN in words": (
        {"behaviour.money": "inf"},
        "behaviour.money", float("inf"), "a number from 0 to 20 (utility per log unit), finite", None,
    ),
    "negative inflow": (
        {"caseload.inflow_per_week": "-2"},
        "caseload.inflow_per_week", -2.0, "a number from 0 to 100000 (households/week)", None,
    ),
    "fraction of a household": (
        {"caseload.households": "2.5"},
        "caseload.households", "2.5", "a whole number from 1 to 5000000 (households)", None,
    ),
    "typed value of the wrong kind": (
        {"offer.families_only": 1}, "offer.families_only", 1, "true or false", None,
    ),
    "neither yes nor no": (
        {"offer.families_only": "maybe"}, "offer.families_only", "maybe", "true or false", None,
    ),
    "cap below the amount": (
        {"offer.household_cap": "9999"}, "offer.household_cap", 9_999.0, "at least amount_per_person (10000)", None,
    ),
    "mix that no longer sums to one": (
        {"caseload.housing.hotel": "0.5"},
        "caseload.housing", {"hotel": 0.5}, "shares that sum to 1 (these sum to 0.5)", None,
    ),
    "unknown origin of a path": (
        {"world.safety_origins": "Syrai"},
        "world.safety_origins", "Syrai", "not the name or code of a country", "Syria",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SETTINGS)
def test_bad_setting_is_refused_by_path_value_and_what_is_allowed(case: str) -> None:
    changes, field, value, allowed, nearest = SETTINGS[case]
    policy, caseload = load_policy("uk-pilot-2026"), load_caseload("uk-families-2026")
    told = refusal(lambda: apply_settings(policy, caseload, Behaviour(), changes))
    assert (told.file, told.field, told.value, told.allowed, told.nearest) == ("--set", field, value, allowed, nearest)


def test_nan_setting_is_refused() -> None:
    changes = {"offer.amount_per_person": "nan"}
    told = refusal(lambda: apply_settings(Policy(), load_caseload("uk-families-2026"), Behaviour(), changes))
    assert (told.file, told.field, str(told.value)) == ("--set", "offer.amount_per_person", "nan")


# ---- elsewhere ------------------------------------------------------------------------------------


def test_caseload_with_its_own_table_cannot_be_written_as_one_text(tmp_path: Path) -> None:
    written(tmp_path, "origin,size\nIraq,1\n", "families.csv")
    caseload = load_caseload(written(tmp_path, "rows = 'families.csv'"))
    assert refusal(lambda: to_toml(caseload)).field == "rows"
