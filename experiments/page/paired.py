"""Replicates of both sides, paired by seed: what arrives in the background while a visitor looks.

Beside A and B, each replicate runs what `experiments.compare.comparing` runs: a side with the pull factor on, where
that changes who comes, and B without the money of its own offers.  A tally is therefore a `Comparison`, and every
number and sentence of the page comes from the functions that the command has.

Intervals are the middle 90 % of the runs (5th to 95th percentile), those of differences taken run by
run: what one such caseload may see.  They do not shrink with more runs.  How well a mean is known stands in
the CSV, by parameter vector (`experiments.statistics.intervals`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.stats  # noqa: F401 - the bootstrap needs it, and no visitor's thread may import it for the first time
from numpy.typing import NDArray

from abm.arrays.state import HISTORY_COUNT
from abm.measures import IDS, Outcomes
from abm.model import Prepared
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.paired import rows
from experiments.page.choices import SIDES, Choices
from experiments.page.film import Film, film
from experiments.page.pairs import Outcome, Pairs
from experiments.question.question import Question
from experiments.report.verdict import Finding, findings, verdict
from experiments.running.turns import TURNS
from experiments.statistics.intervals import PERCENTILES, Spread, spread, vector_means

#: Seconds between two reports of progress.
_PAUSE = 0.7

Array = NDArray[np.float64]


@dataclass
class Tally:
    """The runs so far: outcomes of A and of B, the same seeds in the same order, of so many vectors in turn."""

    outcomes: tuple[list[Outcome], list[Outcome]] = field(default_factory=lambda: ([], []))
    members: int = 1

    @property
    def count(self) -> int:
        """Pairs of runs."""
        return len(self.outcomes[1])

    @property
    def vectors(self) -> NDArray[np.int64]:
        """Which parameter vector each pair has."""
        return np.arange(self.count) % self.members

    def measure(self, side: int, name: str) -> Array:
        """One measure, a value a run."""
        at = IDS.index(name)
        return np.array([found.measures[at] for found in self.outcomes[side]])

    def outcomes_of(self, side: int) -> Outcomes:
        """The measures of one side by id, a value a run."""
        return {name: self.measure(side, name) for name in IDS}

    def spread(self, side: int, name: str) -> Spread:
        """One measure of one side."""
        return spread(self.measure(side, name), self.vectors)

    def difference(self, name: str) -> Spread:
        """B less A, run by run."""
        return spread(self.measure(1, name) - self.measure(0, name), self.vectors)

    def comparison(self, question: Question, prepared: tuple[Prepared, Prepared]) -> Comparison:
        """The runs so far as a comparison, A being the baseline."""
        held = list(zip(self.outcomes, prepared, question.labels, strict=True))

        def runs_of(told: list[Outcome], packed: Prepared, label: str, measures: list[Array], **more: Any) -> Runs:
            weeks = packed.weeks
            return Runs(
                label, packed.weight, packed.households, np.stack(measures), np.stack([one.lines for one in told]),
                np.empty((0, weeks)), np.empty((0, weeks, HISTORY_COUNT), dtype=np.int64), [], **more,
            )  # fmt: skip

        central = [
            runs_of(told, packed, label, [one.measures for one in told], paid=[one.paid for one in told if one.paid])
            for told, packed, label in held
        ]
        pulled = [
            runs_of(told, packed, label, [one.measures if one.pulled is None else one.pulled for one in told])
            for told, packed, label in held
        ]
        without = [[one.control for one in told if one.control is not None] for told, *_ in held]
        controls = [
            runs_of(told, packed, label, control) if control else None
            for (told, packed, label), control in zip(held, without, strict=True)
        ]
        return Comparison(question, central, pulled, 0.0, controls=controls)

    def departures(self, side: int) -> Array:
        """Mean, 5th and 95th percentile of cumulated departures, shape (3, weeks, routes)."""
        values = np.stack([found.departures for found in self.outcomes[side]])
        return self._banded(values)

    def lines(self, side: int) -> Array:
        """Mean discounted cost by line, shape (lines,)."""
        return self._mean(np.stack([found.lines for found in self.outcomes[side]]))

    def line_differences(self) -> Array:
        """Cost by line of B less A, run by run: mean, 5th and 95th percentile, shape (3, lines)."""
        change = np.stack([b.lines - a.lines for a, b in zip(*self.outcomes, strict=True)])
        return self._banded(change)

    def by_origin(self, side: int) -> Array:
        """Households ever at risk and how many leave within a year, means, shape (2, origins)."""
        return self._mean(np.stack([found.by_origin for found in self.outcomes[side]]))

    def added(self, pair: tuple[Outcome, Outcome]) -> Tally:
        """A tally with one more pair; this one stays as it is."""
        return Tally(([*self.outcomes[0], pair[0]], [*self.outcomes[1], pair[1]]), self.members)

    def _mean(self, values: Array) -> Array:
        return np.asarray(vector_means(values, self.vectors).mean(axis=0))

    def _banded(self, values: Array) -> Array:
        return np.stack([self._mean(values), *np.percentile(values, PERCENTILES, axis=0)])


@dataclass(frozen=True)
class Answer:
    """What the page shows: the film of the first seed, with the fitted behaviour, and the runs so far."""

    choices: Choices
    prepared: tuple[Prepared, Prepared]
    film: Film
    tally: Tally

    @property
    def question(self) -> Question:
        """The comparison that was asked for."""
        return self.choices.question

    @cached_property
    def comparison(self) -> Comparison:
        """The runs so far, as `returns compare` has them."""
        return self.tally.comparison(self.question, self.prepared)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every measure of A and of B, as `returns compare --json` gives them."""
        return rows(self.comparison)

    @cached_property
    def finding(self) -> Finding:
        """What is found of B's money."""
        return findings(self.comparison)[0]

    @cached_property
    def verdict(self) -> list[str]:
        """The sentences that `returns compare` begins with."""
        return verdict(self.comparison, self.rows)

    def row(self, measure: str, side: int = 1) -> dict[str, Any]:
        """The row of a measure of one side."""
        role = ("baseline", "variant")[side]
        return next(row for row in self.rows if (row["measure"], row["role"], row["group"]) == (measure, role, ""))

    @property
    def complete(self) -> bool:
        """Whether all replicates are there."""
        return self.tally.count >= self.choices.replicates


def answers(choices: Choices, stopped: Callable[[], bool] = lambda: False) -> Iterator[Answer]:
    """The film and its figures at once, then the same with more and more replicates, until stopped.

    Raises
    ------
    InputError
        If what was chosen cannot be run.
    """
    with TURNS:
        a, b = (choices.prepared(side) for side in SIDES)
    if stopped():
        return
    shown = film(a, b, choices.seed)
    pairs, told = Pairs(choices), -math.inf
    tally = Tally(members=len(choices.question.behaviours))
    for replicate in range(choices.replicates):
        if stopped():
            return
        tally = tally.added(pairs.run(replicate))
        if tally.count == choices.replicates or time.monotonic() - told > _PAUSE:
            answer = Answer(choices, (a, b), shown, tally)
            _ = answer.verdict  # worked out here, so that nobody who only looks has to wait for it
            yield answer
            told = time.monotonic()
