"""What the model answers in many worlds: every point with seeds of its own, which the baseline has too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from abm.measures import IDS, difference
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.sensitivity.inquiry import Inquiry, Settings, applied

Array = NDArray[np.float64]

#: Points and a number of seeds to values, shape (points, seeds).
Answer = Callable[[Sequence[Settings], int], Array]


class Worlds:
    """Asks the model; counts the runs.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The answers do not depend on it.
    """

    def __init__(self, inquiry: Inquiry, workers: int | None = None, progress: Progress | None = None) -> None:
        self.inquiry, self.workers, self.progress = inquiry, workers_of(workers), progress or Silent()
        self.runs = 0

    def __call__(self, points: Sequence[Settings], seeds: int) -> Array:
        """The measure (or its difference from the baseline, on the same seed), shape (points, seeds).

        Point p has the seeds from the inquiry's + p × `seeds` on.

        Raises
        ------
        InputError
            If some runs do not have the measure, or values at a point do not go together.
        KeyboardInterrupt
            On Ctrl-C, once no new run will be started.
        """
        a_point = len(self.inquiry.cases) * seeds

        def work(number: int) -> Array:
            return self._at(points[number], self.inquiry.seed + number * seeds, seeds)

        def told(done: int) -> None:
            self.progress.update((1 + done) * a_point, 0, len(points) * a_point)

        self.progress.start(len(points) * a_point, 0, f"{self.workers} threads")
        try:
            first = work(0)  # in this thread, where compilation can be told of
            values = np.stack([first, *each(range(1, len(points)), work, workers=self.workers, told=told)])
        finally:
            self.progress.end()
        self.runs += len(points) * a_point
        missing, measure = int(np.isnan(values).sum()), self.inquiry.measure
        if missing:
            allowed = f"a measure that every run has: {missing:,} of {values.size:,} have none ({measure.absent})"
            raise InputError("--goal", measure.id, allowed)
        return values

    def _at(self, point: Settings, first: int, seeds: int) -> Array:
        """The values at one point, one a seed."""
        tables = []
        for position, case in enumerate(self.inquiry.cases):
            baseline = position < len(self.inquiry.cases) - 1
            prepared = case.with_settings(applied(point, baseline=baseline), file="a point of the search").prepared()
            tables.append(np.stack([prepared.measures(first + seed) for seed in range(seeds)]))
        name = self.inquiry.measure.id
        if not self.inquiry.paired:
            return np.asarray(tables[-1][:, IDS.index(name)])
        base, run = ({one: table[:, k] for k, one in enumerate(IDS)} for table in tables)
        return np.asarray(difference(name, run, base))
