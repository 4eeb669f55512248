"""How inputs and runs look in a notebook: values as words, and small tables of them, with everything escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape


def plain(value: object) -> str:
    """A parameter's value: words as they are, numbers without needless digits."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"
        return f"{value:,.6g}" if abs(value) >= 10_000 else f"{value:.6g}"
    return str(value)


def table(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    notes: Iterable[str] = (),
    *,
    numbers: Iterable[int] = (),
) -> str:
    """A table as a notebook shows it.

    Parameters
    ----------
    title
        Above it, in bold.
    rows
        A cell a heading; what is no text is written by `plain`, and NaN as a dash.
    notes
        Lines below it.
    numbers
        Positions of the columns that stand to the right.

    Returns
    -------
    str
        HTML; whatever stands in a cell is text, never markup.
    """
    right = set(numbers)

    def line(tag: str, cells: Sequence[object]) -> str:
        made = (
            f'<{tag} style="text-align: {"right" if k in right else "left"}">{escape(_text(cell))}</{tag}>'
            for k, cell in enumerate(cells)
        )
        return f"<tr>{''.join(made)}</tr>"

    head = f"<thead>{line('th', headings)}</thead>" if any(headings) else ""
    body = "".join(line("td", row) for row in rows)
    below = "".join(f'<div style="opacity: 0.7">{escape(note)}</div>' for note in notes)
    inside = f'<table class="dataframe">{head}<tbody>{body}</tbody></table>' if body else ""
    return f"<div><div><b>{escape(title)}</b></div>{inside}{below}</div>"


def _text(cell: object) -> str:
    return "–" if isinstance(cell, float) and math.isnan(cell) else plain(cell)


def figure(value: float) -> str:
    """A number with the digits that a reader needs: four that matter, thousands parted, a dash for NaN."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
