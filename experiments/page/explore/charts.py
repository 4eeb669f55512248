"""The pictures of a look along levers: a line with its band, a map, a tornado."""

from __future__ import annotations

import json
import math
import textwrap
from typing import Any

import altair as alt
import numpy as np
from altair.utils.schemapi import debug_mode

from experiments.page.explore.found import Live, Whole, told_swings
from experiments.page.explore.numeric import levers
from experiments.page.lever_words import name_of
from experiments.report.amounts import Scale
from experiments.report.sweep_reading import short, value_words
from experiments.statistics.crossing import Crossing

#: Of the two worlds, pull factor off and on: colour in light and in dark, and name.
OFF, ON = "pull factor off", "pull factor on"
_OF_PULL = {"light": ("#0B62A8", "#B24A00"), "dark": ("#6DB8F2", "#FF9D66")}
#: Bars of a tornado, at most.
BARS = 12
#: Where the dots stand that mark a cell whose sign is uncertain, from its middle.
_DOTS = tuple((x, y) for y in (-0.4, 0.4) for x in (-0.36, -0.18, 0.0, 0.18, 0.36))
Rows = list[dict[str, Any]]


def line_chart(measure: str, off: Whole, on: Whole | None, now: Any, *, dark: bool) -> dict[str, Any]:
    """A measure along a lever; beside it, if there is one, the same with the pull factor on."""
    wholes = [(OFF, off), *([(ON, on)] if on is not None else [])]
    readings = [(name, whole, whole.reading(measure)) for name, whole in wholes]
    path = readings[0][2].factors[0]
    s = _scale([reading for _, _, reading in readings])
    rows, turns = [], []
    for name, whole, reading in readings:
        rows += _along(reading, path, name, s, band=whole.enough)
        if whole.enough and not whole.idle:
            turns += [_turn(path, name, turn) for turn in reading.break_even(path, "b")]
    colour = alt.Color(
        "series:N", scale=alt.Scale(domain=[OFF, ON], range=list(_OF_PULL["dark" if dark else "light"])), legend=None
    )
    drawn = alt.Chart(_data(rows)).encode(
        x=alt.X("x:Q", title=levers()[path].title, scale=alt.Scale(nice=False, zero=False), axis=_axis(_money(path))),
        color=colour
        if len(wholes) == 1
        else colour.legend(alt.Legend(title=None, orient="top", symbolSize=70, symbolOpacity=1)),
    )
    y = alt.Y("mean:Q", title=_titled(readings[0][2].name, s), axis=_axis(s.label), scale=alt.Scale(zero=True))
    tips = [alt.Tooltip("at:N", title=short(path)), "series:N", alt.Tooltip("told:N", title="mean"),
            alt.Tooltip("band:N", title="middle 90 % of runs")]  # fmt: skip
    shape = alt.Shape("series:N", scale=alt.Scale(domain=[OFF, ON], range=["circle", "triangle-up"]), legend=None)
    dash = alt.StrokeDash("series:N", scale=alt.Scale(domain=[OFF, ON], range=[[1, 0], [6, 4]]), legend=None)
    if len(wholes) > 1:
        shape, dash = (
            one.legend(alt.Legend(title=None, orient="top", symbolSize=70, symbolOpacity=1)) for one in (shape, dash)
        )
    ink = _ink(dark)
    layers = [
        alt.Chart(_data([{"y": 0.0}])).mark_rule(color=ink, strokeWidth=1.2).encode(y="y:Q"),
        drawn.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash),
        drawn.mark_point(size=110, filled=True, opacity=1, cursor="pointer").encode(y=y, shape=shape, tooltip=tips),
    ]
    if any(row["low"] is not None for row in rows):
        band = drawn.transform_calculate(mean="datum.low")
        layers.insert(0, band.mark_area(opacity=0.18).encode(y=y, y2="high:Q"))
    if isinstance(now, int | float):
        middle = float(np.mean([row["x"] for row in rows])) if rows else 0.0
        layers += _marked(float(now), "B now", ink, right=now > middle)
    if turns:
        at = alt.Chart(_data(turns)).encode(x="x:Q", color=colour)
        layers += [
            at.mark_rule(strokeWidth=6, opacity=0.5).encode(x=alt.X("from:Q"), x2="to:Q", y=alt.datum(0.0)),
            at.mark_point(size=200, shape="stroke", angle=90, strokeWidth=3, opacity=1).encode(y=alt.datum(0.0)),
            at.mark_text(dy=-16, align="left", fontSize=12, fontWeight="bold").encode(y=alt.datum(0.0), text="words:N"),
        ]
    return _finished(alt.layer(*layers), 300, dark)


def map_chart(measure: str, whole: Whole, now: tuple[Any, Any], *, dark: bool) -> dict[str, Any]:
    """A measure over two levers: colour and number, dots where its sign is uncertain, a line where it turns."""
    reading = whole.reading(measure)
    across, up = reading.factors
    s = _scale([reading])
    held = reading.over(across, up, "b")
    axes = [sorted({float(v) for v in held[path]}) for path in (across, up)]
    most = max(float(held["value"].abs().max()) * s.factor, 1e-9)
    cells: Rows = []
    for row in held.to_dict("records"):
        i, j = (axis.index(float(row[path])) for axis, path in zip(axes, (across, up), strict=True))
        value = row["value"] * s.factor
        cells.append({
            "i": i, "j": j, "left": i - 0.5, "right": i + 0.5, "bottom": j - 0.5, "top": j + 0.5, "value": value,
            "text": s.value(row["value"]), "point": int(row["point"]), "strong": bool(abs(value) > 0.68 * most),
            "unsure": unsure(row) and not row["low"] == row["high"] == 0, "told": whole.told(measure, row["value"]),
            "across": value_words(across, row[across]), "up": value_words(up, row[up]),
        })  # fmt: skip
    dots = [{"x": c["i"] + x, "y": c["j"] + y, "strong": c["strong"]} for c in cells if c["unsure"] for x, y in _DOTS]
    x = alt.X("left:Q", title=levers()[across].title, axis=_steps(across, axes[0]), scale=_edges(axes[0]))
    y = alt.Y("bottom:Q", title=textwrap.wrap(levers()[up].title, 34), axis=_steps(up, axes[1]), scale=_edges(axes[1]))
    scheme = alt.Scale(scheme="brownbluegreen", domain=[-most, most], domainMid=0)
    bar = alt.Legend(title=_titled(reading.name, s), orient="top", gradientLength=220, titleLimit=320)
    base = alt.Chart(_data(cells))
    tips = [alt.Tooltip("across:N", title=short(across)), alt.Tooltip("up:N", title=short(up)),
            alt.Tooltip("told:N", title=reading.name), alt.Tooltip("unsure:N", title="sign uncertain")]  # fmt: skip
    layers = [
        base.mark_rect(cursor="pointer", stroke="#777777", strokeWidth=0.4).encode(
            x=x, x2="right:Q", y=y, y2="top:Q", color=alt.Color("value:Q", scale=scheme, legend=bar), tooltip=tips
        ),
        alt.Chart(_data(dots)).mark_circle(size=9, opacity=1).encode(
            x="x:Q", y="y:Q", color=alt.condition("datum.strong", alt.value("#ffffff"), alt.value("#222222"))
        ),
        base.mark_text(fontSize=11, cursor="pointer").encode(
            x="i:Q", y="j:Q", text="text:N",
            color=alt.condition("datum.strong", alt.value("#ffffff"), alt.value("#111111")), tooltip=tips,
        ),
        alt.Chart(_data(_turning(cells))).mark_rule(color="#000000", strokeWidth=3).encode(
            x="x:Q", x2="x2:Q", y="y:Q", y2="y2:Q"
        ),
    ]  # fmt: skip
    here = [_place(value, axis) for value, axis in zip(now, axes, strict=True)]
    if None not in here:
        mark = alt.Chart(_data([{"x": here[0], "y": here[1]}]))
        layers.append(
            mark.mark_point(
                shape="diamond", size=190, color="#000000", fill="#ffffff", opacity=1, strokeWidth=2
            ).encode(x="x:Q", y="y:Q")
        )
    return _finished(alt.layer(*layers), 42 * len(axes[1]) + 20, dark)


def tornado_chart(measure: str, whole: Whole, *, dark: bool) -> dict[str, Any]:
    """Each lever from the least to the most that it makes of a measure, B as it is in the middle."""
    reading = whole.reading(measure)
    s = _scale([reading])
    base = reading.rows[reading.rows["factor"] == ""]
    centre = float(base["value"].iloc[0]) * s.factor if len(base) else math.nan
    rows: Rows = []
    for row in told_swings(reading)[:BARS]:
        least, most = row["least"] * s.factor, row["most"] * s.factor
        told = ", ".join(f"{whole.told(measure, row[end])} at {row[f'{end}_at']}" for end in ("least", "most"))
        common = {"path": row["factor"], "lever": name_of(row["factor"]), "told": told}
        for part, start, end in (("less", least, min(centre, most)), ("more", max(centre, least), most)):
            if end > start:
                rows.append(common | {"part": part, "from": start, "to": end})
        rows += [
            common | {"end": least, "at": row["least_at"], "side": -1},
            common | {"end": most, "at": row["most_at"], "side": 1},
        ]
    order = list(dict.fromkeys(row["lever"] for row in rows))
    y = alt.Y("lever:N", title=None, sort=order, scale=alt.Scale(paddingInner=0.55, paddingOuter=0.5),
              axis=None)  # fmt: skip
    x = alt.X("from:Q", title=_titled(reading.name, s), axis=_axis(s.label), scale=alt.Scale(padding=58, zero=True))
    ink, paper = _ink(dark), "#1b1d20" if dark else "#ffffff"
    drawn = alt.Chart(_data(rows))
    tips = [alt.Tooltip("lever:N"), alt.Tooltip("told:N", title=reading.name)]
    colours = alt.Scale(domain=["less", "more"], range=["#C28A2C", "#2E7F8C"] if not dark else ["#E2B35C", "#6CC5D2"])
    bars = drawn.mark_bar(cursor="pointer").encode(
        y=y, x=x, x2="to:Q", color=alt.Color("part:N", scale=colours, legend=None), tooltip=tips
    )
    ends = [
        drawn.mark_text(align=align, dx=dx, fontSize=11, color=ink)
        .encode(y=y, x="end:Q", text="at:N")
        .transform_filter(f"datum.side === {side}")
        for side, align, dx in ((-1, "right", -4), (1, "left", 4))
    ]
    rules = [
        alt.Chart(_data([{"x": at}])).mark_rule(color=ink, strokeWidth=width, strokeDash=dash).encode(x="x:Q")
        for at, width, dash in ((0.0, 1.0, [4, 3]), (centre, 1.6, [1, 0]))
        if math.isfinite(at)
    ]
    # Names stand above their bars, on a rim in the colour of the page, so that no line runs through them.
    named = alt.Chart(_data([{"lever": name} for name in order])).encode(y=y, x=alt.value(2), text="lever:N")
    names = [
        named.mark_text(align="left", dy=-18, fontSize=12, limit=420, **rim)
        for rim in ({"color": paper, "stroke": paper, "strokeWidth": 4}, {"color": ink})
    ]
    drawn_bars = bars.transform_filter("isValid(datum.from)")
    return _finished(alt.layer(drawn_bars, *rules, *ends, *names), 44 * max(1, len(order)), dark)


def unsure(row: dict[str, Any]) -> bool:
    """Whether the 90 % interval of a mean holds zero, or there is none."""
    return not (row["low"] > 0 or row["high"] < 0)


# ---- parts --------------------------------------------------------------------------------------------


def _along(reading: Live, path: str, name: str, s: Scale, *, band: bool) -> Rows:
    rows = reading.along(path, "b")
    found: Rows = []
    for row in rows.sort_values(path).to_dict("records"):
        if math.isnan(row["value"]):
            continue
        ends = (row["p05"], row["p95"]) if band else (math.nan, math.nan)
        found.append({
            "x": float(row[path]), "at": value_words(path, row[path]), "series": name, "point": int(row["point"]),
            "mean": row["value"] * s.factor, "told": reading.whole.told(reading.measure, row["value"]),
            "low": _number(ends[0] * s.factor), "high": _number(ends[1] * s.factor),
            "band": " to ".join(reading.whole.told(reading.measure, end) for end in ends) if band else "not yet",
        })  # fmt: skip
    return found


def _turn(path: str, name: str, turn: Crossing) -> dict[str, Any]:
    words = f"break-even {value_words(path, float(f'{turn.at:.3g}'))}"
    ends = {"from": turn.low, "to": turn.high}
    return {"x": turn.at, "series": name, "words": words, **{key: _number(end) for key, end in ends.items()}}


def _turning(cells: Rows) -> Rows:
    """The edges between neighbours of which one is above zero and the other below."""
    at = {(c["i"], c["j"]): c["value"] for c in cells}
    found: Rows = []
    for (i, j), value in at.items():
        right, above = at.get((i + 1, j)), at.get((i, j + 1))
        if right is not None and right * value < 0:
            found.append({"x": i + 0.5, "x2": i + 0.5, "y": j - 0.5, "y2": j + 0.5})
        if above is not None and above * value < 0:
            found.append({"x": i - 0.5, "x2": i + 0.5, "y": j + 0.5, "y2": j + 0.5})
    return found


def _place(value: Any, axis: list[float]) -> float | None:
    """Where on the equal steps of an axis a value stands; nowhere outside them."""
    if not isinstance(value, int | float) or not axis[0] <= value <= axis[-1]:
        return None
    return float(np.interp(value, axis, range(len(axis))))


def _marked(at: float, words: str, ink: str, *, right: bool) -> list[Any]:
    """A line down at a value, its words beside it, on the side where there is room."""
    here = alt.Chart(_data([{"x": at, "words": words}]))
    beside: dict[str, Any] = {"align": "right", "dx": -4} if right else {"align": "left", "dx": 4}
    return [
        here.mark_rule(color=ink, strokeDash=[2, 3], strokeWidth=1.5).encode(x="x:Q"),
        here.mark_text(color=ink, baseline="top", fontSize=12, **beside).encode(
            x="x:Q", y=alt.value(2), text="words:N"
        ),
    ]


def _scale(readings: list[Live]) -> Scale:
    """One scale for all that is drawn together: that of the reading with the largest values."""
    return min((reading.scale for reading in readings), key=lambda s: s.factor)


def _titled(name: str, s: Scale) -> str:
    unit = s.label if not s.label.startswith("£") else f"{s.label} against A"
    return f"{name[:1].upper()}{name[1:]} ({unit})"


def _money(path: str) -> str:
    return "£" if "GBP" in levers()[path].title or "£" in levers()[path].title else ""


def _axis(unit: str) -> alt.Axis:
    """Ticks in the UK form: £5.1m, a real minus sign."""
    if not unit.startswith("£"):
        return alt.Axis(format=",~g", labelFlush=False)
    after = unit.removeprefix("£").partition(" ")[0]
    number = f"(datum.value < 0 ? '−' : '') + '£' + format(abs(datum.value), ',~g') + (datum.value ? '{after}' : '')"
    return alt.Axis(labelExpr=number, tickCount=6)


def _steps(path: str, values: list[float]) -> alt.Axis:
    words = json.dumps([value_words(path, value) for value in values], ensure_ascii=False)
    return alt.Axis(values=list(range(len(values))), labelExpr=f"{words}[datum.value]", grid=False, ticks=False)


def _edges(values: list[float]) -> alt.Scale:
    return alt.Scale(domain=[-0.5, len(values) - 0.5], nice=False, zero=False)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _ink(dark: bool) -> str:
    return "#E4E4E4" if dark else "#2B2B2B"


def _finished(chart: Any, height: int, dark: bool) -> dict[str, Any]:
    ink, faint = _ink(dark), "#4A4A4A" if dark else "#DADADA"
    with debug_mode(False):  # what is built here is valid, which the tests check once
        styled = (
            chart.properties(width="container", height=height, background="transparent")
            .configure_view(stroke=None)
            .configure_axis(
                labelColor=ink, titleColor=ink, gridColor=faint, domainColor=faint, tickColor=faint,
                titleFontWeight="normal", labelFontSize=12, titleFontSize=12.5,
            )
            .configure_legend(labelColor=ink, titleColor=ink, labelFontSize=12, titleFontWeight="normal")
        )  # fmt: skip
        spec: dict[str, Any] = styled.to_dict(validate=False)
    return spec
