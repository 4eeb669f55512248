"""A variant equal to the baseline changes no bit of any household's history."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, assert_same_run, busy, busy_caseload, busy_policy

from abm import load_caseload, load_policy, policy_names, prepare
from abm.inputs.parameters import Figure
from abm.inputs.policy import Policy

NAMES = {"name": "another", "title": "Another title", "describes": "Another description.", "context": "A poll."}


def renamed(policy: Policy, **words: str) -> Policy:
    """The same levers under other words, with other figures behind them."""
    again = policy.model_copy(update=words)
    again._figures["offer.amount_per_person"] = Figure(1.0, mark="press", source="another source", low=0.0, high=2.0)
    return again


def test_null_policy_changes_no_household() -> None:
    null = busy_policy().with_values({})
    assert_same_run(busy().run(3), prepare(null, busy_caseload(), LIVELY, weeks=104).run(3))


def test_a_name_a_title_and_a_source_change_no_household() -> None:
    policy = busy_policy()
    base = prepare(policy, busy_caseload(), LIVELY, weeks=104)
    variant = prepare(renamed(policy, **NAMES), busy_caseload(), LIVELY, weeks=104)
    assert_same_run(base.run(3), variant.run(3))
    assert base.identity(3) == variant.identity(3)


@pytest.mark.parametrize("name", policy_names())
def test_every_named_policy_equals_its_renamed_copy(name: str) -> None:
    policy = load_policy(name)
    people = load_caseload("uk-refused-2025").with_values({"inflow_per_week": 200.0})
    one, other = (
        prepare(p, people, LIVELY, weeks=60, households=250).run(2) for p in (policy, renamed(policy, **NAMES))
    )
    assert_same_run(one, other)


def test_names_of_the_caseload_change_no_household() -> None:
    people = busy_caseload().model_copy(update={"date": "2010-01-04"})
    told = {"name": "x", "title": "y", "describes": "z", "place": "p", "date": "2010-12-31"}
    one, other = (prepare(busy_policy(), c, LIVELY, weeks=52) for c in (people, people.model_copy(update=told)))
    assert_same_run(one.run(1), other.run(1))
    assert one.identity(1) == other.identity(1)
    later = prepare(busy_policy(), people.model_copy(update={"date": "2011-01-03"}), LIVELY, weeks=52)
    assert later.identity(1) != one.identity(1)  # incomes and safety at home are those of the year


def test_where_weeks_are_reckoned_from_the_day_it_belongs_to_the_run() -> None:
    """An offer by date opens in another week where week 0 is another day; so do the arrivals of a year."""
    people = busy_caseload().model_copy(update={"date": "2010-01-04"})
    dated = busy_policy().with_values({"offer.start_week": date(2010, 3, 1)})
    sooner, later = (
        prepare(dated, people.model_copy(update={"date": day}), LIVELY, weeks=20)
        for day in ("2010-01-04", "2010-02-01")
    )
    assert sooner.plain.offers[0].start_week > later.plain.offers[0].start_week
    assert sooner.identity(1) != later.identity(1)


NOTHING_OFFERED: dict[str, Any] = {"offer.amount_per_person": 0.0}

#: An offer that nobody can ever have, whatever else it says.
NEVER_HAD: dict[str, dict[str, Any]] = {
    "closed before it opens": {"offer.start_week": 0, "offer.end_week": 0},
    "closed before the run, open to all": {
        "offer.end_week": 0, "offer.start_week": 0, "offer.open_awaiting": True, "offer.acceptance_window_weeks": None,
        "offer.early_bonus": 0.0, "offer.early_weeks": 0,
    },
    "open to no stage": {"offer.open_refused": False, "offer.open_exhausted": False},
    "for claims made before anybody came": {"offer.claims_before_week": -5_000},
    "opens after the run": {"offer.start_week": 400, "offer.end_week": None},
    "open to a share of nought": {"offer.share": 0.0},
    "open to a share of nought of the sites": {"offer.share": 0.0, "offer.share_by": "site"},
}  # fmt: skip


@pytest.mark.parametrize("kind", NEVER_HAD)
def test_an_offer_that_nobody_can_have_is_no_offer(kind: str) -> None:
    """Down to the last bit of every column: nobody hears of it, and nobody's support ends with it."""
    people = busy_caseload(world__pull_elasticity=0.0)
    runs = [
        prepare(busy_policy().with_values(change), people, LIVELY, weeks=80).run(5)
        for change in (NOTHING_OFFERED, NEVER_HAD[kind])
    ]
    assert_same_run(*runs)


def test_the_terms_of_an_offer_of_nothing_do_not_matter() -> None:
    people = busy_caseload()
    empty = busy_policy().with_values(NOTHING_OFFERED)
    terms = {"offer.early_bonus": 2.0, "offer.acceptance_window_weeks": 1, "offer.families_only": True,
             "offer.paid_at_departure": 0.1, "offer.decline_per_week": 0.5, "offer.household_cap": None}  # fmt: skip
    one, other = (prepare(p, people, LIVELY, weeks=60).run(1) for p in (empty, empty.with_values(terms)))
    assert_same_run(one, other)


def test_a_lever_that_cannot_bind_changes_no_household() -> None:
    """A cap above every sum, and a threshold that no country of the caseload crosses."""
    people = busy_caseload()
    base = busy_policy(offer__household_cap=None)
    for change in ({"offer.household_cap": 1_000_000.0}, {"scope.safe_threshold": 0.451}):
        one, other = (prepare(p, people, LIVELY, weeks=60).run(6) for p in (base, base.with_values(change)))
        assert np.array_equal(one.state.history, other.state.history)
        assert_same_run(one, other)


def test_a_real_lever_does_change_households() -> None:
    """So that the tests above could fail."""
    people = busy_caseload()
    one, other = (
        prepare(p, people, LIVELY, weeks=60).run(6)
        for p in (busy_policy(), busy_policy(offer__amount_per_person=8_001.0))
    )
    assert not np.array_equal(one.state.s, other.state.s)
