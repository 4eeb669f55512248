"""What a household sees of its own situation, and what others hear of it, found by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, QUIET, caseload
from told import ONE, household, offering, pulled, setting, world

from abm.arrays.origins import ORIGIN
from abm.arrays.state import NEWS
from abm.household.decision import Circumstances
from abm.household.stages import COL, STAGE
from abm.inputs.policy import Policy
from abm.numerics.draws import key_of
from abm.week.considering import best_offers, circumstances
from abm.week.departures import leave

B = QUIET.with_values({"payment_belief": 1.0})


def seen(row: Any, policy: Policy | None = None, week: int = 0, **changes: Any) -> Circumstances:
    """What a household of the stock weighs in a week, the week before having left it as it was."""
    prepared = setting(policy or pulled(), world(row, **changes), B)
    state = prepared.begin(1)
    now, _, to_come = best_offers(key_of(1), week, prepared.plain, state, 0)
    return circumstances(prepared.plain, state, 0, week, now, to_come)


def test_hope_is_the_chance_of_being_allowed_to_stay_as_the_stage_has_it() -> None:
    """Its grant rate; that its appeal is allowed; certain; after that leave to stay within five years."""
    rates = {"procedure__grant_rate": 0.3, "procedure__appeal_allowed": 0.4, "procedure__appeal_share": 1.0}
    policy = pulled(settlement__regularisation_per_year=0.1)
    assert seen(household(stage="awaiting"), policy, **rates).hope == 0.3
    assert seen(household(stage="refused"), policy, **rates).hope == 0.4
    assert seen(household(stage="refused"), policy, **rates | {"procedure__appeal_share": 0.0}).hope == 0.0
    assert seen(household(stage="protected"), policy, **rates).hope == 1.0
    for stage in ("exhausted", "absconded"):
        assert seen(household(stage=stage), policy, **rates).hope == pytest.approx(1.0 - math.exp(-5 * 0.1))
        assert seen(household(stage=stage), **rates).hope == 0.0


def test_years_count_from_its_coming() -> None:
    assert seen(household(weeks_in_country=104.0)).years_here == pytest.approx(104 * 7 / 365.25)
    assert seen(household(weeks_in_country=104.0), week=10).years_here == pytest.approx(114 * 7 / 365.25)


@pytest.mark.parametrize(("row", "expected"), [
    (household(4, 2, school_children=1, housing="hotel"), {"has_children": 1.0, "at_school": 1.0, "in_hotel": 1.0}),
    (household(4, 2, housing="own"), {"has_children": 1.0, "at_school": 0.0, "in_hotel": 0.0}),
    (household(2), {"has_children": 0.0, "at_school": 0.0, "in_hotel": 0.0}),
])  # fmt: skip
def test_children_school_and_hotel_are_its_own(row: Any, expected: dict[str, float]) -> None:
    found = seen(row)._asdict()
    assert {name: found[name] for name in expected} == expected


def test_home_is_its_country_and_its_belief() -> None:
    prepared = setting(pulled(), world(ONE, household(origin="Afghanistan")), LIVELY)
    state = prepared.begin(1)
    for i in range(2):
        x, origin = circumstances(prepared.plain, state, i, 0, 0.0, 0.0), int(state.s[COL.origin, i])
        land = prepared.plain.origins[:, origin]
        told = (x.safety_before, x.income, x.origin)
        assert told == (land[ORIGIN.safety], land[ORIGIN.income], land[ORIGIN.effect])
        own = (
            state.s[COL.safety, i],
            state.s[COL.removal, i],
            state.s[COL.taste_return, i],
            state.s[COL.taste_irregular, i],
        )
        assert (x.safety, x.removal, x.taste_return, x.taste_irregular) == own
        assert x.safety != x.safety_before


def test_the_best_still_to_come_is_that_of_its_own_path() -> None:
    """What it could have next week, or in any later week until the offer ends."""
    assert seen(ONE, offering(decline_per_week=-0.1, end_week=4)).cash_later == pytest.approx(1_300.0)
    assert seen(ONE, offering(decline_per_week=0.1, end_week=4)).cash_later == pytest.approx(900.0)
    assert seen(ONE, offering(end_week=1)).cash_later == 0.0
    assert seen(ONE, offering(start_week=3)).cash_later == 0.0  # nobody knows of it yet
    biased = setting(offering(), world(ONE), B.with_values({"present_bias": 0.7}))
    assert best_offers(key_of(1), 0, biased.plain, biased.begin(1), 0)[2] == pytest.approx(700.0)


def test_peers_who_left_are_those_who_left_by_choice() -> None:
    prepared = setting(pulled(), world(ONE), B)
    state = prepared.begin(1)
    state.s[[COL.ties, COL.ties_left, COL.ties_removed], 0] = 8.0, 2.0, 4.0
    assert circumstances(prepared.plain, state, 0, 0, 0.0, 0.0).peers_left == 0.25
    state.s[COL.ties, 0] = state.s[COL.ties_left, 0] = 0.0
    assert circumstances(prepared.plain, state, 0, 0, 0.0, 0.0).peers_left == 0.0


@pytest.mark.parametrize(("route", "promised", "reports"), [
    (STAGE.RETURNED_ASSISTED, 1.0, 1.0), (STAGE.RETURNED_UNASSISTED, 0.0, 1.0), (STAGE.REMOVED, 0.0, 0.0),
])  # fmt: skip
@pytest.mark.parametrize("reliability", [0.0, 1.0])
def test_ties_hear_of_payment_only_from_those_to_whom_it_was_promised(
    route: float, promised: float, reports: float, reliability: float
) -> None:
    people = world(*[ONE] * 12, network__mean_ties=4.0, world__payment_reliability=reliability)
    prepared = setting(offering(), people, LIVELY)
    state = prepared.begin(1)
    leave(key_of(1), 0, prepared.plain, state, 0, route)
    ties = set(state.ties[state.tie_start[0] : state.tie_start[1]].tolist())
    assert 0 < len(ties) < 11
    for j in range(1, 12):
        unread = int(state.s[COL.unread, j])
        kinds = (NEWS.reports, NEWS.payments, NEWS.paid, NEWS.removals)
        told = [state.news[kind, unread - 1] if unread else 0.0 for kind in kinds]
        tied = float(j in ties)
        assert told == [reports * tied, promised * tied, promised * reliability * tied, (1.0 - reports) * tied]


def test_siblings_are_each_of_school_age_or_not() -> None:
    """At a share of a half, of two children and more nearly all would be of one kind only if they shared a draw."""
    people = caseload(households=400, composition__family_share=1.0, composition__extra_children=3.0,
                      composition__school_share=0.5)  # fmt: skip
    s = setting(pulled(), people, QUIET).begin(1).s
    children, school = s[COL.children], s[COL.school]
    assert school.sum() / children.sum() == pytest.approx(0.5, abs=0.04)
    for size in (2, 3, 4):
        of_size = children == size
        mixed = np.mean((school[of_size] > 0) & (school[of_size] < size))
        assert mixed == pytest.approx(1.0 - 2 * 0.5**size, abs=0.12)
