"""What the model answers at the points of an analysis: one value a seed, in threads."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from abm.measures import IDS, MEASURES, Outcomes, difference
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.sensitivity.inquiry import Inquiry, Settings, applied

Array = NDArray[np.float64]

#: Seeds that one job runs: few, so that one point keeps all threads busy.
SEEDS = 4
#: Measures that are suggested in place of one that some runs do not have.
SUGGESTED = 3

Key = tuple[int, tuple[tuple[str, object], ...]]


class Answers:
    """Asks the model; counts the runs.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The answers do not depend on it.
    """

    def __init__(self, inquiry: Inquiry, workers: int | None = None, progress: Progress | None = None) -> None:
        self.inquiry, self.workers, self.progress = inquiry, workers_of(workers), progress or Silent()
        self.runs, self.expected = 0, 0

    def __call__(self, points: Sequence[Settings], seeds: int) -> Array:
        """The measure (or its difference from the baseline, on the same seed), shape (points, seeds).

        Points that set the same are run once.

        Parameters
        ----------
        points
            Value by path; what is left out is at its reference.
        seeds
            The first of them is the inquiry's.

        Raises
        ------
        InputError
            If some runs do not have the measure, or values at a point do not go together.
        KeyboardInterrupt
            On Ctrl-C, once no new run will be started.
        """
        rows = [[self._key(position, point) for position in range(len(self.inquiry.cases))] for point in points]
        found = self._run(list(dict.fromkeys(key for row in rows for key in row)), seeds)
        values = np.stack([self._value([found[key] for key in row]) for row in rows])
        missing = int(np.isnan(values).sum())
        if missing:
            raise self._undefined(missing, values.size, [found[key] for row in rows for key in row])
        return values

    def _key(self, position: int, point: Settings) -> Key:
        baseline = position < len(self.inquiry.cases) - 1
        return position, tuple(sorted(applied(point, baseline=baseline).items()))

    def _run(self, keys: Sequence[Key], seeds: int) -> dict[Key, Array]:
        """Every measure of every run, shape (seeds, measures), by case and settings."""
        first = self.inquiry.seed
        jobs = [(key, range(k, min(k + SEEDS, seeds))) for key in keys for k in range(0, seeds, SEEDS)]
        before, total = self.runs, len(keys) * seeds
        self.expected = max(self.expected, before + total)

        def work(job: tuple[Key, range]) -> Array:
            (position, settings), some = job
            case = self.inquiry.cases[position].with_settings(dict(settings), file="a point of the analysis")
            prepared = case.prepared()
            return np.stack([prepared.measures(first + seed) for seed in some])

        def told(done: int) -> None:
            self.progress.update(before + done * total // len(jobs), 0, self.expected)

        if not before:
            work((keys[0], range(1)))  # in this thread, where compilation can be told of
        parts = each(jobs, work, workers=self.workers, told=told)
        self.runs = before + total
        held: dict[Key, list[Array]] = {key: [] for key in keys}
        for (key, _), part in zip(jobs, parts, strict=True):
            held[key].append(part)
        return {key: np.concatenate(some) for key, some in held.items()}

    def _value(self, measured: Sequence[Array]) -> Array:
        name = self.inquiry.measure.id
        if not self.inquiry.paired:
            return measured[-1][:, IDS.index(name)]
        base, run = ({one: table[:, k] for k, one in enumerate(IDS)} for table in measured)
        return np.asarray(difference(name, run, base))

    def _undefined(self, missing: int, total: int, measured: Sequence[Array]) -> InputError:
        """The refusal of a measure that not every run has, with others that all of these runs do."""
        told = self.inquiry.measure
        whole: Outcomes = {one: all(np.isfinite(table[:, k]).all() for table in measured) for k, one in enumerate(IDS)}
        alike = [one for one in IDS if whole[one] and MEASURES[one].group == told.group]
        alike.sort(key=lambda one: -SequenceMatcher(None, one, told.id).ratio())
        instead = f"; all of them have {', '.join(alike[:SUGGESTED])}" if alike else ""
        runs = "pairs of runs" if self.inquiry.paired else "runs"
        return InputError(
            "--measure", told.id,
            f"a measure that every run has: {missing:,} of {total:,} {runs} have none ({told.absent}){instead}",
        )  # fmt: skip
