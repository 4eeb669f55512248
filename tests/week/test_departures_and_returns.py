"""Leaving, being removed, withdrawing, coming back: what it costs, and what ties hear of it, for a few households."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, QUIET
from told import FAMILY, ONE, WILLING, booked, happened, household, left_in, of, offering, pulled, ran, setting, world

from abm.arrays.ledger import LINE, line_for
from abm.arrays.state import COUNT, NEWS, State
from abm.household.stages import ACCOUNT, COL, STAGE, TOLD
from abm.numerics.calendar import limited
from abm.numerics.draws import PURPOSE, key_of, uniform
from abm.week.arriving import come_back
from abm.week.departures import leave
from abm.week.enforcement import chance_of_removal
from abm.week.week import read_news

KEY = key_of(1)


def tied(**changes: Any) -> tuple[Any, State, list[int], list[int]]:
    """Twelve households of whom the first knows some: the setting, the state, whom it knows, and the others."""
    prepared = setting(offering(), world(*[ONE] * 12, network__mean_ties=4.0, **changes), LIVELY)
    state = prepared.begin(1)
    ties = state.ties[state.tie_start[0] : state.tie_start[1]].tolist()
    assert 0 < len(ties) < 11
    return prepared.plain, state, ties, [j for j in range(1, 12) if j not in ties]


# ---- what ties hear ---------------------------------------------------------------------------------


def test_a_tie_that_left_by_choice_is_another_than_one_that_was_removed() -> None:
    for route, left, removed in ((STAGE.RETURNED_UNASSISTED, 1.0, 0.0), (STAGE.REMOVED, 0.0, 1.0)):
        x, state, ties, others = tied()
        leave(KEY, 0, x, state, 0, route)
        assert [state.s[COL.ties_left, j] for j in ties] == [left] * len(ties)
        assert [state.s[COL.ties_removed, j] for j in ties] == [removed] * len(ties)
        assert not state.s[[COL.ties_left, COL.ties_removed]][:, others].any()


def test_what_was_read_is_not_heard_again() -> None:
    """By nobody: the places of news on the list are given anew each week."""
    x, state, ties, _ = tied()
    leave(KEY, 0, x, state, 0, STAGE.REMOVED)
    assert state.counts[COUNT.unread, 0] == len(ties)
    read_news(x, state)
    assert (state.counts[COUNT.unread, 0], state.s[COL.unread].any()) == (0, False)
    state.heard[:], state.news[:] = -1, 99.0
    teller = ties[0]
    leave(KEY, 1, x, state, teller, STAGE.RETURNED_UNASSISTED)
    told = set(state.ties[state.tie_start[teller] : state.tie_start[teller + 1]].tolist())
    assert set(state.heard[: len(told)].tolist()) == told
    assert set(state.news[NEWS.reports, : len(told)].tolist()) == {1.0}
    assert not state.news[[NEWS.payments, NEWS.paid, NEWS.removals], : len(told)].any()


def test_a_removal_is_feared_and_a_return_is_not() -> None:
    """From b to (κ b + 1) / (κ + 1), and attention by its own bump."""
    for route, fear, bump in (
        (STAGE.REMOVED, 1.0, LIVELY.alert_removal), (STAGE.RETURNED_UNASSISTED, 0.0, LIVELY.alert_departure),
    ):  # fmt: skip
        x, state, ties, others = tied()
        leave(KEY, 0, x, state, 0, route)
        before = state.s.copy()
        read_news(x, state)
        for j in ties:
            b, strength = before[COL.removal, j], LIVELY.removal_strength
            assert state.s[COL.removal, j] == pytest.approx((strength * b + fear) / (strength + fear))
            assert 1 - state.s[COL.alert, j] == pytest.approx((1 - before[COL.alert, j]) * (1 - bump))
        assert state.s[:, others].tobytes() == before[:, others].tobytes()


def test_who_comes_back_is_no_longer_gone_and_claims_anew() -> None:
    x, state, ties, _ = tied()
    leave(KEY, 0, x, state, 0, STAGE.RETURNED_UNASSISTED)
    state.s[COL.withdrawn, 0] = 1.0
    come_back(KEY, 5, x, state, 0)
    assert [state.s[COL.ties_left, j] for j in ties] == [0.0] * len(ties)
    expected = {
        "stage": STAGE.AWAITING,
        "withdrawn": 0.0,
        "account": ACCOUNT.REENTERED,
        "reentries": 1.0,
        "arrived": 5.0,
    }
    assert {name: state.s[getattr(COL, name), 0] for name in expected} == expected


def test_a_return_is_to_an_unsafe_country_if_home_is_unsafe_in_that_week() -> None:
    """Home becomes unsafe in week 3, in which the appeal rights of the second household are exhausted."""
    people = world(ONE, household(2, stage="refused", weeks_in_stage=1.0), procedure__appeal_window_weeks=4,
                   world__safety_path="shock", world__safety_week=3, world__safety_change=-1.0)  # fmt: skip
    run = ran(offering(), people)
    assert left_in(run) == [0.0, 3.0]
    assert of(run, "left_unsafe") == [0.0, 1.0]
    assert happened(run, "unsafe_persons") == [0, 0, 0, 2, 0, 0, 0, 0]


# ---- what it costs ----------------------------------------------------------------------------------


def test_travel_is_paid_for_each_person() -> None:
    assert booked(ran(offering(), world(household(3), ONE)), "travel")[0] == 4 * 887.0


def test_a_family_is_held_for_less_time_each_of_its_persons() -> None:
    sure = world(FAMILY, household(2), world__removal_success=1.0, world__removal_success_family=1.0,
                 world__removal_school=1.0)  # fmt: skip
    policy = pulled(enforcement__attempts_per_1000_week=1_000.0, enforcement__include_families=True)
    assert booked(ran(policy, sure, QUIET), "detention")[0] == pytest.approx((3 * 3 + 2 * 28) * 116.26)


def test_some_removals_go_without_escort_by_a_draw_of_their_own() -> None:
    people = world(*[ONE] * 30, world__removal_success=1.0, world__unescorted=0.4)
    run = ran(pulled(enforcement__attempts_per_1000_week=1_000.0), people, QUIET, weeks=1)
    drawn = sum(uniform(KEY, k, 0, PURPOSE.ESCORT) < 0.4 for k in range(30))
    assert 0 < happened(run, "unescorted")[0] == drawn < 30
    assert booked(run, "travel")[0] == pytest.approx(drawn * 887.0)
    assert booked(run, "enforcement")[0] == pytest.approx(30 * 4_700.0 + (30 - drawn) * 4_030.0)


@pytest.mark.parametrize("line", [LINE.hotel, LINE.offer, LINE.appeals])
def test_who_came_back_and_who_was_induced_have_accounts_of_their_own(line: int) -> None:
    found = [line_for(line, account) for account in (ACCOUNT.ORDINARY, ACCOUNT.REENTERED, ACCOUNT.INDUCED)]
    assert found == [line, LINE.re_entry, LINE.induced_arrivals]


@pytest.mark.parametrize(("stage", "children", "at_school", "chance"), [
    (STAGE.EXHAUSTED, 0.0, 0.0, 0.35), (STAGE.EXHAUSTED, 2.0, 0.0, 0.10), (STAGE.EXHAUSTED, 2.0, 1.0, 0.10 * 0.33),
    (STAGE.ABSCONDED, 0.0, 0.0, 0.35 * 0.3), (STAGE.ABSCONDED, 1.0, 1.0, 0.10 * 0.33 * 0.3),
])  # fmt: skip
def test_an_attempt_succeeds_by_kind_school_and_contact(
    stage: float, children: float, at_school: float, chance: float
) -> None:
    x = setting(pulled(), world(ONE)).plain
    assert chance_of_removal(x, stage, children, at_school) == pytest.approx(chance)


# ---- between accepting and leaving ------------------------------------------------------------------


def test_who_accepted_leaves_when_papers_are_there_unless_it_withdraws() -> None:
    """One draw, of the week in which it accepted."""
    people = world(*[ONE] * 30, world__processing_weeks=3.0, world__processing_spread=0.0, world__withdrawal=0.4)
    b = WILLING.with_values({"consider": 0.0, "alert_offer": 1.0, "alert_memory": 0.0})
    run = ran(offering(start_week=1), people, b)
    stays = [uniform(KEY, k, 1, PURPOSE.WITHDRAWAL) < 0.4 for k in range(30)]
    assert 0 < sum(stays) < 30
    assert happened(run, "accepted") == [0, 30, 0, 0, 0, 0, 0, 0]
    assert happened(run, "withdrawn") == [0, 0, 0, 0, sum(stays), 0, 0, 0]
    assert left_in(run) == [None if stay else 4.0 for stay in stays]
    assert [stage == STAGE.EXHAUSTED for stage in of(run, "stage")] == stays


def test_who_is_found_is_made_the_offers() -> None:
    people = world(*[household(stage="absconded")] * 10, world__detection_per_year=52.0)
    prepared = setting(offering(), people, QUIET, weeks=4)
    state = prepared.run(1).state
    found = state.s[COL.stage] == STAGE.EXHAUSTED
    assert found.sum() > 5
    assert np.array_equal(limited(state.s[TOLD]), found)
