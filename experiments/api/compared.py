"""What `compare` and `sweep` give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.inputs.shown import table
from abm.measures import COMPARED
from abm.scenarios.overrides import known_paths
from experiments.api.frames import MOST_ROWS, frame_of, of_mean, units_of_measures
from experiments.compare.comparing import Comparison, Runs
from experiments.report.amounts import NONE, Scale, scale
from experiments.report.notes import behind, shown, title
from experiments.sweep.sweeping import Outcome

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class ComparisonResult:
    """Policies against a baseline.

    Attributes
    ----------
    comparison
        Everything there is, as arrays.
    """

    comparison: Comparison

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a policy, measure and group, with the paired difference: `experiments.compare.paired.rows`."""
        from experiments.compare.paired import rows

        return frame_of(rows(self.comparison))

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run: policy, role, replicate, seed, draw, identity, and every measure."""
        return self._runs_of(self.comparison.runs)

    @cached_property
    def pulled_runs(self) -> pd.DataFrame:
        """The same runs with the pull factor on."""
        return self._runs_of(self.comparison.pulled)

    @cached_property
    def series(self) -> pd.DataFrame:
        """A row a policy, weekly series and week: mean and percentiles of the runs, for the whole caseload."""
        from experiments.report.compare_files import weekly_table

        return weekly_table(self.comparison).to_pandas()

    def write(self, out: Path | str | None = None) -> Path:
        """Write the folder that `returns compare` leaves, and say where it is."""
        from experiments.compare.paired import rows
        from experiments.report.compare_files import place_of, write

        place = place_of(self.comparison.question, None if out is None else Path(out))
        write(place, self.comparison, rows(self.comparison))
        return Path(place.path)

    def _runs_of(self, held: Sequence[Runs]) -> pd.DataFrame:
        from experiments.report.compare_files import runs_table

        frame = runs_table(self.comparison, held).to_pandas()
        frame.attrs["units"] = units_of_measures() | {"draw": "parameter vector"}
        frame.attrs["units"] = {name: unit for name, unit in frame.attrs["units"].items() if name in frame.columns}
        return frame

    def __repr__(self) -> str:
        """What was compared."""
        q = self.comparison.question
        against = f"{', '.join(q.variants)} against {q.labels[0]} on {q.caseload.name}"
        return f"ComparisonResult({against}, {behind(self.comparison)}; .frame, .runs, .pulled_runs, .series)"

    def _repr_html_(self) -> str:
        q = self.comparison.question
        rows = [row for row in self.frame.to_dict("records") if not row["group"]]
        by: dict[str, list[dict[Any, Any]]] = {}
        for row in rows:
            by.setdefault(row["measure"], []).append(row)
        cells = []
        for names in shown(rows).values():
            for name in names:
                s = _scale(by[name])
                cells.append((title(name), s.label, *(_told(row, s) for row in by[name])))
        notes = (
            f"{q.caseload.name}, {q.weeks:,} weeks. Mean of {behind(self.comparison)} [5th, 95th percentile of the"
            " runs]; Δ: paired difference from the baseline.",
            ".frame: every measure with the intervals of its mean; .runs: a row a run; .series: week by week.",
        )
        heads = ("measure", "unit", f"{q.labels[0]} (baseline)", *q.variants)
        return table("Who returns, when and at what cost", heads, cells, notes, numbers=range(2, len(heads)))


def _scale(rows: Sequence[Mapping[Any, Any]]) -> Scale:
    levels = [row[key] for row in rows for key in ("mean", "run_p05", "run_p95")]
    changes = [row[key] for row in rows for key in ("difference", "difference_run_p05", "difference_run_p95")]
    return scale(rows[0]["unit"], levels, changes)


def _told(row: Mapping[Any, Any], s: Scale) -> str:
    """Mean and percentiles, and the difference from the baseline; of a saving, which is a difference, only this."""
    if row["words"]:
        return str(row["words"])
    measure, parts = COMPARED.get(row["measure"]), []
    is_saving = measure is not None and not measure.ratio
    if not is_saving:
        parts.append(f"{s.value(row['mean'])} {s.interval(row['run_p05'], row['run_p95'])}".rstrip())
    if row["role"] != "baseline" and row["difference"] == row["difference"]:  # NaN: there is none
        interval = s.difference_interval(row["difference_run_p05"], row["difference_run_p95"])
        parts.append(f"Δ {s.difference(row['difference'])} {interval}".rstrip())
    return "" if row["role"] == "baseline" and measure is not None else "; ".join(parts) or NONE


@dataclass(frozen=True, repr=False, eq=False)
class SweepResult:
    """A design that was run; the tables are read from its folder."""

    outcome: Outcome

    @property
    def folder(self) -> Path:
        """Where the results are."""
        return self.outcome.folder

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a policy, point and measure: mean, its interval, and percentiles of the runs."""
        return self.outcome.results("summary")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run: policy, point, values of what varies, and every measure."""
        return self._with_units("runs")

    @cached_property
    def series(self) -> pd.DataFrame:
        """A row a run and week, if the design keeps them (``series = true``)."""
        return self._with_units("series")

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The runs that failed, and why."""
        return self._with_units("failures") if self.outcome.failed else frame_of({"run_id": [], "error": []})

    def _with_units(self, name: str) -> pd.DataFrame:
        frame, known, units = self.outcome.results(name), known_paths(), units_of_measures()
        every = {column: units.get(column) or (known[column][1].unit if column in known else "") for column in frame}
        frame.attrs["units"] = {column: unit for column, unit in every.items() if unit}
        return frame

    def __repr__(self) -> str:
        """How far it got."""
        told = self.outcome
        failed = f", {told.failed:,} failed" if told.failed else ""
        return f"SweepResult({told.done:,} of {told.total:,} runs{failed}, in {told.folder}; .frame, .runs, .failures)"

    def _repr_html_(self) -> str:
        told = self.outcome
        notes = [f"{told.done:,} of {told.total:,} runs done, {told.failed:,} failed. Folder: {told.folder}"]
        if told.done == told.failed:
            return table("Sweep", (), (), notes)
        frame = self.frame
        columns = list(frame.columns)
        varied = columns[columns.index("point") + 1 : columns.index("measure")]
        there = set(frame.loc[frame["mean"].notna(), "measure"])
        chosen = [name for name in ("return_rate_12m", "departures", "cost_npv") if name in there]
        rows, scales = [], {}
        for name in chosen:
            of = frame[frame["measure"] == name]
            scales[name] = scale(of["unit"].iloc[0], [*of["mean"], *of["mean_low"], *of["mean_high"]])
        for _, point in frame[frame["measure"].isin(chosen)].groupby(["variant", "point"], sort=False):
            first = point.iloc[0]
            cells = [
                f"{s.value(row['mean'])} {of_mean(s.interval(row['mean_low'], row['mean_high']))}".rstrip()
                for name, s in scales.items()
                for _, row in point[point["measure"] == name].iterrows()
            ]
            rows.append((first["variant"], *(first[path] for path in varied), *cells))
        if len(rows) > MOST_ROWS:
            notes.append(f"The first {MOST_ROWS} of {len(rows):,} points; .frame has all.")
        notes.append("Mean (its 90 % interval). .frame: every measure; .runs: a row a run.")
        heads = ("policy", *varied, *(f"{title(name)}, {s.label}" for name, s in scales.items()))
        return table("Sweep", heads, rows[:MOST_ROWS], notes, numbers=range(1, len(heads)))
