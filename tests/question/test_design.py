"""Designs say what they vary, lay the points they promise, and refuse what they cannot mean."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, build
from abm.scenarios.scenario import load_behaviour, load_behaviour_draws
from experiments.question.design import DESIGNS, Design, design_names, load_design
from experiments.question.study import lay_out
from experiments.storing.output import fingerprint

AMOUNT = "offer.amount_per_person"


def design(**fields: Any) -> dict[str, Any]:
    return {"variants": ["uk-pilot-2026"], "set": {"offer.household_cap": "none"}, **fields}


def points(**fields: Any) -> list[dict[str, Any]]:
    study = lay_out(design(**fields))
    return [study.settings(cell) for cell in range(study.cells)]


# ---- what is laid -----------------------------------------------------------------------------------


def test_a_grid_is_every_combination_once() -> None:
    laid = points(factors={AMOUNT: [0, 5000], "offer.early_bonus": {"low": 0, "high": 1, "levels": 3}})
    assert laid == [{AMOUNT: a, "offer.early_bonus": b} for a in (0.0, 5000.0) for b in (0.0, 0.5, 1.0)]


def test_one_at_a_time_leaves_the_other_factors_at_the_variants_own_values() -> None:
    fields = design(factors={AMOUNT: [0, 20000], "behaviour.money": [0.1]}, sampling={"method": "one-at-a-time"})
    study = lay_out(fields)
    assert [study.settings(c) for c in range(study.cells)] == [
        {},
        {AMOUNT: 0.0},
        {AMOUNT: 20000.0},
        {"behaviour.money": 0.1},
    ]
    assert study.value(3, AMOUNT) == study.shared.cases[0].policy.offer.amount_per_person
    # Every replicate has a draw of its own; with the one fitted behaviour there is one number.
    assert study.value(0, "behaviour.money") is None
    one = lay_out({**fields, "uncertainty": "seeds"})
    assert one.value(0, "behaviour.money") == load_behaviour().money
    assert study.points.varied == ("", AMOUNT, AMOUNT, "behaviour.money")


def test_own_in_a_list_is_the_variants_own_value() -> None:
    study = lay_out(design(variants=["uk-2025", "uk-pilot-2026"], factors={AMOUNT: [0, "own"]}))
    assert [study.value(cell, AMOUNT) for cell in range(4)] == [0.0, 0.0, 0.0, 10000.0]


def test_a_latin_hypercube_has_one_point_in_each_stratum_of_each_factor() -> None:
    fields = {"factors": {AMOUNT: {"low": 0, "high": 20000}, "behaviour.money": {"low": 0.2, "high": 1.6}}}
    laid = points(**fields, sampling={"method": "latin-hypercube", "points": 50})
    for path, low, high in ((AMOUNT, 0, 20000), ("behaviour.money", 0.2, 1.6)):
        strata = sorted(int((row[path] - low) / (high - low) * 50) for row in laid)
        assert strata == list(range(50))


def test_a_sobol_sample_fills_every_half_equally() -> None:
    fields = {"factors": {AMOUNT: {"low": 0, "high": 20000}, "behaviour.money": "plausible"}}
    laid = points(**fields, sampling={"method": "sobol", "points": 64})
    assert sum(row[AMOUNT] < 10000 for row in laid) == 32


def test_saltelli_changes_one_factor_between_the_base_point_and_each_of_its_neighbours() -> None:
    fields = {
        "factors": {AMOUNT: {"low": 0, "high": 20000}, "behaviour.money": "plausible", "offer.early_bonus": [0, 1]}
    }
    laid = points(**fields, sampling={"method": "saltelli", "points": 8})
    assert len(laid) == 8 * (3 + 2)
    for base in range(0, len(laid), 5):
        for k, path in enumerate(fields["factors"], start=1):
            changed = {name for name in laid[base] if laid[base][name] != laid[base + k][name]}
            assert changed <= {path}


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol", "saltelli"])
def test_a_sample_is_the_same_every_time_also_with_seed_zero(method: str) -> None:
    fields = {"factors": {AMOUNT: {"low": 0, "high": 20000}}, "sampling": {"method": method, "points": 16}}
    assert points(**fields, seed=0) == points(**fields, seed=0) != points(**fields, seed=1)


def test_an_integer_range_reaches_both_ends() -> None:
    fields = {"factors": {"offer.acceptance_window_weeks": {"low": 1, "high": 4}}}
    laid = points(**fields, sampling={"method": "sobol", "points": 64})
    assert Counter(row["offer.acceptance_window_weeks"] for row in laid) == {1: 16, 2: 16, 3: 16, 4: 16}


def test_a_logarithmic_range_has_equal_ratios() -> None:
    laid = points(factors={AMOUNT: {"low": 100, "high": 10000, "levels": 3, "scale": "log"}})
    assert [row[AMOUNT] for row in laid] == pytest.approx([100, 1000, 10000])


def test_plausible_is_the_range_of_the_figure_in_force() -> None:
    study = lay_out(design(factors={"world.hotel_night": "plausible"}, sampling={"levels": 2}))
    figure = study.shared.cases[0].caseload.figure("world.hotel_night")
    assert [study.settings(c)["world.hotel_night"] for c in (0, 1)] == [figure.low, figure.high]


def test_dotted_keys_read_the_same_quoted_or_not(tmp_path: Path) -> None:
    quoted, plain = tmp_path / "a.toml", tmp_path / "b.toml"
    quoted.write_text('[factors]\n"offer.early_bonus" = [0, 1]\n"behaviour.money" = { low = 0.2, high = 1.0 }\n')
    plain.write_text("[factors]\noffer.early_bonus = [0, 1]\nbehaviour.money = { low = 0.2, high = 1.0 }\n")
    assert load_design(quoted).factors == load_design(plain).factors


def test_every_point_and_variant_meets_the_same_seeds() -> None:
    study = lay_out(design(variants=["uk-2025", "uk-pilot-2026"], factors={AMOUNT: [0, 1000]}, seed=7, replicates=3))
    assert study.cells == 4
    assert study.runs == 12
    # A run's seed is made of the design's seed, the replicate and the draw alone: no variant or point enters.
    assert [[study.shared.seed_of(cell, r) for r in range(3)] for cell in range(4)] == [[7, 8, 9]] * 4


def test_posterior_draws_are_crossed_with_points(tmp_path: Path) -> None:
    (tmp_path / "posterior.csv").write_text("draw,behaviour.money,behaviour.norm\n0,0.5,1\n1,0.6,2\n2,0.7,3\n")
    study = lay_out(design(factors={AMOUNT: [0, 1000]}, posterior=str(tmp_path / "posterior.csv"), draws=2))
    assert [study.settings(cell) for cell in range(study.cells)] == [
        {AMOUNT: a, "behaviour.money": m, "behaviour.norm": n}
        for a in (0.0, 1000.0)
        for m, n in ((0.5, 1.0), (0.6, 2.0))
    ]


def test_what_does_not_enter_a_run_does_not_change_the_fingerprint() -> None:
    one = lay_out(design(factors={AMOUNT: [0, 1000]}))
    other = lay_out(design(factors={AMOUNT: [0, 1000]}, title="Another title", replicates=99, name="other"))
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("change", [
    {"weeks": 100}, {"seed": 1}, {"households": 10}, {"variants": ["uk-2025"]}, {"caseload": "uk-refused-2025"},
    {"factors": {AMOUNT: [0, 1001]}}, {"set": {"offer.household_cap": 50000}}, {"series": True},
])  # fmt: skip
def test_what_enters_a_run_changes_the_fingerprint(change: dict[str, Any]) -> None:
    fields = design(factors={AMOUNT: [0, 1000]})
    assert lay_out(fields).fingerprint != lay_out({**fields, **change}).fingerprint


# ---- for whom, and together -----------------------------------------------------------------------


def test_origins_in_another_order_are_another_study() -> None:
    """Households are drawn from origins in their order: runs of both in one folder would not be of one population."""
    study = lay_out(design())
    case = study.shared.cases[0]
    turned = build(Caseload, {**vars(case.caseload), "origins": dict(reversed(case.caseload.origins.items()))})
    cases = tuple(replace(case, caseload=turned) for case in study.shared.cases)
    other = replace(study, shared=replace(study.shared, cases=cases))
    assert [name for name in study.inputs if study.inputs[name] != other.inputs[name]] == ["caseload"]
    assert case.identity(1) != cases[0].identity(1)
    record, again = case.caseload.record(), turned.record()
    assert fingerprint({"caseload": record}) != fingerprint({"caseload": again})
    assert fingerprint({"a": 1, "b": [{"c": 2, "d": 3}]}) == fingerprint({"b": [{"d": 3, "c": 2}], "a": 1})


def test_a_lever_of_one_variant_leaves_the_others_alone_and_does_not_run_them_twice() -> None:
    study = lay_out(design(
        variants=["uk-pilot-2026", "uk-upfront-national"], baseline="uk-2025", replicates=3,
        factors={f"uk-pilot-2026:{AMOUNT}": [3000, 5000], "world.hotel_night": [100, 120]},
    ))  # fmt: skip
    paid = [study.case(cell).policy.offer.amount_per_person for cell in range(study.cells)]
    assert paid[:4] == [3000, 3000, 5000, 5000]
    assert set(paid[4:8]) == {abm.load_policy("uk-upfront-national").offer.amount_per_person}
    assert study.active.tolist() == [True] * 4 + [True, True, False, False] + [True, True]
    assert study.runs == (4 + 2 + 2) * 3
    assert study.value(4, f"uk-pilot-2026:{AMOUNT}") is None


def test_the_baselines_own_lever_moves_the_baseline_and_each_has_its_comparison() -> None:
    study = lay_out(design(baseline="uk-2025", factors={"uk-2025:standing.amount_per_person": [1000, 2000]}))
    assert study.cells == 2 + 2
    assert study.active.all()
    assert [study.case(cell).policy.standing.amount_per_person for cell in (2, 3)] == [1000, 2000]


def test_tied_paths_take_the_same_value() -> None:
    tied = "offer.amount_per_person, standing.amount_per_person"
    study = lay_out(design(factors={tied: [0, 4000], "offer.early_bonus": [0, 1]}))
    assert len(study.points) == 4
    for cell in range(study.cells):
        policy = study.case(cell).policy
        assert policy.offer.amount_per_person == policy.standing.amount_per_person == (0, 0, 4000, 4000)[cell]
    assert study.paths == (AMOUNT, "standing.amount_per_person", "offer.early_bonus")
    alone = lay_out(design(factors={tied: [0, 4000]}, sampling={"method": "one-at-a-time"}))
    assert alone.points.varied == ("", tied, tied)


@pytest.mark.parametrize("method", ["sobol", "saltelli"])
def test_more_points_of_a_sequence_are_of_the_same_study_and_begin_with_its_points(method: str) -> None:
    fields = design(factors={AMOUNT: {"low": 0, "high": 20000}, "offer.early_weeks": {"low": 1, "high": 9}})
    few, many = (lay_out({**fields, "sampling": {"method": method, "points": n}}) for n in (8, 32))
    assert few.fingerprint == many.fingerprint
    for path in few.points.columns:
        assert list(many.points.columns[path][: len(few.points)]) == list(few.points.columns[path])
    for change in ({"seed": 1}, {"factors": {AMOUNT: {"low": 0, "high": 19999}, "offer.early_weeks": [1, 9]}}):
        assert lay_out({**fields, **change, "sampling": {"method": method, "points": 8}}).fingerprint != few.fingerprint


def test_more_points_of_a_latin_hypercube_are_another_sample() -> None:
    fields = design(factors={AMOUNT: {"low": 0, "high": 20000}})
    few, many = (lay_out({**fields, "sampling": {"method": "latin-hypercube", "points": n}}) for n in (8, 32))
    assert few.fingerprint != many.fingerprint


def test_points_that_clash_are_named_when_refused_and_can_be_left_out() -> None:
    fields: dict[str, Any] = {
        "variants": ["uk-pilot-2026", "uk-upfront-national"], "baseline": "uk-2025",
        "factors": {AMOUNT: [5000, 20000], "offer.household_cap": [10000, 40000]},
    }  # fmt: skip
    with pytest.raises(InputError, match=r"point 2 of uk-pilot-2026 \(offer.amount_per_person = 20000.0, offer.house"):
        lay_out(fields).check()
    study = lay_out({**fields, "sampling": {"skip_clashes": True}})
    study.check()
    assert set(study.clashes) == {(0, 2), (1, 2)}
    assert study.active.tolist() == [True, True, False, True] * 2 + [True]
    assert study.fingerprint == lay_out(fields).fingerprint


def test_a_design_of_clashes_alone_is_refused() -> None:
    study = lay_out({"variants": ["uk-pilot-2026"], "factors": {AMOUNT: [90000]}, "sampling": {"skip_clashes": True}})
    with pytest.raises(InputError, match="household_cap"):
        study.check()


def test_the_shipped_draws_can_be_named_and_counted() -> None:
    usual, fitted = lay_out(design()), lay_out(design(posterior="fitted"))
    assert usual.fingerprint == fitted.fingerprint
    assert usual.vectors == len(load_behaviour_draws())
    few = lay_out(design(posterior="fitted", draws=3))
    assert [member.money for member in few.shared.cases[0].members] == [m.money for m in load_behaviour_draws()[:3]]


def test_a_pandas_table_is_a_posterior(tmp_path: Path) -> None:
    table = pd.DataFrame({"draw": [0, 1], "behaviour.money": [0.5, 0.6]})
    table.to_csv(tmp_path / "same.csv", index=False)
    one, other = lay_out(design(posterior=table)), lay_out(design(posterior=str(tmp_path / "same.csv")))
    assert one.fingerprint == other.fingerprint
    assert [one.settings(cell) for cell in range(2)] == [{"behaviour.money": 0.5}, {"behaviour.money": 0.6}]


# ---- the ready designs ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", design_names())
def test_a_ready_design_can_be_run_as_it_is(name: str) -> None:
    study = lay_out(name)
    study.check()
    assert study.design.title
    assert study.design.describes


def test_the_ready_designs_cover_the_questions_asked() -> None:
    assert set(design_names()) >= {
        "offer-amount", "amount-early-bonus", "amount-acceptance-window", "amount-support-rule", "enforcement-offer",
        "pull-factor-amount", "peers", "safety-shock", "review-interval", "national-one-to-one", "pilot-sobol",
    }  # fmt: skip
    assert {path.parent for path in DESIGNS.glob("*.toml")} == {DESIGNS}


def test_the_dose_response_runs_from_nothing_to_twenty_thousand() -> None:
    study = lay_out("offer-amount")
    amounts = np.array(study.points.columns[AMOUNT])
    assert (amounts.min(), amounts.max()) == (0.0, 20000.0)
    assert study.shared.settings["offer.household_cap"] in (None, "none")


def test_the_national_design_simulates_every_household() -> None:
    study = lay_out("national-one-to-one")
    assert all(case.size == case.caseload.households for case in study.shared.cases)


def test_the_sobol_design_has_about_ten_thousand_runs() -> None:
    # 256 base points of 10 rows, of which the baseline meets all but the one that moves the amount; two seeds each.
    assert lay_out("pilot-sobol").runs == 256 * (10 + 9) * 2


# ---- what is refused --------------------------------------------------------------------------------


REFUSED: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({"factor": {}}, "factor", "no such field", "factors"),
    ({"factors": {"offer.amount_per_persn": [1]}}, "factors.offer.amount_per_persn", "no such parameter", AMOUNT),
    ({"factors": {AMOUNT: [-1]}}, f"factors.{AMOUNT}", "0 to 100000", None),
    ({"factors": {AMOUNT: ["many"]}}, f"factors.{AMOUNT}", "a number", None),
    ({"factors": {AMOUNT: [float("nan")]}}, f"factors.{AMOUNT}", "a number", None),
    ({"factors": {AMOUNT: 1000}}, f"factors.{AMOUNT}", "belongs in [set]", None),
    ({"factors": {AMOUNT: []}}, f"factors.{AMOUNT}", "at least one value", None),
    ({"factors": {AMOUNT: [1, 1]}}, f"factors.{AMOUNT}", "each once", None),
    ({"factors": {AMOUNT: {"low": 5, "high": 3}}}, f"factors.{AMOUNT}", "low is below its high", None),
    ({"factors": {AMOUNT: {"low": 0, "high": 5, "levls": 3}}}, f"factors.{AMOUNT}.levls", "one of", "levels"),
    ({"factors": {AMOUNT: {"low": 0}}}, f"factors.{AMOUNT}", "high is missing", None),
    ({"factors": {AMOUNT: {"low": 0, "high": 1e9}}}, f"factors.{AMOUNT}.high", "0 to 100000", None),
    ({"factors": {AMOUNT: {"low": 0, "high": 9, "scale": "log"}}}, f"factors.{AMOUNT}", "above zero", None),
    ({"factors": {"support.families": ["continu"]}}, "factors.support.families", "one of continue", "continue"),
    ({"factors": {"support.families": {"low": 0, "high": 1}}}, "factors.support.families", "a list", None),
    ({"factors": {"offer.child_share": "plausible"}}, "factors.offer.child_share", "no plausible range", None),
    ({"factors": {AMOUNT: [1]}, "set": {AMOUNT: 1}}, f"set.{AMOUNT}", "not in both", None),
    ({"set": {"offer.start_week": 1.5}}, "set.offer.start_week", "a whole number", None),
    ({"sampling": {"method": "soboll"}}, "sampling.method", "one of grid", None),
    ({"sampling": {"method": "sobol"}}, "factors", "at least one factor", None),
    ({"sampling": {"method": "sobol", "points": 9}, "factors": {AMOUNT: [0, 1]}}, "sampling.points", "8 or 16", None),
    ({"sampling": 3}, "sampling", "a section", None),
    ({"weeks": 0}, "weeks", "from 1 to 5000", None),
    ({"replicates": 2.5}, "replicates", "a whole number", None),
    ({"variants": []}, "variants", "at least one", None),
    ({"variants": ["uk-2025", "uk-2025"]}, "variants", "each variant once", None),
    ({"variants": ["uk-pilot-2027"]}, "variants", "known", "uk-pilot-2026"),
    ({"caseload": "uk-family-2026"}, "caseload", "known", "uk-families-2026"),
    ({"posterior": "none.csv"}, "posterior", "CSV or Parquet", None),
    ({"draws": 3}, "draws", "posterior", None),
    ({"posterior": "fitted", "draws": 9999}, "draws", "the shipped posterior", None),
    ({"posterior": "fitted", "uncertainty": "seeds"}, "uncertainty", "left out", None),
    ({"baseline": "uk-2024"}, "baseline", "known", "uk-2025"),
    ({"factors": {f"uk-pilot-2027:{AMOUNT}": [1]}}, f"factors.uk-pilot-2027:{AMOUNT}", "one of", None),
    ({"factors": {"uk-pilot-2026:world.hotel_night": [1]}}, "factors.uk-pilot-2026:world.hotel_night", "share", None),
    ({"factors": {AMOUNT: [1], f"uk-pilot-2026:{AMOUNT}": [2]}}, f"factors.uk-pilot-2026:{AMOUNT}", "once", None),
    ({"factors": {f"{AMOUNT}, offer.early_weeks": [1.5]}}, f"factors.{AMOUNT}, offer.early_weeks", "number", None),
    ({"factors": {f"{AMOUNT}, {AMOUNT}": [1]}}, f"factors.{AMOUNT}, {AMOUNT}", "once", None),
    ({"factors": {AMOUNT: [1]}, "set": {f"uk-pilot-2026:{AMOUNT}": 1}}, f"set.uk-pilot-2026:{AMOUNT}", "both", None),
    ({"every_household": True, "households": 5}, "households", "every_household", None),
    ({"factors": {"offer.start_week": {"low": 0, "high": 5000, "levels": 5000},
                  AMOUNT: {"low": 0, "high": 1, "levels": 99999}}}, "sampling.levels", "at most", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field", "allowed", "nearest"), REFUSED, ids=[row[1] + "-" + row[2] for row in REFUSED]
)
def test_a_bad_design_is_refused_by_name(fields: dict[str, Any], field: str, allowed: str, nearest: str | None) -> None:
    with pytest.raises(InputError) as refusal:
        lay_out(design(**fields) if "set" not in fields else fields)
    assert refusal.value.field == field
    assert allowed in refusal.value.allowed
    if nearest is not None:
        assert refusal.value.nearest == nearest


def test_values_that_clash_are_refused_before_anything_runs() -> None:
    study = lay_out({"variants": ["uk-pilot-2026"], "factors": {AMOUNT: [0, 90000]}})
    with pytest.raises(InputError, match="household_cap"):
        study.check()


def test_a_file_is_named_in_the_message(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("weeks = 'many'\n")
    with pytest.raises(InputError) as refusal:
        load_design(file)
    assert str(file) in str(refusal.value)


def test_an_unknown_name_gets_the_nearest_ready_design() -> None:
    with pytest.raises(InputError) as refusal:
        load_design("offer-amont")
    assert refusal.value.nearest == "offer-amount"


def test_options_replace_the_designs_own_and_are_checked() -> None:
    made = load_design(design()).with_options(replicates=3, weeks=None)
    assert (made.replicates, made.weeks) == (3, Design().weeks)
    with pytest.raises(InputError, match="weeks"):
        load_design(design()).with_options(weeks=-1)


def test_levers_of_an_offer_of_any_name_and_of_weeks_are_factors() -> None:
    factors = {
        "offers.build.amount_per_person": [0, 4_500],
        "standing.start_week": {"low": -20, "high": 20, "levels": 3},
    }
    study = lay_out({"variants": ["uk-2002-2015"], "caseload": "uk-refused-2005", "factors": factors})
    values = {study.value(cell, "standing.start_week") for cell in range(study.cells)}
    assert values == {-20, 0, 20}
    changed = study.case(study.cells - 1).policy
    assert changed.timeline(date(2005, 1, 3))[-1][1].offers["build"].amount_per_person == 4_500
