"""The state's side: queues within capacity, first come first served; support, reviews and removals by their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, QUIET, STILL, busy_caseload, busy_policy, caseload, column, flow

from abm import Prepared, prepare
from abm.decision import WEEKS_PER_YEAR
from abm.policy import Priority
from abm.queues import capacity
from abm.stages import (
    ABSCONDED, AWAITING, CHILDREN, EXHAUSTED, HOUSING, ID, LEFT_AT, OFFERED, ORIGIN, OWN, PROTECTED, PROTECTED_AT, REENTRIES,
    REFUSED, REMOVED, REVIEW_DUE, SETTLED, SINCE, STAGE, STANDING_OFFERED, SUPPORT_END, UNASSISTED, VISITED, WITHDRAWN,
)  # fmt: skip
from abm.state import LISTED


def weekly_tables(prepared: Prepared, seed: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Week, and the table of households before and after it."""
    state = prepared.begin(seed)
    for week in range(prepared.weeks):
        before = state.s.copy()
        prepared.advance(seed, state, week, week + 1)
        yield week, before, state.s.copy()


@pytest.mark.parametrize("per_week", [0.0, 0.01, 0.3, 1.0, 2.5, 7.0, 13.37])
def test_capacity_adds_up_to_its_rate(per_week: float) -> None:
    served = [capacity(per_week, week) for week in range(520)]
    assert all(n in (int(per_week), int(per_week) + 1) for n in served)
    assert np.all(np.abs(np.cumsum(served) - per_week * np.arange(1, 521)) < 1.0)


def test_no_queue_serves_more_than_its_capacity() -> None:
    prepared = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=104)
    run, rates = prepared.run(2), prepared.plain.rates
    served = {
        "decisions": flow(run, "granted") + flow(run, "refused"), "reviews": flow(run, "reviews"),
        "appeals": flow(run, "appeals_allowed") + flow(run, "appeals_dismissed"), "visits": flow(run, "visits"),
        "attempts": flow(run, "attempts"),
    }  # fmt: skip
    for name, count in served.items():
        most = np.array([capacity(getattr(rates, name), week) for week in range(104)])
        assert np.all(count <= most), name
        assert np.sum(count == most) > 20, f"{name}: the queue binds"


#: stage of the queue, column that says since when a household waits, capacities
QUEUES: dict[str, tuple[float, int, dict[str, Any]]] = {
    "decisions": (AWAITING, SINCE, {"stages__awaiting": 1.0, "stages__exhausted": 0.0, "procedure__decisions_per_week": 2.5}),
    "appeals": (REFUSED, SINCE, {"stages__refused": 1.0, "stages__exhausted": 0.0, "procedure__appeals_per_week": 2.5,
                                 "procedure__appeal_share": 1.0}),
    "reviews": (PROTECTED, REVIEW_DUE, {"stages__protected": 1.0, "stages__exhausted": 0.0, "world__revocation": 1.0,
                                        "procedure__reviews_per_week": 2.5, "durations__protected_weeks": 300.0}),
}  # fmt: skip


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_first_come_first_served(queue: str) -> None:
    """Nobody is served while somebody who came a week or more earlier still waits."""
    stage, waiting_since, settings = QUEUES[queue]
    people = caseload(households=200, inflow_per_week=1.0 if queue == "decisions" else 0.0, **settings)
    policy = STILL.with_values({"status.review_interval_months": 6, "status.settlement_years": None})
    served_in_all = 0
    for week, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=60), 1):
        waiting = (before[STAGE] == stage) & (before[waiting_since] <= week)
        served = waiting & (after[STAGE] != stage)
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
    left = [prepare(STILL.with_values({"procedure.decision_speed": speed}), people, QUIET, weeks=50).run(1) for speed in (0.5, 1.0, 2.0)]
    assert [int(run.state.history[-1, 1]) for run in left] == [250, 200, 100]


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
    people = caseload(households=300, stages__awaiting=1.0, stages__exhausted=0.0, procedure__decisions_per_week=300.0,
                      procedure__grant_rate=0.0, procedure__appeal_share=0.0, procedure__appeal_window_weeks=3)  # fmt: skip
    run = prepare(STILL, people, QUIET, weeks=10).run(1)
    assert flow(run, "refused").tolist()[:2] == [300, 0]
    assert flow(run, "exhausted").tolist()[:5] == [0, 0, 0, 300, 0]


# ---- protection ----------------------------------------------------------------------------------------


def test_protection_settles_after_its_years() -> None:
    people = caseload(households=300, stages__protected=1.0, stages__exhausted=0.0)
    policy = STILL.with_values({"status.settlement_years": 2.0})
    for week, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=60), 1):
        due = week - before[PROTECTED_AT] >= 2.0 * WEEKS_PER_YEAR
        assert np.array_equal(after[STAGE] == SETTLED, due)


def test_without_settlement_nobody_settles() -> None:
    people = caseload(households=300, stages__protected=1.0, stages__exhausted=0.0, procedure__reviews_per_week=100.0)
    run = prepare(STILL.with_values({"status.settlement_years": None}), people, QUIET, weeks=300).run(1)
    assert np.all(run.state.s[STAGE] == PROTECTED)
    assert flow(run, "reviews").sum() == 0


@pytest.mark.parametrize(("land", "revocation", "ended"), [("Albania", 1.0, True), ("Albania", 0.0, False), ("Afghanistan", 1.0, False)])
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
    policy = STILL.with_values({"support.singles": "end_after", "support.singles_weeks": 5, "support.families": "continue"})
    run = prepare(policy, people, QUIET, weeks=12).run(1)
    s = run.state.s
    assert np.array_equal(s[WITHDRAWN] == 1.0, s[CHILDREN] == 0)
    assert np.array_equal(s[HOUSING] == OWN, s[CHILDREN] == 0)
    assert flow(run, "support_ended").tolist() == [0] * 5 + [int(np.sum(s[CHILDREN] == 0))] + [0] * 6


def test_support_that_has_ended_before_the_run_is_not_paid() -> None:
    people = caseload(households=300, durations__exhausted_weeks=1_000.0, **HOUSED)
    policy = STILL.with_values({"support.singles": "end_after", "support.families": "end_after", "support.singles_weeks": 0})
    state = prepare(policy, people, QUIET, weeks=5).begin(1)
    ended = state.s[SINCE] < 0
    assert np.array_equal(state.s[WITHDRAWN] == 1.0, ended)
    assert np.all(state.s[SUPPORT_END, ended] == 1e9)


def test_lost_support_pushes_into_irregularity_first() -> None:
    """Section 9: with the fitted direction of the two pushes, more go irregular than go home."""
    people = caseload(households=3_000, durations__exhausted_weeks=0.0, **HOUSED)
    b = LIVELY.with_values({"lost_support_return": 0.2, "lost_support_irregular": 2.0, "assisted": -60.0, "irregular": -5.0,
                            "unassisted": -5.0})  # fmt: skip
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
    assert np.all(run.state.s[WITHDRAWN] == 1.0)
    assert flow(run, "support_ended")[:2].sum() == 0  # while the offer stands


@pytest.mark.parametrize("terms", [
    {"offer.claims_before_week": -5_000}, {"scope.safe_threshold": 1.0, "offer.safe_origins_only": True},
])  # fmt: skip
def test_support_does_not_end_for_those_to_whom_no_offer_was_made(terms: dict[str, Any]) -> None:
    run = prepare(STILL.with_values(REFUSING | terms), caseload(households=200, **HOUSED), ATTENTIVE, weeks=20).run(1)
    assert not run.state.s[WITHDRAWN].any()


def test_support_does_not_end_for_those_who_came_after_the_deadline() -> None:
    """Who is exhausted after an offer has closed has refused nothing."""
    people = caseload(households=100, inflow_per_week=5.0, inflow_stage="exhausted", **HOUSED)
    policy = STILL.with_values(REFUSING | {"offer.acceptance_window_weeks": None, "offer.end_week": 5})
    run = prepare(policy, people, ATTENTIVE, weeks=30).run(1)
    arrivals = run.state.s[ID] >= 2**32
    late = arrivals & (run.state.s[SINCE] >= 5)
    assert late.sum() > 50
    assert run.state.s[WITHDRAWN, ~arrivals].all()
    assert not run.state.s[WITHDRAWN, late].any()


def test_an_early_bonus_that_lapses_is_not_a_refusal() -> None:
    terms = {"offer.acceptance_window_weeks": 30, "offer.early_bonus": 0.5, "offer.early_weeks": 4}
    run = prepare(STILL.with_values(REFUSING | terms), caseload(households=200, **HOUSED), ATTENTIVE, weeks=29).run(1)
    assert not run.state.s[WITHDRAWN].any()


def test_hotels_empty_at_their_rate() -> None:
    people = caseload(households=4_000, housing__hotel=1.0, housing__dispersal=0.0, housing__own=0.0)
    run = prepare(STILL.with_values({"housing.hotel_exit_per_week": 0.05}), people, QUIET, weeks=20).run(1)
    assert np.mean(run.state.s[HOUSING] == 0) == pytest.approx(0.95**20, abs=0.03)
    assert not run.state.s[WITHDRAWN].any()


# ---- advice and removal --------------------------------------------------------------------------------


def test_no_household_is_visited_twice_within_thirteen_weeks() -> None:
    policy = STILL.with_values({"advice.visits_per_1000_week": 100.0})
    last: dict[int, float] = {}
    visits = 0
    for week, _, after in weekly_tables(prepare(policy, caseload(households=200), QUIET, weeks=60), 1):
        for who in np.flatnonzero(after[VISITED] == week):
            assert week - last.get(int(who), -1e6) >= 13
            last[int(who)] = week
            visits += 1
    assert visits == pytest.approx(min(20 * 60, 200 * 60 / 13), rel=0.1)


#: What a household attempted earlier has against one attempted later: the first is at most the second.
ORDERS: dict[Priority, Any] = {
    "longest_first": lambda s: s[SINCE], "newest_first": lambda s: -s[SINCE],
    "families_first": lambda s: (s[CHILDREN] == 0).astype(float), "singles_first": lambda s: (s[CHILDREN] > 0).astype(float),
}  # fmt: skip


@pytest.mark.parametrize("priority", ORDERS)
def test_removal_follows_its_priority(priority: Priority) -> None:
    """With every attempt a success, those removed come before those who are not."""
    people = caseload(households=200, composition__family_share=0.5, world__removal_success=1.0,
                      world__removal_success_family=1.0, world__removal_school=1.0)  # fmt: skip
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 15.0, "enforcement.include_families": True,
                                "enforcement.priority": priority})  # fmt: skip
    for _, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=30), 1):
        removed = (before[STAGE] == EXHAUSTED) & (after[STAGE] == REMOVED)
        still = after[STAGE] == EXHAUSTED
        assert removed.sum() == 3
        assert ORDERS[priority](before)[removed].max() <= ORDERS[priority](before)[still].min()


@pytest.mark.parametrize(("land", "levers", "expected"), [
    ("Albania", {}, "singles"),
    ("Albania", {"enforcement.include_families": True}, "all"),
    ("Iraq", {"enforcement.include_families": True}, "none"),  # enforced return is not feasible
    ("Afghanistan", {"enforcement.include_families": True, "enforcement.safe_origins_only": True}, "none"),
])  # fmt: skip
def test_removal_reaches_only_those_meant(land: str, levers: dict[str, Any], expected: str) -> None:
    people = caseload({land: 1.0}, households=200, composition__family_share=0.5, world__removal_success=1.0,
                      world__removal_success_family=1.0, world__removal_school=1.0)  # fmt: skip
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 500.0} | levers)
    s = prepare(policy, people, QUIET, weeks=5).run(1).state.s
    meant = {"singles": s[CHILDREN] == 0, "all": s[CHILDREN] >= 0, "none": s[CHILDREN] < 0}[expected]
    assert np.array_equal(s[STAGE] == REMOVED, meant)


def test_households_out_of_contact_are_attempted_only_if_included() -> None:
    people = caseload(households=200, stages__absconded=1.0, stages__exhausted=0.0, world__removal_success=1.0,
                      world__removal_absconded=1.0)  # fmt: skip
    for included in (True, False):
        policy = STILL.with_values({"enforcement.attempts_per_1000_week": 1_000.0, "enforcement.include_absconded": included})
        s = prepare(policy, people, QUIET, weeks=3).run(1).state.s
        assert np.all((s[STAGE] == REMOVED) == (included and s[CHILDREN] == 0))


def test_what_is_seen_of_removals_does_not_depend_on_the_size_of_the_sample() -> None:
    """The same removals a year must look as credible in a sample of 150 as in one of 6,000."""
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 4.0})
    seen = []
    for households, seeds in ((150, 200), (6_000, 4)):
        people = caseload(households=6_000, composition__family_share=0.0, inflow_per_week=6_000 * 0.0016,
                          inflow_stage="exhausted", world__removal_success=0.4)  # fmt: skip
        prepared = prepare(policy, people, QUIET, weeks=156, households=households)
        late = []
        for seed in range(seeds):
            state = prepared.begin(seed)
            for week in range(156):
                prepared.advance(seed, state, week, week + 1)
                if week >= 104:
                    late.append(state.credibility[0])
        seen.append(float(np.mean(late)))
    assert seen[0] == pytest.approx(seen[1], rel=0.08)


# ---- being found, coming back ----------------------------------------------------------------------------


def test_a_household_that_is_found_is_made_the_offers_of_those_exhausted() -> None:
    """Whether it went out of contact before they were made to it or was out of contact from the start."""
    people = caseload(households=300, stages__absconded=1.0, stages__exhausted=0.0, world__detection_per_year=30.0)
    policy = STILL.with_values({"standing.amount_per_person": 3_000.0, "offer.amount_per_person": 4_000.0})
    s = prepare(policy, people, QUIET, weeks=30).run(1).state.s
    found = s[STAGE] == EXHAUSTED
    assert found.sum() > 250
    assert np.all(s[OFFERED, found] < 1e8), "the offer is never made to them"
    assert np.all(s[STANDING_OFFERED, found] < 1e8), "the standing offer is never made to them"


def test_found_households_have_no_support() -> None:
    people = caseload(households=300, stages__absconded=1.0, stages__exhausted=0.0, world__detection_per_year=30.0)
    s = prepare(STILL, people, QUIET, weeks=30).run(1).state.s
    assert np.array_equal(s[STAGE] == EXHAUSTED, s[WITHDRAWN] == 1.0)
    assert np.all(s[HOUSING] == OWN)


def test_those_who_came_back_claim_again_and_a_ban_keeps_them_out() -> None:
    b = QUIET.with_values({"consider": 0.5, "unassisted": 0.0})
    people = caseload(households=400, world__remigration_per_year=3.0, world__ban_effect=0.0)
    free, banned = (
        prepare(STILL.with_values({"entry.reentry_ban_years": years}), people, b, weeks=60).run(1) for years in (0.0, 2.0)
    )
    assert flow(free, "re_entered").sum() > 100
    assert flow(banned, "re_entered").sum() == 0
    back = (column(free, REENTRIES) > 0) & (column(free, STAGE) == AWAITING)
    assert back.any()
    assert np.all(column(free, LEFT_AT)[back] >= 0)
    assert np.all(np.isin(column(free, STAGE), (AWAITING, UNASSISTED, EXHAUSTED)))


def test_a_shorter_ban_effect_lets_the_same_households_in() -> None:
    b = QUIET.with_values({"consider": 1.0, "unassisted": 60.0})
    people = caseload(households=3_000, world__remigration_per_year=0.5)
    policy = STILL.with_values({"entry.reentry_ban_years": 50.0})
    half, whole = (
        prepare(policy, people.with_values({"world.ban_effect": e}), b, weeks=3).run(1) for e in (0.5, 1.0)
    )
    back = [set(np.flatnonzero(column(run, REENTRIES) > 0)) for run in (half, whole)]
    assert back[0] < back[1]
    assert len(back[0]) / len(back[1]) == pytest.approx(0.5, abs=0.15)


def test_the_safe_list_is_what_the_threshold_says() -> None:
    people = busy_caseload(world__safety_path="constant")
    for threshold, listed in ((0.2, [1, 1, 1, 0]), (0.45, [1, 1, 0, 0]), (0.7, [1, 0, 0, 0]), (1.0, [0, 0, 0, 0])):
        state = prepare(busy_policy(scope__safe_threshold=threshold), people, LIVELY, weeks=3).begin(1)
        assert state.lands[LISTED, 0].tolist() == listed
    assert state.s[ORIGIN].max() == 3
    assert np.any(state.s[STAGE] == ABSCONDED)
