"""Shipped scenario files, and what a scenario file may say."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.evidence.countries import known_country
from abm.evidence.figures import evidence_figure, table
from abm.evidence.homeland import home, origin, origins
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import MARKS, InputError, Inputs, declarations, read
from abm.inputs.policy import Policy
from abm.numerics.calendar import NO_LIMIT, week_of
from abm.scenarios.export import to_toml
from abm.scenarios.scenario import (
    SCENARIOS,
    apply_settings,
    caseload_names,
    load_behaviour,
    load_behaviour_draws,
    load_caseload,
    load_policy,
    policy_names,
)  # fmt: skip

SHIPPED = sorted(SCENARIOS.glob("*/*.toml"))
NAMED = {
    "uk-2005", "uk-2006-offer", "section9", "uk-2025", "uk-pilot-2026", "uk-upfront-national", "danish-2020",
    "danish-2021", "danish-as-reported", "temporary-status-30m", "enforcement-only", "settle-all",
    "uk-2002-2015", "uk-upfront-early", "danish-2010-2022",
}  # fmt: skip
CASELOADS = {
    "uk-families-2026", "uk-families-2026-official", "uk-refused-2025", "uk-refused-2005", "uk-cohort-2010",
    "section9-2005", "denmark-2020", "uk-status-2026", "denmark-2009",
    "denmark-claims-2020", "uk-asylum-2025",
}  # fmt: skip


def given_values(section: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of a scenario file: dotted path and what stands there."""
    for key, value in section.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict) and not {"value", "evidence"} & set(value) and where != "origins":
            yield from given_values(value, where)
        elif where == "regime":
            for regime in value:
                levers = {key: told for key, told in regime.items() if key not in ("from", "title")}
                yield from given_values(levers, where)
        else:
            yield where, value


# ---- what is shipped ------------------------------------------------------------------------------


def test_every_named_policy_and_caseload_is_shipped() -> None:
    assert set(policy_names()) >= NAMED
    assert set(caseload_names()) >= CASELOADS


@pytest.mark.parametrize("name", policy_names())
def test_every_shipped_policy_loads_and_introduces_itself(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert policy.title
    assert policy.describes


@pytest.mark.parametrize("name", caseload_names())
def test_every_shipped_caseload_loads_with_origins_that_sum_to_one(name: str) -> None:
    caseload = load_caseload(name)
    assert caseload.name == name
    assert all((caseload.title, caseload.describes, caseload.place, caseload.date))
    assert math.fsum(caseload.origins.values()) == pytest.approx(1.0, abs=1e-9)
    assert all(known_country(name) for name in caseload.origins)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_number_in_a_shipped_file_has_a_mark_and_unless_assumed_a_source(path: Path) -> None:
    for where, value in given_values(tomllib.loads(path.read_text(encoding="utf-8"))):
        if where == "origins" or isinstance(value, str):
            continue
        assert isinstance(value, dict), f"{where} is a bare number"
        if "evidence" in value:
            found = evidence_figure(value["evidence"])
            assert found.mark in MARKS, where
            assert found.source, where
        else:
            assert value.get("mark") in MARKS, f"{where} has no mark"
            assert value["mark"] == "assumed" or value.get("source"), f"{where} has no source"


@pytest.mark.parametrize("name", [*policy_names(), *caseload_names()])
def test_every_figure_keeps_its_value_inside_its_range(name: str) -> None:
    inputs: Inputs = load_policy(name) if name in policy_names() else load_caseload(name)
    for path, figure in inputs.figures.items():
        if path == "origins" or path.startswith("countries."):  # shares; a median where a country has no figure
            assert figure.mark in MARKS
            continue
        assert figure.value == given_at(inputs, path), path
        if figure.low is not None:
            assert figure.low <= figure.value, path
        if figure.high is not None:
            assert figure.value <= figure.high, path


def given_at(inputs: Inputs, path: str) -> Any:
    """The value that a figure stands behind, a regime's levers and the inflow by year among them."""
    if path.startswith("regime."):
        _, number, lever = path.split(".", 2)
        return inputs.regimes[int(number)].levers[lever]  # type: ignore[attr-defined]
    if path.startswith("inflow."):
        return inputs.inflow[path.split(".")[1]]  # type: ignore[attr-defined]
    return read(inputs, path)


def test_names_and_words_of_shipped_files_are_neutral() -> None:
    loaded_words = ("illegal", "bogus", "bribe", "failed asylum seeker", "crackdown", "amnesty", "deport")
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8").lower()
        assert not [word for word in loaded_words if word in text], path.name


# ---- what the named scenarios say -----------------------------------------------------------------


def test_pilot_offers_ten_thousand_a_person_for_exactly_one_week_to_families_there() -> None:
    offer = load_policy("uk-pilot-2026").offer
    assert (offer.amount_per_person, offer.household_cap) == (10_000, 40_000)
    assert (offer.start_week, offer.end_week, offer.acceptance_window_weeks, offer.claims_before_week) == (0, 1, 1, 0)
    assert (offer.families_only, offer.safe_origins_only, offer.open_refused) == (True, True, False)


def test_pilot_keeps_everything_of_the_baseline_but_the_offer_and_the_threat() -> None:
    base, pilot = load_policy("uk-2025"), load_policy("uk-pilot-2026")
    changed = {p for p in declarations(Policy) if read(base, p) != read(pilot, p)}
    assert {p for p in changed if not p.startswith("offer.")} == {"enforcement.announced_risk"}


@pytest.mark.parametrize(
    ("policy", "removals_a_year", "stock"),
    [("uk-2025", 1_862, 41_181), ("enforcement-only", 6_771, 41_181), ("uk-2005", 0.065 * 219_250, 219_250)],
)
def test_attempts_times_success_give_the_sourced_removals(policy: str, removals_a_year: float, stock: int) -> None:
    attempts = load_policy(policy).enforcement.attempts_per_1000_week
    success = load_caseload("uk-refused-2025").world.removal_success
    assert attempts * stock / 1_000 * 52.18 * success == pytest.approx(removals_a_year, rel=0.005)


def test_danish_amounts_are_documented_kroner_at_eight_point_seven() -> None:
    policy = load_policy("danish-2021")
    assert policy.offer.amount_per_person * 8.7 == pytest.approx(40_000)
    assert policy.standing.amount_per_person * 8.7 == pytest.approx(15_000)
    early = policy.standing.amount_per_person * (1 + policy.standing.early_bonus)
    assert early * 8.7 == pytest.approx(20_000, rel=1e-4)
    assert load_caseload("denmark-2020").world.dispersal_night * 365 * 8.7 == pytest.approx(350_000)


def test_danish_offer_as_reported_gives_a_household_of_any_size_thirty_thousand() -> None:
    offer = load_policy("danish-as-reported").offer
    assert offer.amount_per_person == offer.household_cap == 30_000


def test_offer_of_2006_is_announced_on_12_january_for_those_who_leave_by_the_end_of_the_year() -> None:
    """12 January 2006 is in week 53 of a run from 3 January 2005; the press has claims made before 2006, week 52."""
    policy = load_policy("uk-2006-offer")
    offer = policy.offer
    assert (offer.amount_per_person, offer.start_week, offer.end_week, offer.claims_before_week) == (3_000, 53, 104, 52)
    assert offer.deadline == "departure"
    assert policy.standing == load_policy("uk-2005").standing


def best(policy: Policy, week: int, origin_name: str = "", *, family: bool = False) -> float:
    """Largest amount a head among the offers open in a week."""
    found = []
    for offer in policy.offers.values():
        opens: Any = offer.start_week
        ends: Any = offer.end_week
        is_open = opens <= week and (ends is None or week < ends)
        if is_open and (offer.origins == "all" or origin_name in offer.origins) and (family or not offer.families_only):
            found.append(offer.amount_per_person)
    return max(found, default=0.0)


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        ("2005-01-03", 500), ("2005-07-25", 500), ("2005-08-01", 1_000), ("2006-01-02", 1_000), ("2006-01-16", 3_000),
        ("2006-07-03", 3_000), ("2006-12-25", 3_000), ("2007-01-01", 1_500), ("2007-02-05", 3_500),
        ("2007-05-28", 3_500), ("2007-06-04", 1_500), ("2007-11-05", 2_500), ("2010-03-22", 2_500),
        ("2010-04-05", 1_500),
    ],
)  # fmt: skip
def test_offers_of_2002_to_2015_are_those_of_the_record_on_the_days_of_the_record(day: str, amount: float) -> None:
    """Amounts and days of evidence/incentives.csv, for a person without children who claimed before 2006."""
    first = date.fromisoformat(load_caseload("uk-refused-2005").date)
    week = week_of(date.fromisoformat(day), first)
    now = [policy for begins, policy in load_policy("uk-2002-2015").timeline(first) if begins <= week][-1]
    assert best(now, week) == amount


def test_more_was_on_offer_to_iraq_and_afghanistan_for_a_year_and_to_families_from_2010() -> None:
    first = date.fromisoformat(load_caseload("uk-refused-2005").date)
    timeline = load_policy("uk-2002-2015").timeline(first)

    def on(day: str) -> tuple[Policy, int]:
        week = week_of(date.fromisoformat(day), first)
        return [policy for begins, policy in timeline if begins <= week][-1], week

    assert [best(*on(day), "Iraq") for day in ("2008-08-25", "2008-09-08", "2009-09-07")] == [2_500, 4_500, 2_500]
    assert best(*on("2008-09-08"), "Iran") == 2_500
    assert best(*on("2010-04-05"), family=True) == 2_000


def test_the_extension_of_june_2006_was_not_known_before_and_both_ends_are_of_departures() -> None:
    """The end announced in January is 30 June (a Friday in week 77); from 5 June on it is the end of the year."""
    first = date.fromisoformat(load_caseload("uk-refused-2005").date)
    timeline = dict(load_policy("uk-2002-2015").timeline(first))
    january, june, year_after = timeline[53].offer, timeline[74].offer, timeline[108].offer
    assert (january.end_week, january.deadline) == (78, "departure")
    assert (june.start_week, june.end_week, june.deadline) == (74, 104, "departure")
    assert (year_after.deadline, year_after.claims_before_week) == ("application", None)


def test_failed_claims_a_week_are_the_persons_of_the_bulletin_over_a_households_size() -> None:
    inflow = load_caseload("uk-refused-2005").inflow
    assert inflow["2005"] * 52.18 * 1.17 == pytest.approx(45_200, rel=1e-3)
    assert inflow["2006"] * 52.18 * 1.17 == pytest.approx(20_700, rel=1e-3)


def test_danish_departures_arranged_by_the_state_are_those_counted_in_2022() -> None:
    """79 escorted and 142 put on a plane, all taken to be without children; final refusals by year are the inflow."""
    enforcement, caseload = load_policy("danish-2020").enforcement, load_caseload("denmark-2020")
    attempts = enforcement.attempts_per_1000_week * caseload.households / 1_000
    assert attempts * 52.18 * caseload.world.removal_success == pytest.approx(79 + 142, rel=2e-3)
    assert caseload.world.unescorted == pytest.approx(142 / 221, rel=1e-3)
    assert caseload.inflow["2021"] * 52.18 * 1.33 == pytest.approx(352, rel=1e-3)
    assert load_caseload("denmark-2009").inflow["2014"] * 52.18 * 1.33 == pytest.approx(1_541, rel=1e-3)


def test_danish_policies_differ_from_each_other_in_their_offer_alone() -> None:
    """So that what is compared is the money: the support of singles goes on in all three."""
    base = load_policy("danish-2020")
    for name in ("danish-2021", "danish-as-reported"):
        other = load_policy(name)
        changed = {p for p in declarations(Policy) if read(base, p) != read(other, p)}
        assert changed, name
        assert all(p.startswith("offer.") for p in changed), name
    assert base.support.singles == "continue"


def test_no_british_offer_is_left_in_a_policy_of_another_country_or_without_offers() -> None:
    for name in ("danish-2020", "danish-2021", "danish-as-reported", "danish-2010-2022", "enforcement-only"):
        assert load_policy(name).offers["undecided"].amount_per_person == 0, name


def test_british_procedure_takes_the_time_that_was_counted_and_its_offices_keep_up() -> None:
    """A third of those waiting for over a year is a mean of 47 weeks: exp(−52 / 47) = 1/3."""
    for name in ("uk-families-2026", "uk-refused-2025", "uk-asylum-2025"):
        caseload = load_caseload(name)
        procedure = caseload.procedure
        refused = sum(share * (1 - origin(land).grant_rate) for land, share in caseload.origins.items())
        assert math.exp(-52 / procedure.decision_weeks) == pytest.approx(1 / 3, abs=0.005)
        assert procedure.appeal_weeks == 54
        assert procedure.decisions_per_week >= caseload.inflow_per_week, name
        assert procedure.appeals_per_week >= caseload.inflow_per_week * refused * procedure.appeal_share, name


def test_an_early_offer_opens_with_the_first_refusal_and_falls_after_its_window() -> None:
    policy = load_policy("uk-upfront-early")
    early, later = policy.offer, policy.offers["later"]
    assert (early.open_refused, early.open_exhausted, early.acceptance_window_weeks) == (True, False, 13)
    assert (later.open_refused, later.open_exhausted, later.acceptance_window_weeks) == (True, True, None)
    assert early.amount_per_person == load_policy("uk-upfront-national").offer.amount_per_person
    assert early.amount_per_person > later.amount_per_person > policy.standing.amount_per_person


def test_section9_differs_from_its_control_in_the_support_of_families_alone() -> None:
    control, treated = load_policy("uk-2005"), load_policy("section9")
    changed = {p for p in declarations(Policy) if read(control, p) != read(treated, p)}
    assert changed == {"support.families", "support.families_weeks"}


def test_official_arithmetic_holds_families_of_three_and_the_hotel_as_only_cost() -> None:
    caseload = load_caseload("uk-families-2026-official")
    people = 1 + caseload.composition.second_adult + 1 + caseload.composition.extra_children
    assert (caseload.households, people, caseload.inflow_per_week) == (150, 3, 0)
    assert caseload.world.discount_rate == 0
    costs = [p for p, d in declarations(Caseload).items() if p.startswith("world.") and d.unit.startswith("GBP/")]
    aside = ("world.pull_", "world.income_", "world.support_worth")
    paid = {p for p in costs if read(caseload, p) and not p.startswith(aside)}
    assert paid == {"world.hotel_night"}


def test_whole_refused_stock_is_one_to_one_and_its_flow_is_the_sourced_number_of_refusals() -> None:
    caseload = load_caseload("uk-refused-2025")
    assert caseload.households == 41_181
    refused = sum(share * (1 - origin(name).grant_rate) for name, share in caseload.origins.items())
    assert caseload.inflow_per_week * refused * 52.18 == pytest.approx(49_566 - 11_743, rel=0.002)


def test_cohort_counts_the_finally_refused_of_eleven_years() -> None:
    years = [row for row in table("uk_refused_cohort_outcomes") if 2010 <= int(row["application_year"]) <= 2020]
    assert load_caseload("uk-cohort-2010").households == sum(int(row["latest_refusals"]) for row in years)


# ---- writing a file of one's own ------------------------------------------------------------------


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_extends_keeps_what_the_file_does_not_give_with_its_sources(tmp_path: Path) -> None:
    path = written(tmp_path, 'extends = "uk-pilot-2026"\n[offer]\namount_per_person = 5000\n')
    mine, base = load_policy(path), load_policy("uk-pilot-2026")
    changed = {p for p in declarations(Policy) if read(base, p) != read(mine, p)}
    assert mine.name == "mine"
    assert changed == {"offer.amount_per_person"}
    assert mine.figure("offer.household_cap") == base.figure("offer.household_cap")
    assert mine.figure("offer.amount_per_person").mark == "assumed"
    assert mine.figure("offer.amount_per_person").source == ""


def test_extends_a_neighbouring_file_and_takes_a_limit_away_with_none(tmp_path: Path) -> None:
    written(tmp_path, "[offer]\nhousehold_cap = 100\nend_week = 3\n", "base.toml")
    path = written(tmp_path, 'extends = "base.toml"\n[offer]\nhousehold_cap = "none"\n')
    assert load_policy(path).offer.household_cap is None
    assert load_policy(path).offer.end_week == 3


def test_reference_to_the_evidence_brings_value_range_mark_and_source(tmp_path: Path) -> None:
    entry = 'dispersal_night = { evidence = "costs:nonhotel_night_inferred", times = 2 }'
    path = written(tmp_path, f"[origins]\nAlbania = 1\n[world]\n{entry}\n")
    figure = load_caseload(path).figure("world.dispersal_night")
    assert (figure.value, figure.low, figure.high, figure.mark) == (30.6, 28.0, 46.0, "inferred")
    assert figure.source.startswith("NAO May 2025")


def test_converted_primary_figure_is_marked_inferred(tmp_path: Path) -> None:
    path = written(tmp_path, '[offer]\namount_per_person = { evidence = "incentives:dk_later", times = 0.1 }\n')
    assert load_policy(path).figure("offer.amount_per_person").mark == "inferred"
    assert evidence_figure("incentives:dk_later").mark == "primary"


def test_caseload_from_a_table_of_households_counts_its_rows_and_origins(tmp_path: Path) -> None:
    (tmp_path / "families.csv").write_text(
        "origin,size,children,school_children,stage,housing\nAlbania,4,2,1,exhausted,hotel\nGambia,1,,,,own\n", "utf-8"
    )
    caseload = load_caseload(written(tmp_path, 'rows = "families.csv"\n'))
    assert caseload.households == 2
    assert caseload.origins == {"Albania": 0.5, "Gambia, The": 0.5}
    assert (caseload.rows[0].size, caseload.rows[0].school_children, caseload.rows[1].housing) == (4, 1, "own")


EUROPEAN = (
    "Origin;Size;Children;Weeks in stage;HOUSING\nalb;3.0;1;52,5;Hotel\n;;;;\nviet nam;1;;;OWN\nDR Congo;2;1;1.5;\n"
)


def test_a_table_as_a_european_spreadsheet_saves_it_is_read(tmp_path: Path) -> None:
    for text in (EUROPEAN, EUROPEAN.replace(";", "\t")):
        (tmp_path / "families.csv").write_text(text, "utf-8-sig")
        caseload = load_caseload(written(tmp_path, 'rows = "families.csv"\n'))
        assert list(caseload.origins) == ["Albania", "Vietnam", "Congo (Democratic Republic)"]
        assert [row.weeks_in_stage for row in caseload.rows] == [52.5, 0.0, 1.5]
        assert [row.size for row in caseload.rows] == [3, 1, 2]
        assert [row.housing for row in caseload.rows] == ["hotel", "own", "hotel"]


def test_a_comma_between_cells_is_no_decimal_comma(tmp_path: Path) -> None:
    (tmp_path / "families.csv").write_text('origin,size,weeks_in_stage\nIraq,1,"1,500"\n', "utf-8")
    with pytest.raises(InputError, match="line 2, weeks_in_stage = '1,500' is not accepted: a finite number"):
        load_caseload(written(tmp_path, 'rows = "families.csv"\n'))


def test_a_spreadsheet_is_read_like_a_table_of_text(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="needs the extra `spreadsheet`")
    columns = {"origin": ["ALB", "Iraq", None], "size": [3, 2, None], "weeks_in_stage": [52.5, None, None]}
    pd.DataFrame(columns).to_excel(tmp_path / "families.xlsx", index=False)
    caseload = load_caseload(written(tmp_path, 'rows = "families.xlsx"\n'))
    assert [(row.origin, row.size, row.weeks_in_stage) for row in caseload.rows] == [
        ("Albania", 3, 52.5),
        ("Iraq", 2, 0),
    ]
    (tmp_path / "families.xlsx").write_text("no spreadsheet", "utf-8")
    with pytest.raises(InputError, match=r"rows = 'families\.xlsx' is not accepted: a spreadsheet that can be read"):
        load_caseload(written(tmp_path, 'rows = "families.xlsx"\n'))


def test_the_record_of_a_run_holds_the_hash_of_the_households_and_not_the_people(tmp_path: Path) -> None:
    def record(text: str) -> dict[str, Any]:
        (tmp_path / "families.csv").write_text(text, "utf-8")
        return load_caseload(written(tmp_path, 'rows = "families.csv"\n')).record()

    one, same, other = (
        record("origin,size\nIraq,3\n"),
        record("origin;size\nIRQ;3,0\n"),
        record("origin,size\nIraq,4\n"),
    )
    assert one["rows"]["households"] == 1
    assert set(one["rows"]) == {"households", "sha256"}
    assert one["rows"] == same["rows"]
    assert one["rows"] != other["rows"]


# ---- what a caseload says of countries --------------------------------------------------------------

OWN = """date = "2010-06-01"
[origins]
Moldova = 0.5
Somaliland = 0.5
[countries.moldova]
income = { value = 30000, unit = "MDL/person/year", times = 0.05, mark = "primary", source = "statistics office" }
safety = 0.6
grant_rate = { value = 0.02, mark = "press", source = "a paper" }
[countries.Somaliland]
like = "Somalia"
safety = 0.65
returnable = false
"""


def test_a_caseload_overrides_a_country_and_adds_a_place(tmp_path: Path) -> None:
    caseload = load_caseload(written(tmp_path, OWN))
    moldova, somalia = home(caseload, "MDA"), origin("Somalia", 2010)
    assert (moldova.income_gbp, moldova.safety, moldova.grant_rate) == (1_500.0, 0.6, 0.02)
    assert moldova.appeal_allowed == origin("Moldova").appeal_allowed
    assert "grant_rate" not in moldova.filled
    told = caseload.figures["countries.Moldova.income"]
    assert (told.value, told.unit, told.mark) == (1_500.0, "GBP/person/year", "inferred")
    assert told.note == "30,000 MDL/person/year × 0.05"
    place = home(caseload, "somaliland")
    assert (place.name, place.safety, place.returnable) == ("Somaliland", 0.65, False)
    assert place.income_gbp == somalia.income_gbp
    assert place.iso3 not in {land.iso3 for land in origins().values()}


def test_what_a_caseload_says_of_countries_is_inherited_field_by_field_and_exported(tmp_path: Path) -> None:
    written(tmp_path, OWN, "base.toml")
    caseload = load_caseload(written(tmp_path, 'extends = "base.toml"\n[countries.Moldova]\nsafety = 0.7\n'))
    assert (home(caseload, "Moldova").safety, home(caseload, "Moldova").income_gbp) == (0.7, 1_500.0)
    again = load_caseload(written(tmp_path, to_toml(caseload), "again.toml"))
    assert again.countries == caseload.countries
    assert again.figures["countries.Moldova.grant_rate"] == caseload.figures["countries.Moldova.grant_rate"]


def test_an_income_of_no_year_is_told_as_assumed(tmp_path: Path) -> None:
    caseload = load_caseload(written(tmp_path, "[origins]\nTaiwan = 0.5\nAlbania = 0.5\n"))
    told = caseload.figures["countries.Taiwan.income"]
    assert (told.mark, told.note) == ("assumed", "no figure: median of Eastern Asia")
    assert not [path for path in caseload.figures if "Albania" in path]


def test_a_figure_in_another_currency_is_converted_at_the_rate_it_gives(tmp_path: Path) -> None:
    given = 'value = 40000, low = 20000, unit = "DKK/person", times = 0.125, mark = "press"'
    text = f"[offer]\namount_per_person = {{ {given} }}\n"
    figure = load_policy(written(tmp_path, text)).figure("offer.amount_per_person")
    assert (figure.value, figure.low, figure.unit, figure.mark) == (5_000.0, 2_500.0, "GBP/person", "inferred")


def test_file_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes("\ufefftitle = 'marked'\n".encode())
    assert load_policy(path).title == "marked"


def test_behaviour_of_a_file_replaces_the_fitted_one(tmp_path: Path) -> None:
    assert load_behaviour(written(tmp_path, "money = 0.25\n")).money == 0.25
    assert isinstance(load_behaviour(), Behaviour)


def test_an_ensemble_is_read_a_row_a_vector_and_the_rest_stays_fitted(tmp_path: Path) -> None:
    table = tmp_path / "draws.csv"
    table.write_text("draw,money,behaviour.consider\n0,0.5,0.2\n1,0.75,0.3\n")
    found = load_behaviour_draws(table)
    assert [(b.money, b.consider) for b in found] == [(0.5, 0.2), (0.75, 0.3)]
    fitted = load_behaviour()
    assert {b.safety for b in found} == {fitted.safety}
    assert found[1].figure("money").value == 0.75
    assert found[1].figure("money").mark == fitted.figure("money").mark
    assert load_behaviour_draws(tmp_path / "none.csv") == []
    table.write_text("mony\n0.5\n")
    with pytest.raises(InputError, match="money"):
        load_behaviour_draws(table)


# ---- settings -------------------------------------------------------------------------------------


def test_settings_reach_policy_world_caseload_and_behaviour() -> None:
    policy, caseload, behaviour = apply_settings(
        load_policy("uk-pilot-2026"),
        load_caseload("uk-families-2026"),
        Behaviour(),
        {
            "offer.amount_per_person": "5000",
            "offer.household_cap": "none",
            "offer.families_only": "false",
            "support.families": "end_after",
            "world.hotel_night": "118.87",
            "caseload.inflow_per_week": 2,
            "behaviour.money": "0.5",
        },
    )
    offer = policy.offer
    assert (offer.amount_per_person, offer.household_cap, offer.families_only) == (5_000, None, False)
    assert policy.support.families == "end_after"
    assert (caseload.world.hotel_night, caseload.inflow_per_week, behaviour.money) == (118.87, 2, 0.5)
    assert policy.figure("offer.amount_per_person").mark == "assumed"


def test_settings_leave_the_inputs_they_came_from_untouched() -> None:
    policy, caseload, behaviour = load_policy("uk-2025"), load_caseload("uk-families-2026"), Behaviour()
    apply_settings(policy, caseload, behaviour, {"standing.amount_per_person": 1, "world.hotel_night": 1})
    assert policy.model_dump() == load_policy("uk-2025").model_dump()
    assert caseload.world.hotel_night == load_caseload("uk-families-2026").world.hotel_night


def test_no_settings_give_back_the_same_objects() -> None:
    inputs = (load_policy("uk-2025"), load_caseload("uk-families-2026"), Behaviour())
    assert all(a is b for a, b in zip(apply_settings(*inputs, {}), inputs, strict=True))


def test_shares_set_together_are_checked_together() -> None:
    changes = {"caseload.housing.hotel": "0.5", "caseload.housing.dispersal": "0.5", "caseload.housing.own": "0"}
    _, caseload, _ = apply_settings(Policy(), load_caseload("uk-families-2026"), Behaviour(), changes)
    assert (caseload.housing.hotel, caseload.housing.dispersal) == (0.5, 0.5)


# ---- round trip -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", policy_names())
def test_shipped_policy_written_and_read_again_is_the_same_with_its_figures(name: str, tmp_path: Path) -> None:
    policy = load_policy(name)
    again = load_policy(written(tmp_path, to_toml(policy)))
    assert again.model_dump() == policy.model_dump()
    assert dict(again.figures) == dict(policy.figures)


@pytest.mark.parametrize("name", caseload_names())
def test_shipped_caseload_written_and_read_again_is_the_same(name: str, tmp_path: Path) -> None:
    caseload = load_caseload(name)
    again = load_caseload(written(tmp_path, to_toml(caseload)))
    assert again.model_dump() == caseload.model_dump()
    assert {p: f for p, f in again.figures.items() if p != "origins"} == {
        p: f for p, f in caseload.figures.items() if p != "origins"
    }


def value_of(path: str) -> st.SearchStrategy[Any]:
    declared = declarations(Policy)[path]
    if declared.choices:
        return st.sampled_from(declared.choices)
    low, high = declared.ge if declared.ge is not None else 0, declared.le if declared.le is not None else NO_LIMIT
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "int": st.integers(int(low), int(high)),
        "week": st.integers(int(low), int(high)) | st.dates(date(2000, 1, 1), date(2040, 1, 1)),
        "str": st.sampled_from(["all", "Iraq", "Iraq, Albania"]),
        "float": st.floats(low, high),
    }
    return st.none() | kinds[declared.kind] if declared.optional else kinds[declared.kind]


def consistent(values: dict[str, Any]) -> dict[str, Any]:
    """Draws put in order: a cap not below the amount, a deadline not before the start."""
    for offer in ("offer", "standing"):
        cap, end = values.get(f"{offer}.household_cap"), values.get(f"{offer}.end_week")
        if cap is not None:
            values[f"{offer}.household_cap"] = max(cap, values.get(f"{offer}.amount_per_person", 0.0))
        start = values.get(f"{offer}.start_week", 0)
        if end is not None and isinstance(start, type(end)):
            values[f"{offer}.end_week"] = max(end, start)
    return values


ANY_POLICY = st.fixed_dictionaries({}, optional={p: value_of(p) for p in declarations(Policy)}).map(consistent)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(changes=ANY_POLICY, title=ANY_TEXT)
def test_any_policy_written_and_read_again_is_the_same(
    changes: dict[str, Any], title: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    policy = Policy(name="any", title=title).with_values(changes)
    again = load_policy(written(tmp_path_factory.mktemp("round"), to_toml(policy)))
    assert again.model_dump() == policy.model_dump()
