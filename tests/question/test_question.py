"""What a comparison asks is loaded and checked before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from abm import InputError
from experiments.question.case import load_case
from experiments.question.question import Question, ask, usual_replicates
from experiments.question.settings import parse_settings

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 4, "households": 80}


def amounts(question: Question) -> list[float]:
    return [policy.offer.amount_per_person for policy in question.policies]


def test_a_lever_is_set_in_every_variant_but_not_in_the_baseline() -> None:
    asked = ask(["uk-pilot-2026", "danish-2021"], **SMALL, settings=["offer.amount_per_person=700"])
    assert amounts(asked) == [0.0, 700.0, 700.0]


def test_a_lever_with_a_variant_is_set_there_only_and_wins() -> None:
    settings = ["offer.amount_per_person=700", "uk-pilot-2026:offer.amount_per_person=900"]
    assert amounts(ask(["uk-pilot-2026", "danish-2021"], **SMALL, settings=settings)) == [0.0, 900.0, 700.0]
    named = ask(["uk-pilot-2026"], **SMALL, settings=["uk-2025:offer.amount_per_person=100"])
    assert amounts(named)[0] == 100.0


def test_world_behaviour_and_caseload_are_set_for_all() -> None:
    settings = ["world.hotel_night=90", "behaviour.money=0.5", "caseload.inflow_per_week=0"]
    asked = ask(["uk-pilot-2026"], **SMALL, settings=settings)
    assert (asked.caseload.world.hotel_night, asked.caseload.inflow_per_week) == (90.0, 0.0)
    assert {behaviour.money for behaviour in asked.behaviours} == {0.5}
    assert {case.caseload.world.hotel_night for case in asked.pulled} == {90.0}


@pytest.mark.parametrize(
    "text",
    ["offer.amount_per_person", "=3", "offer.amount=3", "uk-2020:offer.amount_per_person=3", "uk-2025:world.visit=3"],
)
def test_a_setting_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_settings([text], ["uk-2025"])


def test_the_same_setting_twice_is_refused() -> None:
    with pytest.raises(InputError, match="each path once"):
        parse_settings(["world.visit=3", "world.visit=4"])


def test_large_caseloads_get_fewer_replicates_but_at_least_twenty() -> None:
    assert usual_replicates(load_case("uk-2025", "uk-families-2026", weeks=260)) == 100
    assert usual_replicates(load_case("uk-2025", "uk-refused-2025", weeks=260)) == 20
