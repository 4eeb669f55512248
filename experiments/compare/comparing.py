"""Policies compared: the same households, weeks and seeds under each, and nothing different but the policy.

Replicate r of every policy uses the same seed (and the same behavioural draw), so a difference between
two policies is taken run by run.  Runs go to threads: the compiled week releases the interpreter's lock.
A result has its place by replicate, whoever computed it, so the number of workers changes nothing.

No run is made twice: columns whose replicate is made of the same (`experiments.question.content`), as with and without
the pull factor where nobody is drawn, share it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.ledger import Line
from abm.arrays.state import HISTORY_COUNT, LEDGER_AT
from abm.household.stages import COL
from abm.measures import IDS, Outcomes, difference
from abm.model import Prepared, Run
from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.compare.leaving import Leaving, Paid, leaving, paid_anyway
from experiments.question import idle
from experiments.question.case import Case
from experiments.question.content import Content
from experiments.question.question import MOST_REPLICATES, Question
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.statistics.precision import FIRST, look, whole_rounds

if TYPE_CHECKING:
    import pandas as pd

#: Memory for the weekly histories of one policy: as many replicates as fit are kept, at least `FIRST`.
HISTORY_BYTES = 64_000_000

Array = NDArray[np.float64]


@dataclass
class Runs:
    """All replicates of one policy.

    Attributes
    ----------
    measures
        Shape (replicates, measures), order of `abm.MEASURES`.
    lines
        Discounted cost by line of the account, GBP of the whole caseload, shape (replicates, lines).
    departed
        Share of the households there at the start that has left by the end of each week, shape
        (replicates, weeks).
    history
        Weekly stocks, flows and pence of the simulated households, shape (first replicates, weeks, columns).
    identities
        Hash of everything that determined each run.
    groups
        Rates by group of each replicate, if asked for.
    leaving
        Who left by choice and who was paid, in each replicate.
    every_group
        The same for each way of grouping of a sheet.
    paid
        What was paid in each replicate, and to whom who leaves under the baseline as well; only where not all of
        `leaving` was kept.
    """

    label: str
    weight: float
    households: int
    measures: Array
    lines: Array
    departed: Array
    history: NDArray[np.int64]
    identities: list[str]
    groups: list[pd.DataFrame] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)
    every_group: list[dict[str, pd.DataFrame]] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)

    def paid_anyway(self, base: Runs) -> list[Paid]:
        """What is paid in each replicate, and what of it to those who leave by choice under the baseline as well."""
        return self.paid or [paid_anyway(*both) for both in zip(self.leaving, base.leaving, strict=True)]

    def measure(self, name: str) -> Array:
        """One measure, a value a replicate."""
        return self.measures[:, IDS.index(name)]

    @property
    def outcomes(self) -> Outcomes:
        """The measures by id, a value a replicate: what a measure of comparisons is a function of."""
        return {name: self.measure(name) for name in IDS}


@dataclass
class Comparison:
    """What came out: the baseline first, then the variants.

    Attributes
    ----------
    pulled
        The measures again with the pull factor on.
    controls
        The measures of each policy without the money of its own offers; None where it has none.
    grid
        The measures of the first replicates by elasticity of arrivals and worth of support.
    """

    question: Question
    runs: list[Runs]
    pulled: list[Runs]
    seconds: float
    looks: list[dict[str, Any]] = field(default_factory=list)
    controls: list[Runs | None] = field(default_factory=list)
    grid: dict[tuple[float, float], list[Runs]] = field(default_factory=dict)

    @property
    def replicates(self) -> int:
        """Replicates of each policy."""
        return len(self.runs[0].measures)

    @property
    def grid_replicates(self) -> int:
        """Replicates of each policy at each place of the grid."""
        return max((len(runs.measures) for held in self.grid.values() for runs in held), default=0)

    @property
    def vectors(self) -> NDArray[np.int64]:
        """Which parameter vector each replicate has, the same under every policy."""
        return self.question.vectors(self.replicates)

    def known(self, most: int = idle.RUNS) -> dict[bytes, Array]:
        """The measures of the first runs of each policy, by their content: for `idle.idle_settings`."""
        question = self.question
        told = [(Content(case), runs) for case, runs in zip(question.cases, self.runs, strict=True) if question.without]
        first = range(min(most, self.replicates))
        return {made.of(r, question.seed + r): runs.measures[r] for made, runs in told for r in first}

    @property
    def identity(self) -> str:
        """Hash of the identities of all runs."""
        digest = hashlib.blake2b(digest_size=16)
        for runs in (*self.runs, *self.pulled):
            for name in runs.identities:
                digest.update(name.encode())
        return digest.hexdigest()


def compare(
    question: Question, *, workers: int | None = None, progress: Progress | None = None, made: Made | None = None
) -> Comparison:
    """Run every policy of a question with the same seeds.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The results do not depend on it.
    made
        Runs of a question before with the same seeds, of which one that is asked for again is taken; those made now are
        added.

    Raises
    ------
    InputError
        If the inputs do not go together, or the number of workers makes no sense.
    KeyboardInterrupt
        On Ctrl-C, once no new run will be started.
    """
    begun, told, count = time.perf_counter(), progress or Silent(), workers_of(workers)
    made, few = {} if made is None else made, question.grid_replicates
    central = [_Column(question, case, made, whole=True) for case in question.cases]
    pulled = [_Column(question, case, made) for case in question.pulled]
    grid = {at: [_Column(question, case, made, most=few) for case in cases] for at, cases in question.grid.items()}
    controls = [None if case is None else _Column(question, case, made) for case in question.controls]
    columns = [*central, *pulled, *(column for column in controls if column), *chain.from_iterable(grid.values())]
    looks = _Looks(question)
    first, wanted = 0, looks.first
    told.start(sum(column.wanted(wanted) for column in columns), 0, f"{count} threads")
    try:
        while wanted > first:
            _run(columns, range(first, wanted), count, told)
            first, wanted = wanted, looks.next(central, wanted)
    finally:
        told.end()

    def runs_of(held: Sequence[_Column]) -> list[Runs]:
        return [column.runs(label) for column, label in zip(held, question.labels, strict=True)]

    return Comparison(
        question, runs_of(central), runs_of(pulled), time.perf_counter() - begun, looks.report,
        [None if held is None else held.runs(label) for held, label in zip(controls, question.labels, strict=True)],
        {at: runs_of(held) for at, held in grid.items()},
    )  # fmt: skip


def _run(columns: Sequence[_Column], replicates: range, workers: int, told: Progress) -> None:
    """Run replicates of every column; the first run of all in this thread, where compilation can be told of."""
    asked = [(column, replicate) for replicate in replicates for column in columns if replicate < column.most]
    # Those of which more than the measures is kept come first to what several are to share.
    jobs = [(column, replicate) for column, replicate in asked if not column.whole or column.claims(replicate)]
    total = sum(column.wanted(replicates.stop) for column in columns)
    if replicates.start == 0 and jobs:
        column, replicate = jobs.pop(0)
        column.run(replicate)
    each(
        jobs, lambda job: job[0].run(job[1]), workers=workers,
        told=lambda done: told.update(total - len(jobs) + done, 0, total),
    )  # fmt: skip


class _Column:
    """The replicates of one case, as they come in.

    Parameters
    ----------
    made
        Who makes each run, by its content: shared by all columns.
    whole
        Whether more than the measures is kept.
    most
        Replicates that are run at most.
    """

    def __init__(
        self, question: Question, case: Case, made: Made, *, whole: bool = False, most: int = MOST_REPLICATES
    ) -> None:
        self.question, self.case, self.made, self.whole, self.most = question, case, made, whole, most
        self.content = Content(case)
        self.done: dict[int, dict[str, Any]] = {}
        self.makers: dict[int, _Column] = {}
        self.named = most == MOST_REPLICATES  # of the grid nobody asks which run it was
        self.kept = int(max(FIRST, HISTORY_BYTES // (max(1, case.weeks) * HISTORY_COUNT * 8)))
        if whole:
            _ = self.prepared  # what does not go together is told before the first run

    @cached_property
    def prepared(self) -> Prepared:
        """The case with its first behaviour, packed."""
        return self.case.prepared()

    def seed(self, replicate: int) -> int:
        """The same in every column."""
        return self.question.seed + replicate

    def wanted(self, replicates: int) -> int:
        """How many runs there are to be of so many replicates."""
        return min(self.most, replicates)

    def claims(self, replicate: int) -> bool:
        """Whether a replicate's run is to be made here: the first column that asks for a run makes it."""
        if replicate not in self.makers:
            content = self.content.of(replicate, self.seed(replicate))
            maker = self.made.setdefault(content, self)
            if self.whole and not maker.whole:  # of a question before: it has kept too little
                maker = self.made[content] = self
            self.makers[replicate] = maker
        return self.makers[replicate] is self

    def run(self, replicate: int) -> None:
        """Run one replicate (in any thread), unless another column does."""
        if not self.claims(replicate):
            return
        seed = self.seed(replicate)
        prepared = self.prepared if len(self.case.members) == 1 else self.case.prepared(replicate)
        run = prepared.run(seed)
        told: dict[str, Any] = {"identity": prepared.identity(seed) if self.named else "", "measures": run.values}
        if self.whole:
            told["lines"] = discounted(run)
            told["departed"] = departed(run)
            told["leaving"] = leaving(run)
            if replicate < self.kept:
                told["history"] = run.state.history
            if self.question.by:
                told["groups"] = run.by(self.question.by)
            if self.question.groups:
                told["every_group"] = {by: run.by(by) for by in self.question.groups}
        self.done[replicate] = told

    def _of(self, replicate: int) -> dict[str, Any]:
        """What is told of a replicate, whoever has run it."""
        maker = self.makers[replicate]
        told = maker.done[replicate]
        if maker is self:
            return told
        kept = told if self.whole else {"measures": told["measures"]}
        identity = self.case.identity(self.seed(replicate), replicate) if self.named else ""
        return {**kept, "identity": identity}

    def runs(self, label: str) -> Runs:
        """All replicates, in order."""
        rows = [self._of(replicate) for replicate in range(len(self.makers))]
        weeks = self.case.weeks

        def stacked(name: str, *shape: int) -> Any:
            found = [row[name] for row in rows if name in row]
            return np.stack(found) if found else np.empty((0, *shape))

        return Runs(
            label, self.case.weight, self.case.size, stacked("measures"),
            stacked("lines", len(Line)), stacked("departed", weeks), stacked("history", weeks, HISTORY_COUNT),
            [row["identity"] for row in rows], [row["groups"] for row in rows if "groups" in row],
            [row["leaving"] for row in rows if "leaving" in row],
            [row["every_group"] for row in rows if "every_group" in row],
        )  # fmt: skip


#: The column that makes a run, by the content of the run.
Made = dict[bytes, _Column]


def discounted(run: Run) -> Array:
    """Discounted cost by line of the account, GBP of the whole caseload, shape (lines,)."""
    pence = run.state.history[:, LEDGER_AT:]
    years = np.arange(len(pence)) / WEEKS_PER_YEAR
    factors = (1.0 + run.prepared.caseload.world.discount_rate) ** -years
    return np.asarray(factors @ pence / 100.0 * run.prepared.weight)


def departed(run: Run) -> Array:
    """Share of the households there at the start that has left (for the first time) by the end of each week."""
    state = run.state
    left = state.s[COL.left_at, : run.prepared.households]
    weeks = state.history.shape[0]
    return np.bincount(left[left >= 0].astype(np.int64), minlength=weeks)[:weeks].cumsum() / max(1, len(left))


class _Looks:
    """How many replicates: those asked for, or as many as a precision of the paired differences needs."""

    def __init__(self, question: Question) -> None:
        self.question, self.number, self.report = question, 0, list[dict[str, Any]]()
        asked = question.replicates
        most = question.most - question.most % len(question.behaviours) or question.most
        rounds = whole_rounds(max(FIRST, asked), len(question.behaviours))
        self.first = min(rounds, most) if question.precision else asked

    def next(self, columns: Sequence[_Column], runs: int) -> int:
        """Replicates wanted, having looked at the runs so far."""
        if not self.question.precision:
            return runs
        self.number, self.report, wanted = self.number + 1, [], runs
        taken = [column.runs("") for column in columns]
        for measure, width in self.question.precision:
            for label, held in zip(self.question.variants, taken[1:], strict=True):
                differences = difference(measure, held.outcomes, taken[0].outcomes)
                seen = look(
                    differences, width, self.number, most=self.question.most, vectors=self.question.vectors(runs)
                )
                if not seen.enough:
                    wanted = max(wanted, seen.next_runs)
                self.report.append({
                    "variant": label, "measure": measure, "asked": width, "half_width": seen.half_width,
                    "floor": seen.floor, "replicates": seen.runs, "looks": self.number, "reached": bool(seen.enough),
                })  # fmt: skip
        return wanted
