"""What an offer pays when, to whom, and the best that is still to come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.household.offers import LONGEST_PROFILE, by_delay, household_amount, meets_conditions, schedule
from abm.inputs.parameters import plain
from abm.inputs.policy import Offer
from abm.numerics.calendar import NO_LIMIT


def by_brute_force(offer: Offer, weeks: int, discount: float, week: int, delay: int) -> float:
    """The best discounted later share by looking at every later week, far past the last change of its profile."""
    profile = by_delay(offer)
    best = 0.0
    for ahead in range(1, LONGEST_PROFILE + 2):
        if week + ahead < closing_week(offer):
            best = max(best, discount**ahead * profile[min(delay + ahead, len(profile) - 1)])
    return best


def closing_week(offer: Offer) -> float:
    """The first closed week as the schedule takes it."""
    return NO_LIMIT if offer.end_week is None else float(offer.end_week)


OFFERS = st.builds(
    Offer,
    amount_per_person=st.just(1_000.0),
    start_week=st.integers(0, 30),
    end_week=st.one_of(st.none(), st.integers(30, 60)),
    acceptance_window_weeks=st.one_of(st.none(), st.integers(1, 30)),
    early_bonus=st.floats(0, 2),
    early_weeks=st.integers(0, 20),
    decline_per_week=st.floats(-0.1, 1.0),
    floor_share=st.floats(0, 1),
)


@given(OFFERS, st.floats(0.9, 1.0), st.data())
def test_the_best_later_offer_is_the_best_of_all_later_weeks(
    offer: Offer, discount: float, data: st.DataObject
) -> None:
    shares = schedule(offer, 40, np.array([discount]), closing_week(offer))
    week = data.draw(st.integers(offer.start_week, 39))
    delay = data.draw(st.integers(0, shares.shape[2] - 1))
    assert shares[week, 0, delay] == pytest.approx(
        by_brute_force(offer, 40, discount, week, delay), rel=1e-9, abs=1e-12
    )


@given(OFFERS)
def test_before_an_offer_opens_nobody_waits_for_it(offer: Offer) -> None:
    shares = schedule(offer, 40, np.array([0.99]), closing_week(offer))
    assert not shares[: offer.start_week].any()


def test_a_decline_too_slow_to_be_seen_is_none() -> None:
    # One over the least number above nought overflows: the profile was asked to be endless.
    for decline in (5e-324, 2.2e-309, 1e-300):
        offer = Offer(amount_per_person=1_000.0, decline_per_week=decline)
        assert len(by_delay(offer)) == LONGEST_PROFILE
        assert (by_delay(offer) == 1.0).all()


def test_a_constant_offer_is_worth_a_week_less_later() -> None:
    shares = schedule(Offer(amount_per_person=1.0), 60, np.array([0.98, 1.0]), NO_LIMIT)
    assert np.all(shares[:, 0] == 0.98)
    assert np.all(shares[:, 1:] == 1.0)


def test_the_amount_counts_children_by_their_share_up_to_the_cap() -> None:
    terms = plain(Offer(amount_per_person=10_000.0, child_share=0.5, household_cap=27_000.0))
    assert household_amount(terms, 1.0, 0.0, 1.0) == 10_000.0
    assert household_amount(terms, 2.0, 1.0, 1.0) == 25_000.0
    assert household_amount(terms, 2.0, 3.0, 1.0) == 27_000.0
    assert household_amount(terms, 1.0, 0.0, 0.5) == 5_000.0
    assert household_amount(terms, 2.0, 1.0, 1.5) == 27_000.0


@pytest.mark.parametrize(("terms", "children", "claimed", "listed", "meets"), [
    ({}, 0.0, 500.0, 0.0, True),
    ({"families_only": True}, 0.0, 0.0, 1.0, False), ({"families_only": True}, 1.0, 0.0, 1.0, True),
    ({"claims_before_week": 10}, 0.0, 9.0, 1.0, True), ({"claims_before_week": 10}, 0.0, 10.0, 1.0, False),
    ({"safe_origins_only": True}, 0.0, 0.0, 0.0, False), ({"safe_origins_only": True}, 0.0, 0.0, 1.0, True),
])  # fmt: skip
def test_conditions_are_on_family_date_of_claim_and_origin(
    terms: dict[str, bool | int], children: float, claimed: float, listed: float, meets: bool
) -> None:
    assert meets_conditions(plain(Offer(**terms)), children, claimed, listed) == meets


@given(OFFERS, st.integers(0, 39))
def test_what_is_still_to_come_does_not_depend_on_how_long_the_run_is(offer: Offer, week: int) -> None:
    short = schedule(offer, 40, np.array([0.99]), closing_week(offer))
    long = schedule(offer, 400, np.array([0.99]), closing_week(offer))
    assert np.array_equal(short[week], long[week])
