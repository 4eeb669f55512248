"""The value of partial information: closed forms of linear models with normal inputs, and what must hold of any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from abm.inputs.parameters import InputError
from experiments.economics.decision import evpi
from experiments.economics.information import MOST_DRAWS, evppi


def closed_form(mean: float, spread: float) -> float:
    """E max(0, X) − max(0, mean) of a normal X: what knowing X is worth where the other strategy brings nought.

    The net benefit of the second strategy over the first is mean + Σ aᵢ xᵢ with independent standard normal xᵢ.  Given
    some of them, its expectation is normal with the same mean and the spread √(Σ aᵢ²) over these alone.
    """
    return spread * norm.pdf(mean / spread) + mean * norm.cdf(mean / spread) - max(0.0, mean)


def linear(draws: int, mean: float, weights: list[float], seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Net benefits of two strategies, shape (draws, 2), and the inputs."""
    inputs = np.random.default_rng(seed).standard_normal((draws, len(weights)))
    return np.column_stack([np.zeros(draws), mean + inputs @ np.array(weights)]), inputs


WEIGHTS = [1.0, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.0, 0.0]


@pytest.mark.parametrize(("draws", "mean", "known"), [
    (800, 0.4, [0]), (800, -0.2, [0, 1]), (800, 0.4, list(range(8))),
    (MOST_DRAWS + 1_000, -0.2, [0]), (MOST_DRAWS + 1_000, 0.4, [1, 2, 3]), (MOST_DRAWS + 1_000, 0.4, list(range(8))),
])  # fmt: skip
def test_a_linear_model_with_normal_inputs_meets_its_closed_form(draws: int, mean: float, known: list[int]) -> None:
    benefit, inputs = linear(draws, mean, WEIGHTS)
    found = evppi(benefit, inputs[:, known])
    exact = closed_form(mean, math.sqrt(sum(WEIGHTS[k] ** 2 for k in known)))
    # Two sources of error: the regression, which the standard error holds, and the draws themselves, which it does not:
    # the value is no steeper in the mean of the net benefit than one, and that mean is known to within this.
    of_draws = math.sqrt(sum(weight**2 for weight in WEIGHTS) / draws)
    assert abs(found.value - exact) < 2 * math.hypot(found.standard_error, of_draws)


def test_the_closed_form_is_that_of_perfect_information_where_all_inputs_are_known() -> None:
    benefit, inputs = linear(800, 0.4, WEIGHTS)
    found = evppi(benefit, inputs)
    exact = evpi(-benefit, np.zeros_like(benefit), [0.0])[0]
    assert found.value == pytest.approx(exact, rel=0.01)
    assert exact == pytest.approx(closed_form(0.4, math.sqrt(sum(w**2 for w in WEIGHTS))), abs=0.06)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_inputs_without_effect_are_worth_next_to_nothing(width: int) -> None:
    benefit, _ = linear(400, 0.1, WEIGHTS)
    noise = np.random.default_rng(7).standard_normal((400, width))
    perfect = evpi(-benefit, np.zeros_like(benefit), [0.0])[0]
    assert evppi(benefit, noise).value < 0.05 * perfect


def test_a_curve_that_no_line_would_find_is_found() -> None:
    # The difference is x² − 1: its mean is nought, its sign turns at ±1, and no straight line through it has a slope.
    # Knowing x is worth E max(0, x² − 1) = 2 φ(1), since the integral of (x² − 1) φ over x > 1 is φ(1).
    x = np.random.default_rng(2).standard_normal(900)
    benefit = np.column_stack([np.zeros_like(x), x**2 - 1 + np.random.default_rng(3).standard_normal(len(x))])
    for inputs in (x, np.column_stack([x, np.random.default_rng(4).standard_normal(len(x))])):
        assert evppi(benefit, inputs).value == pytest.approx(2 * norm.pdf(1), abs=0.07)


def test_the_check_by_draws_held_out_is_near_the_closed_form() -> None:
    benefit, inputs = linear(800, 0.4, WEIGHTS)
    found = evppi(benefit, inputs[:, :2])
    assert found.held_out == pytest.approx(closed_form(0.4, math.hypot(1.0, 0.6)), abs=0.08)


def test_inputs_that_do_not_vary_and_choices_that_no_draw_changes_are_worth_nothing() -> None:
    benefit, inputs = linear(100, 0.4, WEIGHTS)
    assert evppi(benefit, np.ones(100)).value == 0
    assert evppi(benefit + np.array([0.0, 1_000.0]), inputs).value == 0
    assert evppi(benefit[:, [0, 0]], inputs).value == 0


@pytest.mark.parametrize(("benefit", "inputs", "told"), [
    (np.zeros((30, 2)), np.zeros((29, 1)), "30 draws"),
    (np.zeros((19, 2)), np.zeros((19, 1)), "at least 20"),
    (np.zeros(30), np.zeros((30, 1)), "a table of draws by strategies"),
    (np.full((30, 2), np.nan), np.zeros((30, 1)), "finite"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(benefit: np.ndarray, inputs: np.ndarray, told: str) -> None:
    with pytest.raises(InputError, match=told):
        evppi(benefit, inputs)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 2**32 - 1), st.integers(20, 80), st.integers(2, 4), st.integers(1, 7), st.floats(0.0, 3.0),
)  # fmt: skip
def test_part_is_worth_no_more_than_all_and_no_unit_matters(
    seed: int, draws: int, names: int, width: int, noise: float
) -> None:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((draws, width))
    benefit = inputs @ rng.standard_normal((width, names)) + noise * rng.standard_normal((draws, names))
    found = evppi(benefit, inputs)
    perfect = float(evpi(-benefit, np.zeros_like(benefit), [0.0])[0])
    assert 0 <= found.held_out <= perfect + 1e-9
    assert 0 <= found.value <= perfect + 1e-9
    # A constant added to a draw's net benefits changes no choice; a unit of money changes the unit of the value.
    moved = evppi(1_000.0 * benefit + rng.standard_normal((draws, 1)), inputs)
    assert moved.value == pytest.approx(1_000.0 * found.value, rel=1e-3, abs=1e-3 * 1_000.0 * (perfect + 1e-9))
