"""Where everybody is, week by week, in the run on show."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from abm.browser.palette import LOOKS
from abm.household.stages import Stage
from experiments.page.answer.charts import words
from experiments.page.answer.charts.figure import SIDES, Figure, Panel, Row, data, known, once, rounded_up
from experiments.page.answer.charts.stocks import HEIGHT, on_show, stock, tips
from experiments.page.answer.charts.times import weeks_shown, year_of, years
from experiments.page.paired import Answer

#: Everybody who is in the country, from the bottom to the top.
EVERYBODY = (
    Stage.EXHAUSTED, Stage.BOOKED, Stage.REFUSED, Stage.AWAITING, Stage.ABSCONDED, Stage.PROTECTED, Stage.SETTLED,
)  # fmt: skip


def everybody(answer: Answer) -> Figure:
    """Where everybody is, week by week, under A and under B."""
    weeks = answer.choices.weeks
    found = {stage: [stock(answer, side, stage) for side in (0, 1)] for stage in EVERYBODY}
    shown = [stage for stage in EVERYBODY if any(values.any() for values in found[stage])]
    sums = [sum((found[stage][side] for stage in shown), np.zeros(weeks)) for side in (0, 1)]
    rows: dict[str, list[Row]] = {
        f"everybody_{name.lower()}": [
            {
                "side": name,
                "stage": LOOKS[stage].title,
                "week": week,
                "year": year_of(week),
                "households": known(found[stage][side][week]),
                "order": order,
            }
            for order, stage in enumerate(shown)
            for week in weeks_shown(weeks).tolist()
        ]
        for side, name in enumerate(SIDES)
    }
    most = rounded_up(max(float(values.max()) for values in sums))
    return Figure(
        "everybody",
        "Where everybody is, week by week",
        f"Households in the country; those who left or were removed are not counted. {on_show(answer)}.",
        [
            Panel(
                f"Under {name}: {words.count(float(sums[side][-1]))} at the end",
                _areas(name, tuple(shown), weeks, most),
                HEIGHT,
            )
            for side, name in enumerate(SIDES)
        ],
        rows,
        ("At the end", "A", "B", "B − A"),
        [
            [
                LOOKS[stage].title,
                *(words.count(float(v[-1])) for v in found[stage]),
                words.count(float(found[stage][1][-1] - found[stage][0][-1]), signed=True),
            ]
            for stage in shown
        ],
        [{"label": LOOKS[stage].title, "fill": LOOKS[stage].light.lower()} for stage in reversed(shown)],
    )


@once
def _areas(name: str, shown: tuple[Stage, ...], weeks: int, most: float) -> Any:
    titles = [LOOKS[stage].title for stage in shown]
    colours = alt.Scale(domain=titles, range=[LOOKS[stage].light.lower() for stage in shown])
    return (
        alt.Chart(data(f"everybody_{name.lower()}"))
        .mark_area(line={"color": "#fffffe", "strokeWidth": 0.8})
        .encode(
            x=years(weeks),
            y=alt.Y("households:Q", title="households", stack="zero", scale=alt.Scale(domain=[0, most])),
            color=alt.Color("stage:N", scale=colours, legend=None),
            order="order:Q",
            tooltip=[alt.Tooltip("stage:N"), *tips(",.0f")[1:]],
        )
    )
