"""The runs of a plan, one replicate of all points after the other, so that the whole curve is there at once.

What was run is kept, for whoever asks the same again: runs hang on the question alone, so visitors share them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.special  # noqa: F401  (a thread of a visitor must not be the first to import it)
from numpy.typing import NDArray

import abm
from abm.arrays.setting import INFLOW
from abm.inputs.parameters import InputError
from experiments.page.choices import MOST_ROWS, Choices, caseload_of
from experiments.page.explore.plan import Plan
from experiments.running.runs import Job, Runner
from experiments.running.turns import TURNS
from experiments.statistics.intervals import Array

#: Plans whose runs are kept, and seconds between two reports of progress.
_KEPT, _PAUSE = 48, 0.8
#: Seconds after each run in which those who wait for their turn take it.
_BREATH = 0.001
#: A plan of at most so many seconds starts by itself.
AT_ONCE = 120.0


@dataclass
class Runs:
    """What was run of a plan so far.

    Attributes
    ----------
    measures
        By (cell, replicate).
    faults
        Why a cell could not be run, by cell.
    total
        Runs in all; 0 before the first.
    """

    measures: dict[tuple[int, int], Array] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    total: int = 0


class Found(NamedTuple):
    """How far a plan is: so many runs of all, and the measures of whole replicates.

    Attributes
    ----------
    cells
        Those that could be run, rising, the baseline's last, shape (cells,).
    values
        Shape (cells, replicates, measures).
    """

    plan: Plan
    done: int
    total: int
    cells: NDArray[np.int64]
    values: Array
    faults: dict[int, str]

    @property
    def replicates(self) -> int:
        """Runs that every point has."""
        return self.values.shape[1]

    @property
    def complete(self) -> bool:
        """Whether all runs are there."""
        return self.replicates >= self.plan.replicates


_lock = threading.Lock()
_kept: OrderedDict[str, Runs] = OrderedDict()


def kept(plan: Plan) -> Runs:
    """The runs of a plan that are there; those longest not asked for are forgotten."""
    with _lock:
        runs = _kept.setdefault(plan.key, Runs())
        _kept.move_to_end(plan.key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return runs


def finished(plan: Plan) -> bool:
    """Whether all runs of a plan are kept."""
    runs = kept(plan)
    return 0 < runs.total <= len(runs.measures)


class Pace:
    """Seconds that a run takes for each household and week, learned from the last runs."""

    def __init__(self) -> None:
        self._each = 4.5e-7

    def learn(self, seconds: float, work: float) -> None:
        """A run took so many seconds for so many households × weeks."""
        self._each += 0.05 * (seconds / work - self._each)

    def seconds(self, plan: Plan) -> float:
        """About how long a plan takes from its start, nobody else asking."""
        return self._each * work_of(plan.choices) * plan.runs


PACE = Pace()


def work_of(choices: Choices) -> float:
    """Households × weeks of a run, about: those there at the start and those who arrive."""
    caseload = caseload_of(choices.caseload)
    arriving = caseload.inflow_per_week * choices.weeks * choices.size / caseload.households
    return (choices.size + arriving) * choices.weeks


def explored(plan: Plan, stopped: Callable[[], bool] = lambda: False) -> Iterator[Found]:
    """Run a plan, telling now and then how far it is; what is kept is not run again.

    Raises
    ------
    InputError
        If the plan cannot be run, or holds too many households for a page.
    """
    study, runs = plan.study, kept(plan)
    cells = np.flatnonzero(study.active)
    _check_rows(plan, cells)
    runner, told = Runner(study.shared), time.monotonic()
    whole, total = 0, len(cells) * plan.replicates
    runs.total = total
    done = sum((int(cell), r) in runs.measures for cell in cells for r in range(plan.replicates))
    work = work_of(plan.choices)
    for replicate in range(plan.replicates):
        for cell in cells.tolist():
            if (cell, replicate) in runs.measures:
                continue
            if stopped():
                return
            with TURNS:
                found = runner([Job(cell, study.locate(cell)[0], study.settings(cell), (replicate,))])
            time.sleep(_BREATH)
            PACE.learn(found.seconds, work)
            if found.errors:
                runs.faults.setdefault(cell, found.errors[0])
            runs.measures[cell, replicate] = found.measures[0]
            done += 1
            if time.monotonic() - told > _PAUSE and replicate:
                yield _found(plan, runs, cells, whole, done, total)
                told = time.monotonic()
        whole = replicate + 1
        if whole == 1:
            yield _found(plan, runs, cells, whole, done, total)
            told = time.monotonic()
    yield _found(plan, runs, cells, whole, done, total)


def _found(plan: Plan, runs: Runs, cells: NDArray[np.int64], whole: int, done: int, total: int) -> Found:
    good = np.array([cell for cell in cells.tolist() if cell not in runs.faults], dtype=np.int64)
    values = np.empty((len(good), whole, len(abm.MEASURES)))
    for row, cell in enumerate(good.tolist()):
        for replicate in range(whole):
            values[row, replicate] = runs.measures[cell, replicate]
    return Found(plan, done, total, good, values, dict(runs.faults))


def _check_rows(plan: Plan, cells: NDArray[np.int64]) -> None:
    """Refuse what would hold more households than a page may, as `Choices.prepared` does."""
    for cell in {int(cells[0]), int(cells[-1])}:
        packed = plan.study.case(cell).prepared()
        expected = plan.choices.size + float(packed.plain.inflow[INFLOW.now].sum())
        if expected > MOST_ROWS:
            allowed = (
                f"fewer here: with those who arrive, {expected:,.0f} would be simulated, and at most {MOST_ROWS:,}"
            )
            raise InputError("households", plan.choices.size, allowed)
