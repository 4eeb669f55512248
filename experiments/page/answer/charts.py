"""The charts, as Altair makes them, and the script that draws them without a network."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import numpy as np
import vl_convert
from altair.utils.schemapi import debug_mode

from abm.arrays.ledger import Line
from abm.arrays.state import STOCKS_AT
from abm.browser.palette import LOOKS, SIDE_COLOURS, colour
from abm.household.stages import ROUTES, Stage
from experiments.page.paired import Answer

#: Most points of a line, and most origins in a chart.
_POINTS, _ORIGINS = 66, 10
_SIDES = ("A", "B")
#: What is told of some runs: their mean, and the middle 90 % of them.
_BANDED = ("mean", "run_p05", "run_p95")
_ROWS = alt.NamedData("rows")


@cache
def script() -> str:
    """Vega, Vega-Lite and their embedder as one script, from the package vl-convert."""
    version = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known = {"_".join(v.split(".")[:2]) for v in vl_convert.get_vegalite_versions()}
    snippet = "window.vegaEmbed = vegaEmbed;"
    text: str = vl_convert.javascript_bundle(snippet, vl_version=version if version in known else None)
    return text


def board(answer: Answer, *, dark: bool) -> list[dict[str, Any]]:
    """All charts: ``id``, ``title``, ``note`` and Vega-Lite ``specs`` (several stand side by side)."""
    with debug_mode(False):  # what is built below is valid, which the tests check once
        return _charts(answer, dark)


def _charts(answer: Answer, dark: bool) -> list[dict[str, Any]]:
    runs = answer.tally.count
    band = f"lines: mean of {runs} runs; bands: the middle 90 % of them" if runs > 1 else "one run so far"
    mean = f"mean of {runs} runs" if runs > 1 else "one run so far"
    return [
        {
            "id": "stocks",
            "title": "Where households are, week by week",
            "note": "The run on show. Those who left or were removed are not counted here.",
            "specs": [_stocks(answer, side, dark) for side in (0, 1)],
        },
        {
            "id": "departures",
            "title": "Departures by route",
            "note": f"Households, cumulated; A dashed, B solid; {band}.",
            "specs": [_departures(answer, dark)],
        },
        {
            "id": "origins",
            "title": "By country of origin",
            "note": f"Share that left by any route within twelve months of their claim failing; {mean}.",
            "specs": [_origins(answer, dark)],
        },
        {
            "id": "money",
            "title": "Public money by line",
            "note": f"Over the whole run, discounted; {mean}; whiskers of the difference: the middle 90 % of runs.",
            "specs": _money(answer, dark),
        },
    ]


def _weeks(count: int) -> np.ndarray:
    step = max(1, -(-count // _POINTS))
    return np.unique(np.append(np.arange(0, count, step), count - 1))


def _stocks(answer: Answer, side: int, dark: bool) -> dict[str, Any]:
    run = answer.film.takes[side].run
    most = max(
        take.run.state.history[:, STOCKS_AT + Stage.AWAITING : STOCKS_AT + Stage.SETTLED + 1].sum(axis=1).max()
        * take.run.prepared.weight
        for take in answer.film.takes
    )
    shown = (Stage.EXHAUSTED, Stage.REFUSED, Stage.AWAITING, Stage.ABSCONDED, Stage.PROTECTED, Stage.SETTLED)
    rows = [
        {
            "week": int(week),
            "stage": LOOKS[stage].title,
            "households": round(float(count) * run.prepared.weight, 1),
            "order": k,
        }
        for k, stage in enumerate(shown)
        if run.state.history[:, STOCKS_AT + stage].any()
        for week in _weeks(answer.choices.weeks)
        for count in (run.state.history[week, STOCKS_AT + stage],)
    ]
    chart = (
        alt.Chart(_ROWS, title=alt.Title(f"Under {_SIDES[side]}", anchor="start", fontSize=12))
        .mark_area()
        .encode(
            x=alt.X("week:Q", title="week", scale=alt.Scale(nice=False)),
            y=alt.Y("households:Q", title="households", scale=alt.Scale(domainMax=float(most)), stack="zero"),
            color=alt.Color("stage:N", scale=_stages(shown, dark), legend=None),
            order="order:Q",
            tooltip=["week:Q", "stage:N", alt.Tooltip("households:Q", format=",.0f")],
        )
    )
    return _finished(chart, rows, 190, dark)


def _departures(answer: Answer, dark: bool) -> dict[str, Any]:
    weeks = _weeks(answer.choices.weeks)
    rows = []
    for side, name in enumerate(_SIDES):
        told = answer.tally.departures(side)
        for route, stage in enumerate(ROUTES):
            for week in weeks:
                mean, p05, p95 = (round(float(told[k, week, route]), 1) for k in range(3))
                rows.append(
                    {
                        "week": int(week),
                        "side": name,
                        "route": LOOKS[stage].title,
                        "mean": mean,
                        "run_p05": p05,
                        "run_p95": p95,
                    }
                )
    base = alt.Chart(_ROWS).encode(
        x=alt.X("week:Q", title="week", scale=alt.Scale(nice=False)),
        color=alt.Color(
            "route:N",
            scale=_stages(ROUTES, dark),
            legend=alt.Legend(title=None, orient="top", symbolOpacity=1, symbolType="square"),
        ),
    )
    dash = alt.StrokeDash("side:N", scale=alt.Scale(domain=list(_SIDES), range=[[5, 4], [1, 0]]), legend=None)
    band = base.mark_area(opacity=0.16).encode(
        y=alt.Y("run_p05:Q", title="households"), y2="run_p95:Q", detail="side:N"
    )
    line = base.mark_line(strokeWidth=2).encode(
        y="mean:Q",
        strokeDash=dash,
        tooltip=[
            "side:N",
            "route:N",
            "week:Q",
            *(alt.Tooltip(f"{k}:Q", format=",.1f") for k in _BANDED),
        ],
    )
    return _finished(band + line, rows, 210, dark)


def _money(answer: Answer, dark: bool) -> list[dict[str, Any]]:
    lines = [answer.tally.lines(side) for side in (0, 1)]
    change = answer.tally.line_differences()
    names = [line.name.replace("_", " ") for line in Line]
    kept = [k for k in range(len(names)) if max(found[k] for found in lines) > 0]
    unit, factor = _scale(max(float(found.max()) for found in lines))
    rows = [
        {
            "line": names[k],
            "side": _SIDES[side],
            "cost": round(float(lines[side][k]) / factor, 4),
            "meaning": list(Line)[k].meaning,
        }
        for k in kept
        for side in (0, 1)
    ]
    line = alt.Y("line:N", title=None, sort=[names[k] for k in kept], axis=alt.Axis(labelLimit=120))
    levels = (
        alt.Chart(_ROWS)
        .mark_bar()
        .encode(
            y=line,
            yOffset="side:N",
            x=alt.X("cost:Q", title=f"£ {unit}".strip()),
            color=_side_colour(dark),
            tooltip=["side:N", "meaning:N", alt.Tooltip("cost:Q", title=f"£ {unit}", format=",.2f")],
        )
    )
    unit, factor = _scale(float(np.abs(change[0]).max()))
    told = [
        {"line": names[k], "meaning": list(Line)[k].meaning}
        | {name: round(float(change[i, k]) / factor, 4) for i, name in enumerate(_BANDED)}
        for k in kept
    ]
    title = alt.Title("B less A: right of zero, B costs more", anchor="start", fontSize=12)
    base = alt.Chart(_ROWS, title=title).encode(y=line)
    tips = ["meaning:N", *(alt.Tooltip(f"{name}:Q", format="+,.2f") for name in _BANDED)]
    bars = base.mark_bar(color=SIDE_COLOURS["dark" if dark else "light"][1], height={"band": 0.6}, opacity=0.65).encode(
        x=alt.X("mean:Q", title=f"£ {unit}".strip()), tooltip=tips
    )
    reach = base.mark_rule(color="#E0E0E0" if dark else "#222222").encode(x="run_p05:Q", x2="run_p95:Q", tooltip=tips)
    height = 26 * max(4, len(kept))
    return [_finished(levels, rows, height, dark), _finished(bars + reach, told, height, dark)]


def _scale(most: float) -> tuple[str, float]:
    """Unit of money that suits a largest amount, and its worth in pounds."""
    return next(
        (unit, worth)
        for least, unit, worth in ((1e9, "bn", 1e9), (1e6, "m", 1e6), (1e3, "k", 1e3), (0, "", 1.0))
        if most >= least
    )


def _origins(answer: Answer, dark: bool) -> dict[str, Any]:
    names = answer.prepared[0].origins
    found = [answer.tally.by_origin(side) for side in (0, 1)]
    largest = [int(k) for k in np.argsort(-found[0][0], kind="stable")[:_ORIGINS] if found[0][0][k] > 0]
    rows = [
        {
            "origin": names[k],
            "side": _SIDES[side],
            "rate": round(float(found[side][1][k] / found[side][0][k]), 4),
            "households": round(float(found[side][0][k])),
        }
        for k in largest
        for side in (0, 1)
        if found[side][0][k] > 0
    ]
    base = alt.Chart(_ROWS).encode(
        y=alt.Y("origin:N", title=None, sort=[names[k] for k in largest], axis=alt.Axis(labelLimit=110)),
        x=alt.X("rate:Q", title="left within 12 months", axis=alt.Axis(format="%")),
    )
    line = base.mark_line(color="#999999").encode(detail="origin:N")
    dots = base.mark_point(size=70, filled=True, opacity=1).encode(
        color=_side_colour(dark),
        shape=alt.Shape(
            "side:N",
            scale=alt.Scale(domain=list(_SIDES), range=["circle", "diamond"]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=["origin:N", "side:N", alt.Tooltip("rate:Q", format=".1%"), alt.Tooltip("households:Q", format=",")],
    )
    return _finished(line + dots, rows, 24 * max(4, len(largest)), dark)


def _stages(shown: tuple[Stage, ...], dark: bool) -> alt.Scale:
    return alt.Scale(
        domain=[LOOKS[stage].title for stage in shown], range=[colour(stage, dark=dark) for stage in shown]
    )


def _side_colour(dark: bool) -> alt.Color:
    scale = alt.Scale(domain=list(_SIDES), range=list(SIDE_COLOURS["dark" if dark else "light"]))
    return alt.Color("side:N", scale=scale, legend=alt.Legend(title=None, orient="top"))


def _finished(chart: Any, rows: list[dict[str, Any]], height: int, dark: bool) -> dict[str, Any]:
    ink, faint = ("#E4E4E4", "#4A4A4A") if dark else ("#2B2B2B", "#DADADA")
    styled = (
        chart.properties(width="container", height=height, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=ink,
            titleColor=ink,
            gridColor=faint,
            domainColor=faint,
            tickColor=faint,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=ink, titleColor=ink)
        .configure_title(color=ink, fontWeight="normal")
    )
    spec: dict[str, Any] = styled.to_dict(validate=False)
    # The rows join last: Altair would walk through each of them.
    return spec | {"datasets": {_ROWS.name: rows}}
