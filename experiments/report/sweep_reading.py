"""A finished sweep as its figure and its table read it: what varied, and what came out at each point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import COMPARED, MEASURES
from abm.scenarios.overrides import known_paths
from experiments.question.keys import path_of, split_key, tied_keys
from experiments.report.amounts import plain
from experiments.report.notes import title
from experiments.statistics.crossing import Crossing, crossings
from experiments.statistics.intervals import Array
from experiments.storing.store import MANIFEST, FolderError, digest_of, read_manifest
from experiments.sweep.pairing import OF_PAIRS
from experiments.sweep.tables import results

if TYPE_CHECKING:
    import pandas as pd

#: What is shown unless something is asked for: with a baseline, and without.
SAVING, LEVEL = "net_saving_npv", "departures"


@dataclass(frozen=True)
class Reading:
    """A sweep and one of its measures.

    Attributes
    ----------
    folder
        Where its tables are.
    told
        Its manifest.
    measure
        What is shown; with a baseline, its paired difference.
    rows
        The summary of that measure, a row a (variant, point).
    """

    folder: Path
    told: dict[str, Any]
    measure: str
    rows: pd.DataFrame

    @property
    def design(self) -> dict[str, Any]:
        """The design, as the manifest has it."""
        return dict(self.told["design"])

    @property
    def baseline(self) -> str:
        """The label of the baseline; nothing without one."""
        return self.told.get("baseline") or ""

    @property
    def method(self) -> str:
        """How the points were laid."""
        return str(self.design["sampling"]["method"])

    @property
    def factors(self) -> tuple[str, ...]:
        """What varies, as the design names it."""
        return tuple(self.design["factors"])

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that have runs."""
        return tuple(name for name in self.told["variants"] if (self.rows["variant"] == name).any())

    @property
    def unit(self) -> str:
        """Unit of the measure."""
        return (MEASURES | COMPARED)[self.measure].unit

    @property
    def name(self) -> str:
        """What is shown, for people."""
        words = title(self.measure)
        if not self.baseline or self.measure in COMPARED:
            return words
        return "additional departures" if self.measure == "departures" else f"change of {words}"

    def other(self, measure: str) -> Reading:
        """The same sweep and another measure."""
        return replace(self, measure=measure, rows=_rows(self.folder, measure, bool(self.baseline)))

    def along(self, factor: str, variant: str) -> pd.DataFrame:
        """The points of a variant by the value of a factor, in the order of the design.

        Where other factors vary as well, the mean over their values, without an interval.
        """
        rows = self.rows[self.rows["variant"] == variant]
        if self.method == "one-at-a-time":
            rows = rows[rows["factor"] == factor]
        return _mean_by(rows, [column_of(factor)])

    def over(self, across: str, up: str, variant: str) -> pd.DataFrame:
        """The points of a variant by the values of two factors; with further ones, the mean over theirs."""
        rows = self.rows[self.rows["variant"] == variant]
        return _mean_by(rows, [column_of(across), column_of(up)])

    def break_even(self, factor: str, variant: str) -> list[Crossing]:
        """Where the mean over runs passes zero as a factor with numbers rises; none for other factors."""
        import pyarrow.parquet as pq

        if self.measure not in COMPARED or COMPARED[self.measure].ratio or not self.baseline:
            return []
        column = column_of(factor)
        wanted = ["variant", "draw", "replicate", column, self.measure]
        runs = pq.read_table(
            self.folder / "runs.parquet", columns=wanted, filters=[("variant", "=", variant)]
        ).to_pandas()
        runs["vector"] = runs["draw"] if self.told["draws"] > 1 else runs["replicate"] % self.told["vectors"]
        if runs["vector"].nunique() < 2:
            runs["vector"] = runs["replicate"]
        return break_even_of(runs, column, self.measure)


def break_even_of(runs: pd.DataFrame, column: str, measure: str) -> list[Crossing]:
    """Where the mean over some runs passes zero along a column with numbers; none where it holds others.

    Parameters
    ----------
    runs
        A row a run: the column, the measure, and under ``vector`` what is independent of each other.
    """
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(runs[column]) or runs[column].dtype == bool or runs[column].isna().any():
        return []
    table = runs.pivot_table(index="vector", columns=column, values=measure, aggfunc="mean").sort_index(axis=1)
    return crossings(table.columns.to_numpy(np.float64), table.to_numpy(np.float64))


def read(folder: Path, measure: str | None = None) -> Reading:
    """Read a sweep's folder.

    Parameters
    ----------
    measure
        Id of a measure; without one, the net saving where there is a baseline, and departures where not.

    Raises
    ------
    InputError
        If the folder is not that of a finished sweep, or it has no such measure.
    """
    told = read_manifest(folder)
    if "design" not in told or "variants" not in told:
        raise FolderError(folder, "no sweep has written here", "name the folder that a sweep left")
    if told.get("state") != "complete":
        raise FolderError(folder, "its sweep is not finished", "run the same sweep again first")
    baseline = bool(told.get("baseline"))
    known = [*MEASURES, *(OF_PAIRS if baseline else ())]
    chosen = measure or (SAVING if baseline else LEVEL)
    if chosen not in known:
        allowed = "a measure of the sweep" + ("" if baseline else " (those of comparisons need a baseline)")
        raise InputError("--measure", chosen, allowed, nearest=nearest_spelling(chosen, known))
    for name in ("summary.parquet", "runs.parquet"):
        if (folder / name).is_file() and digest_of(folder / name) != told.get("tables", {}).get(name):
            raise FolderError(folder, f"its {name} is not as the sweep has left it", "run the same sweep again first")
    reading = Reading(folder, told, chosen, _rows(folder, chosen, baseline))
    if not _is_as_left(reading):
        raise FolderError(folder, f"its {MANIFEST} is not as the sweep has left it", "run the same sweep again first")
    return reading


def _is_as_left(reading: Reading) -> bool:
    """Whether a manifest has what a sweep writes there."""
    try:
        known = known_paths()
        counts = all(isinstance(reading.told[name], int) for name in ("draws", "vectors"))
        columns = {column_of(factor) for factor in reading.factors}
        named = all(path_of(column) in known and column in reading.rows for column in columns)
        return bool(counts and named and reading.method and reading.variants)
    except (LookupError, TypeError, ValueError, AttributeError):
        return False


def checked_factor(reading: Reading, name: str, option: str) -> str:
    """A factor of the design by its name, or by one of the paths that it is of.

    Raises
    ------
    InputError
        If nothing of that name varies.
    """
    found = [factor for factor in reading.factors if name == factor or name in tied_keys(factor)]
    if not found:
        near = nearest_spelling(name, reading.factors)
        raise InputError(option, name, "a factor of the design: " + "; ".join(reading.factors), nearest=near)
    return found[0]


def column_of(factor: str) -> str:
    """The column of the tables in which a factor's values stand."""
    return tied_keys(factor)[0]


def label(factor: str) -> str:
    """A factor in words, with its unit."""
    variant, path = split_key(column_of(factor))
    declared = known_paths()[path][1]
    words = path.replace("_", " ").replace(".", ": ")
    unit = declared.unit.replace("GBP/", "£ a ").replace("GBP", "£")
    unit = "" if unit == "1" or words.endswith(unit) else unit
    told = words + (f" ({unit})" if unit and (declared.kind == "float" or declared.whole) else "")
    more = f", and {len(tied_keys(factor)) - 1} tied to it" if "," in factor else ""
    return told + more + (f", {variant} only" if variant else "")


def short(factor: str) -> str:
    """A factor in few words, as they stand in a sentence."""
    return path_of(column_of(factor)).rpartition(".")[2].replace("_", " ")


def value_words(factor: str, value: Any) -> str:
    """A value of a factor as it is written: money with its sign, a limit that is taken away as none."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "none"
    number = float(f"{value:.4g}") if isinstance(value, float) else value
    text = plain(number)
    if known_paths()[path_of(column_of(factor))][1].unit.startswith("GBP") and not isinstance(value, str):
        return f"£{number:,.6g}"
    return text


def points_of(rows: pd.DataFrame, factor: str) -> tuple[list[Any], Array | None]:
    """The values of a factor in some rows, and as numbers where all are."""
    values = [None if isinstance(v, float) and np.isnan(v) else v for v in rows[column_of(factor)].tolist()]
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return values, np.array(values, dtype=np.float64) if numeric else None


def _rows(folder: Path, measure: str, baseline: bool) -> pd.DataFrame:
    """The rows of one measure, with what is shown of it under ``value``, ``low``, ``high``, ``p05`` and ``p95``."""
    import pandas as pd

    path = folder / "summary.parquet"
    if not path.is_file():
        results(folder, "summary")  # says why there is none
    rows = pd.read_parquet(path, filters=[("measure", "==", measure)])
    apart = baseline and not (measure in COMPARED and COMPARED[measure].ratio)
    names = {
        "value": "difference" if apart else "mean",
        **{short: f"difference_{name}" if apart else name for short, name in INTERVALS.items()},
    }
    return rows.assign(**{short: rows[name] for short, name in names.items()})


#: What a reading calls the ends of the two intervals, and what the tables do.
INTERVALS = {"low": "mean_low", "high": "mean_high", "p05": "run_p05", "p95": "run_p95"}


def _mean_by(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows as they are where each combination comes once; otherwise means, without intervals."""
    if not rows.duplicated(list(columns)).any():
        return rows
    found = rows.groupby(list(columns), sort=False, dropna=False, as_index=False)["value"].mean()
    return found.assign(**dict.fromkeys(INTERVALS, np.nan))
