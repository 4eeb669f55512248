"""Policies of a comparison as a choice: every pound has a payer, other discount rates are exact, groups are whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError, declarations
from abm.measures import MEASURES
from experiments.compare.comparing import Comparison, compare
from experiments.economics.appraisal import Appraisal, Terms, parse_worths, usual_worths
from experiments.economics.effects import LESS, MORE, effect_of
from experiments.economics.groups import EVERYTHING, GROUPS
from experiments.economics.policies import PAYERS, Policies, cost_at, policies
from experiments.economics.strategies import incremental
from experiments.question.question import ask

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 4, "households": 80, "in_brief": True}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "danish-2021"], **SMALL))


@pytest.fixture(scope="module")
def found(comparison: Comparison) -> Policies:
    return policies(comparison, effect_of("departures"), [0.0, 50_000.0])


def test_cost_is_the_account_and_effect_is_against_the_baseline(comparison: Comparison, found: Policies) -> None:
    base, other, _ = comparison.runs
    assert found.appraisal.cost[:, 1].tolist() == other.measure("cost_npv").tolist()
    gained = other.measure("departures") - base.measure("departures")
    assert found.appraisal.effect[:, 1].tolist() == gained.tolist()
    assert not found.appraisal.effect[:, 0].any()


def test_less_of_a_measure_is_more_of_an_effect(comparison: Comparison) -> None:
    base, other, _ = comparison.runs
    limbo = policies(comparison, effect_of("child_years_in_limbo"), [0.0])
    spared = base.measure("child_years_in_limbo") - other.measure("child_years_in_limbo")
    assert limbo.appraisal.effect[:, 1].tolist() == spared.tolist()
    assert limbo.appraisal.terms.effect == "avoided child-years in limbo"
    turned = policies(comparison, effect_of("child_years_in_limbo:more"), [0.0])
    assert np.array_equal(turned.appraisal.effect, -limbo.appraisal.effect)


def test_the_cost_at_another_rate_is_that_of_a_run_at_that_rate(comparison: Comparison) -> None:
    again = compare(ask(["uk-upfront-national", "danish-2021"], **SMALL, settings=["world.discount_rate=0.015"]))
    for runs, other in zip(comparison.runs, again.runs, strict=True):
        assert cost_at(runs, 0.035) == pytest.approx(runs.measure("cost_npv"), rel=1e-9)
        assert cost_at(runs, 0.015) == pytest.approx(other.measure("cost_npv"), rel=1e-9)


def test_without_discounting_the_cost_is_the_sum_of_the_weekly_ledger(comparison: Comparison) -> None:
    again = compare(ask(["uk-upfront-national", "danish-2021"], **SMALL, settings=["world.discount_rate=0"]))
    assert cost_at(comparison.runs[1], 0.0) == pytest.approx(again.runs[1].lines.sum(axis=1), rel=1e-12)


def test_the_rates_side_by_side_are_those_of_the_green_book_none_and_the_caseload_s_own(found: Policies) -> None:
    assert found.rates == (0.035, 0.015, 0.0)
    assert {row["discount_rate"] for row in found.discounting} == set(found.rates)
    assert len(found.discounting) == 9
    costs = [row["cost"] for row in found.discounting if row["strategy"] == "uk-2025"]
    assert costs == sorted(costs)


def test_every_line_of_the_account_has_one_payer_and_payers_sum_to_the_cost(found: Policies) -> None:
    lines = sorted(line for held in PAYERS.values() for line in held)
    assert lines == list(range(found.comparison.runs[0].lines.shape[1]))
    for k, name in enumerate(found.appraisal.names):
        paid = sum(row["cost"] for row in found.payers if row["strategy"] == name)
        assert paid == pytest.approx(found.appraisal.cost[:, k].mean(), rel=1e-9)


def test_runs_that_share_a_vector_are_one_draw() -> None:
    few = ask(["uk-upfront-national"], **SMALL | {"replicates": 6})
    shared = compare(type(few)(**{**vars_of(few), "cases": tuple(_two(case) for case in few.cases)}))
    found = policies(shared, effect_of("departures"), [0.0])
    assert found.appraisal.draws == 2
    cost = shared.runs[1].measure("cost_npv")
    assert found.appraisal.cost[:, 1] == pytest.approx([cost[0::2].mean(), cost[1::2].mean()])
    assert all(len(group.values) == 2 for group in found.groups)


def vars_of(question: Any) -> dict[str, Any]:
    names = ("cases", "labels", "seed", "replicates", "uncertainty", "in_brief")
    return {name: getattr(question, name) for name in names}


def _two(case: Any) -> Any:
    from dataclasses import replace

    return replace(case, members=case.members[:2])


def test_every_coefficient_of_behaviour_is_in_exactly_one_group(found: Policies) -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(declarations(Behaviour))
    assert found.groups[0].title == EVERYTHING
    assert sorted(found.groups[0].inputs) == sorted(name for group in found.groups[1:] for name in group.inputs)


def test_where_nothing_varies_there_is_nothing_to_find_out() -> None:
    one = compare(ask(["uk-upfront-national"], **SMALL, uncertainty="seeds"))
    assert policies(one, effect_of("departures"), [0.0]).groups == []


# ---- words and numbers of a question ----------------------------------------------------------------


def test_the_direction_of_a_measure_is_declared_or_has_to_be_said() -> None:
    assert set(MORE).isdisjoint(LESS)
    assert set(MORE + LESS) <= set(MEASURES)
    assert effect_of("removals:more").sign == 1
    with pytest.raises(InputError, match="removals:more or removals:less"):
        effect_of("removals")
    with pytest.raises(InputError, match="Did you mean 'departures'"):
        effect_of("departure")
    with pytest.raises(InputError, match="not money"):
        effect_of("cost_npv")


def test_an_effect_that_some_runs_lack_is_refused(comparison: Comparison) -> None:
    with pytest.raises(InputError, match="a measure that every run has"):
        policies(comparison, effect_of("return_rate_60m"), [0.0])


@pytest.mark.parametrize("text", ["", "a", "1,-2", "1,,2", "nan", "inf", "5,5"])
def test_worths_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--worth"):
        parse_worths(text)


def test_worths_are_put_in_order_and_usual_ones_reach_beyond_the_largest_ratio() -> None:
    assert parse_worths("50000, 0,2e5") == (0.0, 50_000.0, 200_000.0)
    rows = incremental("ABC", [0, 100, 400], [0, 1, 2])  # ratios of 100 and 300
    assert usual_worths(rows) == (0.0, 100.0, 200.0, 300.0, 400.0, 500.0)


def test_which_strategy_is_chosen_at_which_worth_follows_the_frontier() -> None:
    names, cost, effect = ("A", "B", "C", "D"), np.array([[0.0, 100.0, 400.0, 90.0]]), np.array([[0.0, 1.0, 2.0, 0.5]])
    found = Appraisal(names, cost, effect, (0.0, 99.0, 101.0, 299.0, 301.0), Terms("", "cost", "effect"))
    assert found.steps == [(0.0, ["A"]), (100.0, ["B"]), (300.0, ["C"])]
    assert [names[k] for k in found.frontier.best] == ["A", "A", "B", "B", "C"]
