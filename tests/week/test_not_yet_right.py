"""What should hold and does not yet: each test is expected to fail, and says so when the rule has been mended."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import QUIET
from told import ONE, WILLING, happened, household, of, offering, pulled, ran, setting, world

from abm.arrays.state import KIN
from abm.household.stages import COL, TOLD
from abm.inputs.policy import Policy, Regime
from abm.numerics.calendar import limited

NOT_YET = pytest.mark.xfail(reason="known; see the docstring")


def later(policy: Policy, week: int, **levers: Any) -> Policy:
    """The policy, and other levers from a week on."""
    told = {path.replace("__", "."): value for path, value in levers.items()}
    return policy.model_copy(update={"regimes": (Regime(start=week, levers=told),)})


@NOT_YET
def test_credibility_fades_when_a_policy_stops_removals() -> None:
    """`removals` returns where no attempts are to be made, before what is seen of them fades: it stays for ever."""
    policy = later(pulled(enforcement__attempts_per_1000_week=250.0), 2, enforcement__attempts_per_1000_week=0.0)
    prepared = setting(policy, world(*[ONE] * 4, world__removal_success=1.0), QUIET)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 2)
    before = state.credibility[KIN.single]
    prepared.advance(1, state, 2, 8)
    assert state.credibility[KIN.single] == pytest.approx(before * QUIET.credibility_memory**6)


@NOT_YET
def test_no_more_than_everybody_is_seen_to_be_removed() -> None:
    """Those booked to leave may be removed, and are not among those at risk: nine of them and one other are 10 / 1."""
    people = world(*[ONE] * 9, household(origin="Afghanistan"), world__removal_success=1.0,
                   world__processing_weeks=20.0, world__processing_spread=0.0)  # fmt: skip
    policy = later(offering(origins="Albania"), 1, enforcement__attempts_per_1000_week=1_000.0)
    prepared = setting(policy, people)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 2)
    assert state.credibility[KIN.single] <= 1.0 - WILLING.credibility_memory + 1e-12


@NOT_YET
def test_support_that_is_to_end_so_many_weeks_from_now_does_so_also_where_an_offer_opens() -> None:
    """`come_into_force` counts from the week of the new rule; `announce` then counts from the stage, long ago."""
    rule = {"support__singles": "end_after", "support__singles_weeks": 4}
    people = world(household(weeks_in_stage=20.0, weeks_in_country=99.0))
    alone = ran(later(pulled(), 3, **rule), people, QUIET, weeks=10)
    assert happened(alone, "support_ended").index(1) == 7
    offer = {"offer__amount_per_person": 1_000.0, "offer__start_week": 3}
    both = ran(later(pulled(), 3, **rule, **offer), people, QUIET, weeks=10)
    assert happened(both, "support_ended").index(1) == 7


@NOT_YET
def test_an_offer_that_is_extended_draws_no_attention_to_the_end_that_it_had() -> None:
    """`note_closing` keeps the earlier of two weeks, also where the offer is made anew and goes on."""
    b = WILLING.with_values({"consider": 0.0, "alert_closing": 1.0, "assisted": -60.0})
    run = ran(later(offering(end_week=10), 5, offer__end_week=30), world(ONE), b, weeks=35)
    assert [week for week, considered in enumerate(happened(run, "considered")) if considered] == [28, 29]


@NOT_YET
def test_who_is_found_in_the_week_in_which_an_offer_opens_hears_of_it() -> None:
    """`make_offers` leaves the news of that week to `announce`, which is over when a household is found."""
    people = world(*[household(stage="absconded")] * 10, world__detection_per_year=52.0)
    run = ran(offering(end_week=20), people, QUIET.with_values({"alert_offer": 0.5, "alert_memory": 1.0}), weeks=3)
    s = run.state.s
    assert limited(s[TOLD]).sum() > 3
    assert (s[COL.closing] < 1e6).tolist() == limited(s[TOLD]).tolist()


@NOT_YET
def test_reviews_that_a_policy_introduces_reach_those_who_are_protected_already() -> None:
    """The week of the first review is set with the grant, by the rules of that week, and never again."""
    policy = later(pulled(status__settlement_years=None), 2, status__review_interval_months=1)
    people = world(household(stage="protected"), procedure__reviews_per_week=9.0)
    run = ran(policy, people, QUIET, weeks=20)
    assert sum(happened(run, "reviews")) > 0
    assert limited(of(run, "review_due")[0])
