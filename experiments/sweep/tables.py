"""The result tables of a sweep, made from its parts: the same bytes however often the sweep was interrupted.

Rows are sorted by variant, point, draw and replicate, and read in slices, so memory does not grow with the sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

import abm
from abm.inputs.given import path_given
from abm.inputs.parameters import InputError, nearest_spelling
from experiments.question.study import Study
from experiments.statistics.intervals import Array
from experiments.storing.parquet import from_bytes
from experiments.storing.store import PARTS, Folder, FolderError, read_manifest
from experiments.sweep.pairing import ADDITIONAL, baseline_rows, of_pairs
from experiments.sweep.parts import (
    BASELINE,
    SERIES,
    VARIANT,
    Index,
    parameter_columns,
    parameter_fields,
)
from experiments.sweep.summaries import Groups, measures_of, summed_up

if TYPE_CHECKING:
    import pandas as pd

#: Runs held in memory at a time, about.
SLICE = 8_192
_INTERNAL = ("attempt", "failed", "error")
NAMES = ("runs", "baseline", "summary", "failures", "series", "precision")


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
    take = _Taker(folder, found.names)
    good, bad = found.take(~found.failed), found.take(found.failed)
    baseline = good.cell >= study.variant_cells
    variants = good.take(~baseline)

    def pieces() -> Iterator[_Piece]:
        return _pieces(take, study, good, variants)

    written: dict[str, tuple[bool, Callable[[BinaryIO], object]]] = {
        "runs.parquet": (len(variants) > 0, lambda file: _write(file, map(_runs, pieces()))),
        "baseline.parquet": (
            bool(baseline.any()),
            lambda file: _write(file, (_bare(t, "role") for _, t in _slices(take, study, good.take(baseline)))),
        ),
        "summary.parquet": (len(variants) > 0, lambda file: _write(file, _summaries(pieces(), study))),
        # What was reckoned for the table before is read from it.
        "summary.csv": (
            len(variants) > 0,
            lambda file: _write(file, _row_groups(folder.path / "summary.parquet"), pa.csv.CSVWriter),
        ),
        "series.parquet": (
            study.shared.series and len(good) > 0,
            lambda file: _write(file, (_long(t) for _, t in _slices(take, study, good))),
        ),
        "failures.parquet": (
            len(bad) > 0, lambda file: _write(file, (_failures(t) for _, t in _slices(take, study, bad))),
        ),
    }  # fmt: skip
    for name, (wanted, content) in written.items():
        if wanted:
            folder.write(name, content)
        else:
            folder.remove(name)
    return folder.hashes()


def results(path: str | Path, table: str = "runs") -> pd.DataFrame:
    """A result table of a sweep, finished or not.

    Parameters
    ----------
    path
        The results folder.
    table
        ``runs`` (a row a run), ``baseline`` (a row a run of the baseline), ``summary`` (a row a point and measure),
        ``series`` (a row a run and week), ``failures`` or ``precision``.

    Raises
    ------
    InputError
        If the folder is not one of a sweep, or the table is unknown or not there.
    """
    import pandas as pd

    folder = path_given(path, "FOLDER")
    if table not in NAMES:
        raise InputError("table", table, "one of " + ", ".join(NAMES), nearest=nearest_spelling(table, NAMES))
    manifest = read_manifest(folder)
    if not manifest:
        raise FolderError(folder, "no sweep has written here", "name the folder that a sweep left")
    if table == "precision" and (folder / "precision.csv").is_file():
        return pd.read_csv(folder / "precision.csv")
    file = folder / f"{table}.parquet"
    if file.is_file():
        return pd.read_parquet(file)
    parts = sorted((folder / PARTS).glob("part-*.parquet"))
    if table in ("runs", "baseline", "failures") and parts:
        return _so_far(pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True), manifest, table)
    raise InputError("table", table, f"a table that {folder} has: the sweep has not got there, or did not make it")


def _so_far(rows: pd.DataFrame, manifest: Mapping[str, Any], table: str) -> pd.DataFrame:
    """A table from the rows of the parts, while there is none of its own: without comparisons with the baseline."""
    rows = rows[[name for name in rows.columns if not name.startswith(SERIES)]]
    order = {name: place for place, name in enumerate(manifest.get("variants", []))}
    keys = {"_place": rows["variant"].map(order), "_of_baseline": rows["role"] == BASELINE}
    sorted_by = ["_of_baseline", "_place", "point", "draw", "replicate", "failed", "attempt"]
    whole = rows.assign(**keys).sort_values(sorted_by, ascending=[True] * 6 + [False], kind="stable")
    whole = whole.drop_duplicates(["role", "variant", "point", "draw", "replicate"]).drop(columns=list(keys))
    if table == "failures":
        return whole[whole["failed"]].drop(columns=[*abm.MEASURES, "failed"]).reset_index(drop=True)
    role = BASELINE if table == "baseline" else VARIANT
    whole = whole[~whole["failed"] & (whole["role"] == role)]
    return whole.drop(columns=[*_INTERNAL, "role"]).reset_index(drop=True)


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
        return (
            pa.concat_tables(pieces, promote_options="default")
            .take(pa.array(back))
            .combine_chunks()
            .replace_schema_metadata(None)
        )


def _slices(take: _Taker, study: Study, found: Index) -> Iterator[tuple[Index, pa.Table]]:
    """Runs in order, in slices that never cut a (variant, point)."""
    group = found.cell // len(study.draws)
    begin = 0
    for end in [*(np.flatnonzero(group[1:] != group[:-1]) + 1), len(group)]:
        if end - begin >= SLICE or end == len(group):
            chosen = found.take(np.arange(begin, end))
            yield chosen, take(chosen)
            begin = int(end)


class _Piece(NamedTuple):
    """A slice of runs: their rows, their measures and those of the baseline's runs beside them, if there is one."""

    chosen: Index
    rows: pa.Table
    measures: Array
    base: Array | None
    base_ids: pa.Array | None


def _pieces(take: _Taker, study: Study, good: Index, variants: Index) -> Iterator[_Piece]:
    """Runs of the variants in order, each with the baseline's run of the same seed."""
    beside = baseline_rows(study, good)[good.cell < study.variant_cells]
    begin = 0
    for chosen, table in _slices(take, study, variants):
        here, begin = beside[begin : begin + len(chosen)], begin + len(chosen)
        if not study.shared.baseline:
            yield _Piece(chosen, table, _measures(table), None, None)
            continue
        pairs = take(good.take(np.maximum(here, 0)))
        missing = here < 0
        base = np.where(missing[:, None], np.nan, _measures(pairs))
        ids = pa.array(pairs.column("run_id").to_pylist(), pa.string(), mask=missing)
        yield _Piece(chosen, table, _measures(table), base, ids)


def _measures(table: pa.Table) -> Array:
    return np.column_stack([table.column(name).to_numpy() for name in abm.MEASURES])


def _runs(piece: _Piece) -> pa.Table:
    """Runs as they are written: with a baseline, what the comparison with it says of each."""
    table = _bare(piece.rows, "role")
    if piece.base is None:
        return table
    pairs = of_pairs(piece.measures, piece.base)
    departures = list(abm.MEASURES).index("departures")
    more = {ADDITIONAL: piece.measures[:, departures] - piece.base[:, departures], **pairs}
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    return table.append_column("baseline_run_id", piece.base_ids)


def _bare(table: pa.Table, *more: str) -> pa.Table:
    """Without the columns that only the sweep itself needs, and some more."""
    dropped = [name for name in table.column_names if name in (*_INTERNAL, *more) or name.startswith(SERIES)]
    return table.drop_columns(dropped)


def _failures(table: pa.Table) -> pa.Table:
    return table.drop_columns([*abm.MEASURES, "failed", *(n for n in table.column_names if n.startswith(SERIES))])


def _long(table: pa.Table) -> pa.Table:
    """Weekly series, a row a run and week."""
    names = [name for name in table.column_names if name.startswith(SERIES)]
    lengths = np.asarray(pa.compute.list_value_length(table.column(names[0])))
    run = pa.array(np.repeat(np.arange(len(table)), lengths))
    keys = table.select(["run_id", "role", "variant", "point", "draw", "replicate", "seed"]).take(run)
    for name in names:
        short, values = name.removeprefix(SERIES), pa.compute.list_flatten(table.column(name))
        keys = keys.append_column(short, values.cast(pa.int32()) if short == "week" else values)
    return keys


def _write(file: BinaryIO, tables: Iterator[pa.Table], writer_of: Callable[..., Any] | None = None) -> None:
    """Write tables as one; whatever happens, the writer is closed before its file: later that ends the process."""
    first = next(tables, None)
    if first is None:
        return
    made = writer_of or partial(pq.ParquetWriter, compression="zstd")
    with made(file, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)


def _row_groups(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number)


# ---- summary ----------------------------------------------------------------------------------------


def _summaries(pieces: Iterator[_Piece], study: Study) -> Iterator[pa.Table]:
    """Mean and both intervals of each measure at each (variant, point), and of its difference from the baseline."""
    for piece in pieces:
        groups = Groups(study, piece.chosen.cell, piece.chosen.replicate)
        yield _summary(study, groups, summed_up(groups, piece.measures, piece.base))


def _summary(study: Study, groups: Groups, columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    kinds = measures_of(study.shared.baseline)
    points, count = len(study.points), len(groups.number)
    shown = [path for path, _ in parameter_fields(study) if path == "factor" or path in study.points.columns]
    values = parameter_columns(study, groups.number * len(study.draws))
    repeat = pa.array(np.repeat(np.arange(count), len(kinds)))
    return pa.table({
        "variant": pa.array([study.shared.labels[int(g) // points] for g in groups.number], pa.string()).take(repeat),
        "point": pa.array(groups.number % points, pa.int32()).take(repeat),
        **{path: values[path].take(repeat) for path in shown},
        "measure": pa.array(list(kinds) * count, pa.string()),
        "unit": pa.array(list(kinds.values()) * count, pa.string()),
        **{name: pa.array(held.ravel()) for name, held in columns.items()},
    })  # fmt: skip
