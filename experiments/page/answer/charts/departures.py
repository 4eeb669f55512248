"""Who has left: under A, under B, and how many more under B."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from abm.browser.palette import LOOKS
from abm.household.stages import ROUTES
from experiments.page.answer.charts import words
from experiments.page.answer.charts.figure import (
    COLOURS,
    SIDES,
    Array,
    Figure,
    Panel,
    Row,
    banded,
    data,
    known,
    mean,
    once,
    rounded_up,
)
from experiments.page.answer.charts.times import A_YEAR, weeks_shown, weeks_tabled, year_of, years
from experiments.page.paired import Answer
from experiments.report.html.charts.axes import signed, zero
from experiments.report.html.palette import INK
from experiments.statistics.intervals import spread

HEIGHT = 200
ALL = "all routes"
_TITLES = (ALL, *(LOOKS[stage].title for stage in ROUTES))
_COLOURS = (INK, *(LOOKS[stage].light for stage in ROUTES))
_DASHES = ([1, 0], [8, 3], [4, 3], [1.5, 2.5])


def cumulated(answer: Answer, side: int) -> Array:
    """Households that have left, by all routes and by each, shape (runs, weeks, 1 + routes)."""
    values = np.stack([found.departures for found in answer.tally.outcomes[side]])
    return np.concatenate([values.sum(axis=2, keepdims=True), values], axis=2)


def departures(answer: Answer) -> Figure:
    """Cumulated departures by route under A and B, and their difference with one band."""
    tally, weeks = answer.tally, answer.choices.weeks
    values = [cumulated(answer, side) for side in (0, 1)]
    levels = [mean(found, tally) for found in values]
    change = banded(values[1][:, :, 0] - values[0][:, :, 0], tally)
    rows: dict[str, list[Row]] = {
        f"departures_{name.lower()}": [
            {"side": name, "route": title, "week": week, "year": year_of(week), "households": known(found[week, k])}
            for k, title in enumerate(_TITLES)
            for week in weeks_shown(weeks).tolist()
        ]
        for name, found in zip(SIDES, levels, strict=True)
    }
    rows["departures_change"] = [
        {"side": "B − A", "route": ALL, "week": week, "year": year_of(week)}
        | dict(zip(("households", "run_p05", "run_p95"), (known(v[week]) for v in change), strict=True))
        for week in weeks_shown(weeks).tolist()
    ]
    most = rounded_up(max(float(found[-1, 0]) for found in levels))
    end, (more, low, high) = words.by_the_end(weeks), (float(v[-1]) for v in change)
    ends = [float(found[-1, 0]) for found in levels]
    error = spread(values[1][:, -1, 0] - values[0][:, -1, 0], tally.vectors).standard_error
    digits = words.decimals(ends[0], ends[1], more, error)
    panels = [
        Panel(
            f"Under {name}: {words.count(left, decimals=digits)} have left by {end}",
            _levels(f"departures_{name.lower()}", weeks, most),
            HEIGHT,
        )
        for name, left in zip(SIDES, ends, strict=True)
    ]
    behind = words.reach(low, high)
    told = f"B − A: {words.count(more, signed=True, decimals=digits)}"
    panels.append(Panel(f"{told} ({behind})" if behind else told, _change(weeks), HEIGHT))
    return Figure(
        "departures",
        words.finding(f"By {end}, {_more(more, digits)}", low, high, answer),
        f"Households that have left, by any route: {words.runs(tally)}. "
        f"{words.bands(tally, 'Band of B − A')}. Every departure counts, also a second one of those who "
        "came back (the key figures count the first only).",
        panels,
        rows,
        ("End of", *(f"{title}, {name}" for title in _TITLES for name in SIDES), "B − A", "middle 90 %"),
        [_line(week, weeks, levels, change) for week in weeks_tabled(weeks)],
        [
            {"label": title, "colour": colour.lower(), "dash": dash}
            for title, colour, dash in zip(_TITLES, _COLOURS, _DASHES, strict=True)
        ],
    )


def _more(change: float, digits: int) -> str:
    text = words.count(abs(change), decimals=digits)
    if not text.strip("0."):
        return "as many households have left under B as under A"
    one = "household has" if text == "1" else "households have"
    return f"{text} {'more' if change > 0 else 'fewer'} {one} left under B"


def _line(week: int, weeks: int, levels: list[Array], change: Array) -> list[str]:
    texts = [words.count(float(levels[side][week, k])) for k in range(len(_TITLES)) for side in (0, 1)]
    last, low, high = (float(v[week]) for v in change)
    return [when(week, weeks), *texts, words.count(last, signed=True), words.reach(low, high)]


def when(week: int, weeks: int) -> str:
    """A week as tables name it."""
    return words.by_the_end(week + 1) if weeks > 2 * A_YEAR else f"week {week + 1}"


@once
def _levels(name: str, weeks: int, most: float) -> Any:
    return (
        alt.Chart(data(name))
        .mark_line()
        .encode(
            x=years(weeks),
            y=alt.Y("households:Q", title="households", scale=alt.Scale(domain=[0, most]), axis=alt.Axis(tickCount=4)),
            color=alt.Color(
                "route:N", scale=alt.Scale(domain=list(_TITLES), range=[c.lower() for c in _COLOURS]), legend=None
            ),
            strokeDash=alt.StrokeDash(
                "route:N", scale=alt.Scale(domain=list(_TITLES), range=list(_DASHES)), legend=None
            ),
            strokeWidth=alt.condition(alt.datum.route == ALL, alt.value(3), alt.value(2)),
            tooltip=[
                alt.Tooltip("route:N"),
                alt.Tooltip("year:Q", format=".2f"),
                alt.Tooltip("week:Q"),
                alt.Tooltip("households:Q", format=",.1f"),
            ],
        )
    )


@once
def _change(weeks: int) -> Any:
    tips = [
        alt.Tooltip("year:Q", format=".2f"),
        alt.Tooltip("week:Q"),
        alt.Tooltip("households:Q", format="+,.1f", title="B − A"),
        alt.Tooltip("run_p05:Q", format="+,.1f", title="5th percentile"),
        alt.Tooltip("run_p95:Q", format="+,.1f", title="95th percentile"),
    ]
    base = alt.Chart(data("departures_change")).encode(x=years(weeks), tooltip=tips)
    band = base.mark_area(opacity=0.22, color=COLOURS[1]).encode(y="run_p05:Q", y2="run_p95:Q")
    line = base.mark_line(strokeWidth=3, color=COLOURS[1]).encode(
        y=alt.Y("households:Q", title="households, B − A", axis=alt.Axis(labelExpr=signed(), tickCount=4))
    )
    return alt.layer(band, zero("y"), line)
