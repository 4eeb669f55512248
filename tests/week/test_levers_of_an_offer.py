"""What each lever of an offer says is what it does, in worlds of a few households."""

from __future__ import annotations

from typing import Any

import pytest
from told import FAMILY, ONE, WILLING, happened, household, left_in, of, offering, pulled, ran, setting, took, world

from abm.inputs.policy import Policy
from abm.numerics.calendar import NO_LIMIT, WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, key_of, uniform
from abm.week.considering import best_offers

#: It learned of an offer five weeks before the run.
FIVE_WEEKS_AGO: dict[str, Any] = {"start_week": -5}
EARLIER = household(weeks_in_stage=20.0, weeks_in_country=60.0)
#: It is refused, may appeal for four weeks, does not, and its appeal rights are exhausted in week 3.
LATER = household(stage="refused", weeks_in_stage=1.0)
IN_WEEK_3: dict[str, Any] = {"procedure__appeal_window_weeks": 4}


def worth(policy: Policy, **behaviour: Any) -> float:
    """What the offer is worth per head to a single adult in week 0."""
    b = WILLING.with_values({"payment_belief": 1.0, **behaviour})
    prepared = setting(policy, world(ONE), b)
    return best_offers(key_of(1), 0, prepared.plain, prepared.begin(1), 0)[0]


# ---- how much ---------------------------------------------------------------------------------------


def test_an_amount_is_paid_for_each_person_and_nought_is_no_offer() -> None:
    people = world(ONE, household(2))
    assert took(ran(offering(), people)) == [1_000.0, 2_000.0]
    run = ran(offering(amount_per_person=0.0), people)
    assert took(run) == [None, None]
    assert sum(happened(run, "accepted")) == 0
    assert of(run, "closing") == [NO_LIMIT] * 2


def test_a_child_counts_by_its_share() -> None:
    for child_share, paid in ((1.0, 3_000.0), (0.5, 2_000.0), (0.0, 1_000.0), (2.0, 5_000.0)):
        assert took(ran(offering(child_share=child_share), world(FAMILY, ONE))) == [paid, 1_000.0]


def test_no_household_gets_more_than_the_cap() -> None:
    assert took(ran(offering(household_cap=2_500.0), world(household(5), household(2)))) == [2_500.0, 2_000.0]


def test_an_early_bonus_is_paid_in_its_weeks() -> None:
    people = world(EARLIER)
    for early_weeks, paid in ((5, 1_000.0), (6, 1_250.0)):  # week 0 is the sixth since it was made
        run = ran(offering(**FIVE_WEEKS_AGO, early_bonus=0.25, early_weeks=early_weeks), people)
        assert took(run) == [paid]


def test_a_bonus_that_ends_draws_attention_in_its_last_two_weeks() -> None:
    """Though the offer itself goes on; and so does what the offer's own end draws."""
    b = WILLING.with_values({"consider": 0.0, "alert_closing": 1.0, "assisted": -60.0})
    people = world(ONE, household(2))
    run = ran(offering(early_bonus=0.25, early_weeks=5), people, b)
    assert happened(run, "considered") == [0, 0, 0, 2, 2, 0, 0, 0]
    assert happened(ran(offering(early_weeks=5), people, b), "considered") == [0] * 8  # no bonus: nothing ends
    run = ran(offering(early_bonus=0.25, early_weeks=2, end_week=7), people, b)
    assert happened(run, "considered") == [2, 2, 0, 0, 0, 2, 2, 0]  # what closes next is what is thought of


def test_an_amount_declines_by_the_week_after_the_early_weeks_down_to_its_floor() -> None:
    def paid(**terms: Any) -> float | None:
        return took(ran(offering(**FIVE_WEEKS_AGO, **terms), world(EARLIER)))[0]

    assert paid(decline_per_week=0.1) == 500.0
    assert paid(decline_per_week=0.1, early_weeks=2) == 700.0
    assert paid(decline_per_week=0.1, floor_share=0.8) == 800.0
    assert paid(decline_per_week=-0.1) == 1_500.0
    assert paid(decline_per_week=0.25) is None  # nothing is left


# ---- when -------------------------------------------------------------------------------------------


def test_an_offer_opens_in_its_week_and_one_from_long_ago_is_no_news() -> None:
    assert left_in(ran(offering(start_week=3), world(ONE))) == [3.0]
    told_only = WILLING.with_values({"consider": 0.0, "alert_offer": 1.0})
    assert left_in(ran(offering(start_week=3), world(ONE), told_only)) == [3.0]
    people = world(EARLIER, LATER, **IN_WEEK_3)
    assert left_in(ran(offering(start_week=-5), people, told_only)) == [None, 3.0]  # news to whom it is made later


def test_an_offer_closes_in_its_week() -> None:
    people = world(LATER, **IN_WEEK_3)
    assert left_in(ran(offering(end_week=4), people)) == [3.0]
    assert left_in(ran(offering(end_week=3), people)) == [None]


def test_a_deadline_is_for_accepting_or_for_having_left() -> None:
    people = world(LATER, **IN_WEEK_3, world__processing_weeks=2.0, world__processing_spread=0.0)
    for deadline, end_week, leaves in (
        ("application", 4, 5.0), ("departure", 5, None), ("departure", 6, 5.0),
    ):  # fmt: skip
        assert left_in(ran(offering(deadline=deadline, end_week=end_week), people)) == [leaves]


def test_a_window_closes_so_many_weeks_after_the_offer_is_made() -> None:
    people = world(EARLIER, LATER, **IN_WEEK_3)
    for window, leaves in ((5, [None, 3.0]), (6, [0.0, 3.0])):
        assert left_in(ran(offering(**FIVE_WEEKS_AGO, acceptance_window_weeks=window), people)) == leaves


def test_claims_made_too_late_are_not_offered_anything() -> None:
    people = world(household(weeks_in_country=10.0), household(weeks_in_country=20.0))
    assert took(ran(offering(claims_before_week=-10), people)) == [None, 1_000.0]
    assert took(ran(offering(claims_before_week=-9), people)) == [1_000.0, 1_000.0]


# ---- how it is paid ---------------------------------------------------------------------------------


def test_what_is_not_paid_at_departure_is_paid_after_if_it_is_paid_at_all() -> None:
    for reliability, paid in ((1.0, 1_000.0), (0.0, 300.0)):
        run = ran(offering(paid_at_departure=0.3), world(ONE, world__payment_reliability=reliability))
        assert took(run) == [paid]
        assert sum(run.series["cost_offer"]) == paid


def test_what_is_paid_later_is_worth_less() -> None:
    """At 50 % a year, the later the less; nothing if nobody believes in it; less still to the present-biased."""
    rate = {"discounting": 0.5, "discounting_spread": 0.0}
    for weeks in (0.0, 26.0, 104.0):
        policy = offering(paid_at_departure=0.4, later_payment_weeks=weeks)
        later = 1.5 ** (-weeks / WEEKS_PER_YEAR)
        assert worth(policy, **rate) == pytest.approx(400.0 + 600.0 * later)
        assert worth(policy, **rate, payment_belief=0.0) == pytest.approx(400.0, abs=1e-3)
        assert worth(policy, **rate, present_bias=0.8) == pytest.approx(400.0 + 600.0 * 0.8 * later)


def test_what_is_in_kind_costs_the_same_and_is_worth_what_it_is_valued() -> None:
    policy = offering(in_kind_share=0.5)
    assert worth(policy, in_kind_value=0.2) == pytest.approx(500.0 + 0.2 * 500.0)
    assert worth(policy, in_kind_value=1.0) == 1_000.0
    assert took(ran(policy, world(ONE))) == [1_000.0]


# ---- to whom ----------------------------------------------------------------------------------------

STAGES = ("awaiting", "refused", "exhausted", "absconded", "protected")


@pytest.mark.parametrize("stage", STAGES)
def test_an_offer_is_open_in_the_stages_that_it_names_and_in_no_other(stage: str) -> None:
    """Each of ``open_awaiting``, ``open_refused``, ``open_exhausted``, ``open_absconded`` and ``open_protected``."""
    open_to = {f"open_{other}": other == stage for other in STAGES}
    run = ran(offering(**open_to), world(*(household(stage=other) for other in STAGES)), weeks=1)
    assert took(run) == [1_000.0 if other == stage else None for other in STAGES]


@pytest.mark.parametrize(("condition", "meant"), [
    ({"safe_origins_only": True}, [True, False, True]),
    ({"families_only": True}, [False, False, True]),
    ({"origins": "Afghanistan"}, [False, True, False]),
    ({"origins": "Afghanistan, Albania"}, [True, True, True]),
    ({"origins": "all"}, [True, True, True]),
])  # fmt: skip
def test_an_offer_is_for_those_meant(condition: dict[str, Any], meant: list[bool]) -> None:
    """``safe_origins_only``, ``families_only`` and ``origins``."""
    people = world(ONE, household(origin="Afghanistan"), FAMILY)
    assert [paid is not None for paid in took(ran(offering(**condition), people))] == meant


@pytest.mark.parametrize(("share_by", "whose", "purpose"), [
    ("household", "id", PURPOSE.LOT), ("site", "site", PURPOSE.SITE_LOT),
])  # fmt: skip
def test_an_offer_for_a_share_is_open_to_those_whose_lot_is_below_it(share_by: str, whose: str, purpose: int) -> None:
    people = world(*[ONE] * 40, network__site_households=4.0)
    for share in (0.0, 0.4, 1.0):
        run = ran(offering(share=share, share_by=share_by), people, weeks=1)
        lots = [uniform(key_of(1), int(one), 0, purpose) for one in of(run, whose)]
        drawn = [own < share for own in lots]
        assert [paid is not None for paid in took(run)] == drawn
        assert 0 < sum(drawn) < 40 or share != 0.4
    assert len(set(lots)) == len(set(of(run, whose)))
    assert len(set(of(run, "site"))) <= 10


def test_of_two_offers_the_better_is_taken_whatever_they_are_called() -> None:
    both = offering().with_values({"standing.amount_per_person": 3_000.0, "offers.third.amount_per_person": 2_000.0})
    assert took(ran(both, world(ONE))) == [3_000.0]
    assert took(ran(pulled(standing__amount_per_person=1_000.0), world(ONE))) == [1_000.0]
