"""What `sensitivity` and `attribute` give back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from abm.inputs.shown import table
from experiments.api.frames import frame_of, of_mean
from experiments.report.amounts import NONE, number, scale
from experiments.sensitivity.analysis import Sensitivity
from experiments.sensitivity.attribution import Attribution

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class SensitivityResult:
    """What a measure hangs on."""

    sensitivity: Sensitivity

    @property
    def frame(self) -> pd.DataFrame:
        """Shares of the variance, a row an input, the largest first; ``unit`` is the input's."""
        return self._table("shares")

    @property
    def screening(self) -> pd.DataFrame:
        """Effects of every input over its whole range."""
        return self._table("screening")

    @property
    def tornado(self) -> pd.DataFrame:
        """The measure at both ends of each input."""
        return self._table("tornado")

    @property
    def turns(self) -> pd.DataFrame:
        """Where a difference changes its sign."""
        return self._table("turns")

    def write(self, out: Path | str | None = None) -> Path:
        """Write the folder that `returns sensitivity` leaves, and say where it is."""
        from experiments.report.sensitivity_files import place_of, write

        place = place_of(self.sensitivity.inquiry, None if out is None else Path(out))
        write(place, self.sensitivity)
        return Path(place.path)

    def _table(self, name: str) -> pd.DataFrame:
        from experiments.sensitivity.rows import TABLES

        unit = self.sensitivity.inquiry.measure.unit
        ends = (f"{end}{side}" for end in ("at_low", "at_high") for side in ("", "_low", "_high"))
        in_measure = ("mu_star", "mu_star_half", "mu", "sigma", "swing", *ends)
        shares = dict.fromkeys(("first", "first_half", "total", "total_half"), "share of the variance")
        return frame_of(TABLES[name](self.sensitivity), dict.fromkeys(in_measure, unit) | shares)

    @property
    def _asked(self) -> str:
        inquiry = self.sensitivity.inquiry
        of = " against ".join(reversed(inquiry.labels))
        return f"{inquiry.measure.id} of {of} on {inquiry.variant.caseload.name}"

    def __repr__(self) -> str:
        """What was asked."""
        runs = f"{self.sensitivity.runs:,} runs"
        return f"SensitivityResult({self._asked}, {runs}; .frame, .screening, .tornado, .turns)"

    def _repr_html_(self) -> str:
        by_input = {row["input"]: row for row in self.tornado.to_dict("records")}
        bars = list(by_input.values())
        s = scale(self.sensitivity.inquiry.measure.unit, [row[end] for row in bars for end in ("at_low", "at_high")])
        rows = []
        for row in self.frame.to_dict("records"):
            bar = by_input[row["input"]]
            rows.append((
                row["input"], row["unit"], row["low"], row["high"], f"{row['total']:.2f} ± {row['total_half']:.2f}",
                f"{row['first']:.2f} ± {row['first_half']:.2f}", s.value(bar["at_low"]), s.value(bar["at_high"]),
            ))  # fmt: skip
        heads = ("input", "unit", "low", "high", "share, in all", "share, by itself", "at low", "at high")
        noise = self.sensitivity.shares.noise
        only_seeds = f"A share of {noise:.2f} of the variance is only seeds, and any of the shares may hold it."
        turned = [f"The sign turns at {row['input']} = {row['value']:.4g} {row['unit']}."
                  for row in self.turns.to_dict("records")]  # fmt: skip
        notes = (f"At low and at high: {s.label}. {only_seeds}", *turned)
        return table(f"What it hangs on: {self._asked}", heads, rows, notes, numbers=range(2, len(heads)))


@dataclass(frozen=True, repr=False, eq=False)
class AttributionResult:
    """A change shared out over its causes."""

    attribution: Attribution

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a measure and cause: levels, the change, and the share of each group."""
        from experiments.report.attributed import rows

        return frame_of(rows(self.attribution))

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a measure and run: both situations, the change, and the share of each group."""
        from experiments.report.attributed import run_lines

        heads, *lines = run_lines(self.attribution)
        frame = frame_of([dict(zip(heads, line, strict=True)) for line in lines])
        return frame.assign(unit=frame["measure"].map({told.id: told.unit for told in self.attribution.asked.outcomes}))

    def write(self, out: Path | str) -> Path:
        """Write the folder that `returns attribute --out` leaves, and say where it is."""
        from experiments.report.attributed import place_of, rows, write

        place = place_of(self.attribution.asked, Path(out))
        write(place, self.attribution, rows(self.attribution))
        return Path(place.path)

    def __repr__(self) -> str:
        """What was shared out."""
        asked = self.attribution.asked
        what = ", ".join(told.id for told in asked.outcomes)
        return f"AttributionResult({what} from {asked.labels[0]} to {asked.labels[1]}; .frame, .runs)"

    def _repr_html_(self) -> str:
        asked, rows = self.attribution.asked, self.frame.to_dict("records")
        cells = []
        for told in asked.outcomes:
            mine = [row for row in rows if row["measure"] == told.id]
            s = scale(told.unit, [row[key] for row in mine for key in ("mean", "run_p05", "run_p95")])
            for row in mine:
                level = row["group"] in ("from", "to")
                mean, interval = (s.value, s.interval) if level else (s.difference, s.difference_interval)
                cells.append((
                    told.title, s.label, row["group"], mean(row["mean"]),
                    of_mean(interval(row["mean_low"], row["mean_high"])), interval(row["run_p05"], row["run_p95"]),
                    NONE if row["share"] != row["share"] else f"{number(100 * row['share'])} %",
                ))  # fmt: skip
        heads = ("measure", "unit", "cause", "mean", "(mean 90 %)", "[runs 5–95 %]", "of the change")
        notes = (f"{asked.replicates:,} runs of each of {len(self.attribution.values):,} mixtures. The shares (Shapley)"
                 " sum to the change in every run.",)  # fmt: skip
        name = f"What made the difference: from {asked.labels[0]} to {asked.labels[1]}"
        return table(name, heads, cells, notes, numbers=range(3, len(heads)))
