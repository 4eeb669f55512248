"""Effects and shares of variance over the unit cube, by SALib; and what of a variance is only seeds.

What is analysed is any function of points of the unit cube that gives some values a point, one a seed, the same seeds
at every point (common random numbers).  Its mean over the seeds is decomposed.

References
----------
.. [1] M. D. Morris, "Factorial sampling plans for preliminary computational experiments" (Technometrics 33, 1991,
   161–174).
.. [2] F. Campolongo, J. Cariboni, A. Saltelli, "An effective screening design for sensitivity analysis of large
   models" (Environmental Modelling & Software 22, 2007, 1509–1518).
.. [3] A. Saltelli et al., "Variance based sensitivity analysis of model output. Design and estimator for the total
   sensitivity index" (Computer Physics Communications 181, 2010, 259–270).
.. [4] M. J. W. Jansen, "Analysis of variance designs for model output" (Computer Physics Communications 117, 1999,
   35–43).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.intervals import CONFIDENCE

Array = NDArray[np.float64]
#: Points of the unit cube, shape (points, factors), to values, shape (points, seeds).
Answer = Callable[[Array], Array]

#: Levels of each factor in the screening, and candidates for each trajectory that is kept.
LEVELS, CANDIDATES = 4, 4


@dataclass(frozen=True)
class Screening:
    """Elementary effects of each factor, in the unit of the measure over the factor's whole range.

    Attributes
    ----------
    mu, mu_star, sigma
        Mean, mean of the absolute values, and standard deviation of the effects, each of shape (factors,).
    mu_star_half
        Half-width of the 90 % interval of `mu_star`, bootstrapped.
    points
        Points at which the function was asked.
    """

    mu: Array
    mu_star: Array
    mu_star_half: Array
    sigma: Array
    points: int


@dataclass(frozen=True)
class Decomposition:
    """Shares of the variance between points, of each factor.

    Attributes
    ----------
    first, total
        First-order and total index, shape (factors,); `first_half`, `total_half`: half-widths of their 90 % intervals,
        bootstrapped.
    mean, variance
        Of the points' means over seeds, in the unit of the measure and its square.
    noise
        Share of that variance which is only seeds: see `noise_variance`.
    points
        Points at which the function was asked.
    """

    first: Array
    first_half: Array
    total: Array
    total_half: Array
    mean: float
    variance: float
    noise: float
    points: int

    @property
    def interactions(self) -> float:
        """Share that is neither a factor's own nor only seeds; never below nought."""
        return float(max(0.0, 1.0 - self.noise - self.first.sum()))


def screen(factors: int, answer: Answer, *, trajectories: int, seed: int) -> Screening:
    """Screen factors by their elementary effects.

    The trajectories are those of a larger number that lie farthest apart [2]_.

    Parameters
    ----------
    factors
        Dimensions of the unit cube.
    trajectories
        Each of `factors` + 1 points on a grid of `LEVELS` levels [1]_.
    seed
        Of the trajectories and of the bootstrap.
    """
    from SALib.analyze import morris as analysis  # slow to import
    from SALib.sample import morris

    problem = _cube(factors)
    if factors > 1:
        laid = morris.sample(
            problem, CANDIDATES * trajectories, num_levels=LEVELS, optimal_trajectories=trajectories,
            seed=np.random.default_rng(seed),
        )  # fmt: skip
    else:
        laid = morris.sample(problem, trajectories, num_levels=LEVELS, seed=np.random.default_rng(seed))
    values = answer(laid).mean(axis=1)
    found = analysis.analyze(
        problem, laid, values, conf_level=CONFIDENCE, num_levels=LEVELS, seed=np.random.default_rng(seed)
    )
    mu, mu_star, half, sigma = (
        np.asarray(found[name], dtype=np.float64) for name in ("mu", "mu_star", "mu_star_conf", "sigma")
    )
    return Screening(mu, mu_star, half, sigma, len(laid))


def decompose(factors: int, answer: Answer, *, points: int, seed: int) -> Decomposition:
    """Decompose the variance of a function's mean over seeds.

    First-order indices are estimated after Saltelli [3]_, total indices after Jansen [4]_.

    Parameters
    ----------
    factors
        Dimensions of the unit cube.
    points
        Base points N of a scrambled Sobol sequence, a power of two; the function is asked at N × (factors + 2).
    seed
        Of the scrambling and of the bootstrap.

    Raises
    ------
    ZeroDivisionError
        If the function has the same mean at every point.
    """
    from SALib.analyze import sobol as analysis  # slow to import
    from SALib.sample import sobol

    problem = _cube(factors)
    laid = sobol.sample(problem, points, calc_second_order=False, seed=np.random.default_rng(seed))
    values = answer(laid)
    means = values.mean(axis=1)
    base = _base(values, factors)
    variance = float(base.mean(axis=1).var())
    if variance <= np.finfo(np.float64).eps * float(np.abs(means).max()) ** 2:
        raise ZeroDivisionError("the function does not vary")
    # A generator, because SALib takes seed=0 for no seed at all.
    found = analysis.analyze(
        problem, means, calc_second_order=False, conf_level=CONFIDENCE, seed=np.random.default_rng(seed)
    )
    first, first_half, total, total_half = (
        np.asarray(found[name], dtype=np.float64) for name in ("S1", "S1_conf", "ST", "ST_conf")
    )
    return Decomposition(
        first, first_half, total, total_half, float(base.mean()), variance,
        min(1.0, noise_variance(base) / variance), len(laid),
    )  # fmt: skip


def noise_variance(values: Array) -> float:
    """Variance of a point's mean that is only seeds, in the square of the values' unit.

    The residual mean square of a two-way layout (points by seeds, without repetition), over the number of seeds: what a
    seed does alike at every point moves all means together, and is no part of the variance between them.

    Parameters
    ----------
    values
        Shape (points, seeds), at least two of each.
    """
    points, seeds = values.shape
    residuals = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
    return float((residuals**2).sum() / ((points - 1) * (seeds - 1)) / seeds)


def _cube(factors: int) -> dict[str, Any]:
    return {"num_vars": factors, "names": [f"x{i}" for i in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def _base(values: Array, factors: int) -> Array:
    """The two independent samples of a Saltelli layout, which is N × (A, each column of B in A, B)."""
    step = factors + 2
    return np.concatenate([values[0::step], values[step - 1 :: step]])
