"""What a visitor may ask, and the address that carries it."""

from __future__ import annotations

import pytest

from abm import InputError
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from experiments.page.choices import LIMITS, Choices
from experiments.page.levers import panel, values


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
        ("b=uk-pilot-2062", "uk-pilot-2026"),
        ("a.offer.amount_per_persn=3", "offer.amount_per_person"),
        ("b.offer.amount_per_person=lots", "a number from 0"),
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
    with pytest.raises(InputError, match=r"B: offer.household_cap = 100"):
        _ = asked.shown


def test_every_lever_of_the_policy_is_in_the_panel_with_unit_bounds_and_source():
    shown = {lever["path"]: lever for group in panel() for lever in group["levers"] if not group["shared"]}
    assert set(shown) == {path for path, (model, d) in known_paths().items() if model is Policy and d.kind != "str"}
    standing = values(Choices().moved("b", "offer.amount_per_person", 500))
    amount, lever = standing["offer.amount_per_person"], shown["offer.amount_per_person"]
    assert lever["unit"] == "GBP/person"
    assert (lever["ge"], lever["le"]) == (0, 100_000)
    assert (amount["b"]["value"], amount["b"]["start"], amount["b"]["mark"]) == (500, 10_000, "yours")
    assert values(Choices())["offer.amount_per_person"]["b"]["mark"] == "press"
    assert values(Choices())["offer.amount_per_person"]["b"]["source"]


def test_sliders_start_where_the_policies_stand():
    for path, sides in values(Choices()).items():
        for side, standing in sides.items():
            assert standing["value"] == Choices().starting(side, path)


def test_unless_a_visitor_says_otherwise_no_vector_is_used_more_often_than_others():
    usual = Choices()
    assert usual.replicates <= len(usual.question.behaviours)
    assert usual.question.uneven == ""
    assert "replicates" not in usual.query()
