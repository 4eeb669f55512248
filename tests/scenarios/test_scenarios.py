"""Shipped scenario files, and what a scenario file may say."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.evidence.figures import evidence_figure, table
from abm.evidence.homeland import origin, origins
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import MARKS, InputError, Inputs, declarations, read
from abm.inputs.policy import Policy
from abm.numerics.calendar import NO_LIMIT
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
}  # fmt: skip
CASELOADS = {
    "uk-families-2026", "uk-families-2026-official", "uk-refused-2025", "uk-refused-2005", "uk-cohort-2010",
    "section9-2005", "denmark-2020", "uk-status-2026",
}  # fmt: skip


def given_values(section: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of a scenario file: dotted path and what stands there."""
    for key, value in section.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict) and not {"value", "evidence"} & set(value) and where != "origins":
            yield from given_values(value, where)
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
    assert set(caseload.origins) <= set(origins())


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
        if path == "origins":
            assert figure.mark in MARKS
            continue
        assert figure.value == read(inputs, path), path
        if figure.low is not None:
            assert figure.low <= figure.value, path
        if figure.high is not None:
            assert figure.value <= figure.high, path


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


def test_offer_of_2006_opens_in_week_52_for_earlier_claims_and_closes_with_the_year() -> None:
    offer = load_policy("uk-2006-offer").offer
    assert (offer.amount_per_person, offer.start_week, offer.end_week, offer.claims_before_week) == (3_000, 52, 104, 52)
    assert load_policy("uk-2006-offer").standing == load_policy("uk-2005").standing


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
    paid = {p for p in costs if read(caseload, p) and p not in ("world.pull_reference", "world.pull_reference_offer")}
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
        "float": st.floats(low, high),
    }
    return st.none() | kinds[declared.kind] if declared.optional else kinds[declared.kind]


def consistent(values: dict[str, Any]) -> dict[str, Any]:
    """Draws put in order: a cap not below the amount, a deadline not before the start."""
    for offer in ("offer", "standing"):
        cap, end = values.get(f"{offer}.household_cap"), values.get(f"{offer}.end_week")
        if cap is not None:
            values[f"{offer}.household_cap"] = max(cap, values.get(f"{offer}.amount_per_person", 0.0))
        if end is not None:
            values[f"{offer}.end_week"] = max(end, values.get(f"{offer}.start_week", 0))
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
