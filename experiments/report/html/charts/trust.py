"""Charts of trust: what was recorded against what is predicted, and what the inputs rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abm.inputs.parameters import MARKS
from experiments.report.html.charts.axes import Row, fitted
from experiments.report.html.palette import COSTS, INK, MARK_COLOURS, ON_DARK, ON_LIGHT, SAVES


def predicted(rows: Sequence[Row], width: int) -> list[Any]:
    """A line a row of the record: its predictive interval, and the recorded figure, as multiples of the median.

    Parameters
    ----------
    rows
        ``id``, ``p05``, ``p95``, ``recorded`` (multiples of the predicted median), ``met``.
    """
    import altair as alt

    held = [
        {**row, "met": "recorded, in the interval" if row["met"] else "recorded, outside it",
         "recorded": min(max(row["recorded"], 0.1), 10.0), "p05": max(row["p05"], 0.1), "p95": min(row["p95"], 10.0)}
        for row in rows
    ]  # fmt: skip
    order = [row["id"] for row in held]
    small = width < 420
    letters = max((len(name) for name in order), default=1)
    axis = alt.Axis(
        ticks=False, domain=False, labelOverlap=False, labelFontSize=9 if small else 10.5,
        minExtent=(5.9 if small else 6.8) * letters + 6,
    )  # fmt: skip
    y = alt.Y("id:N", sort=order, title=None, axis=axis)
    scale = alt.Scale(type="log", domain=[0.1, 10], clamp=True)
    label = alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10], labelExpr="'×' + format(datum.value, '~g')")
    base = alt.Chart(alt.Data(values=held)).encode(y=y)
    x = alt.X("p05:Q", scale=scale, axis=label, title="multiple of the predicted median")
    reach = base.mark_rule(strokeWidth=5, opacity=0.3, color=SAVES).encode(x=x, x2="p95:Q")
    told = ["recorded, in the interval", "recorded, outside it"]
    dots = base.mark_point(filled=True, size=46, opacity=1).encode(
        x=alt.X("recorded:Q", scale=scale),
        color=alt.Color("met:N", scale=alt.Scale(domain=told, range=[SAVES, COSTS]),
                        legend=alt.Legend(direction="vertical")),
        shape=alt.Shape("met:N", scale=alt.Scale(domain=told, range=["circle", "diamond"])),
    )  # fmt: skip
    one = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(color=INK, strokeWidth=1).encode(x="one:Q")
    return [fitted(one + reach + dots, width, 110 + 14 * len(order))]


def marks(rows: Sequence[Row], width: int) -> list[Any]:
    """One bar of all inputs, divided by what they rest on.

    Parameters
    ----------
    rows
        ``mark``, ``count``.
    """
    import altair as alt

    total = sum(row["count"] for row in rows) or 1
    held, at = [], 0
    for row in rows:
        held.append({**row, "from": at, "to": at + row["count"], "middle": at + row["count"] / 2,
                     "text": f"{row['count']}" if row["count"] > total * (0.05 if width > 420 else 0.09) else "",
                     "ink": ON_LIGHT if row["mark"] in ("inferred", "fitted") else ON_DARK})  # fmt: skip
        at += row["count"]
    scale = alt.Scale(domain=list(MARKS), range=[MARK_COLOURS[mark] for mark in MARKS])
    base = alt.Chart(alt.Data(values=held))
    x = alt.Scale(domain=[0, total], nice=False)
    bars = base.mark_bar(height=34).encode(
        x=alt.X("from:Q", scale=x, title="inputs", axis=alt.Axis(grid=False)), x2="to:Q",
        color=alt.Color("mark:N", scale=scale, legend=alt.Legend(columns=5 if width > 420 else 3, symbolType="square")),
    )  # fmt: skip
    text = base.mark_text(fontWeight="bold").encode(
        x=alt.X("middle:Q", scale=x), text="text:N", color=alt.Color("ink:N", scale=None)
    )
    return [fitted(bars + text, width, 130)]
