"""Charts of money: what turns the saving, break-even, two levers together, and cost against effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.report.html.charts.axes import (
    LETTER,
    Row,
    bands,
    by_policy,
    fitted,
    legend,
    lines,
    names_axis,
    plain_number,
    signed,
    title,
    zero,
)
from experiments.report.html.palette import COSTS, INK, NEUTRAL, PAPER, SAVES, step


def tornado(rows: Sequence[Row], width: int, axis: str) -> list[Any]:
    """A bar an input from the saving at one end of its range to that at the other; the line is where all is as given.

    Parameters
    ----------
    rows
        ``input``, ``low_text``, ``high_text``, ``at_low``, ``at_high``, ``centre``.
    """
    import altair as alt

    held = [{**row, "input": lines(row["input"], width)} for row in rows]
    order = [row["input"] for row in held]
    y = alt.Y("input:N", sort=order, title=None, axis=names_axis(order))
    ends = [
        {
            "input": row["input"],
            "saving": row[f"at_{end}"],
            "from": row["centre"],
            "end": end,
            "text": row[f"{end}_text"],
        }
        for row in held
        for end in ("low", "high")
    ]
    side = alt.Scale(domain=["low", "high"], range=[COSTS, SAVES])
    base = alt.Chart(alt.Data(values=ends)).encode(y=y)
    x = alt.X("saving:Q", title=axis, axis=alt.Axis(labelExpr=signed(), tickCount=5), scale=alt.Scale(zero=True))
    bars = base.mark_bar(height={"band": 0.5}, opacity=0.75).encode(
        x=x, x2="from:Q", color=alt.Color("end:N", scale=side, legend=alt.Legend(
            labelExpr="'at the ' + datum.label + ' end of its range'", direction="vertical", symbolType="square")),
    )  # fmt: skip
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=x,
        color=alt.Color("end:N", scale=side),
        shape=alt.Shape("end:N", scale=alt.Scale(domain=["low", "high"], range=["circle", "diamond"]), legend=None),
    )
    own = (
        alt.Chart(alt.Data(values=held[:1]))
        .mark_rule(strokeDash=[4, 3], color=NEUTRAL, strokeWidth=1.5)
        .encode(x="centre:Q")
    )
    height = 110 + bands(order, 8)
    return [fitted(zero() + bars + points + own, width, height)]


def break_even(rows: Sequence[Row], crossings: Sequence[Row], width: int, axes: tuple[str, str]) -> list[Any]:
    """Saving against amount: mean with the interval of the mean (dark) and the middle 90 % of runs (light).

    Parameters
    ----------
    rows
        ``amount``, ``mean``, ``mean_low``, ``mean_high``, ``run_p05``, ``run_p95``.
    crossings
        ``amount`` and ``text`` where the mean passes nought, and where the offer stands as it is.
    axes
        Titles of x and y.
    """
    import altair as alt

    base = alt.Chart(alt.Data(values=list(rows))).encode(
        x=alt.X("amount:Q", title=axes[0], axis=alt.Axis(grid=False, tickCount=6, labelExpr=plain_number()),
                scale=alt.Scale(nice=False))
    )  # fmt: skip
    y = alt.Y("run_p05:Q", title=None, axis=alt.Axis(labelExpr=signed(), tickCount=6, minExtent=54))
    runs = base.mark_area(opacity=0.13, color=SAVES).encode(y=y, y2="run_p95:Q")
    band = base.mark_area(opacity=0.3, color=SAVES).encode(y="mean_low:Q", y2="mean_high:Q")
    line = base.mark_line(color=SAVES, strokeWidth=2.5, point={"filled": True, "color": SAVES, "size": 40}).encode(
        y="mean:Q"
    )
    marks = [{**row, "text": title(row["text"], 150)} for row in crossings]
    rule = (
        alt.Chart(alt.Data(values=marks)).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.3).encode(x="amount:Q")
    )
    most = max((row["amount"] for row in rows), default=1.0)
    parts = [runs, band, line, zero("y"), rule]
    for k, mark in enumerate(marks):
        left = mark["amount"] < most * 0.6
        parts.append(
            alt.Chart(alt.Data(values=[mark]))
            .mark_text(align="left" if left else "right", dx=5 if left else -5, baseline="top", y=4 + 46 * k)
            .encode(x="amount:Q", text="text:N")
        )
    head = alt.Title(title(axes[1], width))
    return [fitted(alt.layer(*parts).properties(title=head), width, 320)]


def heat(
    rows: Sequence[Row], columns: Sequence[str], lines_of: Sequence[str], width: int, axes: tuple[str, str]
) -> list[Any]:
    """Two levers: each cell a mean saving; the thick line is where its sign turns, hatched where it cannot be told.

    Parameters
    ----------
    rows
        ``column``, ``row`` (positions), ``mean``, ``text``, ``certain``.
    columns, lines_of
        What the columns and the rows stand for.
    """
    import altair as alt

    most = max((abs(row["mean"]) for row in rows), default=0.0)
    at = {(row["column"], row["row"]): row for row in rows}
    cells = [
        {"x": row["column"], "x2": row["column"] + 1, "y": row["row"], "y2": row["row"] + 1, "xm": row["column"] + 0.5,
         "ym": row["row"] + 0.5, "text": row["text"], "fill": fill, "ink": ink}
        for row in rows
        for fill, ink in (step(row["mean"], most),)
    ]  # fmt: skip
    edges: list[dict[str, float]] = []
    hatch: list[dict[str, float]] = []
    for (x, y), row in at.items():
        for beside, edge in (((x + 1, y), (x + 1, y, x + 1, y + 1)), ((x, y + 1), (x, y + 1, x + 1, y + 1))):
            if beside in at and (at[beside]["mean"] > 0) != (row["mean"] > 0):
                edges.append(dict(zip(("x", "y", "x2", "y2"), map(float, edge), strict=True)))
        if not row["certain"]:
            hatch += [
                {"x": x + k / 4, "y": float(y), "x2": float(x), "y2": y + k / 4} for k in (1, 2, 3, 4)
            ] + [{"x": x + 1.0, "y": y + k / 4, "x2": x + k / 4, "y2": y + 1.0} for k in (1, 2, 3)]  # fmt: skip

    def labels(names: Sequence[str]) -> str:
        told = ", ".join(repr(name) for name in names)
        return f"datum.value % 1 == 0.5 ? [{told}][floor(datum.value)] : ''"

    def axis(names: Sequence[str], told: str) -> Any:
        return alt.Axis(values=[k + 0.5 for k in range(len(names))], labelExpr=labels(names), grid=False, ticks=False,
                        domain=False, title=told, labelOverlap=False,
                        minExtent=8 + LETTER * max(map(len, names)) if told == axes[1] else 20)  # fmt: skip

    x = alt.X("x:Q", scale=alt.Scale(domain=[0, len(columns)], nice=False), axis=axis(columns, axes[0]))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, len(lines_of)], nice=False),
              axis=axis(lines_of, axes[1]))  # fmt: skip
    base = alt.Chart(alt.Data(values=cells))
    fills = base.mark_rect(stroke=PAPER, strokeWidth=2).encode(
        x=x, x2="x2:Q", y=y, y2="y2:Q", color=alt.Color("fill:N", scale=None)
    )
    text = base.mark_text(fontSize=12, fontWeight="bold").encode(
        x="xm:Q", y="ym:Q", text="text:N", color=alt.Color("ink:N", scale=None)
    )
    parts = [fills]
    if hatch:
        strokes = alt.Chart(alt.Data(values=hatch)).mark_rule(color="#77777a", strokeWidth=0.9, opacity=0.75)
        parts.append(strokes.encode(x="x:Q", x2="x2:Q", y="y:Q", y2="y2:Q"))
    if edges:
        contour = alt.Chart(alt.Data(values=edges)).mark_rule(color="#111112", strokeWidth=4, strokeCap="round")
        parts.append(contour.encode(x="x:Q", x2="x2:Q", y="y:Q", y2="y2:Q"))
    return [fitted(alt.layer(*parts, text), width, 90 + 52 * len(lines_of))]


def plane(rows: Sequence[Row], names: Sequence[str], width: int, axes: tuple[str, str]) -> list[Any]:
    """Cost against effect, a panel a variant: a dot a run, and the mean.

    Parameters
    ----------
    rows
        ``policy``, ``effect``, ``cost``, a row a run.
    """
    import altair as alt

    xs, ys = ([row[key] for row in rows] or [0.0] for key in ("effect", "cost"))
    panels = []
    colour, _ = by_policy(names)
    for name in names:
        held = [row for row in rows if row["policy"] == name]
        mean = {key: sum(row[key] for row in held) / max(1, len(held)) for key in ("effect", "cost")}
        x = alt.X("effect:Q", title=axes[0], axis=alt.Axis(labelExpr=signed(), tickCount=4),
                  scale=alt.Scale(domain=_room(xs), nice=True))  # fmt: skip
        y = alt.Y("cost:Q", title=None, axis=alt.Axis(labelExpr=signed(), tickCount=5, minExtent=46),
                  scale=alt.Scale(domain=_room(ys), nice=True))  # fmt: skip
        dots = (
            alt.Chart(alt.Data(values=held))
            .mark_circle(size=26, opacity=0.55)
            .encode(x=x, y=y, color=alt.Color("policy:N", scale=colour, legend=None))
        )
        centre = (
            alt.Chart(alt.Data(values=[mean]))
            .mark_point(shape="cross", size=160, filled=True, color=INK, opacity=1)
            .encode(x="effect:Q", y="cost:Q")
        )
        head = alt.Title(title(name, width), subtitle=title(axes[1], width, LETTER))
        panels.append(fitted((zero("x") + zero("y") + dots + centre).properties(title=head), width, 290))
    return panels


def _room(values: Sequence[float]) -> list[float]:
    least, most = min(0.0, *values), max(0.0, *values)
    if least == most:
        return [-1.0, 1.0]
    room = 0.06 * (most - least)
    return [least - room, most + room]


def acceptability(rows: Sequence[Row], names: Sequence[str], width: int, axis: str) -> list[Any]:
    """Share of runs in which each policy is the best, by what a departure is worth.

    Parameters
    ----------
    rows
        ``policy``, ``worth``, ``share``.
    names
        All policies, the baseline first.
    """
    import altair as alt

    shown = [lines(name, width) for name in names]
    colour, _ = by_policy(shown, baseline=True)
    dashes = alt.Scale(domain=shown, range=[[6, 4], *([[1, 0], [2, 2], [8, 3, 2, 3]] * 4)][: len(names)])
    below = legend(width, symbolType="stroke", symbolStrokeWidth=3)
    held = [{**row, "policy": lines(row["policy"], width)} for row in rows]
    chart = (
        alt.Chart(alt.Data(values=held))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("worth:Q", title=title(axis, width),
                    axis=alt.Axis(labelExpr=plain_number(), tickCount=6, grid=False),
                    scale=alt.Scale(nice=False)),
            y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5)),
            color=alt.Color("policy:N", scale=colour, legend=below),
            strokeDash=alt.StrokeDash("policy:N", scale=dashes, legend=below),
        )
    )  # fmt: skip
    return [fitted(chart, width, 290 + 20 * sum(name.count("\n") + 1 for name in shown))]
