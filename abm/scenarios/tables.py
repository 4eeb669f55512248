"""A table of people as it stands: the cells of a CSV file, a spreadsheet or a data frame, each with its place."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import ZipFile

from abm.inputs.given import bytes_of
from abm.inputs.parameters import InputError, nearest_spelling

if TYPE_CHECKING:
    import pandas as pd

#: How the name of a file ends that holds a table.
ENDINGS = (".csv", ".xlsx")
#: Bytes that a spreadsheet may unpack to.
LARGEST_SHEET = 500_000_000
#: How messages call a data frame, which has no path.
FRAME = "the data frame"
#: Numbers with separators of thousands: a comma or a point there says nothing sure about what it separates.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")


class Line(NamedTuple):
    """A line of a table: where it is, and its cells by column."""

    where: str
    cells: Mapping[str, str]


class Table(NamedTuple):
    """The cells of a table as they stand: the header, places and lines, and how its numbers are written."""

    file: str
    name: str
    header: Sequence[str]
    heading: str
    lines: Iterable[tuple[str, Sequence[str]]]
    decimal_comma: bool = False


def is_table(path: Path | str) -> bool:
    """Whether a file's name says that it holds a table."""
    return Path(path).suffix.lower() in ENDINGS


def read_table(path: Path, name: str, file: str) -> Table:
    """The table of a CSV file, or of the first sheet of a spreadsheet.

    Parameters
    ----------
    name, file
        What the user called it, and where.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    if path.is_dir() or not path.exists():
        found = {p.stem: p.name for p in sorted(path.parent.glob("*")) if is_table(p)}
        near = nearest_spelling(path.stem, found)
        allowed = "the path of a CSV file or spreadsheet (.xlsx) that exists"
        raise InputError("rows", name, allowed, file=file, nearest=found[near] if near else None)
    return _spreadsheet(path, name, file) if path.suffix.lower() == ".xlsx" else _text(path, name)


def _text(path: Path, name: str) -> Table:
    """A CSV file: cells separated by commas, semicolons or tabs, whichever its header has most of."""
    try:
        lines = bytes_of(path, "rows").decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise InputError("text", fault.object[fault.start : fault.end], "UTF-8 text", file=str(path)) from None
    separator = max(",;\t", key=lines[0].count) if lines else ","
    reader = csv.reader(lines, delimiter=separator)
    try:
        cells = [(f"line {reader.line_num}", cells) for cells in reader]
    except csv.Error as fault:
        raise InputError("line", reader.line_num, f"a line of a CSV file ({fault})", file=str(path)) from None
    return Table(str(path), name, cells[0][1] if cells else [], "line 1", cells[1:], separator != ",")


def _spreadsheet(path: Path, name: str, file: str) -> Table:
    """The first sheet of a spreadsheet."""
    import pandas as pd

    held = io.BytesIO(bytes_of(path, "rows", file=file))
    try:
        with ZipFile(held) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > LARGEST_SHEET:
            raise ValueError(f"its {size:,} bytes are more than {LARGEST_SHEET:,}")
        sheet = pd.read_excel(held, header=None, dtype=str, keep_default_na=False)
    except ImportError:
        allowed = (
            "a CSV file; or install the extra that reads spreadsheets: pip install 'household-returns[spreadsheet]'"
        )
        raise InputError("rows", name, allowed, file=file) from None
    except Exception as fault:  # what is damaged meets errors of any kind on its way through zip and XML
        raise InputError("rows", name, f"a spreadsheet that can be read ({fault})", file=file) from None
    cells = [[str(cell) for cell in row] for row in sheet.to_numpy().tolist()]
    lines = ((f"line {number}", row) for number, row in enumerate(cells[1:], start=2))
    return Table(str(path), name, cells[0] if cells else [], "line 1", lines, decimal_comma=True)


def table_of(frame: pd.DataFrame | pd.Series) -> Table:
    """The table of a data frame, its named index included; a series counts households by its index."""
    import pandas as pd

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name="households")
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    places = [f"row {label}" for label in frame.index]
    text = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    lines = zip(places, text, strict=True)
    return Table(FRAME, FRAME, [str(column) for column in frame.columns], "columns", list(lines))


def _cell(value: Any) -> str:
    """A value of a data frame as text; nothing where it is missing."""
    import pandas as pd

    return "" if value is None or pd.isna(value) else str(value)


def lines_of(
    table: Table, known: Sequence[str], needed: Sequence[str], meant: Mapping[str, str] | None = None
) -> Iterator[Line]:
    """The lines of a table that are not blank, with the header checked.

    Parameters
    ----------
    known, needed
        Columns that a table may have, and that it must have.
    meant
        Known column by other words for it, to suggest.

    Raises
    ------
    InputError
        Naming the table, the line, and every column that is not known.
    """
    file = table.file
    header = [_column(column) for column in table.header]
    unknown = {given: column for given, column in zip(table.header, header, strict=True) if column not in known}
    near = {given: (meant or {}).get(column) or nearest_spelling(column, known) for given, column in unknown.items()}
    allowed = "one of " + ", ".join(known)
    if len(unknown) == 1:
        raise InputError(table.heading, next(iter(unknown)), allowed, file=file, nearest=next(iter(near.values())))
    if unknown:
        told = ", ".join(repr(given) + (f" ({near[given]}?)" if near[given] else "") for given in unknown)
        raise InputError(table.heading, f"{len(unknown)} columns", f"{allowed}; not {told}", file=file)
    twice = [column for column, times in Counter(header).items() if times > 1]
    if twice:
        raise InputError(table.heading, twice[0], "each column once", file=file)
    for column in needed:
        if column not in header:
            allowed = f"a header with the column {column}"
            raise InputError(table.heading, ",".join(header), allowed, file=file)
    for where, cells in table.lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            allowed = f"as many cells as the header has columns ({len(header)})"
            raise InputError(where, ",".join(cells), allowed, file=file)
        yield Line(where, dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def _column(given: str) -> str:
    return given.strip().casefold().replace(" ", "_")


def number_in(cell: str, table: Table, where: str, *, whole: bool) -> int | float:
    """A number; ``3.0`` is whole, and ``52,5`` is one where commas do not separate cells.

    Raises
    ------
    InputError
        Also for thousands that are separated where a whole number is expected: ``1.000`` may be one or a thousand.
    """
    text = cell.replace(",", ".") if table.decimal_comma and "." not in cell else cell
    try:
        number = float(text)
        if not math.isfinite(number) or (whole and number != int(number)):
            raise ValueError
    except ValueError:
        raise InputError(where, cell, "a whole number" if whole else "a finite number", file=table.file) from None
    if whole and _THOUSANDS.fullmatch(cell):
        raise InputError(where, cell, "a whole number, written without separators of thousands", file=table.file)
    return int(number) if whole else number


def day_in(cell: str, table: Table, where: str) -> date:
    """A day, the year first (a time of day after it is left out).

    Raises
    ------
    InputError
        For any other way of writing it: whether 03/05/2024 is in March or in May cannot be told.
    """
    try:
        return datetime.fromisoformat(cell).date()
    except ValueError:
        raise InputError(where, cell, "a day with the year first, such as 2024-03-05", file=table.file) from None
