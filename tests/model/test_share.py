"""An offer that is open to a share of the households, by lot: who is drawn, and what those who are not get to know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, STILL, assert_same_run, busy_caseload, busy_policy, caseload, made

from abm import load_caseload, load_policy, prepare
from abm.arrays.pull import amount_per_head
from abm.arrays.state import State
from abm.household.stages import COL, STAGE
from abm.model import Prepared
from abm.numerics.calendar import limited
from abm.numerics.draws import PURPOSE, key_of, uniform
from abm.why import explain

#: Whose lot it is, and the purpose of the draw.
BY = {"household": (COL.id, PURPOSE.LOT), "site": (COL.site, PURPOSE.SITE_LOT)}
#: Everybody in the same stage, everybody attentive, and everybody takes what is offered.
ALONE: dict[str, Any] = {"composition__family_share": 0.0, "households": 1_000, "network__site_households": 20.0}
EAGER = ATTENTIVE.with_values({"assisted": 60.0})
#: Nobody considers but for an offer, or for somebody who left.
EARED = LIVELY.with_values({"alert_departure": 0.9, "consider": 0.0, "alert_offer": 1.0})


def offered(share: float, by: str = "household") -> Any:
    return STILL.with_values({"offer.amount_per_person": 5_000.0, "offer.share": share, "offer.share_by": by})


def lots(s: Any, seed: int, by: str = "household") -> np.ndarray:
    """The lot of each household, or of its site: a draw of that alone."""
    whose, purpose = BY[by]
    return np.array([uniform(key_of(seed), int(one), 0, purpose) for one in s[whose]])


def took(state: State) -> np.ndarray:
    return np.asarray(state.s[COL.route] == STAGE.RETURNED_ASSISTED)


@pytest.mark.parametrize("by", BY)
def test_an_offer_for_all_is_the_same_whatever_the_lot_is_drawn_for(by: str) -> None:
    runs = (
        prepare(p, busy_caseload(), LIVELY, weeks=60).run(4)
        for p in (busy_policy(), busy_policy(offer__share=1.0, offer__share_by=by))
    )
    assert_same_run(*runs)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_those_and_only_those_who_are_drawn_have_the_offer(by: str, share: float) -> None:
    state = prepare(offered(share, by), caseload(**ALONE), EAGER, weeks=5).run(1).state
    assert np.array_equal(took(state), lots(state.s, 1, by) < share)
    # 1,000 households: a binomial share, within four standard errors; 50 sites: the same of sites.
    drawn = 1_000 if by == "household" else 50
    assert abs(took(state).mean() - share) < 4.0 * np.sqrt(share * (1.0 - share) / drawn)


@pytest.mark.parametrize("by", BY)
def test_a_household_is_drawn_the_same_whatever_the_population(by: str) -> None:
    """Of a household nobody draws but by its identity, of a site but by its number."""
    drawn = []
    for households in (100, 400):
        people = caseload(**ALONE | {"households": households})
        state = prepare(offered(0.5, by), people, EAGER, weeks=5, households=households).run(1).state
        whose = state.s[BY[by][0]].astype(int)
        drawn.append(dict(zip(whose, took(state), strict=True)))
    assert len(set(drawn[0].values())) == 2
    assert {one: drawn[1][one] for one in drawn[0]} == drawn[0] or by == "site"
    assert len(drawn[1]) == (400 if by == "household" else 20)


def test_a_larger_share_takes_the_offer_from_nobody() -> None:
    few, many = (took(prepare(offered(share), caseload(**ALONE), EAGER, weeks=5).run(3).state) for share in (0.3, 0.6))
    assert few.sum() < many.sum()
    assert np.all(many[few])


def test_arrivals_are_drawn_as_well() -> None:
    people = caseload(households=100, inflow_per_week=20.0, inflow_stage="exhausted")
    prepared = prepare(offered(0.5), people, EAGER, weeks=40)
    s = prepared.run(2).state.s
    came = s[COL.stage] != STAGE.ABSENT
    assert np.array_equal(limited(s[made(prepared, "offer"), came]), lots(s, 2)[came] < 0.5)  # type: ignore[arg-type]
    assert 300 < limited(s[made(prepared, "offer"), came]).sum() < 600  # type: ignore[attr-defined, arg-type]


def after_a_week(prepared: Prepared) -> State:
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 1)
    return state


@pytest.mark.parametrize("by", BY)
def test_an_announcement_draws_no_attention_in_households_to_which_it_is_not_open(by: str) -> None:
    """And no threat: in its week they are, to the last bit, as without it, whoever else hears of it."""
    people = caseload(households=400, network__site_households=20.0)
    threat = {"enforcement.announced_risk": 0.9}
    b = LIVELY.with_values({"alert_offer": 0.8, "announcement_trust": 0.9})
    with_offer = after_a_week(prepare(offered(0.5, by).with_values(threat), people, b, weeks=3))
    without = after_a_week(prepare(offered(0.0, by).with_values(threat), people, b, weeks=3))
    drawn = lots(with_offer.s, 1, by) < 0.5
    for column in (COL.alert, COL.removal, COL.closing, COL.notice, COL.choice, COL.stage):
        assert np.array_equal(with_offer.s[column, ~drawn], without.s[column, ~drawn])
    assert (with_offer.s[COL.alert, drawn] != without.s[COL.alert, drawn]).any()
    assert (with_offer.s[COL.removal, drawn] != without.s[COL.removal, drawn]).any()


def test_peers_carry_it_to_those_who_are_not_drawn() -> None:
    """Those who leave tell their ties, drawn or not; without ties nobody hears."""

    def considered(ties: float, share: float) -> int:
        people = caseload(households=400, network__mean_ties=ties)
        policy, b = offered(share).with_values({"offer.end_week": 1}), EARED
        s = prepare(policy, people, b, weeks=20).run(1).state.s
        return int((s[COL.considered_at, lots(s, 1) >= 0.5] >= 0).sum())

    assert considered(0.0, 0.5) == considered(0.0, 0.0) == considered(8.0, 0.0) == 0
    assert considered(8.0, 0.5) > 0


def test_why_says_that_a_household_was_not_drawn() -> None:
    prepared = prepare(
        load_policy("uk-pilot-2026").with_values({"offer.share": 0.5}),
        load_caseload("uk-families-2026"),
        LIVELY,
        weeks=4,
    )
    s = prepared.begin(0).s
    stays = next(int(s[COL.id, i]) for i in np.flatnonzero((lots(s, 0) >= 0.5) & (s[COL.stage] == STAGE.EXHAUSTED)))
    drawn = next(int(s[COL.id, i]) for i in np.flatnonzero((lots(s, 0) < 0.5) & (s[COL.stage] == STAGE.EXHAUSTED)))
    assert explain(prepared, 0, stays, 0).offers["offer"].startswith("not drawn: its lot is 0.")
    assert explain(prepared, 0, drawn, 0).offers["offer"].startswith("GBP ")
    assert explain(prepared, 0, stays, 0).offers["standing"].startswith("GBP ")


def test_an_offer_for_a_share_is_worth_that_share_to_those_who_would_come() -> None:
    people = caseload()
    whole, half = (amount_per_head(p.offer, p, people, by_chance=True) for p in (offered(1.0), offered(0.5)))
    assert whole > 0
    assert half == 0.5 * whole
