"""Rows of plain values as CSV: what does not exist is blank."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """The text of a table.

    Parameters
    ----------
    columns
        The heading where there is no row.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0] if rows else columns)
    for row in rows:
        writer.writerow(["" if v is None or (isinstance(v, float) and math.isnan(v)) else v for v in row.values()])
    return text.getvalue()


def csv_writer(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> Callable[[Path], object]:
    """What writes a table at a path."""
    return lambda path: path.write_bytes(csv_text(rows, columns).encode())
