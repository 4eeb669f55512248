"""Policies compared: the same households, weeks and seeds under each, and nothing different but the policy.

Replicate r of every policy uses the same seed (and the same behavioural draw), so a difference between
two policies is taken run by run.  Runs go to threads: the compiled week releases the interpreter's lock.
A result has its place by replicate, whoever computed it, so the number of workers changes nothing.
"""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.arrays.ledger import Line
from abm.arrays.state import HISTORY_COUNT, LEDGER_AT
from abm.household.stages import COL
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.measures import IDS
from abm.model import Prepared, Run, prepare
from abm.numerics.calendar import WEEKS_PER_YEAR
from experiments.question.question import Question
from experiments.running.engine import cores
from experiments.running.progress import Progress, Silent
from experiments.statistics.precision import FIRST, look

if TYPE_CHECKING:
    import pandas as pd

#: Memory for the weekly histories of one policy: as many replicates as fit are kept, at least `FIRST`.
HISTORY_BYTES = 64_000_000
#: How often the waiting main thread looks up, so that Ctrl-C is heard.
GLANCE = 0.2

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

    def measure(self, name: str) -> Array:
        """One measure, a value a replicate."""
        return self.measures[:, IDS.index(name)]


@dataclass
class Comparison:
    """What came out: the baseline first, then the variants; and the measures again with the pull factor on."""

    question: Question
    runs: list[Runs]
    pulled: list[Runs]
    seconds: float
    looks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def replicates(self) -> int:
        """Replicates of each policy."""
        return len(self.runs[0].measures)

    @property
    def identity(self) -> str:
        """Hash of the identities of all runs."""
        digest = hashlib.blake2b(digest_size=16)
        for runs in (*self.runs, *self.pulled):
            for name in runs.identities:
                digest.update(name.encode())
        return digest.hexdigest()


def compare(question: Question, *, workers: int | None = None, progress: Progress | None = None) -> Comparison:
    """Run every policy of a question with the same seeds.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The results do not depend on it.

    Raises
    ------
    InputError
        If the inputs do not go together, or the number of workers makes no sense.
    KeyboardInterrupt
        On Ctrl-C, once no new run will be started.
    """
    if workers is not None and workers < 1:
        raise InputError("--workers", workers, "a whole number of at least 1")
    begun, told = time.perf_counter(), progress or Silent()
    central = [_Column(question, policy, question.caseload, True) for policy in question.policies]
    pulled = [_Column(question, policy, question.pulled, False) for policy in question.policies]
    columns, looks = [*central, *pulled], _Looks(question)
    with _threads(workers or cores()) as executor:
        first, wanted = 0, looks.first
        told.start(wanted * len(columns), 0, f"{workers or cores()} threads")
        try:
            while wanted > first:
                _run(executor, columns, range(first, wanted), told)
                first, wanted = wanted, looks.next(central, wanted)
        finally:
            told.end()
    labels = question.labels
    return Comparison(
        question,
        [column.runs(label) for column, label in zip(central, labels, strict=True)],
        [column.runs(label) for column, label in zip(pulled, labels, strict=True)],
        time.perf_counter() - begun,
        looks.report,
    )


class _Column:
    """The replicates of one policy, as they come in."""

    def __init__(self, question: Question, policy: Policy, caseload: Caseload, whole: bool) -> None:
        self.question, self.policy, self.caseload, self.whole = question, policy, caseload, whole
        self.prepared = self._prepare(question.behaviours[0])
        self.done: dict[int, dict[str, Any]] = {}
        kept = HISTORY_BYTES // (self.prepared.weeks * HISTORY_COUNT * 8)
        self.kept = int(max(FIRST, kept))
        years = np.arange(self.prepared.weeks) / WEEKS_PER_YEAR
        self.discount: Array = (1.0 + caseload.world.discount_rate) ** -years

    def _prepare(self, behaviour: Behaviour) -> Prepared:
        q = self.question
        return prepare(self.policy, self.caseload, behaviour, weeks=q.weeks, households=q.households)

    def run(self, replicate: int) -> None:
        """Run one replicate (in any thread)."""
        draws, seed = self.question.behaviours, self.question.seed + replicate
        prepared = self.prepared if len(draws) == 1 else self._prepare(draws[replicate % len(draws)])
        run = prepared.run(seed)
        told: dict[str, Any] = {"measures": run.values, "identity": prepared.identity(seed)}
        if self.whole:
            pence = run.state.history[:, LEDGER_AT:]
            told["lines"] = self.discount @ pence / 100.0 * prepared.weight
            told["departed"] = departed(run)
            if replicate < self.kept:
                told["history"] = run.state.history
            if self.question.by:
                told["groups"] = run.by(self.question.by)
        self.done[replicate] = told

    def runs(self, label: str) -> Runs:
        """All replicates, in order."""
        rows = [self.done[replicate] for replicate in range(len(self.done))]
        weeks = self.prepared.weeks

        def stacked(name: str, *shape: int) -> Any:
            found = [row[name] for row in rows if name in row]
            return np.stack(found) if found else np.empty((0, *shape))

        return Runs(
            label, self.prepared.weight, self.prepared.households, stacked("measures"),
            stacked("lines", len(Line)), stacked("departed", weeks), stacked("history", weeks, HISTORY_COUNT),
            [row["identity"] for row in rows], [row["groups"] for row in rows if "groups" in row],
        )  # fmt: skip


def departed(run: Run) -> Array:
    """Share of the households there at the start that has left (for the first time) by the end of each week."""
    state = run.state
    there = np.ones(state.s.shape[1], dtype=np.bool_)
    there[state.arrival_rows] = False
    left = state.s[COL.left_at, there]
    weeks = state.history.shape[0]
    return np.bincount(left[left >= 0].astype(np.int64), minlength=weeks)[:weeks].cumsum() / max(1, int(there.sum()))


class _Looks:
    """How many replicates: those asked for, or as many as a precision of the paired differences needs."""

    def __init__(self, question: Question) -> None:
        self.question, self.number, self.report = question, 0, list[dict[str, Any]]()
        asked = question.replicates
        self.first = min(max(FIRST, asked), question.most) if question.precision else asked

    def next(self, columns: Sequence[_Column], runs: int) -> int:
        """Replicates wanted, having looked at the runs so far."""
        if not self.question.precision:
            return runs
        self.number, self.report, wanted = self.number + 1, [], runs
        taken = [column.runs("") for column in columns]
        for measure, width in self.question.precision:
            for label, held in zip(self.question.variants, taken[1:], strict=True):
                difference = held.measure(measure) - taken[0].measure(measure)
                seen = look(difference, width, self.number, most=self.question.most)
                if not seen.enough:
                    wanted = max(wanted, seen.next_runs)
                self.report.append({
                    "variant": label, "measure": measure, "asked": width, "half_width": seen.half_width,
                    "replicates": seen.runs, "looks": self.number, "reached": bool(seen.enough),
                })  # fmt: skip
        return wanted


# ---- threads ----------------------------------------------------------------------------------------


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that start nothing new once the block has failed, and are not waited for then."""
    executor = ThreadPoolExecutor(count, thread_name_prefix="runs")
    before = _listen()
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    executor.shutdown()


#: Ctrl-C while runs are handed out sets a flag: an exception in the middle of that could leave a lock behind.
#: Before, while the first run may be compiling, it stops at once.
_asked_to_stop = threading.Event()
_handing_out = threading.Event()


def _listen() -> Any:
    """Let Ctrl-C set a flag; returns the handler to put back, or None outside the main thread."""
    _asked_to_stop.clear()
    _handing_out.clear()
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGINT, _heard)


def _heard(number: int, frame: object) -> None:
    _asked_to_stop.set()
    if not _handing_out.is_set():
        raise KeyboardInterrupt


def _stop_if_asked() -> None:
    if _asked_to_stop.is_set():
        raise KeyboardInterrupt


def _run(executor: ThreadPoolExecutor, columns: Sequence[_Column], replicates: range, progress: Progress) -> None:
    """Run replicates of every column; the first run of all in this thread, where compilation can be told of."""
    tasks = [(column, replicate) for replicate in replicates for column in columns]
    before = len(columns) * replicates.start
    total = before + len(tasks)
    if before == 0:
        column, replicate = tasks.pop(0)
        column.run(replicate)
    _handing_out.set()
    waiting: set[Future[None]] = set()
    for column, replicate in tasks:
        _stop_if_asked()
        waiting.add(executor.submit(column.run, replicate))
    while waiting:
        _stop_if_asked()
        done, waiting = wait(waiting, timeout=GLANCE, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        progress.update(total - len(waiting), 0, total)
