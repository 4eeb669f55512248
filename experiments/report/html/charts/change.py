"""Charts of what changes: differences from the baseline, and departures week by week."""

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
from experiments.report.html.palette import INK, POLICIES, policy_colour


def differences(rows: Sequence[Row], names: Sequence[str], width: int) -> list[Any]:
    """A panel a measure: dot, interval of the mean (thick) and of the runs (thin) for each variant.

    Parameters
    ----------
    rows
        ``measure`` (title and unit), ``baseline`` (its level in words), ``policy``, ``difference``, ``mean_low``,
        ``mean_high``, ``run_p05``, ``run_p95``.
    """
    import altair as alt

    panels = []
    shown = [lines(name, width) for name in names]
    colour, shape = by_policy(shown)
    for measure in dict.fromkeys(row["measure"] for row in rows):
        held = [{**row, "policy": lines(row["policy"], width)} for row in rows if row["measure"] == measure]
        base = alt.Chart(alt.Data(values=held)).encode(
            y=alt.Y("policy:N", sort=shown, title=None, axis=names_axis(shown)),
            color=alt.Color("policy:N", scale=colour, legend=None),
        )
        label = alt.Axis(labelExpr=signed(), tickCount=4, grid=True)
        flat = not any(row[key] for row in held for key in ("difference", "run_p05", "run_p95"))
        domain = alt.Scale(domain=[-1, 1]) if flat else alt.Scale(nice=True, zero=True)
        thin = base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("run_p05:Q", title=None, axis=label, scale=domain), x2="run_p95:Q"
        )
        thick = base.mark_rule(strokeWidth=5, opacity=0.55).encode(x="mean_low:Q", x2="mean_high:Q")
        dot = base.mark_point(filled=True, size=90, opacity=1).encode(
            x="difference:Q", shape=alt.Shape("policy:N", scale=shape, legend=None)
        )
        head = alt.Title(title(measure, width), subtitle=title(held[0]["baseline"], width, LETTER))
        deep = max(line.count("\n") + 1 for line in shown)
        height = 74 + 16 * len(head.to_dict()["text"]) + len(shown) * (14 + 15 * deep)
        panels.append(fitted((zero() + thin + thick + dot).properties(title=head), width, height))
    return panels


def departures(rows: Sequence[Row], names: Sequence[str], width: int, unit: str) -> list[Any]:
    """A panel a variant: share that has left under the baseline and under the variant, with the middle 90 % of runs.

    Parameters
    ----------
    rows
        ``panel`` (name of the variant), ``policy``, ``time`` (in `unit`), ``mean``, ``run_p05``, ``run_p95`` (shares).
    """
    import altair as alt

    most = max((row["run_p95"] for row in rows), default=0.0) or 0.01
    panels = []
    for position, name in enumerate(names[1:], 1):
        pair = [names[0], name]
        held = [{**row, "policy": row["policy"]} for row in rows if row["panel"] == name]
        colours = alt.Scale(domain=pair, range=[POLICIES[0], policy_colour(position)])
        x = alt.X("time:Q", title=f"{unit} since the start", axis=alt.Axis(tickMinStep=1, grid=False, tickCount=6),
                  scale=alt.Scale(nice=False))  # fmt: skip
        y = alt.Scale(domain=[0, most])
        base = alt.Chart(alt.Data(values=held)).encode(x=x, color=alt.Color("policy:N", scale=colours, legend=None))
        band = base.mark_area(opacity=0.18).encode(
            y=alt.Y("run_p05:Q", title=None, scale=y, axis=alt.Axis(format=".0%" if most > 0.05 else ".1%")),
            y2="run_p95:Q",
        )
        dash = alt.StrokeDash("policy:N", scale=alt.Scale(domain=pair, range=[[6, 4], [1, 0]]), legend=None)
        line = base.mark_line(strokeWidth=2.5).encode(y=alt.Y("mean:Q", scale=y), strokeDash=dash)
        head = alt.Title(title(name, width), subtitle=["solid; dashed: the baseline"])
        panels.append(fitted((band + line).properties(title=head), width, 250))
    return panels


def stocks(rows: Sequence[Row], names: Sequence[str], width: int, unit: str) -> list[Any]:
    """A panel a situation: households by week under each policy, mean and the middle 90 % of runs.

    Parameters
    ----------
    rows
        ``panel``, ``policy``, ``time``, ``mean``, ``run_p05``, ``run_p95``.
    """
    import altair as alt

    panels = []
    most = max((row["run_p95"] for row in rows), default=1.0)
    shown = [lines(name, width) for name in names]
    colour, _ = by_policy(shown, baseline=True)
    dashes = alt.Scale(domain=shown, range=[[6, 4], *([[1, 0], [2, 2], [8, 3, 2, 3]] * 4)][: len(names)])
    for panel in dict.fromkeys(row["panel"] for row in rows):
        held = [{**row, "policy": lines(row["policy"], width)} for row in rows if row["panel"] == panel]
        base = alt.Chart(alt.Data(values=held)).encode(
            x=alt.X("time:Q", title=f"{unit} since the start", axis=alt.Axis(grid=False, tickCount=6, tickMinStep=1),
                    scale=alt.Scale(nice=False)),
            color=alt.Color("policy:N", scale=colour, legend=legend(width, symbolType="stroke", symbolStrokeWidth=3)),
        )  # fmt: skip
        band = base.mark_area(opacity=0.13).encode(
            y=alt.Y("run_p05:Q", title=None, scale=alt.Scale(domain=[0, most])), y2="run_p95:Q"
        )
        line = base.mark_line(strokeWidth=2.5).encode(y="mean:Q", strokeDash=alt.StrokeDash("policy:N", scale=dashes))
        head = alt.Title(title(panel, width))
        panels.append(
            fitted((band + line).properties(title=head), width, 250 + 20 * sum(name.count("\n") + 1 for name in shown))
        )
    return panels


def waterfall(rows: Sequence[Row], width: int, axis: str) -> list[Any]:
    """Bars from the cost of the baseline to that of the policy, line by line, with a whisker on the last.

    Parameters
    ----------
    rows
        In order: ``step``, ``start``, ``end``, ``colour``, ``text``; the last also ``low`` and ``high``.
    """
    import altair as alt

    held = [{**row, "step": lines(row["step"], width)} for row in rows]
    order = [row["step"] for row in held]
    ends = [row[key] for row in held for key in ("start", "end", "low", "high") if row.get(key) is not None]
    changes = [value for row in held if not row["total"] for value in (row["start"], row["end"])]
    changes += [row[key] for row in held for key in ("low", "high") if row.get(key) is not None]
    least, most = min(changes or ends), max(changes or ends)
    across = most - least or abs(most) or 1.0
    domain = [least - 0.16 * across, most + (0.35 if width > 420 else 0.95) * across]
    for row in held:
        if row["total"]:
            row["start"] = domain[0]  # the bar goes on beyond the axis, which does not begin at nought
    base = alt.Chart(alt.Data(values=held)).encode(y=alt.Y("step:N", sort=order, title=None, axis=names_axis(order)))
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    bars = base.mark_bar(clip=True, height={"band": 0.62}).encode(
        x=alt.X("start:Q", scale=scale, title=axis, axis=alt.Axis(tickCount=5, labelExpr=plain_number())),
        x2="end:Q",
        color=alt.Color("colour:N", scale=None),
    )
    text = base.mark_text(align="left", dx=6).encode(x=alt.X("beside:Q", scale=scale), text="text:N")
    last = [row for row in held if row.get("low") is not None]
    whisker = (
        alt.Chart(alt.Data(values=last))
        .mark_rule(color=INK, strokeWidth=2)
        .encode(y=alt.Y("step:N", sort=order), x=alt.X("low:Q", scale=scale), x2="high:Q")
    )
    height = 60 + bands(order)
    return [fitted(bars + whisker + text, width, height)]
