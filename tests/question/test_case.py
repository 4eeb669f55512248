"""A case is the one way to a prepared run: names or inputs at hand, settings, and members taken in turn."""

from __future__ import annotations

import pickle

import pytest

from abm import InputError, load_behaviour, load_caseload, load_policy, prepare
from experiments.question.case import Case, fitted_members, load_case
from experiments.question.defaults import DEFAULT_CASELOAD, WEEKS

TWO = (load_behaviour(), load_behaviour().with_values({"money": 0.25, "consider": 0.5}))


def test_names_and_inputs_at_hand_make_the_same_case() -> None:
    named = load_case("uk-pilot-2026", "uk-families-2026", weeks=20, households=50)
    held = load_case(load_policy("uk-pilot-2026"), load_caseload("uk-families-2026"), (load_behaviour(),), weeks=20,
                     households=50)  # fmt: skip
    assert named == held
    direct = prepare("uk-pilot-2026", "uk-families-2026", weeks=20, households=50)
    assert named.prepared().identity(3) == direct.identity(3)


def test_without_more_words_it_is_the_usual_case() -> None:
    case = load_case("uk-2025")
    assert (case.caseload.name, case.weeks, len(case.members)) == (DEFAULT_CASELOAD, WEEKS, 1)
    assert case.size == case.prepared().households


def test_replicates_take_the_members_in_turn() -> None:
    case = load_case("uk-2025", members=TWO, weeks=5, households=20)
    assert [case.prepared(replicate).behaviour for replicate in range(4)] == [*TWO, *TWO]


def test_settings_reach_every_member_and_leave_the_case_they_came_from() -> None:
    case = load_case("uk-pilot-2026", members=TWO)
    settings = {"behaviour.money": "0.7", "world.hotel_night": 90, "offer.amount_per_person": "500"}
    changed = case.with_settings(settings)
    assert [(member.money, member.consider) for member in changed.members] == [(0.7, TWO[0].consider), (0.7, 0.5)]
    assert (changed.caseload.world.hotel_night, changed.policy.offer.amount_per_person) == (90.0, 500.0)
    assert case == load_case("uk-pilot-2026", members=TWO)
    assert case.with_settings({}) is case


def test_a_setting_that_cannot_be_is_refused_and_says_where_it_was_given() -> None:
    with pytest.raises(InputError) as refused:
        load_case("uk-pilot-2026").with_settings({"offer.amount_per_person": 90_000}, file="mine.toml")
    assert (refused.value.file, refused.value.field) == ("mine.toml", "offer.household_cap")


def test_a_case_that_was_prepared_survives_the_way_to_a_worker() -> None:
    case = load_case("uk-2025", members=TWO, weeks=5, households=20)
    case.prepared()
    again: Case = pickle.loads(pickle.dumps(case))
    assert again == case
    assert again.prepared(1).identity(2) == case.prepared(1).identity(2)


def test_what_varies_is_the_ensemble_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.question.case.load_behaviour_draws", lambda: list(TWO))
    assert fitted_members() == (TWO, "parameters")
    assert fitted_members("seeds") == ((load_behaviour(),), "seeds")
    monkeypatch.setattr("experiments.question.case.load_behaviour_draws", list)
    assert fitted_members() == ((load_behaviour(),), "seeds")
    with pytest.raises(InputError, match="--uncertainty"):
        fitted_members("parameters")
