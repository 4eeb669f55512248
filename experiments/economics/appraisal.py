"""An appraisal: strategies with their costs and effects draw by draw, and everything that follows from these."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from experiments.economics.decision import (
    Frontier,
    acceptability,
    acceptability_frontier,
    evpi,
    expected_loss,
    net_benefit,
)
from experiments.economics.groups import EVERYTHING, Group
from experiments.economics.information import LEAST_DRAWS, evppi
from experiments.economics.strategies import NON_DOMINATED, SAME, incremental

Array = NDArray[np.float64]
Row = dict[str, Any]

#: Places of a curve over worths.
PLACES = 201


@dataclass(frozen=True)
class Terms:
    """What cost and effect are, in words.

    Attributes
    ----------
    currency
        What stands before an amount; nothing where it is not known.
    cost, effect
        Titles.
    unit
        In which the effect is counted; nothing where it is not known.
    """

    currency: str
    cost: str
    effect: str
    unit: str = ""


@dataclass(frozen=True)
class Appraisal:
    """Strategies that exclude each other, with their costs and effects.

    Attributes
    ----------
    cost, effect
        Shape (draws, strategies): one draw where nothing is uncertain.
    worths
        What a unit of the effect may be worth to the one who decides.
    reference
        Position of the strategy from which differences are taken in pictures.
    """

    names: tuple[str, ...]
    cost: Array
    effect: Array
    worths: tuple[float, ...]
    terms: Terms
    reference: int = 0

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.cost)

    @property
    def uncertain(self) -> bool:
        """Whether there is more than one draw."""
        return len(self.cost) > 1

    @cached_property
    def rows(self) -> list[Row]:
        """Incremental cost-effectiveness of the means; see `incremental`."""
        return incremental(self.names, self.cost.mean(axis=0), self.effect.mean(axis=0))

    @cached_property
    def probability(self) -> Array:
        """Probability of being the best, shape (worths, strategies)."""
        return acceptability(self.cost, self.effect, self.worths)

    @cached_property
    def frontier(self) -> Frontier:
        """The strategy to choose at each worth."""
        return acceptability_frontier(self.cost, self.effect, self.worths)

    @cached_property
    def loss(self) -> Array:
        """Expected loss, shape (worths, strategies)."""
        return expected_loss(self.cost, self.effect, self.worths)

    @cached_property
    def perfect(self) -> Array:
        """Expected value of perfect information, shape (worths,)."""
        return evpi(self.cost, self.effect, self.worths)

    @property
    def curve(self) -> Array:
        """Worths over which curves are drawn."""
        return np.linspace(0.0, max(self.worths) or 1.0, PLACES)

    @property
    def steps(self) -> list[tuple[float, list[str]]]:
        """From which worth on which strategies have the highest net benefit, by rising worth; several where alike."""
        found: list[tuple[float, list[str]]] = []
        last: tuple[float, float] | None = None
        for row in self.rows:
            if row["status"] != NON_DOMINATED:
                continue
            begins, point = 0.0 if math.isnan(row["icer"]) else row["icer"], (row["cost"], row["effect"])
            if point == last:
                found[-1][1].append(row["strategy"])
            elif found and math.isclose(begins, found[-1][0], rel_tol=SAME):
                found[-1] = (found[-1][0], [row["strategy"]])  # the one before lies on a line: never alone the best
            else:
                found.append((begins, [row["strategy"]]))
            last = point
        return found

    @cached_property
    def decisions(self) -> list[Row]:
        """A row a worth and strategy: net benefit, probability of being best, expected loss, whether it is chosen."""
        benefit = net_benefit(self.cost, self.effect, self.worths).mean(axis=1)
        return [
            {
                "worth": worth, "strategy": name, "net_benefit": float(benefit[w, k]),
                "probability_best": float(self.probability[w, k]), "expected_loss": float(self.loss[w, k]),
                "chosen": bool(self.frontier.best[w] == k), "evpi": float(self.perfect[w]),
            }
            for w, worth in enumerate(self.worths)
            for k, name in enumerate(self.names)
        ]  # fmt: skip

    def information(self, groups: Sequence[Group], *, seed: int = 0) -> list[Row]:
        """What finding out each group of inputs would be worth: a row a worth and group; none with too few draws.

        Everything together is worth at least as much as any group of it.
        """
        if len(self.cost) < LEAST_DRAWS:
            return []
        found = []
        for worth, benefit in zip(self.worths, net_benefit(self.cost, self.effect, self.worths), strict=True):
            here: list[Row] = []
            for group in groups:
                told = evppi(benefit, group.values, seed=seed)
                here.append({
                    "worth": worth, "group": group.title, "inputs": " ".join(group.inputs), "evppi": told.value,
                    "standard_error": told.standard_error, "held_out": told.held_out, "method": told.method,
                })  # fmt: skip
            for row in here:
                if row["group"] == EVERYTHING:  # what is a function of some inputs is one of all
                    row["evppi"] = max(other["evppi"] for other in here)
            found += here
        return found


def usual_worths(rows: Sequence[Row]) -> tuple[float, ...]:
    """Worths that show where the choice changes: nought, and five round ones up to beyond the largest ratio."""
    ratios = [row["icer"] for row in rows if row["icer"] > 0.0]
    largest = max(ratios, default=0.0)
    if not largest:
        costs, effects = ([row[key] for row in rows] for key in ("cost", "effect"))
        wide = max(effects) - min(effects)
        largest = (max(costs) - min(costs)) / wide if wide else 1.0
    step = _round_up(largest * 1.25 / 5.0) if largest else 1.0
    return tuple(step * k for k in range(6))


def parse_worths(text: str) -> tuple[float, ...]:
    """Worths as ``0,50000,100000``, in rising order, each once.

    Raises
    ------
    InputError
        If one is not a number of nought or more, or comes twice.
    """
    worths = []
    for word in text.split(","):
        try:
            worth = float(word)
        except ValueError:
            worth = math.nan
        if not 0.0 <= worth < math.inf:
            raise InputError("--worth", text, f"numbers of 0 or more, as 0,50000 ({word!r} is none)")
        worths.append(worth)
    if len(set(worths)) < len(worths):
        raise InputError("--worth", text, "each number once")
    return tuple(sorted(worths))


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= value * (1 - 1e-9))
