"""What was found along levers, read as `returns sweep` reads it: the same summary, break-even and sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm.measures import COMPARED, MEASURES
from experiments.page.explore.numeric import levers
from experiments.page.explore.plan import ONE_AT_A_TIME
from experiments.page.explore.running import Found
from experiments.page.lever_words import name_of, told
from experiments.report.amounts import Scale, pounds
from experiments.report.sweep_reading import INTERVALS, Reading, break_even_of, points_of
from experiments.report.sweep_words import amount, certain, found_along, scale_of, swings
from experiments.statistics.crossing import Crossing
from experiments.statistics.intervals import Array
from experiments.sweep.pairing import OF_RUNS
from experiments.sweep.parts import parameter_columns, parameter_fields
from experiments.sweep.summaries import Groups, measures_of, summed_levels

#: Fewer runs than these say nothing for certain: no interval, no break-even.
ENOUGH = 20
#: The measures offered first.
FIRST = (
    "net_saving_npv", "departures", "assisted_departures", "child_years_in_limbo", "destitution_weeks",
    "unsafe_returns", "removals", "caseload_end", "offer_spend", "induced_arrivals",
)  # fmt: skip


def measures() -> list[str]:
    """All that can be shown, those of most use first."""
    every = [*OF_RUNS, *MEASURES]
    return [*FIRST, *(name for name in every if name not in FIRST)]


@dataclass(frozen=True)
class Live(Reading):
    """A sweep that is under way, held in memory."""

    whole: Whole = field(kw_only=True)

    @cached_property
    def scale(self) -> Scale:
        """How the measure is written, the same at all points."""
        return scale_of(self, self.rows)

    def other(self, measure: str) -> Live:
        """The same runs and another measure."""
        return self.whole.reading(measure)

    def break_even(self, factor: str, variant: str) -> list[Crossing]:
        """Where the mean over runs passes zero as a lever rises."""
        if self.measure not in COMPARED:
            return []
        return break_even_of(self.whole.runs(self.measure, factor), factor, self.measure)


class Whole:
    """All measures of what was found, and what is said of them."""

    def __init__(self, found: Found) -> None:
        self.found, self.plan, self.study = found, found.plan, found.plan.study
        study = self.study
        of_b = found.cells < study.variant_cells
        beside = study.baseline_of(found.cells[of_b]) if of_b.any() else np.empty(0, np.int64)
        there = np.isin(beside, found.cells)
        self.cells = found.cells[of_b][there]
        base = found.values[np.searchsorted(found.cells, beside[there])]
        width = found.values.shape[2]
        self._readings: dict[str, Live] = {}
        self.values, self.base = found.values[of_b][there].reshape(-1, width), base.reshape(-1, width)

    @property
    def count(self) -> int:
        """Runs of each point."""
        return self.found.replicates

    @property
    def enough(self) -> bool:
        """Whether there are runs enough to say something for certain."""
        return self.count >= ENOUGH

    @cached_property
    def replicate(self) -> np.ndarray:
        """Of each run."""
        return np.tile(np.arange(self.count), len(self.cells))

    @cached_property
    def _told(self) -> dict[str, Array]:
        groups = Groups(self.study, np.repeat(self.cells, self.count), self.replicate)
        return summed_levels(groups, self.values, self.base)

    @cached_property
    def idle(self) -> bool:
        """Whether no measure differs between any two points, in any run: the levers change nothing."""
        shape = len(self.cells), self.count, -1
        of_b = self.values.reshape(shape)
        return len(of_b) > 1 and all(np.array_equal(of_b[0], held, equal_nan=True) for held in of_b[1:])

    def reading(self, measure: str) -> Live:
        """The summary of one measure, as a finished sweep's is read."""
        if measure not in self._readings:
            self._readings[measure] = self._read(measure)
        return self._readings[measure]

    def _read(self, measure: str) -> Live:
        names = list(measures_of(True))[: len(MEASURES) + len(OF_RUNS)]
        at = names.index(measure)
        columns = {name: held[:, at] for name, held in self._told.items()}
        told = {name: column.to_pylist() for name, column in parameter_columns(self.study, self.cells).items()}
        wanted = [name for name, _ in parameter_fields(self.study)]
        rows = pd.DataFrame(
            {
                "variant": "b",
                "point": [self.study.locate(cell)[1] for cell in self.cells.tolist()],
                **{name: told[name] for name in wanted},
                "measure": measure,
                "unit": measures_of(True)[measure],
                **columns,
            }
        )
        for path in set(wanted) - {"factor"}:
            if levers()[path].numeric and rows[path].notna().all():
                rows[path] = rows[path].astype(np.int64 if levers()[path].kind == "int" else np.float64)
        apart = {"value": "difference", **{short: f"difference_{name}" for short, name in INTERVALS.items()}}
        rows = rows.assign(**{short: rows[name] for short, name in apart.items()})
        design = self.study.design
        manifest = {
            "design": design.model_dump(mode="json", exclude={"file", "table"}), "variants": ["b"], "baseline": "a",
            "draws": 1, "vectors": self.study.vectors,
        }  # fmt: skip
        return Live(Path(), manifest, measure, rows, whole=self)

    def runs(self, measure: str, factor: str) -> pd.DataFrame:
        """Each run's value of a comparison's measure beside the lever's, and its vector."""
        values = COMPARED[measure].of(*(dict(zip(MEASURES, held.T, strict=True)) for held in (self.values, self.base)))
        levels = parameter_columns(self.study, self.cells)[factor].to_pylist()
        vector = self.replicate % self.study.vectors
        return pd.DataFrame({
            "vector": vector if len(np.unique(vector)) > 1 else self.replicate,
            factor: np.repeat(np.array(levels, dtype=object), self.count), measure: values,
        }).infer_objects()  # fmt: skip

    def of_a(self, measure: str) -> list[float]:
        """Mean of a measure under A beside each point."""
        held = self.base[:, list(MEASURES).index(measure)].reshape(len(self.cells), self.count)
        return [float(mean) for mean in held.mean(axis=1)]

    # -- in words

    def sentences(self, measure: str) -> list[str]:
        """What was found, in words; nothing for certain before there are runs enough."""
        if not len(self.cells):
            return ["No point could be run."]
        if self.idle:
            return [
                f"No difference at any point, in any measure: it changes nothing for B ({_runs(self.count)} a point)."
            ]
        if not self.enough:
            wanted = self.plan.replicates
            more = "" if wanted >= ENOUGH else f" Ask for at least {ENOUGH} runs (“Runs”, above) to be told more."
            so_far = f"From {_runs(wanted)}" if self.found.complete else f"So far, {self.count} of {_runs(wanted)}"
            return [f"{so_far} a point: no interval, and nothing for certain.{more}"]
        reading = self.reading(measure)
        paths = reading.factors
        if self.plan.method == ONE_AT_A_TIME:
            text = _apart(reading)
        elif len(paths) == 2:
            text = _over(reading, *paths)
        else:
            text = found_along(reading, paths[0], reading.along(paths[0], "b"), reading.break_even(paths[0], "b"))
        return [f"{text[:1].upper()}{text[1:]}."]

    def same_as(self, other: Whole) -> bool:
        """Whether all runs that both have are alike to the last bit."""
        shared = min(self.count, other.count)
        if not shared or not np.array_equal(self.cells, other.cells):
            return False
        mine, theirs = (one.values.reshape(len(one.cells), one.count, -1)[:, :shared] for one in (self, other))
        return np.array_equal(mine, theirs, equal_nan=True)

    def left_out(self) -> list[str]:
        """Why points are missing, each reason once."""
        reasons = [*self.study.clashes.values(), *self.found.faults.values()]
        return [f"Left out: {reason.removeprefix('InputError: ')}" for reason in dict.fromkeys(reasons)]

    def told(self, measure: str, value: float) -> str:
        """A value of a measure with its unit: £5.1m, 12 households."""
        reading = self.reading(measure)
        if reading.unit.startswith("GBP"):
            per = reading.unit.removeprefix("GBP").replace("/", " per ")
            return f"{'−' * (value < 0)}{pounds(abs(value))}{per}"
        return amount(reading, value, reading.scale)


def told_swings(reading: Reading) -> list[dict[str, Any]]:
    """As `swings` has them, the widest first, the values of the levers in plain words."""
    found = swings(reading, "b")
    for row in found:
        along = reading.along(row["factor"], "b")
        held, (values, _) = along["value"].to_numpy(float), points_of(along, row["factor"])
        for end, at in (("least_at", np.nanargmin(held)), ("most_at", np.nanargmax(held))):
            row[end] = told(row["factor"], values[int(at)])
    return found


def _apart(reading: Live) -> str:
    """What a tornado says: the lever that moves the measure most."""
    rows = told_swings(reading)
    if not rows:
        return "nothing varies"
    most, s = rows[0], scale_of(reading, reading.rows)
    ends = " and ".join(f"{amount(reading, most[end], s)} at {most[f'{end}_at']}" for end in ("least", "most"))
    return f"{reading.name} hangs most on “{name_of(most['factor'])}”: {ends}"


def _over(reading: Live, across: str, up: str) -> str:
    """What a map of two levers says."""
    rows = reading.over(across, up, "b")
    best = rows["value"].idxmax()
    values = [(path, points_of(rows.loc[[best]], path)[0][0]) for path in (across, up)]
    place = " and ".join(f"“{name_of(path)}” at {told(path, value)}" for path, value in values)
    top = amount(reading, float(rows["value"][best]), scale_of(reading, rows))
    sentence = f"{reading.name} is largest with {place} ({top})"
    always, never = certain(rows)
    if always or never:
        return f"{sentence}; {'above' if always else 'below'} zero everywhere"
    same = (rows["low"] == 0) & (rows["high"] == 0)
    unsure = ~same & (rows["low"] <= 0) & (rows["high"] >= 0)
    for count, words in ((int(same.sum()), "no difference"), (int(unsure.sum()), "its sign cannot be told")):
        sentence += f"; {words} at {count} of {len(rows)} points" if count else ""
    return sentence


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
