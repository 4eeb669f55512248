"""Replicates of both sides, paired by seed: what arrives in the background while a visitor looks.

Intervals are the middle 90 % of the runs (5th to 95th percentile), those of differences taken run by
run: what one such caseload may see.  They do not shrink with more runs.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.arrays.state import FLOW, FLOWS_AT, LEDGER_AT
from abm.household.stages import COL
from abm.measures import IDS
from abm.model import Prepared, Run
from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.page.film import Film, film
from experiments.page.question import SIDES, Question

LOW, HIGH = 5.0, 95.0
#: Window of the rates by origin, in weeks.
WINDOW = 52.0
#: Seconds between two reports of progress.
_PAUSE = 0.7
#: All visitors together run at most this many replicates at a time, taking turns run by run.
_TURNS = threading.BoundedSemaphore(max(1, os.cpu_count() or 1))

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """Mean and middle 90 % of some runs; NaN where no run has the measure."""

    mean: float
    low: float
    high: float


def spread(values: Array) -> Spread:
    """Mean, 5th and 95th percentile of the values that exist."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Spread(math.nan, math.nan, math.nan)
    low, high = np.percentile(known, [LOW, HIGH])
    mean = float(known[0]) if (known == known[0]).all() else float(known.mean())
    return Spread(mean, float(low), float(high))


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
        Households at risk for a year, and those of them that left within it, shape (2, origins).
    """

    measures: Array
    departures: Array
    lines: Array
    by_origin: Array


def outcome(run: Run) -> Outcome:
    """What is kept of a run."""
    history, s, weight = run.state.history, run.state.s, run.prepared.weight
    weeks = len(history)
    flows = [FLOWS_AT + flow for flow in (FLOW.assisted, FLOW.unassisted, FLOW.removed)]
    factors = (1.0 + run.prepared.caseload.world.discount_rate) ** (-np.arange(weeks) / WEEKS_PER_YEAR)
    followed = (s[COL.risk_from] >= 0.0) & (s[COL.risk_from] + WINDOW <= weeks)
    left = followed & (s[COL.left_at] >= 0.0) & (s[COL.left_at] < s[COL.risk_from] + WINDOW)
    origins = len(run.prepared.origins)
    return Outcome(
        run.values,
        np.cumsum(history[:, flows], axis=0) * weight,
        factors @ history[:, LEDGER_AT:] / 100.0 * weight,
        np.array(
            [weight * np.bincount(s[COL.origin, chosen].astype(int), minlength=origins) for chosen in (followed, left)]
        ),
    )


@dataclass
class Tally:
    """The runs so far: outcomes of A and of B, the same seeds in the same order."""

    outcomes: tuple[list[Outcome], list[Outcome]] = field(default_factory=lambda: ([], []))

    @property
    def count(self) -> int:
        """Pairs of runs."""
        return len(self.outcomes[1])

    def measure(self, side: int, name: str) -> Array:
        """One measure, a value a run."""
        at = IDS.index(name)
        return np.array([found.measures[at] for found in self.outcomes[side]])

    def spread(self, side: int, name: str) -> Spread:
        """One measure of one side."""
        return spread(self.measure(side, name))

    def difference(self, name: str) -> Spread:
        """B less A, run by run."""
        return spread(self.measure(1, name) - self.measure(0, name))

    def departures(self, side: int) -> Array:
        """Mean, 5th and 95th percentile of cumulated departures, shape (3, weeks, routes)."""
        values = np.stack([found.departures for found in self.outcomes[side]])
        return np.stack([values.mean(axis=0), *np.percentile(values, [LOW, HIGH], axis=0)])

    def lines(self, side: int) -> Array:
        """Mean discounted cost by line, shape (lines,)."""
        return np.asarray(np.mean([found.lines for found in self.outcomes[side]], axis=0))

    def line_differences(self) -> Array:
        """Cost by line of B less A, run by run: mean, 5th and 95th percentile, shape (3, lines)."""
        change = np.stack([b.lines - a.lines for a, b in zip(*self.outcomes, strict=True)])
        return np.stack([change.mean(axis=0), *np.percentile(change, [LOW, HIGH], axis=0)])

    def by_origin(self, side: int) -> Array:
        """Households followed for a year and those that left within it, means, shape (2, origins)."""
        return np.asarray(np.mean([found.by_origin for found in self.outcomes[side]], axis=0))

    def added(self, pair: tuple[Outcome, Outcome]) -> Tally:
        """A tally with one more pair; this one stays as it is."""
        return Tally(([*self.outcomes[0], pair[0]], [*self.outcomes[1], pair[1]]))


@dataclass(frozen=True)
class Answer:
    """What the page shows: the film of the first seed, with the fitted behaviour, and the runs so far."""

    question: Question
    prepared: tuple[Prepared, Prepared]
    film: Film
    tally: Tally

    @property
    def complete(self) -> bool:
        """Whether all replicates are there."""
        return self.tally.count >= self.question.replicates


def answers(question: Question, stopped: Callable[[], bool] = lambda: False) -> Iterator[Answer]:
    """The film and its figures at once, then the same with more and more replicates, until stopped.

    Raises
    ------
    InputError
        If the question cannot be run.
    """
    a, b = (question.prepared(side) for side in SIDES)
    if stopped():
        return
    shown = film(a, b, question.seed)
    tally, told = Tally(), -math.inf
    for replicate in range(question.replicates):
        if stopped():
            return
        with _TURNS:
            pair = [outcome(question.prepared(side, replicate).run(question.seed + replicate)) for side in SIDES]
        tally = tally.added((pair[0], pair[1]))
        if tally.count == question.replicates or time.monotonic() - told > _PAUSE:
            yield Answer(question, (a, b), shown, tally)
            told = time.monotonic()
