"""Well-mixed peers with the norm alone follow the mean-field equation, the closer the more households there are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tiny import QUIET, STANDING, caseload

from abm import prepare
from abm.household.stages import STAGE

#: Slow enough that a step of a week is near the continuous equation.
WEEKS = 480
NORM = QUIET.with_values({"consider": 0.025, "assisted": -3.0, "norm": 4.0})


def mean_field() -> np.ndarray:
    """Share gone by the end of each week: x' = (1 − x) λ(x), λ the rate of a weekly chance c e^V / (1 + e^V)."""

    def change(_: float, x: np.ndarray) -> np.ndarray:
        utility = NORM.assisted + NORM.norm * x
        return (1 - x) * -np.log1p(-NORM.consider / (1 + np.exp(-utility)))

    solved = solve_ivp(change, (0, WEEKS), [0.0], t_eval=np.arange(1, WEEKS + 1), rtol=1e-9, atol=1e-12)
    return solved.y[0]


def simulated(households: int, seed: int, norm: float = NORM.norm) -> np.ndarray:
    people = caseload(
        households=households, network__mean_ties=100.0, network__tail=0.0, network__same_site=0.0,
        network__same_origin=0.0,
    )  # fmt: skip
    run = prepare(STANDING, people, NORM.with_values({"norm": norm}), weeks=WEEKS).run(seed)
    return run.state.history[:, int(STAGE.RETURNED_ASSISTED)] / households


def error(households: int, seeds: int) -> float:
    """Root mean square distance from the equation, over weeks and seeds."""
    apart = [simulated(households, seed) - mean_field() for seed in range(seeds)]
    return float(np.sqrt(np.mean(np.square(apart))))


def test_peers_matter_in_this_setting() -> None:
    """So that the agreement below is not that of an equation without peers."""
    assert mean_field()[-1] - simulated(5_000, 1, norm=0.0)[-1] > 0.3


def test_large_populations_follow_the_mean_field_equation() -> None:
    mean = np.mean([simulated(20_000, seed) for seed in range(3)], axis=0)
    assert np.max(np.abs(mean - mean_field())) < 0.02


def test_the_distance_shrinks_as_the_population_grows() -> None:
    small, middle, large = (error(n, seeds) for n, seeds in ((200, 12), (1_600, 8), (12_800, 3)))
    assert small > 1.7 * middle
    assert middle > 1.4 * large


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_over_many_small_populations_is_near_the_equation(seed: int) -> None:
    mean = np.mean([simulated(800, 10 * seed + k) for k in range(10)], axis=0)
    assert np.max(np.abs(mean - mean_field())) < 0.045
