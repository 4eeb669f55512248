"""Who is still there with a failed claim, week by week."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from abm.arrays.state import STOCKS_AT
from abm.household.stages import Stage
from experiments.page.answer.charts import words
from experiments.page.answer.charts.departures import when
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
    side_key,
    side_scales,
)
from experiments.page.answer.charts.times import weeks_shown, weeks_tabled, year_of, years
from experiments.page.paired import Answer
from experiments.report.html.charts.axes import signed, zero
from experiments.statistics.intervals import spread

HEIGHT = 210


def stock(answer: Answer, side: int, *stages: Stage) -> Array:
    """Households in some stages at the end of each week of the run on show, shape (weeks,)."""
    run = answer.film.takes[side].run
    found: Array = run.state.history[:, [STOCKS_AT + stage for stage in stages]].sum(axis=1) * run.prepared.weight
    return found


def on_show(answer: Answer) -> str:
    """Which run the weeks are those of."""
    return f"The weeks are those of the one run on show (seed {answer.choices.seed}, the fitted behaviour)"


def stocks(answer: Answer) -> Figure:
    """Households there with a failed claim under A and B, mean over the runs, and the difference with its band."""
    tally, weeks = answer.tally, answer.choices.weeks
    values = [np.stack([found.there for found in tally.outcomes[side]]) for side in (0, 1)]
    levels = [mean(found, tally) for found in values]
    change = banded(values[1] - values[0], tally)
    rows: dict[str, list[Row]] = {
        "stocks": [
            {"side": name, "week": week, "year": year_of(week), "households": known(found[week])}
            for name, found in reversed([*zip(SIDES, levels, strict=True)])  # the dashes of A lie on the line of B
            for week in weeks_shown(weeks).tolist()
        ],
        "stocks_change": [
            {"side": "B − A", "week": week, "year": year_of(week)}
            | dict(zip(("households", "run_p05", "run_p95"), (known(v[week]) for v in change), strict=True))
            for week in weeks_shown(weeks).tolist()
        ],
    }
    end, (last, low, high) = words.by_the_end(weeks), (float(v[-1]) for v in change)
    ends = [float(found[-1]) for found in levels]
    error = spread(values[1][:, -1] - values[0][:, -1], tally.vectors).standard_error
    digits = words.decimals(ends[0], ends[1], last, error)
    shown = [words.count(left, decimals=digits) for left in ends]
    most = rounded_up(max(float(found.max()) for found in levels))
    told, behind = f"B − A: {words.count(last, signed=True, decimals=digits)}", words.reach(low, high)
    return Figure(
        "stocks",
        words.finding(f"At the end of {end}, {_there(last, digits)}", low, high, answer),
        f"Households with a failed claim that are in contact or booked to leave: {words.runs(tally)}. "
        f"{words.bands(tally, 'Band of B − A')}.",
        [
            Panel(f"At the end of {end}: {shown[0]} under A, {shown[1]} under B", _levels(weeks, most), HEIGHT),
            Panel(f"{told} ({behind})" if behind else told, _change(weeks), HEIGHT),
        ],
        rows,
        ("End of", "A", "B", "B − A", "middle 90 %"),
        [
            [
                when(week, weeks),
                *(words.count(float(found[week]), decimals=digits) for found in levels),
                words.count(float(change[0][week]), signed=True, decimals=digits),
                words.reach(float(change[1][week]), float(change[2][week])),
            ]
            for week in weeks_tabled(weeks)
        ],
        side_key(),
    )


def _there(change: float, digits: int) -> str:
    text = words.count(abs(change), decimals=digits)
    what = "with a failed claim are still there under B"
    if not text.strip("0."):
        return f"as many households {what} as under A"
    if text == "1":
        return f"1 {'more' if change > 0 else 'fewer'} household with a failed claim is still there under B"
    return f"{text} {'more' if change > 0 else 'fewer'} households {what}"


def tips(pattern: str) -> list[alt.Tooltip]:
    """What a point tells when it is pointed at."""
    return [
        alt.Tooltip("side:N"),
        alt.Tooltip("year:Q", format=".2f"),
        alt.Tooltip("week:Q"),
        alt.Tooltip("households:Q", format=pattern),
    ]


@once
def _levels(weeks: int, most: float) -> Any:
    scale = alt.Scale(domain=[0, most])
    return (
        alt.Chart(data("stocks"))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=years(weeks),
            y=alt.Y("households:Q", title="households", scale=scale, axis=alt.Axis(tickCount=4)),
            tooltip=tips(",.1f"),
            **side_scales(),
        )
    )


@once
def _change(weeks: int) -> Any:
    y = alt.Y("households:Q", title="households, B − A", axis=alt.Axis(labelExpr=signed(), tickCount=4))
    ends = [alt.Tooltip("run_p05:Q", format="+,.1f", title="5th percentile"),
            alt.Tooltip("run_p95:Q", format="+,.1f", title="95th percentile")]  # fmt: skip
    base = alt.Chart(data("stocks_change")).encode(x=years(weeks), tooltip=[*tips("+,.1f"), *ends])
    band = base.mark_area(opacity=0.22, color=COLOURS[1]).encode(y="run_p05:Q", y2="run_p95:Q")
    return alt.layer(band, zero("y"), base.mark_line(strokeWidth=3, color=COLOURS[1]).encode(y=y))
