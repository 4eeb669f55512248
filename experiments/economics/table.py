"""A table of strategies as anybody has it: a file of separated values, read or refused in one sentence."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.inputs.given import bytes_of
from abm.inputs.parameters import InputError
from experiments.economics.amounts_read import ambiguous, marks_shown, readings

NEEDED = ("strategy", "cost", "effect")
DRAW = "draw"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class StrategyTable:
    """Strategies as a file has them.

    Attributes
    ----------
    names
        In the order in which they first come.
    cost, effect
        Shape (draws, strategies); one draw in a file without the column ``draw``.
    ignored
        Columns of the file that were not used.
    draws
        Names of the draws; empty without that column.
    """

    path: Path
    names: tuple[str, ...]
    cost: NDArray[np.float64]
    effect: NDArray[np.float64]
    ignored: tuple[str, ...]
    draws: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]


def load_table(path: Path) -> StrategyTable:
    """Read a table with the columns ``strategy``, ``cost``, ``effect``, and ``draw`` where costs and effects are drawn.

    Columns may come in any order and case; others are left out and named in the result.  Without ``draw`` each
    strategy has one row; with it, each strategy has one row in each draw.  Commas, semicolons or tabs separate; amounts
    may have thousands apart, a decimal comma or a currency's sign, as long as a column can be read in one way only.

    Raises
    ------
    InputError
        Naming file, row (the line of the file), column and value, and what is allowed.
    """
    separator, header, rows = _rows(path, _text(path))
    names = tuple(dict.fromkeys(row.cells["strategy"] for row in rows))
    marks = marks_shown(row.cells[column] for row in rows for column in ("cost", "effect"))
    numbers = {column: _numbers(path, column, rows, marks, separator) for column in ("cost", "effect")}
    draws = tuple(dict.fromkeys(row.cells[DRAW] for row in rows)) if DRAW in header else ()
    _complete(path, rows, names, draws)
    column_of, row_of = ({word: place for place, word in enumerate(words)} for words in (names, draws))
    at = [(row_of[row.cells[DRAW]] if draws else 0, column_of[row.cells["strategy"]]) for row in rows]
    cost, effect = (np.empty((max(1, len(draws)), len(names))) for _ in range(2))
    for table, values in ((cost, numbers["cost"]), (effect, numbers["effect"])):
        table[tuple(np.array(at).T)] = values
    return StrategyTable(path, names, cost, effect, tuple(c for c in header if c not in (*NEEDED, DRAW)), draws)


def _text(path: Path) -> str:
    raw = bytes_of(path, "VARIANT")
    coding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(coding)
    except UnicodeDecodeError as fault:
        allowed = f"text in UTF-8 (byte {fault.start + 1} is not): save the table as CSV UTF-8"
        raise InputError("text", raw[fault.start : fault.start + 4].hex(" "), allowed, file=str(path)) from None


def _rows(path: Path, text: str) -> tuple[str, list[str], list[_Row]]:
    """The separator, the names of the columns, and the rows that hold something."""
    if "\0" in text:
        raise InputError("text", "binary", "a table of comma- or semicolon-separated values", file=str(path))
    text = re.sub(r"\Asep=.\r?\n", "", text)  # what some spreadsheets put first
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows: list[_Row] = []
    try:
        for cells in reader:
            told = [cell.strip() for cell in cells]
            if not any(told):
                continue
            if not header:
                header = _header(path, told)
                continue
            while len(told) > len(header) and not told[-1]:
                told.pop()
            if len(told) != len(header):
                allowed = (
                    f"as many cells as columns, {len(header)} (there are {len(told)}; write an amount with its own"
                    f" {SEPARATORS[separator]} in quotation marks)"
                )
                raise InputError(f"row {reader.line_num}", separator.join(told), allowed, file=str(path))
            rows.append(_Row(reader.line_num, dict(zip(header, told, strict=True))))
    except csv.Error as fault:
        raise InputError(f"row {reader.line_num}", str(fault), "separated values", file=str(path)) from None
    if not rows:
        raise InputError("rows", 0, "at least one strategy below a line of names", file=str(path))
    for row in rows:
        for column in ("strategy", *([DRAW] if DRAW in header else [])):
            if not row.cells[column]:
                raise InputError(f"row {row.line}, {column}", "", "a name", file=str(path))
    return separator, header, rows


def _header(path: Path, cells: Sequence[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    known = [name.lower() if name.lower() in (*NEEDED, DRAW) else name for name in cells]
    for name in NEEDED:
        if name not in known:
            allowed = f"a first line with {', '.join(NEEDED)} (no {name} here)"
            raise InputError("columns", ", ".join(cells), allowed, file=str(path))
    for name in known:
        if known.count(name) > 1 and name:
            raise InputError("columns", ", ".join(cells), f"each column once ({name} comes twice)", file=str(path))
    # A column without a name is left out; several may be.
    return [name or f"column {place}" for place, name in enumerate(known, 1)]


def _numbers(path: Path, column: str, rows: Sequence[_Row], of_file: set[str], separator: str) -> list[float]:
    """The numbers of a column, all with the same decimal mark."""
    shown = marks_shown(row.cells[column] for row in rows)
    if len(shown) == 1:
        mark = next(iter(shown))
    elif len(of_file) == 1:
        mark = next(iter(of_file))
    else:
        mark = "." if separator == "," and not of_file else ""
    # Where only another column shows the mark, an amount with it may yet have thousands apart; not in a plain CSV file.
    doubtful = mark not in shown and (separator, mark) != (",", ".")
    found = []
    for row in rows:
        text, where = row.cells[column], f"row {row.line}, {column}"
        values = readings(text)
        if not values:
            raise InputError(where, text, "a number such as 26000, 26000.50 or 26,000", file=str(path))
        if ambiguous(text) and (not mark or (doubtful and mark in text)):
            low, high = (f"{values[m]:,.12g}" for m in sorted(values, key=values.__getitem__))
            allowed = f"a number that can be read in one way (this may be {low} or {high}): write it without separators"
            raise InputError(where, text, allowed, file=str(path))
        if (mark and mark not in values) or (not mark and len(values) == 1):
            kind = "point" if mark == "." else "comma"
            allowed = f"a number with a decimal {kind}, as others in this table" if mark else "one kind of decimal mark"
            raise InputError(where, text, allowed, file=str(path))
        found.append(values[mark] if mark else values["."])
    return found


def _complete(path: Path, rows: Sequence[_Row], names: Sequence[str], draws: Sequence[str]) -> None:
    """Each strategy once, or once in each draw."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        name, draw = row.cells["strategy"], row.cells[DRAW] if draws else ""
        if (name, draw) in seen:
            where = f" (draw {draw} has it in row {seen[name, draw]} already)"
            allowed = f"each strategy once in each draw{where}"
            if not draws:
                allowed = f"each strategy once (row {seen[name, draw]} has it already); draws need a column named draw"
            raise InputError(f"row {row.line}, strategy", name, allowed, file=str(path))
        seen[name, draw] = row.line
    for draw in draws:
        missing = [name for name in names if (name, draw) not in seen]
        if missing:
            line = next(row.line for row in rows if row.cells[DRAW] == draw)
            allowed = f"each strategy in each draw ({missing[0]} has no row with this draw)"
            raise InputError(f"row {line}, draw", draw, allowed, file=str(path))
