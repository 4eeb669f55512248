"""The small table on the screen at the end of a sweep: what each value does, with a line that shows the shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.report.sweep_reading import Reading, label, points_of, value_words
from experiments.report.sweep_words import amount, at_the_edge, found_along, found_over, scale_of, swings

#: Points that fit on a screen.
MOST_POINTS = 12
_BLOCKS = "▁▂▃▄▅▆▇█"


def show_sweep(console: Console, reading: Reading) -> None:
    """Print what a sweep found: along one factor, over two, or one at a time; nothing for other designs."""
    if reading.method == "one-at-a-time":
        _one_at_a_time(console, reading)
    elif reading.method == "grid" and len(reading.factors) == 1:
        _along(console, reading, reading.factors[0])
    elif reading.method == "grid" and len(reading.factors) == 2:
        _over(console, reading)


def sparkline(values: Sequence[float]) -> str:
    """Values as blocks of eight heights, the least and the most at the ends; a space where there is none."""
    known = [value for value in values if math.isfinite(value)]
    if not known or min(known) == max(known):
        return "".join(_BLOCKS[0] if math.isfinite(value) else " " for value in values)
    step = (max(known) - min(known)) / (len(_BLOCKS) - 1)
    return "".join(_BLOCKS[round((v - min(known)) / step)] if math.isfinite(v) else " " for v in values)


def _along(console: Console, reading: Reading, factor: str) -> None:
    """A block a variant: values across, departures and the measure below."""
    measures = ["departures", "net_saving_npv" if reading.baseline else "cost_npv"]
    if reading.measure not in measures:
        measures.append(reading.measure)
    for variant in reading.variants:
        rows = reading.along(factor, variant)
        if not 2 <= len(rows) <= MOST_POINTS:
            continue
        table = _table()
        table.add_column(Text(label(factor)), overflow="fold")
        values, _ = points_of(rows, factor)
        for value in values:
            table.add_column(Text(value_words(factor, value)), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        for name in measures:
            shown = reading.other(name)
            here = shown.along(factor, variant)
            s, held = scale_of(shown, here), here["value"].tolist()
            cells = [Text(s.value(value)) for value in held]
            table.add_row(Text(f"{shown.name}, {s.label}"), *cells, Text(sparkline(held)))
        console.print()
        console.print(Text(_heading(reading, variant), style="bold"))
        console.print(table)
        turns = reading.break_even(factor, variant)
        edge = at_the_edge(reading, factor, rows)
        console.print(Text(_capital(found_along(reading, factor, rows, turns)) + "."))
        if edge:
            console.print(Text(_capital(edge) + "."))


def _over(console: Console, reading: Reading) -> None:
    across, up = reading.factors
    for variant in reading.variants:
        rows = reading.over(across, up, variant)
        s = scale_of(reading, rows)
        columns, lines = (list(dict.fromkeys(points_of(rows, factor)[0])) for factor in (across, up))
        if max(len(columns), len(lines)) > MOST_POINTS:
            continue
        table = _table()
        table.add_column(Text(f"{label(up)} ↓   {label(across)} →"), overflow="fold")
        for value in columns:
            table.add_column(Text(value_words(across, value)), justify="right", no_wrap=True)
        pairs = zip(points_of(rows, across)[0], points_of(rows, up)[0], strict=True)
        held = dict(zip(pairs, rows["value"].tolist(), strict=True))
        for line in lines:
            cells = [Text(s.value(held.get((column, line), math.nan))) for column in columns]
            table.add_row(Text(value_words(up, line)), *cells)
        console.print()
        console.print(Text(f"{_heading(reading, variant)}: {reading.name}, {s.label}", style="bold"))
        console.print(table)
        console.print(Text(_capital(found_over(reading, across, up, rows)) + "."))


def _one_at_a_time(console: Console, reading: Reading) -> None:
    for variant in reading.variants:
        s = scale_of(reading, reading.rows[reading.rows["variant"] == variant])
        table = _table()
        for name in ("factor", "least", "at", "most", "at"):
            table.add_column(name, justify="left" if name == "factor" else "right", overflow="fold")
        for row in swings(reading, variant)[:MOST_POINTS]:
            least, most = (Text(amount(reading, row[end], s)) for end in ("least", "most"))
            table.add_row(Text(row["factor"]), least, Text(row["least_at"]), most, Text(row["most_at"]))
        console.print()
        console.print(Text(f"{_heading(reading, variant)}: {reading.name}", style="bold"))
        console.print(table)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))


def _heading(reading: Reading, variant: str) -> str:
    return f"{variant} against {reading.baseline}" if reading.baseline else variant


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
