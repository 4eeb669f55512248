"""Rows of runs: how finished runs become a part, and what the parts of a folder hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from numpy.typing import NDArray

import abm
from abm.scenarios.overrides import known_paths
from experiments.question.keys import path_of
from experiments.question.study import Study
from experiments.running.runs import Done
from experiments.storing.parquet import from_bytes
from experiments.storing.store import Folder, FolderError

#: Columns that say which run a row is and how it ended, before parameters and measures, with their types.
RUN = {
    "run_id": pa.string(), "role": pa.string(), "variant": pa.string(), "point": pa.int32(), "draw": pa.int32(),
    "replicate": pa.int32(), "seed": pa.int64(), "attempt": pa.int16(), "failed": pa.bool_(), "error": pa.string(),
}  # fmt: skip
#: Those of them that are read to know what is done.
KEYS = ("role", "variant", "point", "draw", "seed", "replicate", "attempt", "failed")
#: Roles of a run: its variant is one of the design's, or the baseline.
VARIANT, BASELINE = "variant", "baseline"
SERIES = "series."
_KINDS = {"float": pa.float64(), "bool": pa.bool_()}


def parameter_fields(study: Study) -> list[tuple[str, Any]]:
    """Columns of the parameters that differ between points, with their Arrow types."""
    known = known_paths()
    told = [known[path_of(path)][1] for path in study.paths]
    kinds = [pa.int64() if declared.whole else _KINDS.get(declared.kind, pa.string()) for declared in told]
    fields = list(zip(study.paths, kinds, strict=True))
    return [("factor", pa.string()), *fields] if study.points.varied is not None else fields


def parameter_columns(study: Study, cells: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Values of those columns in some cells."""
    found = {}
    for path, kind in parameter_fields(study):
        if path == "factor" and study.points.varied is not None:
            values = [study.varied(cell) for cell in cells]
        else:
            values = [study.value(cell, path) for cell in cells]
        found[path] = pa.array(values, kind)
    return found


def rows(study: Study, batches: Sequence[Done], attempts: dict[tuple[int, int], int]) -> pa.Table:
    """Finished runs as a table, a row a run.

    Parameters
    ----------
    attempts
        By (cell, replicate), how often a run has failed before.
    """
    cells = np.concatenate([done.cells for done in batches])
    replicates = np.concatenate([done.replicates for done in batches])
    measures = np.concatenate([done.measures for done in batches])
    errors = [done.errors.get(row) for done in batches for row in range(len(done))]
    places = [study.locate(cell) for cell in cells]
    tried = (
        [attempts.get((int(c), int(r)), 0) for c, r in zip(cells, replicates, strict=True)]
        if attempts
        else [0] * len(cells)
    )
    roles = [BASELINE if study.shared.is_baseline(variant) else VARIANT for variant, _, _ in places]
    run: dict[str, Any] = {
        "run_id": [name for done in batches for name in done.run_ids],
        "role": roles,
        "variant": [study.shared.labels[variant] for variant, _, _ in places],
        "point": [point for _, point, _ in places],
        "draw": [draw for _, _, draw in places],
        "replicate": replicates,
        "seed": study.shared.seed_of(cells, replicates),
        "attempt": tried,
        "failed": [error is not None for error in errors],
        "error": errors,
    }
    columns: dict[str, Any] = {
        **{name: pa.array(values, RUN[name]) for name, values in run.items()},
        **parameter_columns(study, cells),
        **{name: pa.array(measures[:, i], pa.float64()) for i, name in enumerate(abm.MEASURES)},
        **_series(batches),
    }
    table = pa.table(columns)
    return table.replace_schema_metadata({"fingerprint": study.fingerprint})


def _series(batches: Sequence[Done]) -> dict[str, pa.Array]:
    if batches[0].series is None:
        return {}
    weekly = [series for done in batches for series in done.series or ()]
    names = next((list(series) for series in weekly if series is not None), [])
    kind = pa.list_(pa.float64())
    return {f"{SERIES}{name}": pa.array([s[name] if s is not None else None for s in weekly], kind) for name in names}


@dataclass
class Index:
    """Where each run of a folder is: part, row, cell, replicate; and whether it failed.

    Holds a few numbers a run; what a run measured stays on the disk.
    """

    names: list[str]
    part: NDArray[np.int32]
    row: NDArray[np.int32]
    cell: NDArray[np.int64]
    replicate: NDArray[np.int64]
    attempt: NDArray[np.int16]
    failed: NDArray[np.bool_]

    def latest(self) -> Index:
        """One entry a run, sorted by cell and replicate: the one that succeeded, else its last attempt."""
        order = np.lexsort((-self.attempt.astype(np.int64), self.failed, self.replicate, self.cell))
        first = np.ones(len(order), dtype=np.bool_)
        cell, replicate = self.cell[order], self.replicate[order]
        first[1:] = (cell[1:] != cell[:-1]) | (replicate[1:] != replicate[:-1])
        return self.take(order[first])

    def take(self, chosen: NDArray[Any]) -> Index:
        """The chosen entries."""
        picked = (x[chosen] for x in (self.part, self.row, self.cell, self.replicate, self.attempt, self.failed))
        return Index(self.names, *picked)

    def __len__(self) -> int:
        return len(self.cell)


def index(folder: Folder, study: Study) -> Index:
    """What the parts of a folder hold of a study; every part is checked.

    Runs are found by variant, point and draw, so that those of a design with fewer points keep their places.

    Raises
    ------
    FolderError
        If a part is damaged, belongs to another sweep, or holds what no sweep has written there.
    """
    names: list[str] = []
    found: list[tuple[NDArray[Any], ...]] = []
    for name, content in folder.parts():
        try:
            table = _keys(study, content, folder.fingerprint)
            cells = _cells(study, table)
        except (_Foreign, pa.ArrowException, OSError) as fault:
            why = str(fault) if isinstance(fault, _Foreign) else "is no part of a sweep"
            raise FolderError(folder.path, f"parts/{name} {why}", "move it out of the folder") from None
        rows = np.flatnonzero(cells >= 0).astype(np.int32)
        keys = [table.column(key).to_numpy()[rows] for key in KEYS[5:]]
        found.append((np.full(len(rows), len(names), np.int32), rows, cells[rows], *keys))
        names.append(name)
    kinds = (np.int32, np.int32, np.int64, np.int64, np.int16, np.bool_)
    columns = [
        np.concatenate([np.asarray(entry[i], kind) for entry in found]) if found else np.empty(0, kind)
        for i, kind in enumerate(kinds)
    ]
    return Index(names, *columns)


class _Foreign(Exception):
    """A part that this sweep has not written: what is wrong with it."""


def _keys(study: Study, content: bytes, fingerprint: str) -> pa.Table:
    """The columns of a part that say which runs it holds; the others are of the kind that they should be."""
    schema = pq.read_schema(pa.BufferReader(content))
    if (schema.metadata or {}).get(b"fingerprint", b"") != fingerprint.encode():
        raise _Foreign("is of another sweep")
    measures = dict.fromkeys(abm.MEASURES, pa.float64())
    series = {held.name: pa.list_(pa.float64()) for held in schema if held.name.startswith(SERIES)}
    expected = RUN | dict(parameter_fields(study)) | measures | (series if study.shared.series else {})
    if len(schema) != len(expected) or {held.name: held.type for held in schema} != expected:
        raise _Foreign("has other columns than a part of this sweep")
    table = from_bytes(content, KEYS)
    if any(column.null_count for column in table.columns):
        raise _Foreign("has rows that say nothing of their run")
    return table


def _cells(study: Study, table: pa.Table) -> NDArray[np.int64]:
    """The cell of each row of a part; −1 for points that the study does not have."""
    point, draw, replicate = (table.column(name).to_numpy().astype(np.int64) for name in ("point", "draw", "replicate"))
    labels = pa.array(study.design.variants, pa.string())
    variant = pa.compute.fill_null(pa.compute.index_in(table.column("variant"), labels), -1).to_numpy()
    of_baseline = pa.compute.equal(table.column("role"), BASELINE).to_numpy()
    variant = np.where(of_baseline, study.shared.variants, variant).astype(np.int64)
    points = np.where(of_baseline, len(study.baseline_points), len(study.points))
    cells = np.where(point < points, study.cell(variant, point, draw), -1)
    there = (variant >= 0) & (point >= 0) & (draw >= 0) & (draw < len(study.draws)) & (replicate >= 0)
    seeded = (cells < 0) | (study.shared.seed_of(cells, replicate) == table.column("seed").to_numpy())
    if not (there & seeded).all():
        raise _Foreign("has rows of runs that are not of this sweep")
    return cells
