"""The evidence tables: figures with their unit, range, mark and source, found by name."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from abm.inputs.parameters import MARKS, Figure, InputError, nearest_spelling

#: Tables whose rows are single figures with an `id`.
FIGURE_TABLES = ("costs", "incentives", "targets", "pilots", "stocks")

EVIDENCE = Path(__file__).parent


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of `evidence/<name>.csv`, each a mapping of column to text."""
    with (EVIDENCE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(MappingProxyType(row) for row in csv.DictReader(lines))


def number(row: Mapping[str, str], column: str) -> float | None:
    """The number in a column of a row; None where the cell is blank."""
    text = row[column].strip()
    return float(text) if text else None


@cache
def _figures(name: str) -> Mapping[str, Figure]:
    found = {}
    for row in table(name):
        value = number(row, "value")
        found[row["id"]] = Figure(
            value=value,
            unit=row["unit"],
            low=number(row, "low"),
            high=number(row, "high"),
            mark=row["mark"] if row["mark"] in MARKS else "assumed",
            source=row["source"],
            url=row["url"],
            note="" if value is not None else "not found",
        )
    return MappingProxyType(found)


def evidence_figure(name: str, *, field: str = "evidence", file: str = "") -> Figure:
    """The figure called ``table:id``, for example ``costs:hotel_night_hac``.

    Parameters
    ----------
    field, file
        Where the name was given, for the error message.

    Raises
    ------
    InputError
        If there is no such figure, or it is a known gap (its value was not found).
    """
    where, _, key = name.partition(":")
    known = {f"{table_name}:{k}": f for table_name in FIGURE_TABLES for k, f in _figures(table_name).items()}
    if where not in FIGURE_TABLES or not key or name not in known:
        raise InputError(
            field, name, "not a figure of the evidence (table:id)", file=file, nearest=nearest_spelling(name, known)
        )
    figure = known[name]
    if figure.value is None or not math.isfinite(figure.value):
        raise InputError(field, name, "a gap: the evidence holds no value for it", file=file)
    return figure


def column_figure(column: str, *, field: str = "column", file: str = "") -> Figure:
    """Unit, mark and source of a column of the table of origins (its value is the column's name).

    Raises
    ------
    InputError
        If the table has no such column.
    """
    known = {row["column"]: row for row in table("columns") if row["table"] == "origins"}
    if column not in known:
        raise InputError(
            field, column, "not a column of the table of origins", file=file, nearest=nearest_spelling(column, known)
        )
    row = known[column]
    return Figure(value=column, unit=row["unit"], mark=row["mark"], source=row["source"], url=row["url"])
