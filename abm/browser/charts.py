"""What the DataCollector of a run holds, as charts: households in the country, those who left, the public cost."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from abm.browser.drawing import finished
from abm.browser.palette import LOOKS
from abm.household.stages import ROUTES, Stage
from abm.mesa_model import ReturnModel


def collected(model: ReturnModel) -> pd.DataFrame:
    """What was collected so far, a row a week."""
    return model.datacollector.get_model_vars_dataframe()


def stocks_chart(model: ReturnModel, *, dark: bool = False) -> Any:
    """Households in the country by stage."""
    stages = [stage for stage in LOOKS if stage not in ROUTES]
    return _by_stage(model, stages, "In the country, by stage", "households", dark=dark)


def departures_chart(model: ReturnModel, *, dark: bool = False) -> Any:
    """Households who have left, by route."""
    return _by_stage(model, list(ROUTES), "Have left, by route", "households", dark=dark)


def cost_chart(model: ReturnModel, *, dark: bool = False) -> Any:
    """Public cost to date, in millions of pounds."""
    frame = collected(model)[["week", "cost"]]
    frame = pd.DataFrame({"week": frame["week"], "cost": frame["cost"].astype(float) / 1e6})
    ink = "#6db8f2" if dark else "#0b62a8"
    top = max(1.0, float(frame["cost"].max()) if len(frame) else 0.0)
    chart = (
        alt.Chart(frame)
        .mark_line(color=ink, strokeWidth=2)
        .encode(
            x=_weeks(model),
            y=alt.Y("cost:Q", title="£m, not discounted", scale=alt.Scale(domain=[0, top], nice=True)),
            tooltip=[alt.Tooltip("week:Q"), alt.Tooltip("cost:Q", format=".2f", title="£m")],
        )
    )
    return finished(chart, dark=dark, title="Public cost of these households so far, £m")


def _by_stage(model: ReturnModel, stages: list[Stage], title: str, unit: str, *, dark: bool) -> Any:
    names = {stage.name.lower(): LOOKS[stage].title for stage in stages}
    frame = collected(model)[["week", *names]].rename(columns=names)
    shown = [name for name in names.values() if len(frame) and frame[name].any()] or list(names.values())
    long = frame.melt("week", shown, "stage", unit)
    top = max(10.0, float(long[unit].max()) if len(long) else 0.0)
    looks = {LOOKS[stage].title: LOOKS[stage] for stage in stages}
    inks = [looks[name].dark if dark else looks[name].light for name in shown]
    chart = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=_weeks(model),
            y=alt.Y(f"{unit}:Q", title=unit, scale=alt.Scale(domain=[0, top], nice=True), axis=alt.Axis(format=",d")),
            color=_key(alt.Color, shown, inks),
            strokeDash=_key(alt.StrokeDash, shown, [_DASHES[k % len(_DASHES)] for k in range(len(shown))]),
            tooltip=["week:Q", "stage:N", f"{unit}:Q"],
        )
    )
    return finished(chart, dark=dark, title=title)


#: Lines can be told apart without colour too.
_DASHES: list[list[int]] = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 1], [1, 3]]


def _key(channel: Any, shown: list[str], values: list[Any]) -> Any:
    legend = alt.Legend(title=None, orient="bottom", columns=2)
    return channel("stage:N", scale=alt.Scale(domain=shown, range=values), legend=legend)


def _weeks(model: ReturnModel) -> Any:
    return alt.X("week:Q", title="week", scale=alt.Scale(domain=[0, model.prepared.weeks], nice=False))


# Altair and pandas import what reads and writes a table when they meet the first one: here, not in a visitor's thread.
_FIRST = pd.DataFrame({"x": [0.0], "y": ["a"]})
_FIRST.to_csv()
alt.Chart(_FIRST).mark_point().encode(x="x", y="y").to_dict()
