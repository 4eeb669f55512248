"""Indices of functions whose answer is known in closed form, and what of a variance is only seeds."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.test_functions import Ishigami

from experiments.sensitivity.indices import decompose, noise_variance, screen

#: First-order and total indices of the Ishigami function with a = 7 and b = 0.1, and its variance.
FIRST, TOTAL, VARIANCE = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), 13.845


def ishigami(noise: float = 0.0, seeds: int = 2):
    """The function over the unit cube, a value a seed; a seed also moves every point alike."""
    rng = np.random.default_rng(5)

    def answer(points: np.ndarray) -> np.ndarray:
        values = Ishigami.evaluate(2.0 * np.pi * points[:, :3] - np.pi)
        return values[:, None] + 10.0 * np.arange(seeds) + rng.normal(0.0, noise, (len(points), seeds))

    return answer


def test_indices_of_ishigami_are_those_of_the_closed_form() -> None:
    found = decompose(3, ishigami(), points=2048, seed=0)
    assert found.first == pytest.approx(FIRST, abs=0.03)
    assert found.total == pytest.approx(TOTAL, abs=0.03)
    assert found.variance == pytest.approx(VARIANCE, rel=0.03)
    assert found.noise == pytest.approx(0.0, abs=1e-12)
    assert found.interactions == pytest.approx(0.2437, abs=0.05)
    assert found.points == 2048 * 5


def test_an_input_without_effect_has_no_share_and_no_elementary_effect() -> None:
    assert decompose(4, ishigami(), points=64, seed=1).total[3] == 0.0
    assert screen(4, ishigami(), trajectories=4, seed=1).mu_star[3] == 0.0


def test_the_share_that_is_only_seeds_is_measured() -> None:
    # Mean of two seeds of standard deviation 4: variance 8, beside 13.8 of the function.
    found = decompose(3, ishigami(noise=4.0), points=4096, seed=0)
    assert found.noise == pytest.approx(8.0 / (8.0 + VARIANCE), abs=0.03)
    assert found.first == pytest.approx(np.array(FIRST) * (1.0 - found.noise), abs=0.05)


def test_what_a_seed_does_alike_at_every_point_is_no_noise() -> None:
    points, seeds = np.arange(20.0)[:, None], 100.0 * np.arange(3)[None, :]
    assert noise_variance(points + seeds) == pytest.approx(0.0, abs=1e-18)


def test_effects_of_a_line_are_its_slopes() -> None:
    slopes = np.array([3.0, -2.0, 0.0])
    found = screen(3, lambda points: (points @ slopes)[:, None] + np.zeros((1, 2)), trajectories=6, seed=3)
    assert found.mu == pytest.approx(slopes)
    assert found.mu_star == pytest.approx(np.abs(slopes))
    assert found.sigma == pytest.approx(0.0, abs=1e-12)
    assert found.points == 6 * 4


def test_one_input_can_be_screened_and_decomposed() -> None:
    assert screen(1, lambda x: x + np.zeros((1, 2)), trajectories=3, seed=0).mu_star == pytest.approx([1.0])
    assert decompose(1, lambda x: x + np.zeros((1, 2)), points=256, seed=0).first == pytest.approx([1.0], abs=0.05)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_points_and_intervals(seed: int) -> None:
    one, other = (decompose(3, ishigami(), points=32, seed=seed) for _ in range(2))
    assert np.array_equal(one.total, other.total)
    assert np.array_equal(one.total_half, other.total_half)
    again = [screen(3, ishigami(), trajectories=4, seed=seed).mu_star_half for _ in range(2)]
    assert np.array_equal(*again)


def test_a_function_that_does_not_vary_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        decompose(2, lambda points: np.full((len(points), 2), 3.0), points=8, seed=0)
