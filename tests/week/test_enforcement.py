"""Advice, removal, being found and coming back: whom they reach, in what order, with what effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, QUIET, STILL, busy_caseload, busy_policy, caseload, column, flow, made, weekly_tables

from abm import prepare
from abm.arrays.state import KIN, LAND
from abm.household.stages import COL, HOUSING, STAGE
from abm.inputs.policy import Priority
from abm.numerics.calendar import limited
from abm.week.enforcement import exposed_to_removal, may_be_removed

# ---- advice and removal --------------------------------------------------------------------------------


def test_no_household_is_visited_twice_within_thirteen_weeks() -> None:
    policy = STILL.with_values({"advice.visits_per_1000_week": 100.0})
    last: dict[int, float] = {}
    visits = 0
    for week, _, after in weekly_tables(prepare(policy, caseload(households=200), QUIET, weeks=60), 1):
        for who in np.flatnonzero(after[COL.visited] == week):
            assert week - last.get(int(who), -1e6) >= 13
            last[int(who)] = week
            visits += 1
    assert visits == pytest.approx(min(20 * 60, 200 * 60 / 13), rel=0.1)


#: What a household attempted earlier has against one attempted later: the first is at most the second.
ORDERS: dict[Priority, Any] = {
    "longest_first": lambda s: s[COL.since],
    "newest_first": lambda s: -s[COL.since],
    "families_first": lambda s: (s[COL.children] == 0).astype(float),
    "singles_first": lambda s: (s[COL.children] > 0).astype(float),
}


@pytest.mark.parametrize("priority", ORDERS)
def test_removal_follows_its_priority(priority: Priority) -> None:
    """With every attempt a success, those removed come before those who are not."""
    people = caseload(households=200, composition__family_share=0.5, world__removal_success=1.0,
                      world__removal_success_family=1.0, world__removal_school=1.0)  # fmt: skip
    policy = STILL.with_values({"enforcement.attempts_per_1000_week": 15.0, "enforcement.include_families": True,
                                "enforcement.priority": priority})  # fmt: skip
    for _, before, after in weekly_tables(prepare(policy, people, QUIET, weeks=30), 1):
        removed = (before[COL.stage] == STAGE.EXHAUSTED) & (after[COL.stage] == STAGE.REMOVED)
        still = after[COL.stage] == STAGE.EXHAUSTED
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
    meant = {"singles": s[COL.children] == 0, "all": s[COL.children] >= 0, "none": s[COL.children] < 0}[expected]
    assert np.array_equal(s[COL.stage] == STAGE.REMOVED, meant)


def test_households_out_of_contact_are_attempted_only_if_included() -> None:
    people = caseload(households=200, stages__absconded=1.0, stages__exhausted=0.0, world__removal_success=1.0,
                      world__removal_absconded=1.0)  # fmt: skip
    for included in (True, False):
        policy = STILL.with_values(
            {"enforcement.attempts_per_1000_week": 1_000.0, "enforcement.include_absconded": included}
        )
        s = prepare(policy, people, QUIET, weeks=3).run(1).state.s
        assert np.all((s[COL.stage] == STAGE.REMOVED) == (included and s[COL.children] == 0))


@pytest.mark.parametrize("absconded", [False, True])
@pytest.mark.parametrize("families", [False, True])
def test_how_many_may_be_removed_is_kept_as_things_happen(absconded: bool, families: bool) -> None:
    """Where nobody may be, nobody is looked for; so a number that is too small would let somebody stay."""
    levers = {"enforcement.include_absconded": absconded, "enforcement.include_families": families}
    prepared = prepare(busy_policy().with_values(levers), busy_caseload(), LIVELY, weeks=60)
    state, x, found = prepared.begin(1), prepared.plain, []
    for week in range(60):
        prepared.advance(1, state, week, week + 1)
        stage, booked_from, children = state.s[[COL.stage, COL.booked_from, COL.children]]
        found.append(may_be_removed(float(absconded), float(families), stage, booked_from, children).sum())
        assert exposed_to_removal(x, state) == found[-1]
    assert len(set(found)) > 5


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
                    late.append(state.credibility[0, KIN.single])
        seen.append(float(np.mean(late)))
    assert seen[0] == pytest.approx(seen[1], rel=0.08)


# ---- being found, coming back ----------------------------------------------------------------------------


def test_a_household_that_is_found_is_made_the_offers_of_those_exhausted() -> None:
    """Whether it went out of contact before they were made to it or was out of contact from the start."""
    people = caseload(households=300, stages__absconded=1.0, stages__exhausted=0.0, world__detection_per_year=30.0)
    policy = STILL.with_values({"standing.amount_per_person": 3_000.0, "offer.amount_per_person": 4_000.0})
    run = prepare(policy, people, QUIET, weeks=30).run(1)
    s = run.state.s
    found = s[COL.stage] == STAGE.EXHAUSTED
    assert found.sum() > 250
    assert np.all(limited(s[made(run.prepared, "offer"), found])), "the offer is never made to them"
    assert np.all(limited(s[made(run.prepared, "standing"), found])), "the standing offer is never made to them"


def test_found_households_have_no_support() -> None:
    people = caseload(households=300, stages__absconded=1.0, stages__exhausted=0.0, world__detection_per_year=30.0)
    s = prepare(STILL, people, QUIET, weeks=30).run(1).state.s
    assert np.array_equal(s[COL.stage] == STAGE.EXHAUSTED, s[COL.withdrawn] == 1.0)
    assert np.all(s[COL.housing] == HOUSING.OWN)


def test_those_who_came_back_claim_again_and_a_ban_keeps_them_out() -> None:
    b = QUIET.with_values({"consider": 0.5, "unassisted": 0.0})
    people = caseload(households=400, world__remigration_per_year=3.0, world__ban_effect=0.0)
    free, banned = (
        prepare(STILL.with_values({"entry.reentry_ban_years": years}), people, b, weeks=60).run(1)
        for years in (0.0, 2.0)
    )
    assert flow(free, "re_entered").sum() > 100
    assert flow(banned, "re_entered").sum() == 0
    back = (column(free, COL.reentries) > 0) & (column(free, COL.stage) == STAGE.AWAITING)
    assert back.any()
    assert np.all(column(free, COL.left_at)[back] >= 0)
    assert np.all(np.isin(column(free, COL.stage), (STAGE.AWAITING, STAGE.RETURNED_UNASSISTED, STAGE.EXHAUSTED)))


def test_a_shorter_ban_effect_lets_the_same_households_in() -> None:
    b = QUIET.with_values({"consider": 1.0, "unassisted": 60.0})
    people = caseload(households=3_000, world__remigration_per_year=0.5)
    policy = STILL.with_values({"entry.reentry_ban_years": 50.0})
    half, whole = (prepare(policy, people.with_values({"world.ban_effect": e}), b, weeks=3).run(1) for e in (0.5, 1.0))
    back = [set(np.flatnonzero(column(run, COL.reentries) > 0)) for run in (half, whole)]
    assert back[0] < back[1]
    assert len(back[0]) / len(back[1]) == pytest.approx(0.5, abs=0.15)


def test_the_safe_list_is_what_the_threshold_says() -> None:
    people = busy_caseload(world__safety_path="constant")
    for threshold, listed in ((0.2, [1, 1, 1, 0]), (0.45, [1, 1, 0, 0]), (0.7, [1, 0, 0, 0]), (1.0, [0, 0, 0, 0])):
        state = prepare(busy_policy(scope__safe_threshold=threshold), people, LIVELY, weeks=3).begin(1)
        assert state.lands[LAND.listed, 0].tolist() == listed
    assert state.s[COL.origin].max() == 3
    assert np.any(state.s[COL.stage] == STAGE.ABSCONDED)
