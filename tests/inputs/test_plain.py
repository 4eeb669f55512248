"""Inputs are checked however they are made, and give the rules their numbers by name."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from abm import load_caseload, load_policy
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, Inputs, build, plain
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


def built_whole(inputs: Inputs, changes: Mapping[str, Any]) -> Inputs | str:
    """What becomes of some changes when every value is read anew; what is said, where they are refused."""
    values = inputs.model_dump()
    for path, value in changes.items():
        place = values
        *parents, leaf = inputs.place_of(path)
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    try:
        return build(type(inputs), values, file="here")
    except InputError as fault:
        return str(fault)


@pytest.mark.parametrize(
    "inputs",
    [load_policy("uk-pilot-2026"), load_caseload("uk-families-2026"), Behaviour()],
    ids=["policy", "caseload", "behaviour"],
)
def test_a_change_gives_or_says_what_reading_everything_anew_does(inputs: Inputs) -> None:
    for path in inputs.paths:
        for value in (0.0, 1.0, 3, -1.0, 1e9, math.nan, "word", "all", True, None):
            made: Inputs | str
            try:
                made = inputs.with_values({path: value}, file="here")
            except InputError as fault:
                made = str(fault)
            whole = built_whole(inputs, {path: value})
            told = [one if isinstance(one, str) else (one.model_dump(), str(one)) for one in (made, whole)]
            assert told[0] == told[1], (path, value)


def test_values_of_several_sections_that_are_refused_are_told_in_the_order_of_the_sections() -> None:
    policy = load_policy("uk-pilot-2026")
    wrong = {"support.singles": "never", "offer.end_week": -900, "enforcement.attempts_per_1000_week": -1.0}
    for changes in (wrong, dict(reversed(wrong.items()))):
        with pytest.raises(InputError) as fault:
            policy.with_values(changes, file="here")
        assert str(fault.value) == built_whole(policy, changes)


def test_a_changed_copy_shares_what_did_not_change_and_leaves_the_first_as_it_was() -> None:
    policy, before = load_policy("uk-pilot-2026"), load_policy("uk-pilot-2026")
    made = policy.with_values({"offer.amount_per_person": 1.0, "offers.other.amount_per_person": 2.0})
    assert policy == before
    assert made.support is policy.support
    assert made.standing is policy.standing
    assert made.offers is not policy.offers
    assert (made.offer.amount_per_person, made.offers["other"].amount_per_person) == (1.0, 2.0)
    again = made.with_values({"offers.other.amount_per_person": 3.0})
    assert (made.offers["other"].amount_per_person, again.offers["other"].amount_per_person) == (2.0, 3.0)
    assert again.offer is made.offer
