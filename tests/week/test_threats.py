"""A threat of removal has an address, a start and a memory."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import QUIET, STILL, caseload, column

from abm import prepare
from abm.household.beliefs import removal_after_threat
from abm.household.stages import COL
from abm.inputs.behaviour import Behaviour
from abm.inputs.policy import Policy

B = QUIET.with_values({"announcement_trust": 0.5, "learning_removal": 0.1})
THREAT = {"enforcement.announced_risk": 0.4}
OFFER = {"offer.amount_per_person": 1_000.0}


def believed(policy: Policy, weeks: int, behaviour: Behaviour = B, **people: float) -> np.ndarray:
    return column(prepare(policy, caseload(households=40, **people), behaviour, weeks=weeks).run(1), COL.removal)


def test_a_threat_moves_belief_part_of_the_way_to_what_is_announced() -> None:
    assert removal_after_threat(0.1, 0.5, 0.4) == pytest.approx(0.25)
    assert removal_after_threat(0.6, 0.5, 0.4) == 0.6  # what is believed already is not doubted because of it


def test_a_threat_that_nothing_follows_is_forgotten_at_the_rate_of_learning() -> None:
    policy = STILL.with_values({**OFFER, **THREAT})
    for weeks in (1, 10, 60):
        assert believed(policy, weeks) == pytest.approx(0.5 * 0.4 * 0.9**weeks)


def test_a_threat_that_comes_with_an_offer_reaches_those_to_whom_the_offer_is_made() -> None:
    families_only = STILL.with_values({**OFFER, **THREAT, "offer.families_only": True})
    run = prepare(families_only, caseload(households=200, composition__family_share=0.5), B, weeks=3).run(1)
    assert np.array_equal(column(run, COL.removal) > 0.0, column(run, COL.children) > 0.0)


def test_a_threat_starts_when_it_is_made() -> None:
    later = STILL.with_values({**OFFER, **THREAT, "offer.start_week": 20})
    assert np.all(believed(later, 20) == 0.0)
    assert np.all(believed(later, 21) > 0.0)


def test_nothing_of_a_threat_reaches_those_who_come_when_its_offer_is_closed() -> None:
    pilot = STILL.with_values({**OFFER, **THREAT, "offer.end_week": 1, "offer.claims_before_week": 0})
    people = caseload(households=40, inflow_per_week=3.0, inflow_stage="exhausted")
    run = prepare(pilot, people, B, weeks=30).run(1)
    came = column(run, COL.arrived) >= 0.0
    assert came.any()
    assert np.all(column(run, COL.removal)[came] == 0.0)
    assert np.all(column(run, COL.removal)[~came] > 0.0)


@pytest.mark.parametrize("nothing", [{}, {"offer.amount_per_person": 0.0}, {**OFFER, "offer.start_week": 500}])
def test_a_threat_with_an_offer_that_nobody_is_made_changes_no_bit(nothing: dict[str, float]) -> None:
    quiet, loud = STILL.with_values(nothing), STILL.with_values({**nothing, **THREAT})
    runs = [prepare(policy, caseload(households=60), B, weeks=30).run(2) for policy in (quiet, loud)]
    assert runs[0].state.s.tobytes() == runs[1].state.s.tobytes()


def test_notice_may_be_given_to_all_whose_claim_has_failed() -> None:
    policy = STILL.with_values({**THREAT, "enforcement.notice": "when_exhausted"})
    mixed = {"stages__exhausted": 0.5, "stages__awaiting": 0.5}
    run = prepare(policy, caseload(households=200, **mixed), B, weeks=1).run(1)
    exhausted = column(run, COL.risk_from) >= 0.0
    assert 0 < exhausted.sum() < 200
    assert np.array_equal(column(run, COL.removal) > 0.0, exhausted)


def test_a_threat_that_is_carried_out_lasts() -> None:
    """Belief drifts to what is seen: where removals follow as announced, it stays where the threat put it."""
    policy = STILL.with_values({**OFFER, "enforcement.announced_risk": 0.45})
    carried_out = policy.with_values({"enforcement.attempts_per_1000_week": 12.0})
    people = caseload(households=2_000, composition__family_share=0.0, world__removal_success=1.0)
    b = B.with_values({"announcement_trust": 1.0})
    still_there = []
    for tried in (carried_out, policy):
        run = prepare(tried, people, b, weeks=40).run(1)
        still_there.append(column(run, COL.removal)[column(run, COL.left_at) < 0.0])
    assert still_there[0].min() > 0.4
    assert still_there[1].max() < 0.02
