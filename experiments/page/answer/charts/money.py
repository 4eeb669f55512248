"""Public money by line: what B changes, the largest change first, and the sum."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np

from abm.arrays.ledger import Line
from experiments.page.answer.charts import words
from experiments.page.answer.charts.figure import (
    COLOURS,
    ENOUGH,
    IN_ORDER,
    Array,
    Figure,
    Panel,
    Row,
    banded,
    data,
    known,
    mean,
    once,
)
from experiments.page.paired import Answer
from experiments.report.html.charts.axes import MINUS, zero
from experiments.report.html.palette import INK, SOFT

SUM = "all lines"
STEP = 27
#: Where the columns of text stand, right of the axes.
COLUMNS = {"A": 70, "B": 140, "B − A": 215}


def by_line(answer: Answer, side: int) -> Array:
    """Discounted cost by line and in all, GBP, shape (runs, lines + 1)."""
    values = np.stack([found.lines for found in answer.tally.outcomes[side]])
    return np.concatenate([values, answer.tally.measure(side, "cost_npv")[:, None]], axis=1)


def money(answer: Answer) -> Figure:
    """The difference of every line with its whisker, the levels beside it, and the sum as in the table."""
    tally = answer.tally
    values = [by_line(answer, side) for side in (0, 1)]
    levels = [mean(found, tally) for found in values]
    change = banded(values[1] - values[0], tally)
    names = [*(line.name.replace("re_", "re-").replace("_", " ") for line in Line), SUM]
    meanings = [*(line.meaning for line in Line), "the cost of asylum support and return"]
    kept = [k for k in range(len(Line)) if max(found[k] for found in levels) > 0]
    order = [*sorted(kept, key=lambda k: -abs(change[0, k])), len(Line)]
    rows: list[Row] = []
    for k in order:
        mean_, low, high = (float(v[k]) for v in change)
        *texts, more = words.amounts(float(levels[0][k]), float(levels[1][k]), mean_)
        rows.append(
            {
                "line": names[k],
                "order": len(rows),
                "meaning": meanings[k],
                "kind": "sum" if k == len(Line) else "line",
                "a": known(levels[0][k], 2),
                "b": known(levels[1][k], 2),
                "difference": known(mean_, 2),
                "run_p05": known(low, 2),
                "run_p95": known(high, 2),
                "a_text": texts[0],
                "b_text": texts[1],
                "difference_text": more,
                "narrow": f"{names[k]}\nA {texts[0]} · B {texts[1]}",
            }
        )
    total, low, high = (float(v[-1]) for v in change)
    heading = "B − A by line, the largest change first; right of zero, B costs more"
    height, unit = STEP * len(rows), _unit(rows)
    return Figure(
        "money",
        words.finding(_costs(total), low, high, answer, words.amount),
        f"Asylum support and return over the whole run, discounted: {words.runs(tally)}. "
        f"{words.bands(tally, 'Whiskers')}. Diamond: the sum of all lines, as in the key figures.",
        [Panel(heading, _wide(*unit), height, _narrow(*unit), 232, named=True, narrow_height=36 * len(rows))],
        {"money": rows},
        ("Line", "A", "B", "B − A", "middle 90 %"),
        [
            [
                row["line"], row["a_text"], row["b_text"], row["difference_text"],
                words.reach(float(low), float(high), words.amount) if tally.count >= ENOUGH else "",
            ]
            for row, low, high in zip(rows, change[1][order], change[2][order], strict=True)
        ],
        [
            {"label": "a line of the account", "colour": COLOURS[1].lower(), "shape": "circle"},
            {"label": "all lines", "colour": INK, "shape": "diamond"},
        ],
    )  # fmt: skip


def _costs(change: float) -> str:
    if math.isnan(change) or not words.amount(abs(change)).strip("£0."):
        return "Support and return cost the public the same under B as under A"
    return f"Support and return cost the public {words.amount(abs(change))} {'more' if change > 0 else 'less'} under B"


def _unit(rows: list[Row]) -> tuple[float, str]:
    """What an axis of pounds counts in."""
    most = max((abs(row[k]) for row in rows for k in ("difference", "run_p05", "run_p95") if row[k]), default=0.0)
    return next(
        (worth, sign) for least, worth, sign in ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e3, 1e3, "k"), (0, 1, ""))
        if most >= least
    )  # fmt: skip


def _dots(worth: float, sign: str, field: str, room: int) -> list[Any]:
    number = MINUS.format("+,~r").replace("datum.value", f"(datum.value / {worth:.0f})")
    pounds = f"datum.value == 0 ? '0' : replace({number}, /([+−])/, '$1£') + '{sign}'"
    axis = alt.Axis(
        labelExpr="split(datum.label, '\\n')",
        labelLimit=190,
        minExtent=room,
        ticks=False,
        domain=False,
        labelOverlap=False,
    )
    x = alt.X("difference:Q", title="B − A", axis=alt.Axis(labelExpr=pounds, tickCount=4), scale=alt.Scale(nice=True))
    tips = [
        alt.Tooltip("meaning:N", title="line"),
        alt.Tooltip("a_text:N", title="A"),
        alt.Tooltip("b_text:N", title="B"),
        alt.Tooltip("difference:Q", format="+,.0f", title="B − A, £"),
        alt.Tooltip("run_p05:Q", format="+,.0f", title="5th percentile"),
        alt.Tooltip("run_p95:Q", format="+,.0f", title="95th percentile"),
    ]
    base = alt.Chart(data("money")).encode(y=alt.Y(f"{field}:N", sort=IN_ORDER, title=None, axis=axis), tooltip=tips)
    whiskers = base.mark_rule(strokeWidth=2, color=INK).encode(x="run_p05:Q", x2="run_p95:Q")
    dots = base.mark_point(filled=True, size=100, opacity=1).encode(
        x=x,
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=["line", "sum"], range=[COLOURS[1].lower(), INK]), legend=None
        ),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=["line", "sum"], range=["circle", "diamond"]), legend=None),
    )
    return [zero(), whiskers, dots]


@once
def _narrow(worth: float, sign: str) -> Any:
    """The dots with the levels below the names."""
    return alt.layer(*_dots(worth, sign, "narrow", 118))


@once
def _wide(worth: float, sign: str) -> Any:
    """The dots with the levels and the difference as columns of text."""
    layers = _dots(worth, sign, "line", 90)
    for (name, right), field in zip(COLUMNS.items(), ("a_text", "b_text", "difference_text"), strict=True):
        text = alt.Chart(data("money")).mark_text(align="right", dx=right, fontSize=12, color=INK)
        y = alt.Y("line:N", sort=IN_ORDER)
        layers.append(text.encode(x=alt.value("width"), y=y, text=f"{field}:N"))
        head = alt.Chart(alt.Data(values=[{"head": name}])).mark_text(align="right", dx=right, fontSize=12, color=SOFT)
        layers.append(head.encode(x=alt.value("width"), y=alt.value(-8), text="head:N"))
    return alt.layer(*layers)
