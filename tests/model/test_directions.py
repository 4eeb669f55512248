"""Whole runs: more money, more safety and more peers home never lower the chance that a household returns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tiny import LIVELY, busy_caseload, busy_policy, caseload, changed, column, flow

from abm import prepare
from abm.household.stages import COL, STAGE
from abm.inputs.behaviour import Behaviour
from abm.inputs.policy import Policy

#: Tastes, beliefs and looking ahead, but no peers; nothing that one household does reaches another.
ALONE = LIVELY.with_values({
    "norm": 0.0, "information": 0.0, "fear": 0.0, "alert_departure": 0.0, "alert_removal": 0.0, "anticipation": 0.9,
    "money": 1.5,
})  # fmt: skip
PEOPLE = caseload({"Albania": 0.5, "Pakistan": 0.3, "Afghanistan": 0.2}, households=600, composition__family_share=0.4)
AMOUNTS = (100.0, 500.0, 2_000.0, 6_000.0, 20_000.0)


def assisted_week(b: Behaviour, amount: float, seed: int, **levers: object) -> np.ndarray:
    """Week of each household's assisted return under a standing amount; infinite if it takes none."""
    policy = Policy().with_values({"standing.amount_per_person": amount, **levers})
    run = prepare(policy, PEOPLE, b, weeks=104).run(seed)
    return np.where(column(run, COL.route) == STAGE.RETURNED_ASSISTED, column(run, COL.left_at), np.inf)


@pytest.mark.parametrize("at_departure", [0.0, 0.5, 1.0])
def test_more_money_never_makes_an_assisted_return_later(at_departure: float) -> None:
    """Where staying is the only other choice."""
    b = ALONE.with_values({"unassisted": -60.0, "irregular": -60.0})
    weeks = [assisted_week(b, amount, 4, **{"standing.paid_at_departure": at_departure}) for amount in AMOUNTS]
    for less, more in itertools.pairwise(weeks):
        assert np.all(more <= less)
    assert np.sum(weeks[-1] < weeks[0]) > 10


def test_more_money_never_makes_an_assisted_return_later_with_every_way_open() -> None:
    """Households may also leave unassisted or go irregular (and are not found again)."""
    weeks = [assisted_week(ALONE, amount, 4) for amount in AMOUNTS]
    for less, more in itertools.pairwise(weeks):
        assert np.all(more <= less), f"later for {int(np.sum(more > less))} of {int(np.sum(less < np.inf))} returns"


def test_more_money_brings_more_assisted_returns_with_everything_on() -> None:
    def returns(amount: float) -> float:
        policy = busy_policy(standing__amount_per_person=amount, offer__amount_per_person=0.0)
        prepared = prepare(policy, busy_caseload(world__pull_elasticity=0.0), LIVELY, weeks=104)
        return float(np.mean([flow(prepared.run(seed), "assisted").sum() for seed in range(4)]))

    assert returns(500.0) < returns(5_000.0) < returns(50_000.0)


@pytest.mark.parametrize(("path", "low", "high"), [
    ("safety", "world.safety_change", 0.3), ("norm", "behaviour.norm", 4.0),
])  # fmt: skip
def test_a_safer_home_and_more_example_bring_more_returns(path: str, low: str, high: float) -> None:
    people = caseload({"Pakistan": 1.0}, households=1_500, network__mean_ties=8.0, world__safety_path="shock",
                      world__safety_week=10, world__safety_recovery_years=100.0, world__safety_change=0.0)  # fmt: skip
    policy = Policy().with_values({"standing.amount_per_person": 3_000.0})
    base = prepare(policy, people, LIVELY.with_values({"norm": 0.0}), weeks=104)
    returned = [
        sum(prepared.run(s).measures["departures"] for s in range(3)) for prepared in (base, changed(base, low, high))
    ]
    assert returned[1] > 1.05 * returned[0], path
