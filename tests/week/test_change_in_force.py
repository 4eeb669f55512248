"""Policies that change in time, and the week in which an offer opens: new rules reach what was set down before."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import QUIET
from told import ONE, WILLING, happened, household, of, offering, pulled, ran, setting, world

from abm.arrays.state import KIN
from abm.household.stages import COL, TOLD
from abm.inputs.policy import Policy, Regime
from abm.numerics.calendar import limited


def later(policy: Policy, week: int, **levers: Any) -> Policy:
    """The policy, and other levers from a week on."""
    told = {path.replace("__", "."): value for path, value in levers.items()}
    return policy.model_copy(update={"regimes": (Regime(start=week, levers=told),)})


def test_credibility_fades_when_a_policy_stops_removals() -> None:
    """What is seen of removals fades at its rate once they stop."""
    policy = later(pulled(enforcement__attempts_per_1000_week=250.0), 2, enforcement__attempts_per_1000_week=0.0)
    prepared = setting(policy, world(*[ONE] * 4, world__removal_success=1.0), QUIET)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 2)
    before = state.credibility[0, KIN.single]
    prepared.advance(1, state, 2, 8)
    assert state.credibility[0, KIN.single] == pytest.approx(before * QUIET.credibility_memory**6)


def test_no_more_than_everybody_is_seen_to_be_removed() -> None:
    """Those booked to leave may be removed, so they are among those who could be: of ten people ten, not of one."""
    people = world(*[ONE] * 9, household(origin="Afghanistan"), world__removal_success=1.0,
                   world__processing_weeks=20.0, world__processing_spread=0.0)  # fmt: skip
    policy = later(offering(origins="Albania"), 1, enforcement__attempts_per_1000_week=1_000.0)
    prepared = setting(policy, people)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 2)
    assert state.credibility[0, KIN.single] <= 1.0 - WILLING.credibility_memory + 1e-12


def test_support_that_is_to_end_so_many_weeks_from_now_does_so_also_where_an_offer_opens() -> None:
    """Four weeks from the week of the rule, though the household has been in its stage for longer."""
    rule = {"support__singles": "end_after", "support__singles_weeks": 4}
    people = world(household(weeks_in_stage=20.0, weeks_in_country=99.0))
    alone = ran(later(pulled(), 3, **rule), people, QUIET, weeks=10)
    assert happened(alone, "support_ended").index(1) == 7
    offer = {"offer__amount_per_person": 1_000.0, "offer__start_week": 3}
    both = ran(later(pulled(), 3, **rule, **offer), people, QUIET, weeks=10)
    assert happened(both, "support_ended").index(1) == 7


def test_an_offer_that_is_extended_draws_no_attention_to_the_end_that_it_had() -> None:
    """It closes in week 30, not in week 10."""
    b = WILLING.with_values({"consider": 0.0, "alert_closing": 1.0, "assisted": -60.0})
    run = ran(later(offering(end_week=10), 5, offer__end_week=30), world(ONE), b, weeks=35)
    assert [week for week, considered in enumerate(happened(run, "considered")) if considered] == [28, 29]


def test_who_is_found_in_the_week_in_which_an_offer_opens_hears_of_it() -> None:
    """It is made the offer once that week's announcement is over."""
    people = world(*[household(stage="absconded")] * 10, world__detection_per_year=52.0)
    run = ran(offering(end_week=20), people, QUIET.with_values({"alert_offer": 0.5, "alert_memory": 1.0}), weeks=3)
    s = run.state.s
    assert limited(s[TOLD]).sum() > 3
    assert (s[COL.closing] < 1e6).tolist() == limited(s[TOLD]).tolist()


def test_reviews_that_a_policy_introduces_reach_those_who_are_protected_already() -> None:
    """Under the rules of the week of its grant there was none."""
    policy = later(pulled(status__settlement_years=None), 2, status__review_interval_months=1)
    people = world(household(stage="protected"), procedure__reviews_per_week=9.0)
    run = ran(policy, people, QUIET, weeks=20)
    assert sum(happened(run, "reviews")) > 0
    assert limited(of(run, "review_due")[0])


def considered_weeks(policy: Policy, weeks: int) -> list[int]:
    """The weeks in which a household considers that does so only where an offer is about to close."""
    b = WILLING.with_values({"consider": 0.0, "alert_closing": 1.0, "assisted": -60.0})
    run = ran(policy, world(ONE), b, weeks=weeks)
    return [week for week, considered in enumerate(happened(run, "considered")) if considered]


def test_an_offer_that_is_withdrawn_draws_no_attention_to_its_end() -> None:
    assert considered_weeks(offering(end_week=10), 12) == [8, 9]
    assert considered_weeks(later(offering(end_week=10), 5, offer__amount_per_person=0.0), 12) == []


def test_after_a_bonus_has_closed_the_end_of_the_offer_is_thought_of() -> None:
    """The bonus is for five weeks, the offer closes in week 20: each draws attention in the two weeks before."""
    assert considered_weeks(offering(end_week=20, early_bonus=0.1, early_weeks=5), 22) == [3, 4, 18, 19]


def test_who_accepted_before_its_claim_was_decided_is_not_removed() -> None:
    """Its claim has not failed; if it withdraws it awaits the decision again."""
    waits = {"world__processing_weeks": 20.0, "world__processing_spread": 0.0, "world__removal_success": 1.0}
    people = world(household(stage="awaiting"), household(), **waits)
    policy = offering(open_awaiting=True)
    run = ran(later(policy, 1, enforcement__attempts_per_1000_week=1_000.0), people, WILLING, weeks=8)
    assert sum(happened(run, "accepted")) == 2
    assert sum(happened(run, "removed")) == 1


def test_of_two_offers_the_one_that_closes_next_is_thought_of() -> None:
    two = offering(end_week=6).with_values({"offers.other.amount_per_person": 500.0, "offers.other.end_week": 12})
    assert considered_weeks(two, 14) == [4, 5, 10, 11]
