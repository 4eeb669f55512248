"""True safety at home follows its path, the safe list follows true safety, and households follow both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, QUIET, STILL, caseload, column, flow

from abm import prepare
from abm.arrays.state import LAND
from abm.household.stages import COL, STAGE


def safety_of(weeks: int = 260, seed: int = 1, land: str = "Pakistan", **world: Any) -> np.ndarray:
    people = caseload({land: 0.5, "Albania": 0.5}, **{f"world__{name}": value for name, value in world.items()})
    return prepare(STILL, people, QUIET, weeks=weeks).begin(seed).lands


def listed_of(weeks: int = 260, **world: Any) -> np.ndarray:
    people = caseload({"Pakistan": 0.5, "Albania": 0.5}, **{f"world__{name}": value for name, value in world.items()})
    return prepare(STILL, people, QUIET, weeks=weeks).run(1).state.lands


def test_a_constant_path_stays() -> None:
    lands = safety_of()
    assert np.all(lands[LAND.true_safety] == lands[LAND.true_safety, 0])


def test_a_trend_rises_by_its_yearly_change_up_to_one() -> None:
    path = safety_of(safety_path="trend", safety_trend=0.1)[LAND.true_safety]
    assert path[105, 0] - path[0, 0] == pytest.approx(0.1 * 105 / (365.25 / 7))
    assert path[-1, 1] == 1.0


def test_a_shock_halves_in_its_half_life() -> None:
    path = safety_of(safety_path="shock", safety_week=20, safety_change=-0.2, safety_recovery_years=14 / 365.25 * 4)[
        LAND.true_safety, :, 0
    ]
    assert np.all(path[:20] == path[0])
    assert path[20] - path[0] == pytest.approx(-0.2)
    assert path[28] - path[0] == pytest.approx(-0.1)
    assert path[36] - path[0] == pytest.approx(-0.05)


def test_regimes_change_once_at_their_rate_and_the_same_under_every_policy() -> None:
    changes = []
    for seed in range(300):
        path = safety_of(
            104, seed, safety_path="regime_change", safety_change=0.2, regime_per_year=0.5, safety_origins="Pakistan"
        )
        steps = np.flatnonzero(np.diff(path[LAND.true_safety, :, 0]))
        assert len(steps) <= 1
        assert not np.diff(path[LAND.true_safety, :, 1]).any()  # not on the path
        changes.append(len(steps))
    assert np.mean(changes) == pytest.approx(1 - np.exp(-0.5 * 103 / (365.25 / 7)), abs=0.09)


def test_the_safe_list_follows_true_safety_after_its_delay() -> None:
    """Written down week by week, since a policy that comes into force later may have another threshold."""
    shock = {"safety_path": "shock", "safety_week": 30, "safety_change": 0.3, "safety_recovery_years": 100.0}
    lands = listed_of(**shock, list_delay_weeks=13)
    assert np.flatnonzero(lands[LAND.listed, :, 0])[0] == 43
    assert np.all(lands[LAND.listed, :, 1] == 1.0)


def test_more_safety_at_home_brings_the_same_households_home_earlier() -> None:
    """Whole runs, all else equal, peers off: nobody's return comes later because home is safer."""
    b = LIVELY.with_values({"norm": 0.0, "information": 0.0, "fear": 0.0, "alert_departure": 0.0, "alert_removal": 0.0,
                            "irregular": -60.0, "list_trust": 0.0, "assisted": -60.0, "safety": 4.0})  # fmt: skip
    weeks = []
    for change in (0.0, 0.1, 0.3):
        people = caseload({"Pakistan": 1.0}, households=1_000, world__safety_path="shock", world__safety_week=5,
                          world__safety_change=change, world__safety_recovery_years=100.0)  # fmt: skip
        run = prepare(STILL, people, b, weeks=104).run(2)
        weeks.append(np.where(column(run, COL.route) == STAGE.RETURNED_UNASSISTED, column(run, COL.left_at), np.inf))
        assert flow(run, "unassisted").sum() > 20
    assert np.all(weeks[1] <= weeks[0])
    assert np.all(weeks[2] <= weeks[1])
    assert np.sum(weeks[2] < weeks[0]) > 10
