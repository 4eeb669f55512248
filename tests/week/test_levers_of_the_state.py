"""What each lever of the state says is what it does, in worlds of a few households: help, support, housing, removal."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tiny import QUIET
from told import (
    FAMILY,
    ONE,
    WILLING,
    booked,
    happened,
    household,
    left_in,
    of,
    offering,
    pulled,
    ran,
    setting,
    stages,
    took,
    world,
)

from abm import prepare
from abm.arrays.state import KIN
from abm.household.stages import HOUSING
from abm.inputs.caseload import Caseload
from abm.numerics.draws import PURPOSE, key_of, uniform
from abm.week.considering import best_offers

#: A week of one person, in pounds: seven nights, and subsistence.
HOTEL, DISPERSAL = round(7 * 144.98, 2), round(7 * 15.3, 2)
FULL_BOARD, SECTION_95 = 8.86, 49.18
#: It is refused, does not appeal, and its appeal rights are exhausted in week 3.
LATER = household(stage="refused", weeks_in_stage=1.0)
IN_WEEK_3: dict[str, Any] = {"procedure__appeal_window_weeks": 4}


# ---- help and advice --------------------------------------------------------------------------------


def test_help_in_kind_is_spent_on_each_household_that_takes_an_offer() -> None:
    people = world(ONE, household(3), household(stage="awaiting"))
    run = ran(offering().with_values({"reintegration.per_household": 1_500.0}), people)
    assert took(run) == [1_000.0, 3_000.0, None]
    assert booked(run, "reintegration") == [3_000.0] + [0.0] * 7
    prepared = setting(offering().with_values({"reintegration.per_household": 1_500.0}), world(household(3)),
                       WILLING.with_values({"in_kind_value": 0.4, "payment_belief": 1.0}))  # fmt: skip
    worth, _, _ = best_offers(key_of(1), 0, prepared.plain, prepared.begin(1), 0)
    assert worth == pytest.approx(1_000.0 + 0.4 * 1_500.0 / 3)  # a head


def test_advisers_make_so_many_visits_a_week_to_those_refused() -> None:
    rows = (ONE, ONE, household(stage="refused", weeks_in_stage=1.0), household(stage="awaiting"))
    people = world(*rows, world__visit=150.0, procedure__appeal_window_weeks=52)
    run = ran(pulled(advice__visits_per_1000_week=250.0), people)
    assert happened(run, "visits") == [1, 1, 1, 0, 0, 0, 0, 0]  # and not again within thirteen weeks
    assert booked(run, "advice") == [150.0] * 3 + [0.0] * 5
    assert [week >= 0 for week in of(run, "visited")] == [True, True, True, False]
    assert sum(happened(ran(pulled(advice__visits_per_1000_week=0.0), people), "visits")) == 0


def test_an_adviser_removes_doubt_as_far_as_it_is_independent() -> None:
    b = QUIET.with_values({"payment_belief": 0.5, "visit_trust": 0.6})
    for independence in (0.0, 0.5, 1.0):
        policy = pulled(advice__visits_per_1000_week=1_000.0, advice__independence=independence)
        before = of(ran(pulled(), world(ONE, ONE), b, weeks=1), "payment")
        after = of(ran(policy, world(ONE, ONE), b, weeks=1), "payment")
        assert [1 - x for x in after] == pytest.approx([(1 - x) * (1 - 0.6 * independence) for x in before])


# ---- support and housing ----------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "other"), [("families", "singles"), ("singles", "families")])
def test_support_goes_on_or_ends_after_its_weeks_for_those_meant(kind: str, other: str) -> None:
    """``support.families`` with ``support.families_weeks``, ``support.singles`` with ``support.singles_weeks``."""
    people = world(ONE, FAMILY)
    meant = kind == "families"
    persons, rest = (3, 1) if meant else (1, 3)
    for weeks in (0, 2):
        levers = {f"support__{kind}": "end_after", f"support__{kind}_weeks": weeks, f"support__{other}": "continue"}
        run = ran(pulled(**levers), people, QUIET)
        assert happened(run, "support_ended") == [int(week == weeks) for week in range(8)]  # once
        paid = [DISPERSAL * (rest + persons * (week < weeks)) for week in range(8)]
        assert booked(run, "dispersal") == pytest.approx(paid)
        assert of(run, "withdrawn") == [float(not meant), float(meant)]
    assert sum(happened(ran(pulled(support__families="continue"), people, QUIET), "support_ended")) == 0


def test_support_ends_with_the_offer_that_was_let_pass_and_for_nobody_else() -> None:
    never = WILLING.with_values({"assisted": -60.0})
    policy = offering(end_week=4, families_only=True).with_values({
        "support.families": "end_on_refusal", "support.singles": "end_on_refusal",
    })  # fmt: skip
    run = ran(policy, world(ONE, FAMILY), never)
    assert happened(run, "support_ended") == [0, 0, 0, 0, 1, 0, 0, 0]
    assert of(run, "withdrawn") == [0.0, 1.0]
    assert sum(happened(ran(policy, world(ONE, FAMILY)), "support_ended")) == 0  # who takes it loses nothing


def test_support_that_ends_draws_attention_once() -> None:
    b = QUIET.with_values({"alert_refusal": 1.0, "alert_memory": 0.0})
    run = ran(pulled(support__singles="end_after", support__singles_weeks=3), world(ONE), b, weeks=12)
    assert happened(run, "support_ended") == [0, 0, 0, 1] + [0] * 8
    assert happened(run, "considered") == [0, 0, 0, 0, 1] + [0] * 7


def test_who_goes_out_of_contact_loses_its_support_then_and_not_again_when_it_is_found() -> None:
    b = QUIET.with_values({"alert_refusal": 1.0, "alert_memory": 0.0, "irregular": 60.0})
    policy = pulled(support__singles="end_after", support__singles_weeks=4)
    run = ran(policy, world(*[LATER] * 6, **IN_WEEK_3, world__detection_per_year=52.0), b, weeks=20)
    assert happened(run, "absconded")[3] == 6
    assert sum(happened(run, "detected")) == 6
    assert sum(happened(run, "support_ended")) == 0
    assert stages(run) == ["exhausted"] * 6
    assert of(run, "withdrawn") == [1.0] * 6


def test_who_leaves_a_hotel_goes_to_dispersal_and_costs_what_dispersal_costs() -> None:
    people = world(household(2, housing="hotel"), ONE, household(housing="own"))
    run, stays = (ran(pulled(housing__hotel_exit_per_week=share), people, QUIET) for share in (1.0, 0.0))
    assert of(run, "housing") == [HOUSING.DISPERSAL, HOUSING.DISPERSAL, HOUSING.OWN]
    assert of(run, "withdrawn") == [0.0] * 3
    assert booked(run, "hotel") == [0.0] * 8
    assert booked(run, "dispersal") == pytest.approx([3 * DISPERSAL] * 8)
    assert booked(run, "subsistence") == pytest.approx([3 * SECTION_95] * 8)
    assert of(stays, "housing") == [HOUSING.HOTEL, HOUSING.DISPERSAL, HOUSING.OWN]
    assert booked(stays, "hotel") == pytest.approx([2 * HOTEL] * 8)
    assert booked(stays, "subsistence") == pytest.approx([2 * FULL_BOARD + SECTION_95] * 8)
    moved_anyway = world(ONE, hotel_exit_per_year=math.log(2.0) / 7 * 365.25)  # a half of them a week
    frame = setting(pulled(housing__hotel_exit_per_week=0.5), moved_anyway).plain.frame
    assert frame.hotel_exit == pytest.approx(0.75)
    some = ran(pulled(housing__hotel_exit_per_week=0.3), world(*[household(housing="hotel")] * 100), QUIET, weeks=1)
    assert 15 < of(some, "housing").count(HOUSING.DISPERSAL) < 45


# ---- removal ----------------------------------------------------------------------------------------

SURE = {"world__removal_success": 1.0, "world__removal_success_family": 1.0, "world__removal_school": 1.0,
        "world__removal_absconded": 1.0}  # fmt: skip


def test_so_many_removals_are_attempted_a_week_and_paid_for() -> None:
    people = world(*[ONE] * 4, **SURE)
    run = ran(pulled(enforcement__attempts_per_1000_week=500.0), people, QUIET)
    assert happened(run, "attempts") == happened(run, "removed") == [2, 2, 0, 0, 0, 0, 0, 0]
    assert booked(run, "enforcement")[:3] == [2 * (4_700.0 + 4_030.0)] * 2 + [0.0]
    assert booked(run, "detention")[:3] == pytest.approx([2 * 28 * 116.26] * 2 + [0.0])
    run = ran(
        pulled(enforcement__attempts_per_1000_week=500.0), people.with_values({"world.removal_success": 0.0}), QUIET
    )
    assert happened(run, "attempts") == [2] * 8
    assert booked(run, "enforcement") == [2 * 4_700.0] * 8
    assert sum(happened(ran(pulled(), people, QUIET), "attempts")) == 0


@pytest.mark.parametrize(("priority", "order"), [
    ("longest_first", [1, 2, 0, 3]), ("newest_first", [3, 0, 2, 1]),
])  # fmt: skip
def test_who_is_attempted_first_by_time(priority: str, order: list[int]) -> None:
    """``priority``; one attempt a week, each a success: the week in which each is removed is its place."""
    people = world(
        *(household(weeks_in_stage=float(weeks), weeks_in_country=99.0) for weeks in (10, 40, 20, 0)), **SURE
    )
    run = ran(pulled(enforcement__attempts_per_1000_week=250.0, enforcement__priority=priority), people, QUIET)
    assert left_in(run) == [float(order.index(place)) for place in range(4)]


@pytest.mark.parametrize(("priority", "first"), [("families_first", FAMILY), ("singles_first", ONE)])
def test_who_is_attempted_first_by_kind(priority: str, first: Any) -> None:
    """``priority``"""
    rows = [ONE, FAMILY, ONE, FAMILY]
    levers = {"enforcement__attempts_per_1000_week": 500.0, "enforcement__include_families": True}
    run = ran(pulled(**levers, enforcement__priority=priority), world(*rows, **SURE), QUIET)
    assert left_in(run) == [0.0 if row is first else 1.0 for row in rows]


def test_by_lot_anybody_may_be_first() -> None:
    """``priority = "random"``"""
    prepared = setting(pulled(enforcement__attempts_per_1000_week=250.0), world(*[ONE] * 4, **SURE), QUIET)
    first = {left_in(prepared.run(seed)).index(0.0) for seed in range(40)}
    assert first == {0, 1, 2, 3}


@pytest.mark.parametrize(("lever", "without", "with_it"), [
    ("include_families", [True, False, True, True, False], [True, True, True, True, False]),
    ("include_absconded", [True, False, False, True, False], [True, False, True, True, False]),
    ("safe_origins_only", [True, False, True, True, False], [True, False, True, False, False]),
])  # fmt: skip
def test_removal_reaches_those_meant(lever: str, without: list[bool], with_it: list[bool]) -> None:
    """Families, those out of contact, safe origins only: Pakistan is not listed, and Iraq takes nobody back."""
    rows = (ONE, FAMILY, household(stage="absconded"), household(origin="Pakistan"), household(origin="Iraq"))
    people = world(*rows, **SURE)
    at_will = people.with_values({"world.list_delay_weeks": 0})
    for pulls, removed in ((False, without), (True, with_it)):
        policy = pulled(enforcement__attempts_per_1000_week=1_000.0, scope__safe_threshold=0.7)
        run = ran(policy.with_values({f"enforcement.{lever}": pulls}), at_will, QUIET)
        assert [stage == "removed" for stage in stages(run)] == removed


def test_a_threat_reaches_those_meant() -> None:
    """``announced_risk`` and ``notice``."""
    b = QUIET.with_values({"announcement_trust": 0.5})
    people = world(ONE, FAMILY, household(stage="awaiting"))
    levers: dict[str, Any] = {"enforcement.announced_risk": 0.4}
    policy = offering(families_only=True).with_values(levers)
    assert of(ran(policy, people, b, weeks=1), "removal") == pytest.approx([0.0, 0.2, 0.0])
    every = policy.with_values({"enforcement.notice": "when_exhausted"})
    assert of(ran(every, people, b, weeks=1), "removal") == pytest.approx([0.2, 0.2, 0.0])
    quiet = policy.with_values({"enforcement.announced_risk": 0.0})
    assert of(ran(quiet, people, b, weeks=1), "removal") == [0.0] * 3


@pytest.mark.parametrize("memory", [0.96, 0.5, 0.0, 1.0])
def test_what_is_seen_of_removals_is_remembered_as_long_as_memory_has_it(memory: float) -> None:
    """One of four, of three, of two, of one; then nobody is left, and it fades."""
    b = QUIET.with_values({"credibility_memory": memory})
    prepared = setting(pulled(enforcement__attempts_per_1000_week=250.0), world(*[ONE] * 4, **SURE), b)
    state, expected = prepared.begin(1), 0.25  # one attempt a week on four households
    for week, share in enumerate((1 / 4, 1 / 3, 1 / 2, 1.0, 0.0, 0.0)):
        prepared.advance(1, state, week, week + 1)
        expected = memory * expected + (1.0 - memory) * share
        assert state.credibility[0, KIN.single] == pytest.approx(expected)
        assert state.credibility[0, KIN.family] == 0.0


# ---- the procedure ----------------------------------------------------------------------------------


def queue(stage: str, **procedure: Any) -> Caseload:
    rows = [household(stage=stage, weeks_in_stage=10.0, weeks_in_country=20.0)] * 4
    return world(*rows, **{f"procedure__{name}": value for name, value in procedure.items()})


def test_decisions_are_made_at_their_speed() -> None:
    """As many a week, and each so much sooner."""
    people = queue("awaiting", decisions_per_week=1.0, grant_rate=0.0, appeal_window_weeks=52)
    for speed, made in ((0.0, [0] * 8), (1.0, [1, 1, 1, 1, 0, 0, 0, 0]), (2.0, [2, 2, 0, 0, 0, 0, 0, 0])):
        assert happened(ran(pulled(procedure__decision_speed=speed), people, QUIET), "refused") == made
    waits = people.with_values({"procedure.decision_weeks": 14.0})  # of which ten are over
    for speed, first in ((1.0, 4), (1.25, 2)):
        assert happened(ran(pulled(procedure__decision_speed=speed), waits, QUIET), "refused").index(1) == first


def test_claims_are_decided_in_order_of_waiting_and_as_many_as_fit_the_sample() -> None:
    rows = [household(stage="awaiting", weeks_in_stage=w, weeks_in_country=99.0) for w in (10.0, 30.0, 20.0, 5.0)]
    people = world(
        *rows, procedure__decisions_per_week=1.0, procedure__grant_rate=0.0, procedure__appeal_window_weeks=52
    )
    prepared = setting(pulled(), people, QUIET)
    assert of(prepared.run(1), "since") == [2.0, 0.0, 1.0, 3.0]
    half = prepare(pulled(), people, QUIET, weeks=8, households=2).run(1)
    assert happened(half, "refused") == [0, 1, 0, 1, 0, 0, 0, 0]


def test_appeals_are_decided_at_their_speed() -> None:
    people = queue("refused", appeals_per_week=1.0, appeal_allowed=0.0, appeal_share=1.0)
    for speed, made in ((0.0, [0] * 8), (1.0, [1, 1, 1, 1, 0, 0, 0, 0]), (2.0, [2, 2, 0, 0, 0, 0, 0, 0])):
        assert happened(ran(pulled(procedure__appeal_speed=speed), people, QUIET), "appeals_dismissed") == made
    waits = people.with_values({"procedure.appeal_weeks": 14.0})
    for speed, first in ((1.0, 4), (1.25, 2)):
        run = ran(pulled(procedure__appeal_speed=speed), waits, QUIET)
        assert happened(run, "appeals_dismissed").index(1) == first


def test_decisions_keep_up_with_those_whom_a_policy_pulls() -> None:
    """``capacity_follows_inflow``: an elasticity of one doubles arrivals where a claim is worth twice as much."""
    people = queue("awaiting", decisions_per_week=1.0, grant_rate=0.0, appeal_window_weeks=52).with_values({
        "inflow_per_week": 5.0, "world.pull_elasticity": 1.0, "world.pull_reference_offer": 0.0,
        "world.support_worth": 1_000.0,
    })  # fmt: skip
    for follows, decided in ((False, 1), (True, 2)):
        policy = offering(open_awaiting=True).with_values({"procedure.capacity_follows_inflow": follows})
        run = ran(policy, people, QUIET)
        assert happened(run, "refused") == [decided] * 8


# ---- protection, settlement, entry ------------------------------------------------------------------

PROTECTED = household(stage="protected")


def test_protection_is_reviewed_in_its_interval_and_within_capacity() -> None:
    """``review_interval_months`` and ``review_speed``: a month is 4.35 weeks."""
    people = world(*[PROTECTED] * 4, procedure__reviews_per_week=2.0, world__revocation=0.0)
    reviews = {
        (1, 1.0): [0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 2, 2], (1, 2.0): [0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0],
        (2, 2.0): [0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0], (1, 0.0): [0] * 12, (None, 2.0): [0] * 12,
    }  # fmt: skip
    for (months, speed), expected in reviews.items():
        policy = pulled(
            status__review_interval_months=months, status__review_speed=speed, status__settlement_years=None
        )
        assert happened(ran(policy, people, QUIET, weeks=12), "reviews") == expected


@pytest.mark.parametrize(("origin", "revocation", "stage"), [
    ("Albania", 1.0, "refused"), ("Albania", 0.0, "protected"), ("Afghanistan", 1.0, "protected"),
])  # fmt: skip
def test_a_review_ends_protection_where_home_is_safe(origin: str, revocation: float, stage: str) -> None:
    people = world(household(stage="protected", origin=origin), procedure__reviews_per_week=9.0,
                   world__revocation=revocation, procedure__appeal_window_weeks=52)  # fmt: skip
    run = ran(pulled(status__review_interval_months=1), people, QUIET)
    assert happened(run, "reviews") == [0, 0, 0, 0, 0, 1, 0, 0]
    assert stages(run) == [stage]


def test_protection_settles_after_its_years() -> None:
    for years, settled in ((0.1, [0, 0, 0, 0, 0, 0, 1, 0]), (None, [0] * 8), (0.0, [1] + [0] * 7)):
        assert happened(ran(pulled(status__settlement_years=years), world(PROTECTED), QUIET), "settled") == settled


def test_those_whose_claim_has_failed_are_regularised_at_the_rate() -> None:
    people = world(*[ONE] * 50, *[household(stage="absconded")] * 50, *[household(stage="awaiting")] * 10)
    run = ran(pulled(settlement__regularisation_per_year=20.0), people, QUIET, weeks=1)  # a chance of 0.318 a week
    chance = 1.0 - math.exp(-20.0 * 7 / 365.25)
    drawn = [uniform(key_of(1), k, 0, PURPOSE.FATE) < chance for k in range(100)]
    assert 20 < happened(run, "regularised")[0] == sum(drawn) < 45
    assert [stage == "settled" for stage in stages(run)] == drawn + [False] * 10
    assert sum(happened(ran(pulled(), people, QUIET), "regularised")) == 0


def test_a_country_is_safe_from_the_threshold_on() -> None:
    people = world(ONE)
    safety = setting(pulled(), people).plain.origins[1, 0]
    for threshold, paid in ((safety, [1_000.0]), (safety + 0.001, [None])):
        assert (
            took(ran(offering(safe_origins_only=True).with_values({"scope.safe_threshold": threshold}), people)) == paid
        )


def test_a_higher_age_for_family_reunion_keeps_its_share_of_arrivals_away() -> None:
    people = world(ONE, inflow_per_week=10.0, world__reunion_share=0.02)
    for age, share in ((18.0, 1.0), (24.0, 0.88), (28.0, 0.8)):
        x = setting(pulled(entry__family_reunion_age=age), people).plain
        assert (x.inflow[1] / x.inflow[0]).tolist() == pytest.approx([share] * len(x.inflow[0]))
    came = [
        sum(happened(ran(pulled(entry__family_reunion_age=age), people, QUIET, weeks=40), "arrivals"))
        for age in (18.0, 28.0)
    ]
    assert came[1] / came[0] == pytest.approx(0.8, abs=0.07)


def test_who_returned_may_not_come_back_while_a_ban_lasts() -> None:
    """``reentry_ban_years``: 0.1 years are 5.2 weeks; where a ban has half its effect, half of them come."""
    leaves = QUIET.with_values({"alert_offer": 1.0, "alert_memory": 0.0, "assisted": 60.0})
    people = world(*[ONE] * 40, world__remigration_per_year=52.0, world__ban_effect=0.0)
    free, banned = (
        happened(ran(offering().with_values({"entry.reentry_ban_years": years}), people, leaves, weeks=8), "re_entered")
        for years in (0.0, 0.1)
    )
    assert free[0] == 0
    assert free[1] > 15
    assert banned[:6] == [0] * 6
    assert banned[6] > 15
