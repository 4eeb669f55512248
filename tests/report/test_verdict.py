"""The verdict on a comparison: by rule, the same for every policy, and no more than the runs can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abm.measures import IDS
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.paired import rows
from experiments.question.question import Question, ask
from experiments.report.names import names_of
from experiments.report.verdict import findings, horizon, sentence, verdict

RUNS = 40


@pytest.fixture(scope="module")
def question() -> Question:
    return ask(["uk-pilot-2026", "uk-upfront-national"], weeks=260, replicates=RUNS, households=20)


def runs_of(label: str, cost: Any, **others: Any) -> Runs:
    """Runs with a cost each, and other measures, of the rest nought."""
    table = np.zeros((len(cost), len(IDS)))
    for name, values in {"cost_npv": cost, **others}.items():
        table[:, IDS.index(name)] = values
    none = np.zeros((len(cost), 1))
    return Runs(label, 1.0, 1, table, none, none, np.zeros((0, 1, 1), np.int64), [])


def compared(question: Question, savings: Any, pulled: Any = None, **others: Any) -> Comparison:
    """A comparison in which the two policies save what is given, the second nothing."""
    base = runs_of("uk-2025", np.full(len(savings), 9e6))
    sides = [
        [base, runs_of("uk-pilot-2026", 9e6 - np.asarray(held), **others), replace(base, label="uk-upfront-national")]
        for held in (savings, savings if pulled is None else pulled)
    ]
    return Comparison(question, sides[0], sides[1], 0.0)


def spread_out(above: int, size: float = 1e6) -> np.ndarray:
    """Savings of which so many are above zero and the others below, of much the same size."""
    return np.where(np.arange(RUNS) < above, 1.0, -1.0) * np.linspace(0.9, 1.1, RUNS) * size


@pytest.mark.parametrize(
    ("above", "effect"), [(40, "saves"), (36, "saves"), (35, "unclear"), (20, "unclear"), (5, "unclear"), (4, "costs")]
)
def test_a_verdict_needs_nine_runs_in_ten_on_one_side(question: Question, above: int, effect: str) -> None:
    first, second = findings(compared(question, spread_out(above)))
    assert first.effect == effect
    assert (first.saves, first.costs) == pytest.approx((above / RUNS, 1 - above / RUNS))
    # Independent runs: the standard error of a share (with n − 1, as that of any mean).
    assert first.saves_error == pytest.approx(np.sqrt(first.saves * (1 - first.saves) / (RUNS - 1)))
    assert (second.effect, second.saving, second.saves, second.costs) == ("none", 0.0, 0.0, 0.0)


def test_runs_that_a_policy_does_not_change_are_told_apart_from_those_in_which_it_costs(question: Question) -> None:
    savings = np.where(np.arange(RUNS) < 30, 1e6, 0.0)
    comparison = compared(question, savings)
    (first, _) = findings(comparison)
    assert (first.effect, first.saves, first.costs) == ("saves", 0.75, 0.0)
    money = verdict(comparison, rows(comparison))[0]
    assert (
        "“pilot of March 2026” saves £750k on average (it saves in 75 % of 40 runs, changes nothing in 25 %)" in money
    )
    assert "“the pilot's amounts for everybody, lasting” changes the cost in no run" in money
    assert money.startswith("Over five years, against “the standing offer (2025)”, ")


def test_the_sign_turns_only_where_the_other_sign_can_be_told(question: Question) -> None:
    turned = compared(question, spread_out(40), pulled=spread_out(0, size=5e6))
    (first, second) = findings(turned)
    assert (first.turns, second.turns, first.effect_with_pull) == (True, False, "costs")
    told = verdict(turned, rows(turned))[2]
    assert told.endswith("the sign turns: “pilot of March 2026” would cost £5.0m.")
    unsure = compared(question, spread_out(40), pulled=spread_out(19))
    assert unsure.pulled[0].measure("cost_npv").mean() < unsure.pulled[1].measure("cost_npv").mean()
    assert not findings(unsure)[0].turns
    assert "no saving would become a cost, and no cost a saving" in verdict(unsure, rows(unsure))[2]


def test_people_are_told_with_the_money(question: Question) -> None:
    comparison = compared(question, spread_out(40), departures=12.0, child_years_in_limbo=-3.5)
    told = verdict(comparison, rows(comparison))[1]
    assert told == (
        "Departures change by +12 and 0 households on average, in the same order; child-years in limbo by −3.5 and 0."
    )


def test_a_saving_by_people_outside_the_account_is_said_to_be_one(question: Question) -> None:
    most = compared(question, spread_out(40), upkeep_stays=600_000.0)
    told = verdict(most, rows(most))[-1]
    assert told.startswith("In this, “pilot of March 2026” leaves £600k of support unpaid to people out of contact")
    some = compared(question, spread_out(40), upkeep_stays=400_000.0)
    assert not any("not counted" in sentence for sentence in verdict(some, rows(some)))


def test_many_policies_are_told_by_how_many_save_and_the_best_and_the_worst(question: Question) -> None:
    amounts = (4e6, 3e6, 2e6, -1e6, 0.0)
    base = runs_of("uk-2025", np.full(RUNS, 9e6))
    labels = tuple(f"policy {k}" for k in range(len(amounts)))
    held = [base, *(runs_of(label, 9e6 - np.full(RUNS, x)) for label, x in zip(labels, amounts, strict=True))]
    untitled = replace(question.cases[1], policy=question.policies[1].model_copy(update={"title": ""}))
    cases = (question.cases[0], *(untitled for _ in amounts))
    many = Comparison(replace(question, cases=cases, labels=("uk-2025", *labels)), held, held, 0.0)
    told = verdict(many, rows(many))
    assert "of 5 policies 3 save, 1 cost and 1 do neither; at best “policy 0” saves £4.0m on average" in told[0]
    assert told[0].endswith("and at worst “policy 3” costs £1.0m (it saves in none).")
    assert told[1].startswith("Departures change by 0 to 0 households")


def test_a_sentence_by_itself_tells_the_pull_factor_too(question: Question) -> None:
    (first, _) = findings(compared(question, spread_out(40), pulled=spread_out(0, size=5e6)))
    told = "“pilot of March 2026” saves £1.0m on average (it saves in all 40 runs)"
    assert sentence(first, RUNS) == f"{told}; with the pull factor on it costs £5.0m."


def test_few_runs_are_said_to_be_few(question: Question) -> None:
    few = compared(question, np.full(19, 1e6))
    assert verdict(few, rows(few))[0] == "Only 19 runs of each policy: too few to rely on."
    enough = compared(question, np.full(20, 1e6))
    assert verdict(enough, rows(enough))[0].startswith("Over five years")


def test_policies_are_called_by_their_titles_without_what_all_share(question: Question) -> None:
    assert names_of(question) == (
        "the standing offer (2025)", "pilot of March 2026", "the pilot's amounts for everybody, lasting",
    )  # fmt: skip
    untitled = [policy.model_copy(update={"title": ""}) for policy in question.policies]
    cases = tuple(replace(case, policy=policy) for case, policy in zip(question.cases, untitled, strict=True))
    assert names_of(replace(question, cases=cases)) == question.labels
    alike = [policy.model_copy(update={"title": "An offer"}) for policy in question.policies]
    cases = tuple(replace(case, policy=policy) for case, policy in zip(question.cases, alike, strict=True))
    assert names_of(replace(question, cases=cases)) == tuple(f"An offer ({label})" for label in question.labels)


def test_a_policy_held_against_itself_has_a_name_of_its_own_where_something_was_set(question: Question) -> None:
    base, _, second = question.cases
    itself = replace(question, cases=(base, base, second), labels=(question.labels[0], *question.labels[0::2]))
    assert names_of(itself)[:2] == ("the standing offer (2025)", "the standing offer (2025), as set")
    assert names_of(itself)[2] == names_of(question)[2]


def test_a_horizon_is_told_in_years_where_it_is_whole_years() -> None:
    assert [horizon(weeks) for weeks in (52, 260, 60, 30)] == ["one year", "five years", "60 weeks", "30 weeks"]
