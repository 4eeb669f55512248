"""Inputs are checked however they are made, and give the rules their numbers by name."""

from __future__ import annotations

import pickle

import pytest

from abm import load_caseload, load_policy
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, plain
from abm.inputs.policy import PRIORITY, SUPPORT, Offer, Policy
from abm.inputs.world import SAFETY_PATH, World
from abm.numerics.calendar import NO_LIMIT


def test_numbers_are_read_by_name_and_section() -> None:
    policy = load_policy("uk-pilot-2026")
    numbers, offer = plain(policy), plain(policy.offer)
    assert offer.amount_per_person == policy.offer.amount_per_person
    assert numbers.enforcement.attempts_per_1000_week == policy.enforcement.attempts_per_1000_week
    assert offer.families_only == 1.0
    assert {type(value) for value in offer} == {float}


def test_none_is_no_limit() -> None:
    policy = Policy().with_values({"offer.household_cap": None, "status.settlement_years": None})
    assert plain(policy.offer).household_cap == plain(policy).status.settlement_years == NO_LIMIT


def test_a_choice_is_the_number_by_which_the_rules_know_it() -> None:
    for word in ("continue", "end_after", "end_on_refusal"):
        number = plain(Policy().with_values({"support.families": word})).support.families
        assert number == getattr(SUPPORT, {"continue": "continue_"}.get(word, word))
    for word in PRIORITY._fields:
        assert plain(Policy().with_values({"enforcement.priority": word})).enforcement.priority == getattr(
            PRIORITY, word
        )
    for word in SAFETY_PATH._fields:
        assert plain(World(safety_path=word)).safety_path == getattr(SAFETY_PATH, word)


def test_words_and_sections_that_are_left_out_are_not_there() -> None:
    numbers = plain(load_policy("uk-2025"))
    assert not {"offers", "regimes", "name", "title"} & set(numbers._fields)
    assert {"enforcement", "support"} <= set(numbers._fields)
    assert "safety_origins" not in plain(World())._fields


def test_reading_the_numbers_changes_nothing_of_the_inputs() -> None:
    """Inputs that were read are the inputs that were not: equal, and as good to copy, change and send."""
    for load, name in ((load_policy, "uk-pilot-2026"), (load_caseload, "uk-families-2026")):
        fresh, read = load(name), load(name)
        plain(read)
        assert read == fresh
        assert pickle.loads(pickle.dumps(read)) == fresh
    read = load_policy("uk-pilot-2026")
    plain(read)
    assert plain(read.with_values({"offer.amount_per_person": 7_000.0}).offer).amount_per_person == 7_000.0
    other = read.model_copy(update={"offers": {"offer": Offer(amount_per_person=5.0)}})
    assert plain(other.offer).amount_per_person == 5.0
    assert plain(read.offer).amount_per_person == 10_000.0


# ---- checked ----------------------------------------------------------------------------------------


def test_refusal_survives_the_way_between_processes() -> None:
    with pytest.raises(InputError) as refused:
        load_policy("uk-pilot-2O26")
    told = refused.value
    again = pickle.loads(pickle.dumps(told))
    assert (str(again), again.field, again.nearest) == (str(told), told.field, told.nearest)


def test_caseload_made_in_python_is_checked_as_a_file_is() -> None:
    with pytest.raises(ValueError, match="shares that sum to 1"):
        Caseload(origins={"Albania": 0.5})


def test_inputs_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Behaviour().money = 2.0  # type: ignore[misc]
