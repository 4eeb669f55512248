"""The household card tells what `returns why` tells; what the numbers rest on is counted; charts are valid."""

from __future__ import annotations

import pytest

from abm import InputError
from abm.household.stages import Stage
from abm.why import explain
from experiments.page.choices import Choices
from experiments.page.evidence.trust import trust
from experiments.page.paired import answers
from experiments.page.watch.card import card

ASKED = (
    Choices(weeks=104, replicates=4, households=150, seed=5)
    .moved("b", "offer.amount_per_person", 15_000)
    .moved("b", "offer.household_cap", 60_000)
    .moved("b", "offer.end_week", 60)
    .moved("b", "offer.acceptance_window_weeks", 26)
)


@pytest.fixture(scope="module")
def answer():
    *_, last = answers(ASKED)
    return last


def household_that_differs(answer):
    """A household that leaves by assisted return under B and stays under A."""
    for household in range(150):
        a, b = answer.film.history(0, household), answer.film.history(1, household)
        if b[-1][1] == Stage.RETURNED_ASSISTED and a == [(-1, Stage.EXHAUSTED)]:
            return household, b[-1][0]
    raise AssertionError("nobody takes the offer")


def test_the_card_says_who_left_under_b_and_stayed_under_a(answer):
    household, week = household_that_differs(answer)
    told = card(answer, household, 103)
    assert told["verdict"].startswith(
        f"Left in week {week} by assisted return under B; under A still there in week 103"
    )
    assert "chose assisted return" in told["sides"][1]["decided"]


def test_the_card_explains_with_the_terms_of_why(answer):
    household, left = household_that_differs(answer)
    told = card(answer, household, 103)
    booked = [entered for entered, stage in answer.film.history(1, household) if stage == Stage.BOOKED]
    found = explain(answer.prepared[1], ASKED.seed, household, booked[-1])
    shown = {row["name"]: row["b"] for row in told["terms"]}
    for name, value, way in found.terms:
        if value != 0.0:
            assert value in (shown[key] for key in shown if key.startswith(name)), (name, way)
    assert {row["name"]: row["b"] for row in told["chances"]}["stay"] == found.probabilities["stay"]
    assert told["sides"][1]["entries"][-1] == {"week": left, "text": "assisted return"}


def test_a_household_that_nobody_knows_is_refused(answer):
    with pytest.raises(InputError, match="0 to 149"):
        card(answer, 99_999, 5)


@pytest.mark.parametrize("week", [-1, 0, 50, 10_000])
def test_any_week_of_any_household_has_a_card(answer, week):
    for household in answer.film.ids[::40]:
        assert card(answer, int(household), week)["verdict"]


def test_assumptions_are_counted_and_listed():
    told = trust(Choices().shown)
    assumed = next(mark["count"] for mark in told["marks"] if mark["mark"] == "assumed")
    assert assumed == len(told["assumed"]) > 50
    assert told["total"] == sum(mark["count"] for mark in told["marks"])
    assert "enforcement.announced_risk" in {row["path"] for row in told["assumed"]}
