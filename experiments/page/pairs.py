"""One replicate of both sides, with the same seed: what is run of it, and what is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.arrays.setting import INFLOW
from abm.arrays.state import FLOW, FLOWS_AT, STOCKS_AT
from abm.household.stages import Stage
from abm.inputs.parameters import InputError
from abm.model import Run
from experiments.compare.comparing import discounted
from experiments.compare.leaving import Paid, leaving, paid_anyway
from experiments.page.choices import LIMITS, MOST_ROWS, SIDES, Choices
from experiments.question.case import Case
from experiments.question.content import Content
from experiments.running.threads import each
from experiments.running.turns import TURNS, by_turns

#: Those whom the measure "caseload awaiting removal" counts.
THERE = (Stage.EXHAUSTED, Stage.BOOKED)
#: Most households of a run with the pull factor on: it is not drawn, so it may hold more than one that is.
MOST_PULLED = 4 * MOST_ROWS

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
    there
        Households with a failed claim at the end of each week (`THERE`), shape (weeks,).
    pulled, control
        The measures with the pull factor on, and without the money of the side's own offers; None: as `measures`, and
        none such.
    paid
        What the offers paid, and what of it to those who leave by choice under A as well.
    """

    measures: Array
    departures: Array
    lines: Array
    by_origin: Array
    there: Array
    pulled: Array | None = None
    control: Array | None = None
    paid: Paid | None = None


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
        history[:, [STOCKS_AT + stage for stage in THERE]].sum(axis=1) * weight,
    )


class Pairs:
    """Runs both sides of a question, and what belongs to them, a replicate at a time."""

    def __init__(self, choices: Choices) -> None:
        self.choices, self.question = choices, choices.question
        question = self.question
        self.cases: list[Case | None] = [*question.cases, *question.pulled, *question.controls]
        self.contents = [None if case is None else Content(case) for case in self.cases]
        for case in self.question.pulled:
            _refuse_too_many(case, choices.size)

    def run(self, replicate: int) -> tuple[Outcome, Outcome]:
        """One replicate of A and of B, with the same seed."""
        seed = self.choices.seed + replicate
        made = [None if content is None else content.of(replicate, seed) for content in self.contents]
        # What is made of the same is run once, at its first place: A and B are before the others.
        at_of = [at if content is None else made.index(content) for at, content in enumerate(made)]

        runs: dict[int, Run] = {}

        def work(job: tuple[int, Case]) -> Array:
            at, case = job
            own = at < len(SIDES)
            with TURNS:
                prepared = self.choices.prepared(SIDES[at], replicate) if own else case.prepared(replicate)
                run = by_turns(prepared, seed)
            if own:  # of the others nothing but their measures is kept
                runs[at] = run
            return run.values

        jobs = [(at, case) for at, case in enumerate(self.cases) if case is not None and at_of[at] == at]
        measured = dict(zip((at for at, _ in jobs), each(jobs, work), strict=True))
        left = [leaving(runs[at_of[side]]) for side in (0, 1)]
        a, b = (
            outcome(runs[at_of[side]])._replace(
                pulled=None if at_of[2 + side] == at_of[side] else measured[at_of[2 + side]],
                control=measured.get(at_of[4 + side]),
                paid=paid_anyway(left[side], left[0]),
            )
            for side in (0, 1)
        )
        return a, b


def _refuse_too_many(case: Case, size: int) -> None:
    expected = size + float(case.prepared().plain.inflow[INFLOW.now].sum())
    if expected > MOST_PULLED:
        most = max(LIMITS["households"][0], int(size * MOST_PULLED / expected))
        raise InputError(
            "households", size,
            f"at most about {most:,} here: with those whom the offers would draw, {expected:,.0f} would be simulated",
        )  # fmt: skip
