"""Who the people of a caseload file are: shares of origins, or a table with one household a row."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

from abm.evidence.countries import country_code, folded, known_country, nearest_country
from abm.evidence.figures import column_figure
from abm.evidence.homeland import place_name, shares_by, year_of
from abm.inputs.caseload import Caseload, HouseholdRow
from abm.inputs.parameters import MARKS, Figure, InputError, build, declarations, nearest_spelling, read
from abm.inputs.policy import Policy
from abm.scenarios.entries import entry

#: Safety from which `among = "safe"` keeps an origin, unless the file says otherwise.
SAFE_THRESHOLD = 0.45

_TEXTS = ("mark", "source", "url", "note")
_COLUMN_KEYS = ("column", "limit", "among", "safe_threshold", *_TEXTS)
_COLUMNS = tuple(HouseholdRow.model_fields)


def people(
    given: Mapping[str, Any], whole: Mapping[str, Any], known: Mapping[str, Any], *, folder: Path, file: str
) -> tuple[dict[str, Any], dict[str, Figure]]:
    """Values and figures of the keys `origins`, `inflow` and `rows`, and the household count that rows imply.

    Parameters
    ----------
    given
        Those keys of the document that are there.
    whole
        The rest of the document.
    known
        What has been read of the caseload: its date and countries, and all of a file that it extends.
    folder, file
        Where the document is, and how messages call it.
    """
    places = tuple(known.get("countries", ()))
    values: dict[str, Any] = {}
    figures: dict[str, Figure] = {}
    if "origins" in given:
        values["origins"], figures["origins"] = _origins(given["origins"], places, known.get("date", ""), file)
    if "inflow" in given:
        values["inflow"], found = _inflow(given["inflow"], file)
        figures.update(found)
    if "rows" in given:
        name = given["rows"]
        if not isinstance(name, str):
            raise InputError("rows", name, "the path of a CSV file or of a spreadsheet (.xlsx)", file=file)
        rows = tuple(_rows(folder / name, name, places, file))
        values["rows"] = rows
        if whole.get("households", len(rows)) != len(rows):
            allowed = f"left out, or {len(rows)}, the number of rows of {name}"
            raise InputError("households", whole["households"], allowed, file=file)
        if "households" not in whole:
            values["households"] = len(rows)
            figures["households"] = Figure(len(rows), "households", mark="inferred", source=f"rows of {name}")
        if "origins" not in given and "origins" not in known:
            counts = Counter(row.origin for row in rows)
            values["origins"] = {name: count / len(rows) for name, count in counts.items()}
            figures["origins"] = Figure("shares", "1", mark="inferred", source=f"rows of {name}")
    return values, figures


def _inflow(section: Any, file: str) -> tuple[dict[str, float], dict[str, Figure]]:
    """Arrivals a week by year, with the figures behind them."""
    if not isinstance(section, dict):
        raise InputError("inflow", section, "a table by year, such as { 2005 = 740, 2006 = 337 }", file=file)
    declared = declarations(Caseload)["inflow_per_week"]
    values, figures = {}, {}
    for year, given in section.items():
        where = f"inflow.{year}"
        value, figures[where] = entry(replace(declared, path=where), given, file)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(where, value, declared.allowed, file=file)
        values[year] = float(value)
    return values, figures


def check_origins(caseload: Caseload, *, file: str = "") -> None:
    """Refuse a date without a year, and origins that are neither countries nor described by the caseload.

    Raises
    ------
    InputError
        Naming the field and the nearest spelling.
    """
    year_of(caseload.date, file=file)
    places = caseload.countries
    for name in caseload.origins:
        place_name(name, places, field=f"origins.{name}", file=file)
    for name, number in {row.origin: number for number, row in enumerate(caseload.rows)}.items():
        place_name(name, places, field=f"rows.{number}.origin", file=file)
    paths = caseload.world.safety_origins
    if paths.strip() != "all":
        for name in paths.split(","):
            place_name(name.strip(), places, field="world.safety_origins", file=file)


def check_offers(policy: Policy, *, file: str = "") -> None:
    """Refuse offers to origins that the table of origins does not know.

    Raises
    ------
    InputError
        Naming the field and the nearest spelling.
    """
    given = [(path, read(policy, path)) for path in policy.paths]
    for number, regime in enumerate(policy.regimes):
        given += [(f"regime.{number}.{path}", value) for path, value in regime.levers.items()]
    for path, value in given:
        if path.endswith(".origins") and str(value).strip() != "all":
            for name in str(value).split(","):
                country_code(name.strip(), field=path, file=file)


# ---- shares of origins ----------------------------------------------------------------------------


def _origins(section: Any, places: Sequence[str], date: str, file: str) -> tuple[dict[str, float], Figure]:
    if not isinstance(section, dict):
        raise InputError("origins", section, "a section of shares by country, or with a column", file=file)
    for key in _TEXTS:
        if key in section and not isinstance(section[key], str):
            raise InputError(f"origins.{key}", section[key], "text", file=file)
    if "mark" in section and section["mark"] not in MARKS:
        near = nearest_spelling(section["mark"], MARKS)
        raise InputError("origins.mark", section["mark"], "one of " + ", ".join(MARKS), file=file, nearest=near)
    return _by_column(section, date, file) if "column" in section else _by_name(section, places, file)


def _by_name(section: Mapping[str, Any], places: Sequence[str], file: str) -> tuple[dict[str, float], Figure]:
    shares: dict[str, float] = {}
    _check_names({name: f"origins.{name}" for name in section if name not in _TEXTS}, places, file)
    for given, share in section.items():
        if given in _TEXTS:
            continue
        where = f"origins.{given}"
        name = place_name(given, places, field=where, file=file)
        if name in shares:
            raise InputError(where, share, f"one share for {name}, which is given twice", file=file)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError(where, share, "a share from 0 to 1", file=file)
        shares[name] = float(share)
    told = {key: section[key] for key in _TEXTS if key in section}
    return shares, Figure("shares", "1", **{"mark": "assumed", **told})


def _by_column(section: Mapping[str, Any], date: str, file: str) -> tuple[dict[str, float], Figure]:
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
        names = tuple(place_name(name, field="origins.among", file=file) for name in among)
    elif among != "safe":
        raise InputError("origins.among", among, '"safe", or a list of countries', file=file)
    found = column_figure(column, field="origins.column", file=file)
    if found.unit not in ("persons", "applicants", "decisions"):
        raise InputError("origins.column", column, f"a column that counts people, not {found.unit}", file=file)
    safe = threshold if among == "safe" else None
    year = year_of(date, file=file)
    shares = shares_by(column, limit=limit, safe_threshold=safe, among=names, year=year, file=file)
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


class Line(NamedTuple):
    """A line of a table: where it is, and its cells by column."""

    where: str
    cells: Mapping[str, str]


def _rows(path: Path, name: str, places: Sequence[str], file: str) -> Iterator[HouseholdRow]:
    """Each household of a table, checked.

    Errors name the table, the line, the column and the value; countries that are not known are told all at once.
    """
    if path.is_dir() or not path.exists():
        found = {p.stem: p.name for p in sorted(path.parent.glob("*")) if p.suffix.lower() in (".csv", ".xlsx")}
        near = nearest_spelling(path.stem, found)
        allowed = "the path of a CSV file or spreadsheet (.xlsx) that exists"
        raise InputError("rows", name, allowed, file=file, nearest=found[near] if near else None)
    spreadsheet = path.suffix.lower() == ".xlsx"
    table = _spreadsheet(path, name, file) if spreadsheet else _text(path)
    lines = list(_lines(table, str(path)))
    if not lines:
        raise InputError("rows", name, f"a table with at least one household, not the empty {path.name}", file=file)
    first: dict[str, str] = {}
    for line in lines:
        first.setdefault(line.cells["origin"], f"{line.where}, origin")
    _check_names(first, places, str(path))
    for line in lines:
        yield _row(line, places, spreadsheet or table.separator != ",", str(path))


class Table(NamedTuple):
    """The cells of a table as they stand: the header, numbered lines, and what separated the cells."""

    header: Sequence[str]
    lines: Iterable[tuple[int, Sequence[str]]]
    separator: str = ""


def _text(path: Path) -> Table:
    """A CSV file: cells separated by commas, semicolons or tabs, whichever its header has most of."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise InputError("text", fault.object[fault.start : fault.end], "UTF-8 text", file=str(path)) from None
    separator = max(",;\t", key=lines[0].count) if lines else ","
    reader = csv.reader(lines, delimiter=separator)
    try:
        cells = [(reader.line_num, cells) for cells in reader]
    except csv.Error as fault:
        raise InputError("line", reader.line_num, f"a line of a CSV file ({fault})", file=str(path)) from None
    return Table(cells[0][1] if cells else [], cells[1:], separator)


def _spreadsheet(path: Path, name: str, file: str) -> Table:
    """The first sheet of a spreadsheet."""
    import pandas as pd

    try:
        sheet = pd.read_excel(path, header=None, dtype=str, keep_default_na=False)
    except ImportError:
        allowed = (
            "a CSV file; or install the extra that reads spreadsheets: pip install 'household-returns[spreadsheet]'"
        )
        raise InputError("rows", name, allowed, file=file) from None
    except (OSError, ValueError, KeyError, BadZipFile) as fault:
        raise InputError("rows", name, f"a spreadsheet that can be read ({fault})", file=file) from None
    cells = [[str(cell) for cell in row] for row in sheet.to_numpy().tolist()]
    return Table(cells[0] if cells else [], enumerate(cells[1:], start=2))


def _lines(table: Table, file: str) -> Iterator[Line]:
    """The lines of a table that are not blank, with the header checked."""
    header = [column.strip().casefold().replace(" ", "_") for column in table.header]
    for given, column in zip(table.header, header, strict=True):
        if column not in _COLUMNS:
            near = nearest_spelling(column, _COLUMNS)
            raise InputError("line 1", given, "one of " + ", ".join(_COLUMNS), file=file, nearest=near)
    twice = [column for column, times in Counter(header).items() if times > 1]
    if twice:
        raise InputError("line 1", twice[0], "each column once", file=file)
    for column in ("origin", "size"):
        if column not in header:
            raise InputError("line 1", ",".join(header), f"a header with the column {column}", file=file)
    for number, cells in table.lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            allowed = f"as many cells as the header has columns ({len(header)})"
            raise InputError(f"line {number}", ",".join(cells), allowed, file=file)
        yield Line(f"line {number}", dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def _check_names(first: Mapping[str, str], places: Sequence[str], file: str) -> None:
    """Refuse names that are not known: one as everywhere, several together; `first`: where each was given."""
    own = {folded(place) for place in places}
    unknown = [name for name in first if not known_country(name) and folded(name) not in own]
    if len(unknown) == 1:
        place_name(unknown[0], places, field=first[unknown[0]], file=file)
    if unknown:
        near = {name: nearest_country(name, places) for name in unknown}
        told = [f"{first[name]} {name!r}" + (f" ({near[name]}?)" if near[name] else "") for name in unknown]
        allowed = "names or ISO codes of countries, which these are not: " + "; ".join(told)
        raise InputError("origins", f"{len(unknown)} names", allowed, file=file)


def _row(line: Line, places: Sequence[str], decimal_comma: bool, file: str) -> HouseholdRow:
    values: dict[str, Any] = {}
    for column, cell in line.cells.items():
        if not cell and column not in ("origin", "size"):
            continue
        where = f"{line.where}, {column}"
        kind = HouseholdRow.model_fields[column].annotation
        if column == "origin":
            values[column] = place_name(cell, places, field=where, file=file)
        elif kind is int or kind is float:
            values[column] = _number(cell, kind is int, decimal_comma, where, file)
        else:
            values[column] = cell.casefold()
    try:
        return build(HouseholdRow, values)
    except InputError as fault:
        field = f"{line.where}, {fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=file, nearest=fault.nearest) from None


def _number(cell: str, whole: bool, decimal_comma: bool, where: str, file: str) -> int | float:
    """A number; ``3.0`` is whole, and ``52,5`` is one where commas do not separate cells."""
    text = cell.replace(",", ".") if decimal_comma and "." not in cell else cell
    try:
        number = float(text)
        if not math.isfinite(number) or (whole and number != int(number)):
            raise ValueError
    except ValueError:
        raise InputError(where, cell, "a whole number" if whole else "a finite number", file=file) from None
    return int(number) if whole else number
