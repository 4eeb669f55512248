"""Points that differ in behaviour alone take over the rest: what they give is what they would give by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import busy

import abm
from abm.arrays.setting import Setting
from experiments.question.case import load_case
from experiments.question.shared import Shared
from experiments.running.runs import Job, Runner

CHANGES: list[dict[str, Any]] = [
    {"money": 0.3}, {"discounting": 0.4, "discounting_spread": 0.2}, {"payment_belief": 0.1, "present_bias": 0.5},
    {"consider": 0.5},
]  # fmt: skip


def told(x: Setting) -> list[Any]:
    """Everything in a setting, as numbers."""
    return [part.tobytes() if isinstance(part, np.ndarray | np.void) else repr(part) for part in x]


@pytest.mark.parametrize("changes", CHANGES)
def test_another_behaviour_is_packed_as_by_itself(changes: dict[str, Any]) -> None:
    prepared = busy(weeks=30)
    behaviour = prepared.behaviour.with_values(changes)
    again = prepared.with_behaviour(behaviour)
    alone = abm.prepare(prepared.policy, prepared.caseload, behaviour, weeks=30, households=prepared.households)
    for one, other in zip(again.spells, alone.spells, strict=True):
        assert told(one.setting) == told(other.setting)
        assert told(one.plain) == told(other.plain)
    assert again.identity(4) == alone.identity(4) != prepared.identity(4)
    assert np.array_equal(again.run(2).state.history, alone.run(2).state.history)


def test_a_policy_that_changes_in_the_run_is_packed_so_too() -> None:
    policy = abm.load_policy("danish-2010-2022")
    before = abm.prepare(policy, "denmark-permit-2009", weeks=600, households=50)
    behaviour = before.behaviour.with_values({"discounting": 0.5, "money": 0.2})
    again = before.with_behaviour(behaviour)
    alone = abm.prepare(policy, "denmark-permit-2009", behaviour, weeks=600, households=50)
    assert len(again.spells) > 1
    assert [told(spell.setting) for spell in again.spells] == [told(spell.setting) for spell in alone.spells]


@pytest.mark.parametrize(
    "points",
    [
        [{"behaviour.money": value} for value in (0.1, 0.2, 0.3)],
        [{"behaviour.money": 0.1}, {"world.removal_success": 0.3}, {"behaviour.money": 0.1}],
        [{"offer.amount_per_person": 500.0}, {"behaviour.money": 0.2}, {"offer.amount_per_person": 900.0}, {}],
    ],
    ids=["behaviour", "world between", "levers between"],
)
def test_a_runner_gives_for_each_point_what_the_point_gives_alone(points: list[dict[str, Any]]) -> None:
    case = load_case("uk-pilot-2026", weeks=20, households=40)
    shared = Shared((case,), ("pilot",), False, {"offer.household_cap": None}, 1, 1, False, "here", "v")
    jobs = [Job(cell, 0, point, [0, 1]) for cell, point in enumerate(points)]
    done = Runner(shared)(jobs)
    assert not done.errors
    for row, (cell, replicate) in enumerate(zip(done.cells, done.replicates, strict=True)):
        alone = shared.case(0, points[cell], int(replicate)).prepared()
        seed = int(shared.seed_of(int(cell), int(replicate)))
        assert done.run_ids[row] == alone.identity(seed)
        assert np.array_equal(done.measures[row], alone.measures(seed), equal_nan=True)
