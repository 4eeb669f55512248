"""How the sections tell numbers: scales, names of measures, sources below charts, and weeks as an axis has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from experiments.compare.paired import WITH_PULL
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE, Scale, scale
from experiments.report.html.parts import Subject
from experiments.report.notes import Row, title
from experiments.statistics.intervals import PERCENTILES, vector_means

#: Horizon in weeks from which time is told in years.
YEARS_FROM = 104
A_MILLION = 1e6


def told(row: Row, found: Sequence[Row]) -> tuple[str, str]:
    """A difference and its interval of the runs, in words."""
    s = scale_of(found)
    if row["words"]:
        return row["words"], ""
    if np.isnan(row["difference"]):
        return (
            (s.value(row["mean"]), f"({s.value(row['mean_low'])} to {s.value(row['mean_high'])})")
            if not np.isnan(row["mean"])
            else (NONE, "")
        )
    low, high = row["difference_run_p05"], row["difference_run_p95"]
    return s.difference(row["difference"]), "" if low == high else f"{s.difference(low)} to {s.difference(high)}"


def scale_of(found: Sequence[Row]) -> Scale:
    """The scale in which one measure is written."""
    keys = ("mean", "run_p05", "run_p95")
    levels = [row[key] for row in found for key in keys]
    changes = [row[key] for row in found for key in ("difference", "difference_run_p05", "difference_run_p95")]
    return money(levels, changes) if found[0]["unit"] == "GBP" else scale(found[0]["unit"], levels, changes)


def money(levels: Sequence[float], changes: Sequence[float] = ()) -> Scale:
    """The scale of some amounts in pounds: what comes to millions is told in millions."""
    most = max((abs(value) for value in (*levels, *changes) if not np.isnan(value)), default=0.0)
    return scale("GBP", [*levels, 10 * A_MILLION] if most >= A_MILLION else levels, changes)


def unit_of(found: Sequence[Row]) -> tuple[str, str]:
    """The unit of levels and that of differences."""
    s = scale_of(found)
    return s.label, s.difference_label


def name_of(measure: str) -> str:
    """What a measure is called, with the pull factor on where it is."""
    if measure.endswith(WITH_PULL):
        (elasticity,) = PULL_ON.values()
        return f"{title(measure.removesuffix(WITH_PULL))} if offers draw arrivals (elasticity {elasticity:g})"
    return title(measure)


def found_of(subject: Subject, measure: str) -> list[Row]:
    """The rows of a measure, in the order of the policies."""
    return [subject.row(measure, position) for position in range(len(subject.names))]


def source(subject: Subject, text: str) -> str:
    """The note below a chart: how to read it, and where it comes from."""
    q = subject.question
    return (
        f"{text} Source: household-returns; {q.caseload.title or q.caseload.name}; {subject.comparison.replicates:,}"
        " runs of each"
        f" policy, seeds from {q.seed}."
    )


def times(weeks: int) -> tuple[np.ndarray, str]:
    """Weeks that are drawn (about sixty), and what their axis counts in."""
    step = max(1, weeks // 60)
    at = np.unique(np.append(np.arange(step - 1, weeks, step), weeks - 1))
    return at, "years" if weeks >= YEARS_FROM else "weeks"


def at_time(week: int, unit: str) -> float:
    """The end of a week in the unit of an axis."""
    return (week + 1) / 52 if unit == "years" else float(week + 1)


def banded(values: np.ndarray, vectors: np.ndarray, weeks: np.ndarray, unit: str) -> Iterator[dict[str, float]]:
    """Mean and middle 90 % of the runs at some weeks, from values of shape (runs, weeks)."""
    low, high = np.percentile(values, PERCENTILES, axis=0)
    mean = vector_means(values, vectors).mean(axis=0)
    for week in weeks.tolist():
        yield {
            "time": round(at_time(week, unit), 4),
            "mean": float(mean[week]),
            "run_p05": float(low[week]),
            "run_p95": float(high[week]),
        }
