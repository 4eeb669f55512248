"""Decisions under uncertainty: which strategy to choose at which worth of an effect, how sure, and what an error costs.

Throughout, ``cost`` and ``effect`` have the shape (draws, strategies), a row a draw of everything that is uncertain;
``worths`` has the shape (worths,): what the one who decides would pay for a unit of effect.

References
----------
Fenwick, Claxton and Sculpher 2001, Health Economics 10: 779–787 (acceptability curves and their frontier); Stinnett and
Mullahy 1998, Medical Decision Making 18: S68–S80 (net benefit); Alarid-Escudero and others 2019, Value in Health 22:
611–618 (expected loss); Briggs, Claxton and Sculpher 2006, Decision Modelling for Health Economic Evaluation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.inputs.parameters import InputError

Array = NDArray[np.float64]


class Frontier(NamedTuple):
    """The strategy of the highest expected net benefit at each worth, and how often it is the best.

    Attributes
    ----------
    best
        Its position, shape (worths,); of several alike, the first.
    probability
        Its probability of being the best, shape (worths,).  It need not be the highest: the mean decides.
    """

    best: NDArray[np.intp]
    probability: Array


def net_benefit(cost: ArrayLike, effect: ArrayLike, worths: ArrayLike) -> Array:
    """Worth of the effect less the cost, shape (worths, draws, strategies), in the unit of the cost.

    Raises
    ------
    InputError
        If shapes do not go together, there are no draws or strategies, or a number is not finite.
    """
    costs, effects, worth = (np.asarray(given, dtype=float) for given in (cost, effect, worths))
    if costs.ndim != 2 or not costs.size:
        raise InputError("cost", costs.shape, "a table of draws by strategies, at least one of each")
    if effects.shape != costs.shape:
        raise InputError("effect", effects.shape, f"a table of the same shape as the cost, {costs.shape}")
    if worth.ndim != 1 or not worth.size:
        raise InputError("worths", worth.shape, "a list of numbers, at least one")
    for field, values in (("cost", costs), ("effect", effects), ("worths", worth)):
        if not np.isfinite(values).all():
            raise InputError(field, float(values[~np.isfinite(values)][0]), "finite numbers")
    return np.asarray(worth[:, None, None] * effects - costs)


def acceptability(cost: ArrayLike, effect: ArrayLike, worths: ArrayLike) -> Array:
    """Probability that each strategy is the best, shape (worths, strategies): the acceptability curves.

    Draws in which several are the best alike count for each in equal parts, so each row sums to 1.
    """
    benefit = net_benefit(cost, effect, worths)
    best = benefit == benefit.max(axis=2, keepdims=True)
    return np.asarray((best / best.sum(axis=2, keepdims=True)).mean(axis=1))


def acceptability_frontier(cost: ArrayLike, effect: ArrayLike, worths: ArrayLike) -> Frontier:
    """The strategy to choose at each worth (the highest expected net benefit), and how probably it is the best."""
    best = net_benefit(cost, effect, worths).mean(axis=1).argmax(axis=1)
    return Frontier(best, acceptability(cost, effect, worths)[np.arange(len(best)), best])


def expected_loss(cost: ArrayLike, effect: ArrayLike, worths: ArrayLike) -> Array:
    """Net benefit forgone on average with a strategy, against the best of each draw, shape (worths, strategies)."""
    benefit = net_benefit(cost, effect, worths)
    return np.asarray((benefit.max(axis=2, keepdims=True) - benefit).mean(axis=1))


def evpi(cost: ArrayLike, effect: ArrayLike, worths: ArrayLike) -> Array:
    """Expected value of perfect information, shape (worths,): the expected loss of the best choice there is.

    What it would be worth to know, before choosing, which draw is the true one: never below nought.
    """
    return np.asarray(expected_loss(cost, effect, worths).min(axis=1))
