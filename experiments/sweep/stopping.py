"""How many replicates each point of a sweep still needs: the design's number, or what a precision asks for."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.inputs.parameters import InputError
from abm.measures import COMPARED
from experiments.question.study import Study
from experiments.statistics.precision import FIRST, Look, Target, look
from experiments.storing.store import Folder

if TYPE_CHECKING:
    from experiments.sweep.tally import Tally


class Looks:
    """Replicates wanted in each cell, and the looks taken.

    A look depends on nothing but the results of the replicates that the look before asked for, so a
    resumed sweep takes the same looks.  With posterior draws, runs are judged by draw, and all draws of a
    point get the same replicates.  A measure of comparisons is judged by its paired differences.

    Attributes
    ----------
    wanted
        Replicates wanted, one number a cell.
    report
        The last look at each (variant, point, measure).
    """

    def __init__(self, study: Study, targets: Sequence[Target], most: int) -> None:
        if targets and most < FIRST:
            raise InputError("--max-replicates", most, f"a whole number of at least {FIRST}")
        for target in targets:
            if target.measure in COMPARED and not study.shared.baseline:
                allowed = "a measure that needs no baseline: the design names none"
                raise InputError("--precision", target.measure, allowed)
        self._study, self._targets, self._most = study, targets, most
        first = study.design.replicates if not targets else min(max(FIRST, study.design.replicates), most)
        self.wanted = np.where(study.active, first, 0).astype(np.int64)
        self.report: list[dict[str, Any]] = []
        self._number = 0
        self._open = np.flatnonzero(study.active[: study.variant_cells : len(study.draws)])
        self._last: dict[tuple[int, str], Look] = {}

    def more(self, tally: Tally) -> bool:
        """Look at the points still open; True if any of them needs more replicates (`wanted` is raised)."""
        if not self._targets or not len(self._open):
            return False
        self._number += 1
        draws = len(self._study.draws)
        following = {}
        measured = {target.measure: tally.values(target.measure) for target in self._targets}
        starts = np.searchsorted(tally.found.cell, np.arange(self._study.cells + 1))
        for group in self._open.tolist():
            runs = int(self.wanted[group * draws])
            again = 0
            for target in self._targets:
                values = _of_point(measured[target.measure], starts, group, draws, runs)
                cell, replicate = np.divmod(np.arange(draws * runs), runs)
                vectors = self._study.vector(cell, replicate)
                most = self._most * draws
                taken = look(values, target.half_width, self._number, most=most, vectors=vectors)
                self._last[group, target.measure] = taken
                if not taken.enough:
                    again = max(again, taken.next_runs // draws)
            if again > runs:
                following[group] = again
        for group, runs in following.items():
            self.wanted[group * draws : (group + 1) * draws] = runs
        self._with_baseline()
        self._open = np.array(sorted(following), dtype=np.int64)
        self.report = [self._row(*key, taken) for key, taken in sorted(self._last.items())]
        return bool(following)

    def _with_baseline(self) -> None:
        """The baseline has as many replicates as the point that has most of those that it goes with."""
        if self._study.shared.baseline:
            cells = np.flatnonzero(self.wanted[: self._study.variant_cells])
            np.maximum.at(self.wanted, self._study.baseline_of(cells), self.wanted[cells])

    def key(self) -> str:
        """A short name for what was wanted: that which the tables must hold."""
        told = repr([(t.measure, t.half_width) for t in self._targets]).encode() + self.wanted.tobytes()
        return hashlib.blake2b(told, digest_size=16).hexdigest()

    def write(self, folder: Folder) -> None:
        """Write ``precision.csv``, or remove one that no longer holds."""
        if not self.report:
            folder.remove("precision.csv")
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.report[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.report)
        folder.write("precision.csv", lambda file: file.write(text.getvalue().encode()))

    def _row(self, group: int, measure: str, taken: Look) -> dict[str, Any]:
        variant, point = divmod(group, len(self._study.points))
        target = next(t for t in self._targets if t.measure == measure)
        return {
            "variant": self._study.design.variants[variant], "point": point, "measure": measure,
            "asked": target.half_width, "half_width": taken.half_width, "floor": taken.floor, "mean": taken.mean,
            "replicates": taken.runs // len(self._study.draws), "looks": taken.number, "reached": taken.enough,
        }  # fmt: skip


def _of_point(measured: Any, starts: Any, group: int, draws: int, runs: int) -> Any:
    """One value a run, draw after draw; NaN where it does not exist."""
    _, replicates, values = measured
    grid = np.full((draws, runs), np.nan)
    for draw in range(draws):
        here = slice(starts[group * draws + draw], starts[group * draws + draw + 1])
        kept = replicates[here] < runs
        grid[draw, replicates[here][kept]] = values[here][kept]
    return grid.ravel()
