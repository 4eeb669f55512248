"""What `validate` and `fit` give back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from abm.inputs.shown import table
from experiments.api.frames import frame_of
from experiments.calibration.validate import Validation, Verdict, number

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.fit import Fit
    from experiments.calibration.fitted import Summary


@dataclass(frozen=True, repr=False, eq=False)
class ValidationResult:
    """Histories predicted, and what was recorded."""

    validation: Validation

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a row of the record: recorded, predicted, and whether it lies in the 90 % interval."""
        return frame_of([{**found.as_row(), "unit": _counted(found)} for found in self.validation.verdicts])

    @cached_property
    def not_represented(self) -> pd.DataFrame:
        """What the model cannot say, and why."""
        return frame_of([
            {"history": name, "id": row.id, "quantity": row.quantity, "why": row.why}
            for name, row in self.validation.not_represented
        ])  # fmt: skip

    @property
    def coverage(self) -> tuple[int, int, float]:
        """Held-out rows in their interval, held-out rows, and the median factor between the ends of the intervals."""
        return self.validation.coverage()

    def __repr__(self) -> str:
        """How much of it was met."""
        return f"ValidationResult({' '.join(self._lines) or 'no row has a figure'} .frame, .not_represented)"

    @property
    def _lines(self) -> Iterator[str]:
        for use, words in (("validate", "Held out"), ("calibrate", "Fitted")):
            hits, rows, _ = self.validation.coverage(use)
            if rows:
                yield f"{words}: {hits} of {rows} rows in their 90 % interval."

    def _repr_html_(self) -> str:
        rows = [
            (found.history, found.row.id, found.row.use, _counted(found), number(found.row.value),
             number(found.median), f"{number(found.p05)} – {number(found.p95)}", _called(found))
            for found in self.validation.verdicts
        ]  # fmt: skip
        heads = ("history", "row", "use", "unit", "recorded", "predicted", "90 % of predictions", "")
        return table("Predicted, and recorded", heads, rows, self._lines, numbers=(4, 5, 6))


def _called(found: Verdict) -> str:
    """What came of a row: what nothing hangs on, or what has no figure, is neither hit nor missed."""
    if found.hit is None:
        return "prediction"
    if found.row.use == "context":
        return "told"
    return ("hit, says little" if found.says_little else "hit") if found.hit else "missed"


def _counted(found: Verdict) -> str:
    """The unit of a row of the record."""
    return "ratio" if found.row.over else found.row.count


@dataclass(frozen=True, repr=False, eq=False)
class FitResult:
    """A posterior, and what it says."""

    fit: Fit
    summary: Summary
    folder: Path

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a row of the record that was fitted to, and how it was met."""
        counts = [("ratio" if row.over else row.count) for _, row in self.fit.plan.targets.rows]
        return frame_of(self.summary.rows).assign(unit=counts)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """A row a free number: prior and posterior, and what the record says of it."""
        return frame_of(self.summary.parameters)

    @cached_property
    def posterior(self) -> pd.DataFrame:
        """A row a draw of equal weight, a column a free number: what `compare` and `validate` take."""
        return frame_of(self.fit.columns(), {prior.name: prior.unit for prior in self.fit.plan.priors})

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """Pairs of numbers whose draws go together."""
        return frame_of(self.summary.correlations)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Simulation-based calibration, a row a number."""
        return frame_of(self.summary.ranks)

    def __repr__(self) -> str:
        """How large it is, and how it was met."""
        met = f"{sum(row['met'] for row in self.summary.rows)} of {len(self.summary.rows)} rows met"
        return f"FitResult({self.summary.draws} draws, {met}, in {self.folder}; .frame, .parameters, .posterior)"

    def _repr_html_(self) -> str:
        rows = [
            (row["name"], row["unit"], f"{number(row['prior_median'])} [{number(row['prior_low'])},"
             f" {number(row['prior_high'])}]", f"{number(row['median'])} [{number(row['p05'])},"
             f" {number(row['p95'])}]", row["says"])
            for row in self.summary.parameters
        ]  # fmt: skip
        heads = ("parameter", "unit", "prior", "posterior", "")
        return table("Fit", heads, rows, [*self.summary.lines, f"Folder: {self.folder}"], numbers=(2, 3))
