"""Offers: windows, deadlines, schedules, and households that look ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, QUIET, STILL, caseload, column, flow, made

from abm import prepare
from abm.household.stages import COL, STAGE
from abm.numerics.calendar import NEVER

#: One adult each, tastes that differ, everybody attentive.
ALONE: dict[str, Any] = {"composition__family_share": 0.0, "households": 2_000}
TASTES = ATTENTIVE.with_values({"assisted": -4.0, "money": 1.0, "taste_return": 1.5})


def offered(**terms: Any) -> Any:
    return STILL.with_values({"offer.amount_per_person": 5_000.0} | {f"offer.{k}": v for k, v in terms.items()})


# ---- windows ---------------------------------------------------------------------------------------------


def test_a_seven_day_window_is_exactly_one_decision() -> None:
    run = prepare(offered(acceptance_window_weeks=1), caseload(**ALONE), TASTES, weeks=20).run(1)
    took = run.state.s[COL.route] == STAGE.RETURNED_ASSISTED
    assert 100 < took.sum() < 1_900
    assert np.all(run.state.s[COL.left_at, took] == 0.0)


def test_a_seven_day_window_opens_with_the_refusal_of_each() -> None:
    people = caseload(households=200, inflow_per_week=10.0, inflow_stage="exhausted", composition__family_share=0.0)
    run = prepare(offered(acceptance_window_weeks=1), people, TASTES, weeks=40).run(1)
    took = run.state.s[COL.route] == STAGE.RETURNED_ASSISTED
    assert took.sum() > 25
    assert len(np.unique(run.state.s[COL.left_at, took])) > 12
    assert np.array_equal(run.state.s[COL.left_at, took], run.state.s[made(run.prepared, "offer"), took])


def test_who_misses_the_week_misses_the_offer() -> None:
    b = TASTES.with_values({"consider": 0.3, "assisted": 60.0})
    run = prepare(offered(acceptance_window_weeks=1), caseload(**ALONE), b, weeks=20).run(1)
    assert np.mean(run.state.s[COL.route] == STAGE.RETURNED_ASSISTED) == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize("window", [1, 2, 13, 100, 206, 207, 230])
def test_a_window_closes_after_its_weeks(window: int) -> None:
    b = QUIET.with_values({"consider": 0.02, "assisted": 60.0})
    run = prepare(offered(acceptance_window_weeks=window), caseload(**ALONE), b, weeks=260).run(1)
    last = run.state.s[COL.left_at, run.state.s[COL.route] == STAGE.RETURNED_ASSISTED].max()
    assert window - 8 <= last + 1 <= window if window > 100 else last < window


def test_an_offer_opens_and_closes_for_all() -> None:
    run = prepare(offered(start_week=7, end_week=19), caseload(**ALONE), TASTES, weeks=40).run(1)
    weeks = np.flatnonzero(flow(run, "assisted"))
    assert (weeks.min(), weeks.max()) == (7, 18)


SCOPES: dict[str, tuple[dict[str, Any], Any]] = {
    "families": ({"offer.families_only": True}, lambda s: s[COL.children] > 0),
    "safe origins": ({"offer.safe_origins_only": True}, lambda s: s[COL.origin] == 0),
    "early claims": ({"offer.claims_before_week": -100}, lambda s: s[COL.arrived] < -100),
}


@pytest.mark.parametrize("scope", SCOPES)
def test_an_offer_is_only_for_those_meant(scope: str) -> None:
    levers, meant = SCOPES[scope]
    people = caseload({"Albania": 0.5, "Afghanistan": 0.5}, households=500, composition__family_share=0.5)
    s = (
        prepare(offered().with_values(levers), people, ATTENTIVE.with_values({"assisted": 60.0}), weeks=5)
        .run(1)
        .state.s
    )
    assert np.array_equal(s[COL.route] == STAGE.RETURNED_ASSISTED, meant(s))
    assert 0 < meant(s).sum() < 500


# ---- deadlines -------------------------------------------------------------------------------------------


def deadline(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Weekly assisted returns of 2006 (a larger offer for a year, then the old one), and without the larger offer."""
    larger = {"offer.amount_per_person": 8_000.0, "offer.start_week": 40, "offer.end_week": 92}
    standing = {"standing.amount_per_person": 1_000.0}
    b = LIVELY.with_values({
        "consider": 0.1, "alert_offer": 0.5, "alert_closing": 0.7, "money": 1.5, "taste_return": 1.5, "assisted": -6.0,
        "unassisted": -60.0, "irregular": -60.0, "alert_departure": 0.0,
    })  # fmt: skip
    people = caseload(households=5_000, composition__family_share=0.3)
    with_offer, without = (
        prepare(STILL.with_values(p), people, b, weeks=150).run(seed) for p in (standing | larger, standing)
    )
    return flow(with_offer, "assisted"), flow(without, "assisted")


@pytest.mark.parametrize("seed", range(3))
def test_returns_bunch_before_a_deadline_and_a_trough_follows(seed: int) -> None:
    seen, usual = deadline(seed)
    assert np.array_equal(seen[:40], usual[:40])  # nobody knows of it before
    assert seen[40:45].mean() > 3 * usual[40:45].mean()  # it opens with a crowd
    assert seen[90:92].mean() > 1.5 * seen[78:88].mean()  # it closes with one
    assert seen[92:130].sum() < 0.9 * usual[92:130].sum()  # and has emptied the willing
    assert seen.sum() > usual.sum()


def test_without_attention_to_the_deadline_there_is_no_bunching_but_still_a_trough() -> None:
    b = TASTES.with_values({"consider": 0.1})
    people = caseload(**ALONE)
    standing = STILL.with_values({"standing.amount_per_person": 1_000.0})
    larger = standing.with_values({"offer.amount_per_person": 8_000.0, "offer.end_week": 52})
    seen, usual = (flow(prepare(p, people, b, weeks=80).run(2), "assisted") for p in (larger, standing))
    assert seen[50:52].mean() <= seen[40:50].mean() + 3
    assert seen[52:].sum() < 0.9 * usual[52:].sum()


# ---- looking ahead ---------------------------------------------------------------------------------------


def test_a_rising_schedule_makes_people_wait() -> None:
    """For those who look ahead; those who do not, do not wait."""
    rising = offered(decline_per_week=-0.05)

    def early(anticipation: float, policy: Any) -> int:
        b = TASTES.with_values({"anticipation": anticipation, "money": 3.0, "assisted": -9.0})
        return int(flow(prepare(policy, caseload(**ALONE), b, weeks=10).run(3), "assisted").sum())

    assert early(0.9, rising) < 0.7 * early(0.9, offered())
    assert early(0.0, rising) > early(0.0, offered())


def test_a_deadline_makes_those_decide_who_look_ahead() -> None:
    """With nothing to wait for after it, the last week draws more than the weeks before."""
    b = TASTES.with_values({"anticipation": 0.9, "money": 2.0, "assisted": -6.0, "consider": 0.3})
    returns = flow(
        prepare(offered(end_week=30), caseload(households=5_000, composition__family_share=0.0), b, weeks=40).run(1),
        "assisted",
    )
    assert returns[29] > 1.5 * returns[20:29].mean()


def test_the_later_an_offer_pays_the_fewer_take_it() -> None:
    def returns(**terms: Any) -> int:
        b = TASTES.with_values(
            {"discounting": 1.0, "payment_belief": 0.7, "present_bias": 0.9, "assisted": -6.0, "money": 2.0}
        )
        return int(flow(prepare(offered(**terms), caseload(**ALONE), b, weeks=20).run(5), "assisted").sum())

    assert returns(paid_at_departure=1.0) > returns(paid_at_departure=0.5) > returns(paid_at_departure=0.0)
    assert returns(paid_at_departure=0.0) > returns(paid_at_departure=0.0, later_payment_weeks=200.0)


def test_the_better_of_two_open_offers_is_taken() -> None:
    both = offered().with_values({"standing.amount_per_person": 3_000.0})
    run = prepare(both, caseload(**ALONE), TASTES, weeks=10).run(1)
    paid = {float(x) / 100 for x in column(run, COL.received)[column(run, COL.route) == STAGE.RETURNED_ASSISTED]}
    assert paid == {5_000.0}


def test_an_offer_draws_attention_when_it_is_made() -> None:
    b = QUIET.with_values({"alert_offer": 0.5, "alert_memory": 0.0})
    run = prepare(offered(start_week=9), caseload(**ALONE), b, weeks=20).run(1)
    considered = flow(run, "considered")
    assert np.flatnonzero(considered).tolist() == [9]
    assert considered[9] / 2_000 == pytest.approx(0.5, abs=0.05)
    assert set(column(run, COL.considered_at)) == {NEVER, 9.0}


def test_an_offer_that_has_closed_draws_no_attention() -> None:
    people = caseload(households=50, inflow_per_week=5.0, inflow_stage="exhausted")
    b = QUIET.with_values({"alert_offer": 0.9, "alert_memory": 0.0})
    run = prepare(offered(end_week=10), people, b, weeks=40).run(1)
    assert flow(run, "considered")[:10].sum() > 40
    assert flow(run, "considered")[10:].sum() == 0
    assert np.sum(run.state.s[COL.since] >= 10) > 50


def test_a_household_whose_country_becomes_safe_is_offered_what_it_then_can_have() -> None:
    """The window opens when it can have the offer, not when others of its stage could."""
    people = caseload(
        {"Pakistan": 1.0},
        households=300,
        world__safety_path="shock",
        world__safety_week=10,
        world__safety_change=0.3,
        world__safety_recovery_years=100.0,
        world__list_delay_weeks=0,
    )
    policy = offered(safe_origins_only=True, acceptance_window_weeks=4)
    run = prepare(policy, people, ATTENTIVE.with_values({"assisted": 60.0}), weeks=30).run(1)
    assert flow(run, "assisted").sum() == 300
