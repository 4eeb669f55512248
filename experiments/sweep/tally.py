"""Which runs are done, which are missing, and which are in hand."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from abm.measures import COMPARED, difference
from experiments.question.study import Study
from experiments.running.runs import Done
from experiments.storing.parquet import from_bytes, to_bytes
from experiments.storing.store import Folder
from experiments.sweep.pairing import Outcomes, baseline_rows
from experiments.sweep.parts import Index, index, rows

#: A part is written after so many runs, or so many seconds, whichever comes first.
FLUSH_RUNS, FLUSH_SECONDS = 2_000, 5.0


class Tally:
    """The runs of a sweep: those found in its folder, and those in hand, written as a part when it is time.

    Attributes
    ----------
    found
        The runs in the folder, one entry a run, sorted by cell and replicate.
    written
        Whether this call has written a part.
    """

    def __init__(self, store: Folder, study: Study, retry_failed: bool) -> None:
        self._store, self._study, self._retry = store, study, retry_failed
        self._hand: list[Done] = []
        self._flushed = time.monotonic()
        self.written = False
        self.refresh()
        lost = self.found.take(self.found.failed)
        #: By (cell, replicate): how often a run had failed when this call began.
        self._attempts = {
            (int(c), int(r)): int(a) + 1 for c, r, a in zip(lost.cell, lost.replicate, lost.attempt, strict=True)
        }

    def refresh(self) -> None:
        """Read again what the parts hold."""
        self.found: Index = index(self._store, self._study).latest()

    def missing(self, wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which runs are still to be done, shape (cells, most replicates wanted)."""
        there = np.zeros((len(wanted), int(wanted.max())), dtype=np.bool_)
        keep = self.found.replicate < wanted[self.found.cell]
        if self._retry and not self.written:
            keep &= ~self.found.failed
        there[self.found.cell[keep], self.found.replicate[keep]] = True
        return ~there & (np.arange(there.shape[1]) < wanted[:, None])

    def failures(self, wanted: NDArray[np.int64]) -> int:
        """Failed runs among those wanted that will not be tried again."""
        if self._retry and not self.written:
            return 0
        return int((self.found.failed & (self.found.replicate < wanted[self.found.cell])).sum())

    def values(self, measure: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Cell, replicate and one measure of every run found; NaN where a run failed.

        A measure of comparisons is that of the run against the baseline's with the same seed and draw.
        """
        found = self.found
        if measure not in COMPARED:
            return found.cell, found.replicate, self._column(measure)
        beside = baseline_rows(self._study, found)
        run = Outcomes(self._column)
        base = Outcomes(lambda name: np.where(beside >= 0, run[name][beside], np.nan))
        return found.cell, found.replicate, np.asarray(difference(measure, run, base), dtype=np.float64)

    def _column(self, measure: str) -> NDArray[np.float64]:
        found = self.found
        values = np.full(len(found), np.nan)
        for number in np.unique(found.part):
            column = from_bytes(self._store.part(found.names[number]), [measure]).column(measure).to_numpy()
            here = found.part == number
            values[here] = column[found.row[here]]
        return values

    def add(self, done: Done) -> None:
        """Take a finished batch in hand."""
        self._hand.append(done)

    def flush_if_due(self) -> None:
        """Write what is in hand if it is much or old."""
        if sum(map(len, self._hand)) >= FLUSH_RUNS or time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is in hand as a part."""
        self._flushed = time.monotonic()
        if self._hand:
            self._store.write_part(to_bytes(rows(self._study, self._hand, self._attempts)))
            self._hand = []
            self.written = True
