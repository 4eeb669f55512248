"""What a visitor may ask, and the address that carries it."""

from __future__ import annotations

import pytest

from abm import InputError
from experiments.page.choices import LIMITS, Choices


def test_an_address_carries_the_whole_set_up():
    asked = (
        Choices(seed=7)
        .chosen("caseload", "denmark-2020")
        .chosen("a", "danish-2020")
        .chosen("weeks", 104)
        .moved("a", "offer.household_cap", None)
        .moved("b", "offer.amount_per_person", 12_500)
        .moved("b", "offer.families_only", False)
        .moved("b", "support.families", "end_after")
        .moved("both", "world.pull_elasticity", 0.9)
        .moved("both", "behaviour.money", 1.1)
    )
    read, problems = Choices.from_query(asked.query())
    assert problems == []
    assert read == asked
    a, b = read.question.cases
    assert b.policy.offer.amount_per_person == 12_500
    assert a.caseload.world.pull_elasticity == b.caseload.world.pull_elasticity == 0.9
    assert {member.money for case in (a, b) for member in case.members} == {1.1}
    assert (a.weeks, read.question.seed) == (104, 7)


def test_a_lever_put_back_leaves_no_trace():
    moved = Choices().moved("b", "offer.amount_per_person", 500)
    back = moved.moved("b", "offer.amount_per_person", Choices().starting("b", "offer.amount_per_person"))
    assert back == Choices()


@pytest.mark.parametrize("path", ["/etc/passwd", "../policies/uk-2025.toml", "uk-2025.toml", "~/x.toml", ""])
@pytest.mark.parametrize("what", ["a", "b", "caseload"])
def test_no_path_is_taken_from_a_visitor(what, path):
    with pytest.raises(InputError, match="one of "):
        Choices().chosen(what, path)


@pytest.mark.parametrize("what", list(LIMITS))
@pytest.mark.parametrize("value", ["-1", "1e12", "nan", "inf", "x", "", "2.5", None])
def test_numbers_of_a_visitor_are_bounded(what, value):
    with pytest.raises(InputError, match="a whole number from"):
        Choices().chosen(what, value)


def test_a_caseload_that_fills_up_is_bounded_with_those_who_arrive():
    with pytest.raises(InputError, match="at most about"):
        Choices(caseload="uk-refused-2025", households=10_000, weeks=520).prepared("a")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("b=uk-pilot-2062", "Policy B: “uk-pilot-2062” is not known"),
        ("b=uk-pilot-2062", "Did you mean uk-pilot-2026?"),
        ("households=5", "Households simulated: “5” is not accepted. Allowed: a whole number from 10 to 10,000."),
        ("a.offer.amount_per_persn=3", "Policy A: no such lever: offer.amount_per_persn. Did you mean offer.amount"),
        (
            "b.offer.amount_per_person=lots",
            "Policy B, Amount for each adult: “lots” is not accepted. Allowed: a ",
        ),
        ("a.offer.amount_per_person=-5", "Policy A, Amount for each adult: “-5” is not accepted. Allowed: a number"),
        ("b.offer.acceptance_window_weeks=1000", "a whole number from 1 to 520 (weeks), or none"),
        ("b.support.families=stop", "one of goes on, ends after some weeks, ends on refusal"),
        ("offer.amount=3", "offer.amount. Did you mean a.offer.amount_per_person or b.offer.amount_per_person?"),
        ("b.offers.nobody.share=1", "no such lever: offers.nobody.share"),
        ("world.hotel_nigth=3", "world.hotel_night"),
        ("caseload.households=3", "no such lever"),
        ("nonsense=1", "no such lever"),
        ("x" * 30_000, "longer than"),
    ],
)
def test_what_cannot_be_read_in_an_address_is_said_and_the_rest_kept(query, told):
    asked, problems = Choices.from_query(f"seed=3&{query}")
    assert len(problems) == 1
    assert told in problems[0]
    assert asked.seed == (0 if len(query) > 20_000 else 3)


def test_levers_that_contradict_each_other_are_refused_by_name():
    asked = Choices().moved("b", "offer.household_cap", 100)
    told = (
        r"Policy B, Most for one household: “£100 a household” .* at least “Amount for each adult” \(£10,000 a person\)"
    )
    with pytest.raises(InputError, match=told):
        _ = asked.shown


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5, 100_001, True, "1e9"])
def test_no_lever_leaves_its_bounds(value):
    with pytest.raises(InputError, match="Amount for each adult"):
        Choices().moved("b", "offer.amount_per_person", value)


def test_levers_of_an_offer_with_a_name_of_its_own_can_be_moved():
    asked, problems = Choices.from_query("b.offers.undecided.amount_per_person=5000")
    assert problems == []
    assert [case.policy.offers["undecided"].amount_per_person for case in asked.question.cases] == [3_000, 5_000]


def test_unless_a_visitor_says_otherwise_no_vector_is_used_more_often_than_others():
    usual = Choices()
    assert usual.replicates <= len(usual.question.behaviours)
    assert usual.question.uneven == ""
    assert "replicates" not in usual.query()
