"""Who is still there with a failed claim, week by week."""

from __future__ import annotations

from typing import Any

import altair as alt

from abm.arrays.state import STOCKS_AT
from abm.household.stages import Stage
from experiments.page.answer.charts import words
from experiments.page.answer.charts.departures import when
from experiments.page.answer.charts.figure import (
    COLOURS,
    ENOUGH,
    SIDES,
    Array,
    Figure,
    Panel,
    Row,
    data,
    known,
    once,
    rounded_up,
    side_key,
    side_scales,
)
from experiments.page.answer.charts.times import weeks_shown, weeks_tabled, year_of, years
from experiments.page.paired import Answer
from experiments.report.html.charts.axes import signed, zero
from experiments.report.html.palette import INK

HEIGHT = 210
#: Those whom the measure "caseload awaiting removal" counts.
THERE = (Stage.EXHAUSTED, Stage.BOOKED)


def stock(answer: Answer, side: int, *stages: Stage) -> Array:
    """Households in some stages at the end of each week of the run on show, shape (weeks,)."""
    run = answer.film.takes[side].run
    found: Array = run.state.history[:, [STOCKS_AT + stage for stage in stages]].sum(axis=1) * run.prepared.weight
    return found


def on_show(answer: Answer) -> str:
    """Which run the weeks are those of."""
    return f"The weeks are those of the one run on show (seed {answer.choices.seed}, the fitted behaviour)"


def stocks(answer: Answer) -> Figure:
    """Households there with a failed claim under A and B, and the difference."""
    weeks = answer.choices.weeks
    levels = [stock(answer, side, *THERE) for side in (0, 1)]
    last = answer.tally.difference("caseload_end")
    low, high = (last.run_p05, last.run_p95) if answer.tally.count >= ENOUGH else (float("nan"), float("nan"))
    change = levels[1] - levels[0]
    at = {"week": weeks - 1, "year": year_of(weeks - 1)}
    rows: dict[str, list[Row]] = {
        "stocks": [
            {"side": name, "week": week, "year": year_of(week), "households": known(found[week])}
            for name, found in reversed([*zip(SIDES, levels, strict=True)])  # the dashes of A lie on the line of B
            for week in weeks_shown(weeks).tolist()
        ],
        "stocks_change": [
            {"side": "B − A", "week": week, "year": year_of(week), "households": known(change[week])}
            for week in weeks_shown(weeks).tolist()
        ],
        "stocks_end": [
            {"side": "B − A, mean of the runs", **at, "households": known(last.mean)}
            | {"run_p05": known(low), "run_p95": known(high)}
        ],
    }
    end = words.by_the_end(weeks)
    shown = [words.count(float(found[-1])) for found in levels]
    most = rounded_up(max(float(found.max()) for found in levels))
    return Figure(
        "stocks",
        words.finding(f"At the end of {end}, {_there(last.mean)}", low, high, answer),
        f"Households with a failed claim that are in contact or booked to leave. {on_show(answer)}. "
        f"Diamond at the end of B − A: {words.runs(answer.tally)}; {words.bands(answer.tally, 'its whisker')}.",
        [
            Panel(f"In the run on show: {shown[0]} under A, {shown[1]} under B", _levels(weeks, most), HEIGHT),
            Panel("B − A in the run on show, and at the end over all runs", _change(weeks), HEIGHT),
        ],
        rows,
        ("End of", "A", "B", "B − A"),
        [
            [
                when(week, weeks),
                *(words.count(float(found[week])) for found in levels),
                words.count(float(change[week]), signed=True),
            ]
            for week in weeks_tabled(weeks)
        ],
        side_key(),
    )


def _there(change: float) -> str:
    text = words.count(abs(change))
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
            tooltip=tips(",.0f"),
            **side_scales(),
        )
    )


@once
def _change(weeks: int) -> Any:
    y = alt.Y("households:Q", title="households, B − A", axis=alt.Axis(labelExpr=signed(), tickCount=4))
    line = alt.Chart(data("stocks_change")).mark_line(strokeWidth=2, color=COLOURS[1], interpolate="step-after")
    base = alt.Chart(data("stocks_end")).encode(x=years(weeks), tooltip=tips("+,.1f"))
    reach = base.mark_rule(color=INK, strokeWidth=2, clip=False).encode(y="run_p05:Q", y2="run_p95:Q")
    dot = base.mark_point(filled=True, shape="diamond", size=110, opacity=1, color=INK, clip=False).encode(y=y)
    return alt.layer(zero("y"), line.encode(x=years(weeks), y=y, tooltip=tips("+,.0f")), reach, dot)
