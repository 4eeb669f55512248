"""Replicates of both sides, paired by seed: what arrives in the background while a visitor looks.

Intervals are the middle 90 % of the runs (5th to 95th percentile), those of differences taken run by
run: what one such caseload may see.  They do not shrink with more runs.  How well a mean is known stands in
the CSV, by parameter vector (`experiments.statistics.intervals`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.arrays.state import FLOW, FLOWS_AT
from abm.measures import IDS, Outcomes
from abm.model import Prepared, Run
from experiments.compare.comparing import discounted
from experiments.page.choices import SIDES, Choices
from experiments.page.film import Film, film
from experiments.question.question import Question
from experiments.running.turns import TURNS
from experiments.statistics.intervals import PERCENTILES, Spread, spread, vector_means

#: Seconds between two reports of progress.
_PAUSE = 0.7
#: Weeks of households, one after the other, that are run before others may have a turn: about 20 ms.
_STEP = 20_000

Array = NDArray[np.float64]


class Outcome(NamedTuple):
    """What is kept of one run, for the whole caseload.

    Attributes
    ----------
    measures
        In the order of `abm.measures.MEASURES`.
    departures
        Households that left, cumulated, shape (weeks, routes).
    lines
        Discounted cost by line of the account, GBP, shape (lines,).
    by_origin
        Households ever at risk, and how many of them leave within a year, shape (2, origins).
    """

    measures: Array
    departures: Array
    lines: Array
    by_origin: Array


def outcome(run: Run) -> Outcome:
    """What is kept of a run."""
    history, weight = run.state.history, run.prepared.weight
    flows = [FLOWS_AT + flow for flow in (FLOW.assisted, FLOW.unassisted, FLOW.removed)]
    by_origin = np.zeros((2, len(run.prepared.origins)))
    for name, row in run.by("origin").dropna(subset="return_rate").iterrows():
        households = row["households"] * weight
        by_origin[:, run.prepared.origins.index(str(name))] = households, households * row["return_rate"]
    return Outcome(
        run.values,
        np.cumsum(history[:, flows], axis=0) * weight,
        discounted(run),
        by_origin,
    )


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
    tally, told = Tally(members=len(choices.question.behaviours)), -math.inf
    for replicate in range(choices.replicates):
        if stopped():
            return
        pair = [_outcome(choices, side, replicate) for side in SIDES]
        tally = tally.added((pair[0], pair[1]))
        if tally.count == choices.replicates or time.monotonic() - told > _PAUSE:
            yield Answer(choices, (a, b), shown, tally)
            told = time.monotonic()


def _outcome(choices: Choices, side: str, replicate: int) -> Outcome:
    """One run, by turns with other visitors: the same as ``prepared.run`` to the last bit."""
    with TURNS:
        prepared, seed = choices.prepared(side, replicate), choices.seed + replicate
        state = prepared.begin(seed)
        weeks = max(1, _STEP // choices.size)
        for first in range(0, prepared.weeks, weeks):
            TURNS.give_way()
            prepared.advance(seed, state, first, min(first + weeks, prepared.weeks))
        return outcome(prepared.finished(seed, state))
