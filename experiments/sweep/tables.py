"""The result tables of a sweep, made from its parts: the same bytes however often the sweep was interrupted.

Rows are sorted by variant, point, draw and replicate, and read in slices, so memory does not grow with the sweep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

import abm
from abm.inputs.parameters import InputError, nearest_spelling
from experiments.question.study import Study
from experiments.statistics.intervals import PERCENTILES, half_width
from experiments.storing.store import PARTS, Folder, FolderError, read_manifest
from experiments.sweep.parts import SERIES, Index, from_bytes, parameter_columns, parameter_fields

if TYPE_CHECKING:
    import pandas as pd

#: Runs held in memory at a time, about.
SLICE = 8_192
_INTERNAL = ("cell", "attempt", "failed", "error")
NAMES = ("runs", "summary", "failures", "series", "precision")


def write_tables(folder: Folder, study: Study, found: Index) -> dict[str, str]:
    """Write the result tables.

    Parameters
    ----------
    found
        The runs to tell of, one entry a run, sorted by cell and replicate.

    Returns
    -------
    dict
        Hash of each table by name.
    """
    good, bad = found.take(~found.failed), found.take(found.failed)
    take = _Taker(folder, found.names)
    if len(good):
        folder.write(
            "runs.parquet", lambda file: _write(file, (t.drop_columns(_dropped(t)) for t in _slices(take, study, good)))
        )
        folder.write("summary.parquet", lambda file: _write(file, _summaries(take, study, good)))
        folder.write("summary.csv", lambda file: _write_csv(file, _summaries(take, study, good)))
        if study.shared.series:
            folder.write("series.parquet", lambda file: _write(file, (_long(t) for t in _slices(take, study, good))))
    else:
        for name in ("runs.parquet", "summary.parquet", "summary.csv", "series.parquet"):
            folder.remove(name)
    if len(bad):
        folder.write("failures.parquet", lambda file: _write(file, (_failures(t) for t in _slices(take, study, bad))))
    else:
        folder.remove("failures.parquet")
    return folder.hashes()


def results(path: str | Path, table: str = "runs") -> pd.DataFrame:
    """A result table of a sweep, finished or not.

    Parameters
    ----------
    path
        The results folder.
    table
        ``runs`` (a row a run), ``summary`` (a row a point and measure), ``series`` (a row a run and week),
        ``failures`` or ``precision``.

    Raises
    ------
    InputError
        If the folder is not one of a sweep, or the table is unknown or not there.
    """
    import pandas as pd

    folder = Path(path)
    if table not in NAMES:
        raise InputError("table", table, "one of " + ", ".join(NAMES), nearest=nearest_spelling(table, NAMES))
    if not read_manifest(folder):
        raise FolderError(folder, "no sweep has written here", "name the folder that a sweep left")
    if table == "precision" and (folder / "precision.csv").is_file():
        return pd.read_csv(folder / "precision.csv")
    file = folder / f"{table}.parquet"
    if file.is_file():
        return pd.read_parquet(file)
    parts = sorted((folder / PARTS).glob("part-*.parquet"))
    if table in ("runs", "failures") and parts:
        whole = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
        whole = whole[[name for name in whole.columns if not name.startswith(SERIES)]]
        whole = whole.sort_values(["cell", "replicate", "failed", "attempt"], ascending=[True, True, True, False])
        whole = whole.drop_duplicates(["cell", "replicate"])
        whole = whole[whole["failed"]] if table == "failures" else whole[~whole["failed"]]
        dropped = [*abm.MEASURES, "cell", "failed"] if table == "failures" else list(_INTERNAL)
        return whole.drop(columns=dropped).reset_index(drop=True)
    raise InputError("table", table, f"a table that {folder} has: the sweep has not got there, or did not make it")


# ---- runs, in order ---------------------------------------------------------------------------------


class _Taker:
    """Rows of parts in any order, a few parts in memory at a time."""

    def __init__(self, folder: Folder, names: list[str]) -> None:
        self._names = names
        self._part = lru_cache(maxsize=8)(lambda number: from_bytes(folder.part(names[number])))

    def __call__(self, chosen: Index) -> pa.Table:
        order = np.argsort(chosen.part, kind="stable")
        numbers, starts = np.unique(chosen.part[order], return_index=True)
        ends = [*starts[1:], len(order)]
        pieces = [
            self._part(int(number)).take(pa.array(chosen.row[order[start:end]]))
            for number, start, end in zip(numbers, starts, ends, strict=True)
        ]
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_tables(pieces).take(pa.array(back)).combine_chunks().replace_schema_metadata(None)


def _slices(take: _Taker, study: Study, found: Index) -> Iterator[pa.Table]:
    """Runs in order, in slices that never cut a (variant, point)."""
    group = found.cell // len(study.draws)
    begin = 0
    for end in [*(np.flatnonzero(group[1:] != group[:-1]) + 1), len(group)]:
        if end - begin >= SLICE or end == len(group):
            yield take(found.take(np.arange(begin, end)))
            begin = int(end)


def _dropped(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name in _INTERNAL or name.startswith(SERIES)]


def _failures(table: pa.Table) -> pa.Table:
    return table.drop_columns(
        [*abm.MEASURES, "cell", "failed", *(n for n in table.column_names if n.startswith(SERIES))]
    )


def _long(table: pa.Table) -> pa.Table:
    """Weekly series, a row a run and week."""
    names = [name for name in table.column_names if name.startswith(SERIES)]
    lengths = np.asarray(pa.compute.list_value_length(table.column(names[0])))
    run = pa.array(np.repeat(np.arange(len(table)), lengths))
    keys = table.select(["run_id", "variant", "point", "draw", "replicate", "seed"]).take(run)
    for name in names:
        short, values = name.removeprefix(SERIES), pa.compute.list_flatten(table.column(name))
        keys = keys.append_column(short, values.cast(pa.int32()) if short == "week" else values)
    return keys


def _write(file: BinaryIO, tables: Iterator[pa.Table]) -> None:
    writer = None
    for table in tables:
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _write_csv(file: BinaryIO, tables: Iterator[pa.Table]) -> None:
    writer = None
    for table in tables:
        writer = writer or pa.csv.CSVWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


# ---- summary ----------------------------------------------------------------------------------------


def _summaries(take: _Taker, study: Study, found: Index) -> Iterator[pa.Table]:
    """Mean and both intervals of each measure at each (variant, point), a row a (point, measure)."""
    for table in _slices(take, study, found):
        cells = table.column("cell").to_numpy()
        group = cells // len(study.draws)
        starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
        values = np.column_stack([table.column(name).to_numpy() for name in abm.MEASURES])
        percentiles = [_percentiles(held) for held in np.split(values, starts[1:])]
        runs, vectors = np.diff([*starts, len(cells)]), np.ones(len(starts), np.int64)
        defined, means = np.add.reduceat(~np.isnan(values), starts, axis=0, dtype=np.int64), values
        independent = starts
        if study.vectors > 1:
            # Runs that share a vector are not independent: the mean is over the vectors' means, and so is its interval.
            own = study.vector(cells, table.column("replicate").to_numpy())
            order = np.lexsort((own, group))
            labels, parts = own[order], group[order]
            fresh = (labels[1:] != labels[:-1]) | (parts[1:] != parts[:-1])
            vector_starts = np.flatnonzero(np.concatenate(([True], fresh)))
            _, means, _ = _moments(values[order], vector_starts)
            independent = np.searchsorted(vector_starts, starts)
            vectors = np.diff([*independent, len(vector_starts)])
        count, mean, deviation = _moments(means, independent)
        half = half_width(count, deviation)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = deviation / np.sqrt(count)
        columns = {
            "mean": mean, "mean_low": mean - half, "mean_high": mean + half,
            "run_p05": np.stack([p05 for p05, _ in percentiles]), "run_p95": np.stack([p95 for _, p95 in percentiles]),
            "standard_error": error, "runs": np.repeat(runs, len(abm.MEASURES)),
            "vectors": np.repeat(vectors, len(abm.MEASURES)), "defined": defined,
        }  # fmt: skip
        yield _summary(study, group[starts], columns)


def _percentiles(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """5th and 95th percentile of each column over the values that exist."""
    found = np.full((2, values.shape[1]), np.nan)
    for k, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        if len(known):
            found[:, k] = np.percentile(known, PERCENTILES)
    return found[0], found[1]


def _summary(study: Study, groups: NDArray[np.int64], columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    kinds = list(abm.MEASURES)
    width, points = len(kinds), len(study.points)
    cells = groups * len(study.draws)
    shown = [path for path, _ in parameter_fields(study) if path == "factor" or path in study.points.columns]
    values = parameter_columns(study, cells)
    repeat = pa.array(np.repeat(np.arange(len(groups)), width))
    return pa.table({
        "variant": pa.array([study.design.variants[int(g) // points] for g in groups], pa.string()).take(repeat),
        "point": pa.array(groups % points, pa.int32()).take(repeat),
        **{path: values[path].take(repeat) for path in shown},
        "measure": pa.array(kinds * len(groups), pa.string()),
        "unit": pa.array([abm.MEASURES[name].unit for name in kinds] * len(groups), pa.string()),
        **{name: pa.array(held.ravel()) for name, held in columns.items()},
    })  # fmt: skip


def _moments(values: NDArray[np.float64], starts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Count, mean and standard deviation by group of rows, over the values that exist (are not NaN)."""
    there = ~np.isnan(values)
    count = np.add.reduceat(there, starts, axis=0, dtype=np.int64)
    lengths = np.diff([*starts, len(values)])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(np.where(there, values, 0.0), starts, axis=0) / count
        away = np.where(there, values - np.repeat(mean, lengths, axis=0), 0.0)
        variance = np.add.reduceat(away * away, starts, axis=0) / (count - 1)
    return count, mean, np.sqrt(np.where(count > 1, variance, np.nan))
