"""The state's side: queues within capacity, first come first served; support and reviews by their rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import (
    ALL_REFUSED,
    ATTENTIVE,
    LIVELY,
    QUIET,
    STILL,
    busy_caseload,
    busy_policy,
    capacities,
    caseload,
    flow,
    served,
    weekly_tables,
)

from abm import prepare
from abm.arrays.arrivals import ARRIVALS
from abm.household.stages import COL, HOUSING, STAGE, Stage
from abm.numerics.calendar import NO_LIMIT, WEEKS_PER_YEAR
from abm.week.queues import capacity


@pytest.mark.parametrize("per_week", [0.0, 0.01, 0.3, 1.0, 2.5, 7.0, 13.37])
def test_capacity_adds_up_to_its_rate(per_week: float) -> None:
    served = [capacity(per_week, week) for week in range(520)]
    assert all(n in (int(per_week), int(per_week) + 1) for n in served)
    assert np.all(np.abs(np.cumsum(served) - per_week * np.arange(1, 521)) < 1.0)


def test_no_queue_serves_more_than_its_capacity() -> None:
    prepared = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=104)
    rates = capacities(prepared)
    for name, count in served(prepared.run(2)).items():
        most = np.array([capacity(rates[name], week) for week in range(104)])
        assert np.all(count <= most), name
        assert np.sum(count == most) > 20, f"{name}: the queue binds"


def test_capacity_follows_the_arrivals_that_a_policy_pulls() -> None:
    """Twice as many come: without the lever twice as many wait for decisions, with it as many as before are decided."""
    people = caseload(**ALL_REFUSED, households=10, inflow_per_week=6.0, procedure__decisions_per_week=6.0,
                      world__pull_elasticity=1.0, world__pull_reference_offer=0.0)  # fmt: skip
    pulling = STILL.with_values({"standing.amount_per_person": 5_115.0})
    following = pulling.with_values({"procedure.capacity_follows_inflow": True})
    runs = [prepare(policy, people, QUIET, weeks=100).run(1) for policy in (STILL, pulling, following)]
    waiting = [run.state.history[-1, Stage.AWAITING] for run in runs]
    assert flow(runs[1], "arrivals").sum() == pytest.approx(2 * flow(runs[0], "arrivals").sum(), rel=0.1)
    assert waiting[1] > 500
    assert waiting[2] < 150
    decided = [flow(run, "granted").sum() + flow(run, "refused").sum() for run in runs]
    assert decided[2] == pytest.approx(2 * decided[1], rel=0.1)


#: stage of the queue, column that says since when a household waits, capacities
QUEUES: dict[str, tuple[float, int, dict[str, Any]]] = {
    "decisions": (
        STAGE.AWAITING,
        COL.since,
        {"stages__awaiting": 1.0, "stages__exhausted": 0.0, "procedure__decisions_per_week": 2.5},
    ),
    "appeals": (
        STAGE.REFUSED,
        COL.since,
        {
            "stages__refused": 1.0,
            "stages__exhausted": 0.0,
            "procedure__appeals_per_week": 2.5,
            "procedure__appeal_share": 1.0,
        },
    ),
    "reviews": (
        STAGE.PROTECTED,
        COL.review_due,
        {
            "stages__protected": 1.0,
            "stages__exhausted": 0.0,
            "world__revocation": 1.0,
            "procedure__reviews_per_week": 2.5,
            "durations__protected_weeks": 300.0,
        },
    ),
}


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_first_come_first_served(queue: str) -> None:
    """Nobody is served while somebody who came a week or more earlier still waits."""
    stage, waiting_since, settings = QUEUES[queue]
    people = caseload(households=200, inflow_per_week=1.0 if queue == "decisions" else 0.0, **settings)
    policy = STILL.with_values({"status.review_interval_months": 6, "status.settlement_years": None})
    served_in_all = 0
    for week, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=60), 1):
        waiting = (before[COL.stage] == stage) & (before[waiting_since] <= week)
        served = waiting & (after[COL.stage] != stage)
        still = waiting & ~served
        assert served.sum() <= capacity(2.5, week)
        if served.any() and still.any():
            assert before[waiting_since, served].max() < before[waiting_since, still].min() + 1.0
        if still.any():
            assert served.sum() == capacity(2.5, week)
        served_in_all += served.sum()
    assert served_in_all > 100


def test_faster_decisions_shorten_the_queue() -> None:
    people = caseload(households=300, stages__awaiting=1.0, stages__exhausted=0.0, procedure__decisions_per_week=2.0)
    left = [
        prepare(STILL.with_values({"procedure.decision_speed": speed}), people, QUIET, weeks=50).run(1)
        for speed in (0.5, 1.0, 2.0)
    ]
    assert [int(run.state.history[-1, Stage.AWAITING]) for run in left] == [250, 200, 100]


def test_decisions_and_appeals_fall_at_their_rates() -> None:
    people = caseload(
        households=3_000, stages__awaiting=1.0, stages__exhausted=0.0, procedure__decisions_per_week=3_000.0,
        procedure__appeals_per_week=3_000.0, procedure__grant_rate=0.4, procedure__appeal_allowed=0.25,
        procedure__appeal_share=0.7,
    )  # fmt: skip
    run = prepare(STILL, people, QUIET, weeks=10).run(1)
    refused = flow(run, "refused").sum()
    assert refused / 3_000 == pytest.approx(0.6, abs=0.04)
    appealed = flow(run, "appeals_allowed").sum() + flow(run, "appeals_dismissed").sum()
    assert appealed / refused == pytest.approx(0.7, abs=0.04)
    assert flow(run, "appeals_allowed").sum() / appealed == pytest.approx(0.25, abs=0.05)


def test_appeal_rights_end_with_the_window() -> None:
    people = caseload(
        households=300,
        stages__awaiting=1.0,
        stages__exhausted=0.0,
        procedure__decisions_per_week=300.0,
        procedure__grant_rate=0.0,
        procedure__appeal_share=0.0,
        procedure__appeal_window_weeks=3,
    )
    run = prepare(STILL, people, QUIET, weeks=10).run(1)
    assert flow(run, "refused").tolist()[:2] == [300, 0]
    assert flow(run, "exhausted").tolist()[:5] == [0, 0, 0, 300, 0]


# ---- protection ----------------------------------------------------------------------------------------


def test_protection_settles_after_its_years() -> None:
    people = caseload(households=300, stages__protected=1.0, stages__exhausted=0.0)
    policy = STILL.with_values({"status.settlement_years": 2.0})
    for week, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=60), 1):
        due = week - before[COL.protected_at] >= 2.0 * WEEKS_PER_YEAR
        assert np.array_equal(after[COL.stage] == STAGE.SETTLED, due)


def test_without_settlement_nobody_settles() -> None:
    people = caseload(households=300, stages__protected=1.0, stages__exhausted=0.0, procedure__reviews_per_week=100.0)
    run = prepare(STILL.with_values({"status.settlement_years": None}), people, QUIET, weeks=300).run(1)
    assert np.all(run.state.s[COL.stage] == STAGE.PROTECTED)
    assert flow(run, "reviews").sum() == 0


@pytest.mark.parametrize(
    ("land", "revocation", "ended"), [("Albania", 1.0, True), ("Albania", 0.0, False), ("Afghanistan", 1.0, False)]
)
def test_a_review_ends_protection_only_where_home_is_listed_as_safe(land: str, revocation: float, ended: bool) -> None:
    people = caseload({land: 1.0}, households=200, stages__protected=1.0, stages__exhausted=0.0,
                      procedure__reviews_per_week=200.0, world__revocation=revocation)  # fmt: skip
    policy = STILL.with_values({"status.review_interval_months": 12, "status.settlement_years": None})
    run = prepare(policy, people, QUIET, weeks=105).run(1)
    assert flow(run, "revoked").sum() == (200 if ended else 0)
    if not ended:
        assert flow(run, "reviews").sum() == pytest.approx(390, abs=15)  # each twice in two years, or a little later


# ---- support -------------------------------------------------------------------------------------------

HOUSED: dict[str, Any] = {"housing__hotel": 0.5, "housing__dispersal": 0.5, "housing__own": 0.0}


def test_support_ends_after_its_weeks_and_for_those_meant() -> None:
    people = caseload(households=300, composition__family_share=0.5, durations__exhausted_weeks=0.0, **HOUSED)
    policy = STILL.with_values(
        {"support.singles": "end_after", "support.singles_weeks": 5, "support.families": "continue"}
    )
    run = prepare(policy, people, QUIET, weeks=12).run(1)
    s = run.state.s
    assert np.array_equal(s[COL.withdrawn] == 1.0, s[COL.children] == 0)
    assert np.array_equal(s[COL.housing] == HOUSING.OWN, s[COL.children] == 0)
    assert flow(run, "support_ended").tolist() == [0] * 5 + [int(np.sum(s[COL.children] == 0))] + [0] * 6


def test_support_that_has_ended_before_the_run_is_not_paid() -> None:
    people = caseload(households=300, durations__exhausted_weeks=1_000.0, **HOUSED)
    policy = STILL.with_values(
        {"support.singles": "end_after", "support.families": "end_after", "support.singles_weeks": 0}
    )
    state = prepare(policy, people, QUIET, weeks=5).begin(1)
    ended = state.s[COL.since] < 0
    assert np.array_equal(state.s[COL.withdrawn] == 1.0, ended)
    assert np.all(state.s[COL.support_end, ended] == NO_LIMIT)


def test_lost_support_pushes_into_irregularity_first() -> None:
    """Section 9: with the fitted direction of the two pushes, more go irregular than go home."""
    people = caseload(households=3_000, durations__exhausted_weeks=0.0, **HOUSED)
    b = LIVELY.with_values(
        {
            "lost_support_return": 0.2,
            "lost_support_irregular": 2.0,
            "assisted": -60.0,
            "irregular": -5.0,
            "unassisted": -5.0,
        }
    )
    runs = [
        prepare(STILL.with_values({"support.families": rule, "support.singles": rule}), people, b, weeks=26).run(1)
        for rule in ("continue", "end_after")
    ]
    dark = [flow(run, "absconded").sum() for run in runs]
    home = [flow(run, "unassisted").sum() for run in runs]
    assert dark[1] - dark[0] > 5 * abs(home[1] - home[0])
    assert dark[1] > 3 * dark[0]


REFUSING: dict[str, Any] = {
    "offer.amount_per_person": 3_000.0, "offer.acceptance_window_weeks": 2, "support.families": "end_on_refusal",
    "support.singles": "end_on_refusal",
}  # fmt: skip


def test_support_ends_for_those_who_let_an_offer_pass() -> None:
    people = caseload(households=300, **HOUSED)
    run = prepare(STILL.with_values(REFUSING), people, ATTENTIVE, weeks=8).run(1)
    assert np.all(run.state.s[COL.withdrawn] == 1.0)
    assert flow(run, "support_ended")[:2].sum() == 0  # while the offer stands


@pytest.mark.parametrize("terms", [
    {"offer.claims_before_week": -5_000}, {"scope.safe_threshold": 1.0, "offer.safe_origins_only": True},
])  # fmt: skip
def test_support_does_not_end_for_those_to_whom_no_offer_was_made(terms: dict[str, Any]) -> None:
    run = prepare(STILL.with_values(REFUSING | terms), caseload(households=200, **HOUSED), ATTENTIVE, weeks=20).run(1)
    assert not run.state.s[COL.withdrawn].any()


def test_support_does_not_end_for_those_who_came_after_the_deadline() -> None:
    """Who is exhausted after an offer has closed has refused nothing."""
    people = caseload(households=100, inflow_per_week=5.0, inflow_stage="exhausted", **HOUSED)
    policy = STILL.with_values(REFUSING | {"offer.acceptance_window_weeks": None, "offer.end_week": 5})
    run = prepare(policy, people, ATTENTIVE, weeks=30).run(1)
    arrivals = run.state.s[COL.id] >= ARRIVALS
    late = arrivals & (run.state.s[COL.since] >= 5)
    assert late.sum() > 50
    assert run.state.s[COL.withdrawn, ~arrivals].all()
    assert not run.state.s[COL.withdrawn, late].any()


def test_an_early_bonus_that_lapses_is_not_a_refusal() -> None:
    terms = {"offer.acceptance_window_weeks": 30, "offer.early_bonus": 0.5, "offer.early_weeks": 4}
    run = prepare(STILL.with_values(REFUSING | terms), caseload(households=200, **HOUSED), ATTENTIVE, weeks=29).run(1)
    assert not run.state.s[COL.withdrawn].any()


def test_hotels_empty_at_their_rate() -> None:
    people = caseload(households=4_000, housing__hotel=1.0, housing__dispersal=0.0, housing__own=0.0)
    run = prepare(STILL.with_values({"housing.hotel_exit_per_week": 0.05}), people, QUIET, weeks=20).run(1)
    assert np.mean(run.state.s[COL.housing] == HOUSING.HOTEL) == pytest.approx(0.95**20, abs=0.03)
    assert not run.state.s[COL.withdrawn].any()


def test_who_loses_protection_is_housed_as_a_newcomer_is() -> None:
    """Where a household lived before it was protected does not say where it lives years later."""
    people = caseload(
        households=600, stages__protected=1.0, stages__exhausted=0.0, housing__hotel=0.5, housing__own=0.5,
        housing__dispersal=0.0, procedure__reviews_per_week=600.0, world__revocation=1.0, world__unsafe_below=0.0,
    )  # fmt: skip
    policy = STILL.with_values({"status.review_interval_months": 1, "scope.safe_threshold": 0.0})
    run = prepare(policy, people, QUIET, weeks=6).run(1)
    s = run.state.s
    refused = s[COL.stage] != STAGE.PROTECTED
    assert refused.sum() > 300
    for before in (HOUSING.HOTEL, HOUSING.OWN):
        then = s[COL.housing, refused & (s[COL.first_housing] == before)]
        assert np.mean(then == HOUSING.HOTEL) == pytest.approx(0.5, abs=0.12)
