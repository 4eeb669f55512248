"""Who the people of a caseload file are: shares of origins, or a table with one household a row."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from abm.evidence.figures import column_figure
from abm.evidence.homeland import origin, shares_by
from abm.inputs.caseload import Caseload, HouseholdRow
from abm.inputs.parameters import MARKS, Figure, InputError, build, nearest_spelling

#: Safety from which `among = "safe"` keeps an origin, unless the file says otherwise.
SAFE_THRESHOLD = 0.45

_TEXTS = ("mark", "source", "url", "note")
_COLUMN_KEYS = ("column", "limit", "among", "safe_threshold", *_TEXTS)
_COLUMNS = tuple(HouseholdRow.model_fields)


def people(
    given: Mapping[str, Any], whole: Mapping[str, Any], *, known_origins: bool, folder: Path, file: str
) -> tuple[dict[str, Any], dict[str, Figure]]:
    """Values and figures of the keys `origins` and `rows`, and the household count that rows imply.

    Parameters
    ----------
    given
        Those keys of the document that are there.
    whole
        The rest of the document.
    known_origins
        Whether an extended file already gave shares of origins.
    folder, file
        Where the document is, and how messages call it.
    """
    values: dict[str, Any] = {}
    figures: dict[str, Figure] = {}
    if "origins" in given:
        values["origins"], figures["origins"] = _origins(given["origins"], file)
    if "rows" in given:
        name = given["rows"]
        if not isinstance(name, str):
            raise InputError("rows", name, "the path of a CSV file", file=file)
        rows = tuple(_rows(folder / name, name, file))
        values["rows"] = rows
        if whole.get("households", len(rows)) != len(rows):
            allowed = f"left out, or {len(rows)}, the number of rows of {name}"
            raise InputError("households", whole["households"], allowed, file=file)
        if "households" not in whole:
            values["households"] = len(rows)
            figures["households"] = Figure(len(rows), "households", mark="inferred", source=f"rows of {name}")
        if "origins" not in given and not known_origins:
            counts = Counter(row.origin for row in rows)
            values["origins"] = {name: count / len(rows) for name, count in counts.items()}
            figures["origins"] = Figure("shares", "1", mark="inferred", source=f"rows of {name}")
    return values, figures


def check_origins(caseload: Caseload, *, file: str = "") -> None:
    """Refuse origins that the table of origins does not know.

    Raises
    ------
    InputError
        Naming the field and the nearest spelling.
    """
    for name in caseload.origins:
        origin(name, field=f"origins.{name}", file=file)
    for number, row in enumerate(caseload.rows):
        origin(row.origin, field=f"rows.{number}.origin", file=file)
    paths = caseload.world.safety_origins
    if paths.strip() != "all":
        for name in paths.split(","):
            origin(name.strip(), field="world.safety_origins", file=file)


# ---- shares of origins ----------------------------------------------------------------------------


def _origins(section: Any, file: str) -> tuple[dict[str, float], Figure]:
    if not isinstance(section, dict):
        raise InputError("origins", section, "a section of shares by country, or with a column", file=file)
    for key in _TEXTS:
        if key in section and not isinstance(section[key], str):
            raise InputError(f"origins.{key}", section[key], "text", file=file)
    if "mark" in section and section["mark"] not in MARKS:
        near = nearest_spelling(section["mark"], MARKS)
        raise InputError("origins.mark", section["mark"], "one of " + ", ".join(MARKS), file=file, nearest=near)
    return _by_column(section, file) if "column" in section else _by_name(section, file)


def _by_name(section: Mapping[str, Any], file: str) -> tuple[dict[str, float], Figure]:
    shares: dict[str, float] = {}
    for given, share in section.items():
        if given in _TEXTS:
            continue
        where = f"origins.{given}"
        name = origin(given, field=where, file=file).name
        if name in shares:
            raise InputError(where, share, f"one share for {name}, which is given twice", file=file)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError(where, share, "a share from 0 to 1", file=file)
        shares[name] = float(share)
    told = {key: section[key] for key in _TEXTS if key in section}
    return shares, Figure("shares", "1", **{"mark": "assumed", **told})


def _by_column(section: Mapping[str, Any], file: str) -> tuple[dict[str, float], Figure]:
    for key, value in section.items():
        if key not in _COLUMN_KEYS:
            near = nearest_spelling(key, _COLUMN_KEYS)
            raise InputError(f"origins.{key}", value, "one of " + ", ".join(_COLUMN_KEYS), file=file, nearest=near)
    column, limit, among = section["column"], section.get("limit"), section.get("among", [])
    if not isinstance(column, str):
        raise InputError("origins.column", column, "the name of a column of the table of origins", file=file)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise InputError("origins.limit", limit, "a whole number of at least 1", file=file)
    threshold = section.get("safe_threshold", SAFE_THRESHOLD)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise InputError("origins.safe_threshold", threshold, "a number from 0 to 1", file=file)
    names: tuple[str, ...] = ()
    if isinstance(among, list) and all(isinstance(name, str) for name in among):
        names = tuple(origin(name, field="origins.among", file=file).name for name in among)
    elif among != "safe":
        raise InputError("origins.among", among, '"safe", or a list of countries', file=file)
    found = column_figure(column, field="origins.column", file=file)
    if found.unit not in ("persons", "applicants", "decisions"):
        raise InputError("origins.column", column, f"a column that counts people, not {found.unit}", file=file)
    safe = threshold if among == "safe" else None
    shares = shares_by(column, limit=limit, safe_threshold=safe, among=names, file=file)
    figure = Figure(
        value=column,
        unit="1",
        mark=section.get("mark", "inferred"),
        source=section.get("source", found.source),
        url=section.get("url", found.url),
        note=section.get("note", ""),
    )
    return shares, figure


# ---- a table of households ------------------------------------------------------------------------


def _rows(path: Path, name: str, file: str) -> Iterator[HouseholdRow]:
    """Each line of a table of households, checked.

    Errors name the table, the line, the column and the value.
    """
    if path.is_dir() or not path.exists():
        near = nearest_spelling(path.stem, [p.stem for p in path.parent.glob("*.csv")])
        near = f"{near}.csv" if near else None
        raise InputError("rows", name, "the path of a CSV file that exists", file=file, nearest=near)
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise InputError("text", fault.object[fault.start : fault.end], "UTF-8 text", file=str(path)) from None
    reader = csv.DictReader(lines)
    header = reader.fieldnames or []
    for column in header:
        if column not in _COLUMNS:
            near = nearest_spelling(column, _COLUMNS)
            raise InputError("line 1", column, "one of " + ", ".join(_COLUMNS), file=str(path), nearest=near)
    twice = [column for column, times in Counter(header).items() if times > 1]
    if twice:
        raise InputError("line 1", twice[0], "each column once", file=str(path))
    for column in ("origin", "size"):
        if column not in header:
            raise InputError("line 1", ",".join(header), f"a header with the column {column}", file=str(path))
    empty = True
    for row in reader:
        empty = False
        yield _row(row, f"line {reader.line_num}", str(path))
    if empty:
        raise InputError("rows", name, f"a table with at least one household, not the empty {path.name}", file=file)


def _row(row: Mapping[str | Any, str | Any], line: str, file: str) -> HouseholdRow:
    values: dict[str, Any] = {}
    for column, text in row.items():
        if column is None or text is None:
            raise InputError(line, text or "", "as many cells as the header has columns", file=file)
        cell = text.strip()
        if not cell and column not in ("origin", "size"):
            continue
        where = f"{line}, {column}"
        kind = HouseholdRow.model_fields[column].annotation
        if column == "origin":
            values[column] = origin(cell, field=where, file=file).name
        elif kind is int:
            values[column] = _number(cell, int, where, file)
        elif kind is float:
            values[column] = _number(cell, float, where, file)
        else:
            values[column] = cell
    try:
        return build(HouseholdRow, values)
    except InputError as fault:
        field = f"{line}, {fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=file, nearest=fault.nearest) from None


def _number(cell: str, kind: type[int] | type[float], where: str, file: str) -> int | float:
    try:
        number = kind(cell)
        if not math.isfinite(number):
            raise ValueError
    except ValueError:
        allowed = "a whole number" if kind is int else "a finite number"
        raise InputError(where, cell, allowed, file=file) from None
    return int(number) if kind is int else float(number)
