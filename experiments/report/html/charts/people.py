"""Charts of people: who leaves, whom the departures of others move, and the lives of single households."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abm.browser.palette import LOOKS
from abm.household.stages import Stage
from experiments.report.html.charts.axes import (
    Row,
    bands,
    by_policy,
    fitted,
    legend,
    lines,
    names_axis,
    signed,
    title,
)
from experiments.report.html.palette import COSTS, INK, NEUTRAL, SAVES


def dumbbells(rows: Sequence[Row], names: Sequence[str], width: int) -> list[Any]:
    """A panel a grouping: a line a group, a mark a policy.

    Parameters
    ----------
    rows
        ``by``, ``group`` (with its count), ``policy``, ``rate``.
    names
        All policies, the baseline first.
    """
    import altair as alt

    shown = [lines(name, width) for name in names]
    colour, shape = by_policy(shown, baseline=True)
    most = max((row["rate"] for row in rows), default=0.01) or 0.01
    panels = []
    for number, by in enumerate(dict.fromkeys(row["by"] for row in rows)):
        held = [
            {**row, "group": lines(row["group"], width), "policy": lines(row["policy"], width)}
            for row in rows
            if row["by"] == by
        ]
        order = list(dict.fromkeys(row["group"] for row in held))
        base = alt.Chart(alt.Data(values=held)).encode(
            y=alt.Y("group:N", sort=order, title=None, axis=names_axis(order)),
            x=alt.X("rate:Q", title="left within 12 months", axis=alt.Axis(format=".0%", tickCount=4),
                    scale=alt.Scale(domain=[0, most * 1.05])),
        )  # fmt: skip
        join = base.mark_line(color=NEUTRAL, strokeWidth=1.5).encode(detail="group:N")
        below = legend(width) if number == 0 else None
        looks = {"color": alt.Color("policy:N", scale=colour, legend=below),
                 "shape": alt.Shape("policy:N", scale=shape, legend=below)}  # fmt: skip
        under = base.mark_point(filled=True, size=190, opacity=0.65).encode(**looks).transform_filter(
            alt.FieldEqualPredicate(field="policy", equal=shown[0])
        )  # fmt: skip
        dots = base.mark_point(filled=True, size=75, opacity=0.9).encode(**looks).transform_filter(
            alt.datum.policy != shown[0]
        )  # fmt: skip
        height = 76 + bands(order, 10)
        height += 22 * sum(name.count("\n") + 1 for name in shown) if below is not None else 0
        panels.append(fitted((join + under + dots).properties(title=alt.Title(title(by, width))), width, height))
    return panels


def followers(rows: Sequence[Row], names: Sequence[str], width: int) -> list[Any]:
    """Share of departures that follow a tie's, as it is and without what peers do: dot and middle 90 % of runs.

    Parameters
    ----------
    rows
        ``policy``, ``world`` (what is switched off), ``mean``, ``run_p05``, ``run_p95``.
    names
        All policies, the baseline first.
    """
    import altair as alt

    worlds = list(dict.fromkeys(row["world"] for row in rows))
    shown = [lines(world, width) for world in worlds]
    panels = []
    most = max((row["run_p95"] for row in rows), default=0.01) or 0.01
    colour, shape = by_policy(names, baseline=True)
    for name in names:
        held = [{**row, "world": lines(row["world"], width)} for row in rows if row["policy"] == name]
        base = alt.Chart(alt.Data(values=held)).encode(
            y=alt.Y("world:N", sort=shown, title=None, axis=names_axis(shown)),
            color=alt.Color("policy:N", scale=colour, legend=None),
        )
        x = alt.X("run_p05:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5),
                  scale=alt.Scale(domain=[0, most]))  # fmt: skip
        rule = base.mark_rule(strokeWidth=1.5).encode(x=x, x2="run_p95:Q")
        thick = base.mark_rule(strokeWidth=5, opacity=0.55).encode(x="mean_low:Q", x2="mean_high:Q")
        dot = base.mark_point(filled=True, size=90, opacity=1).encode(
            x="mean:Q", shape=alt.Shape("policy:N", scale=shape, legend=None)
        )
        deep = max(text.count("\n") + 1 for text in shown)
        height = 66 + len(shown) * (14 + 15 * deep)
        panels.append(
            fitted((rule + thick + dot).properties(title=alt.Title(title(name, width))), width, height)
        )  # fmt: skip
    return panels


def strip(rows: Sequence[Row], width: int, weeks: int, marks: Sequence[Row]) -> list[Any]:
    """A life: a bar a policy, a colour a stage, from its first week to its last.

    Parameters
    ----------
    rows
        ``policy``, ``stage`` (a `Stage`), ``from``, ``to`` (weeks).
    marks
        ``week`` and ``text`` of what is pointed at.
    """
    import altair as alt

    stages = list(dict.fromkeys(Stage(row["stage"]) for row in rows))
    held = [{**row, "stage": LOOKS[Stage(row["stage"])].title, "policy": lines(row["policy"], width)} for row in rows]
    order = list(dict.fromkeys(row["policy"] for row in held))
    scale = alt.Scale(domain=[LOOKS[s].title for s in stages], range=[LOOKS[s].light.lower() for s in stages])
    y = alt.Y("policy:N", sort=order, title=None, axis=names_axis(order))
    bars = (
        alt.Chart(alt.Data(values=held))
        .mark_bar(height={"band": 0.6})
        .encode(
            y=y,
            x=alt.X("from:Q", title="week", scale=alt.Scale(domain=[0, weeks], nice=False), axis=alt.Axis(grid=False)),
            x2="to:Q",
            color=alt.Color("stage:N", scale=scale,
                            legend=legend(width, columns=1 if width < 420 else 3, symbolType="square")),
        )
    )  # fmt: skip
    rule = alt.Chart(alt.Data(values=list(marks))).mark_rule(color=INK, strokeWidth=2).encode(x="week:Q")
    deep = max(name.count("\n") + 1 for name in order)
    below = 22 * (len(stages) if width < 420 else -(-len(stages) // 3))
    return [fitted(bars + rule, width, 70 + below + len(order) * (16 + 15 * deep))]


def weights(rows: Sequence[Row], width: int) -> list[Any]:
    """The largest terms of a decision: to the right what speaks for it, to the left what speaks against it.

    Parameters
    ----------
    rows
        ``term``, ``value``.
    """
    import altair as alt

    held = [{**row, "term": lines(row["term"], width), "for": row["value"] > 0} for row in rows]
    order = [row["term"] for row in held]
    base = alt.Chart(alt.Data(values=held)).encode(
        y=alt.Y("term:N", sort=order, title=None, axis=names_axis(order)),
        x=alt.X("value:Q", title="weight in the decision (log odds)",
                axis=alt.Axis(labelExpr=signed(), tickCount=5)),
    )  # fmt: skip
    colour = alt.Color("for:N", scale=alt.Scale(domain=[True, False], range=[SAVES, COSTS]), legend=None)
    bars = base.mark_bar(height={"band": 0.55}).encode(color=colour)
    height = 50 + bands(order, 10)
    return [fitted(bars, width, height)]
