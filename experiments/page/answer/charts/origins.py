"""Who leaves within a year, by country of origin: under A, under B, and the difference."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import altair as alt
import numpy as np

from experiments.page.answer.charts import words
from experiments.page.answer.charts.figure import (
    COLOURS,
    ENOUGH,
    IN_ORDER,
    SHAPES,
    SIDES,
    Array,
    Figure,
    Panel,
    Row,
    data,
    known,
    mean,
    once,
    side_key,
)
from experiments.page.paired import Answer, Tally
from experiments.report.amounts import number
from experiments.report.html.charts.axes import signed, zero
from experiments.report.html.palette import INK, NEUTRAL
from experiments.statistics.intervals import spread

#: Origins with fewer households are told together.
FEWEST = 10
#: Most origins that stand by themselves.
MOST = 12
OTHERS, EVERY = "others", "all origins"
STEP = 27
PER_CENT = "format(100 * datum.value, '~g') + ' %'"


class Group(NamedTuple):
    """One origin, or several: mean households, rates of A and B and their difference, with its interval."""

    name: str
    households: float
    rates: tuple[float, float]
    change: tuple[float, float, float]

    @property
    def label(self) -> str:
        """Name and size."""
        return f"{self.name} · {words.count(self.households)}"


def groups(answer: Answer) -> list[Group]:
    """The largest origins, the others together, and all of them as in the key figures."""
    tally, names = answer.tally, answer.prepared[0].origins
    found = [np.stack([run.by_origin for run in runs]) for runs in tally.outcomes]
    size = mean((found[0][:, 0] + found[1][:, 0]) / 2, tally)
    order = [int(k) for k in np.argsort(-size, kind="stable") if size[k] > 0]
    alone = [k for k in order if size[k] >= FEWEST][:MOST]
    pooled = [k for k in order if k not in alone]
    told = [_group(names[k], [v[:, :, k] for v in found], float(size[k]), tally) for k in alone]
    if pooled:
        name = f"{OTHERS} ({len(pooled)})" if len(pooled) > 1 else names[pooled[0]]
        told.append(_group(name, [v[:, :, pooled].sum(axis=2) for v in found], float(size[pooled].sum()), tally))
    return [*told, _told(EVERY, float(size.sum()), [tally.measure(side, "return_rate_12m") for side in (0, 1)], tally)]


def _group(name: str, found: list[Array], size: float, tally: Tally) -> Group:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _told(name, size, [v[:, 1] / v[:, 0] for v in found], tally)


def _told(name: str, size: float, rates: list[Array], tally: Tally) -> Group:
    both = np.isfinite(rates[1] - rates[0])  # a run in which nobody of them is at risk on one side says nothing
    a, b = (spread(np.where(both, rate, np.nan), tally.vectors).mean for rate in rates)
    change = spread(np.where(both, rates[1] - rates[0], np.nan), tally.vectors)
    low, high = (change.run_p05, change.run_p95) if tally.count >= ENOUGH else (math.nan, math.nan)
    return Group(name, size, (a, b), (change.mean, low, high))


def origins(answer: Answer) -> Figure:
    """Dots of A and B beside each origin with its size, and the difference with its interval."""
    found = groups(answer)
    levels: list[Row] = [
        {
            "origin": group.label,
            "order": order,
            "households": known(group.households, 1),
            "side": side,
            "share": known(rate, 5),
        }
        for order, group in enumerate(found)
        for side, rate in zip(SIDES, group.rates, strict=True)
    ]
    keys = ("points", "run_p05", "run_p95")
    changes: list[Row] = [
        {"origin": group.label, "order": order, "households": known(group.households, 1), "side": "B − A"}
        | {key: known(100 * value) for key, value in zip(keys, group.change, strict=True)}
        | {"kind": "sum" if group.name == EVERY else "line"}
        for order, group in enumerate(found)
    ]
    height = STEP * len(found)
    *_, every = found
    sums = [np.array([*group.rates, group.change[0]]) * 100 for group in found]
    digits = 1 if all(words.agree(a, b, change, 1) for a, b, change in sums) else 2
    return Figure(
        "origins",
        words.finding(_leave(every.change[0]), *every.change[1:], answer, words.points),
        f"Share that left by any route within twelve months of their claim failing: {words.runs(answer.tally)}. "
        f"{words.bands(answer.tally, 'Whiskers of B − A')}. Beside each origin: households whose claim has failed, "
        f"mean of the runs; origins with under {FEWEST} are told together.",
        [
            Panel("Left within 12 months", _levels(), height, named=True),
            Panel("B − A, percentage points", _change(), height, named=True),
        ],
        {"origins": levels, "origins_change": changes},
        ("Origin", "households", "A, %", "B, %", "B − A, points", "middle 90 %"),
        [
            [
                group.name,
                words.count(group.households),
                *(number(100 * rate, digits) for rate in group.rates),
                number(100 * group.change[0], digits, signed=True),
                words.reach(group.change[1], group.change[2], words.points),
            ]
            for group in found
        ],
        side_key(dots=True),
    )


def _leave(change: float) -> str:
    text = words.points(abs(change), signed=False)
    if math.isnan(change) or not text.strip("0."):
        return "As large a share leaves within 12 months under B as under A"
    return f"The share that leaves within 12 months is {text} points {'higher' if change > 0 else 'lower'} under B"


def _names() -> alt.Y:
    axis = alt.Axis(labelLimit=190, labelPadding=9, minExtent=118, ticks=False, domain=False, labelOverlap=False)
    return alt.Y("origin:N", sort=IN_ORDER, title=None, axis=axis)


@once
def _levels() -> Any:
    base = alt.Chart(data("origins")).encode(
        y=_names(), x=alt.X("share:Q", title="share of households", axis=alt.Axis(labelExpr=PER_CENT, tickCount=4))
    )
    line = base.mark_line(color=NEUTRAL, strokeWidth=1.5).encode(detail="origin:N")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        color=alt.Color("side:N", scale=alt.Scale(domain=list(SIDES), range=list(COLOURS)), legend=None),
        shape=alt.Shape("side:N", scale=alt.Scale(domain=list(SIDES), range=list(SHAPES)), legend=None),
        tooltip=[
            alt.Tooltip("origin:N"),
            alt.Tooltip("side:N"),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    return alt.layer(line, dots)


@once
def _change() -> Any:
    tips = [
        alt.Tooltip("origin:N"),
        alt.Tooltip("points:Q", format="+.1f", title="B − A, points"),
        alt.Tooltip("run_p05:Q", format="+.1f", title="5th percentile"),
        alt.Tooltip("run_p95:Q", format="+.1f", title="95th percentile"),
    ]
    kinds = ["line", "sum"]
    base = alt.Chart(data("origins_change")).encode(y=_names(), tooltip=tips)
    whiskers = base.mark_rule(strokeWidth=2, color=INK).encode(x="run_p05:Q", x2="run_p95:Q")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("points:Q", title="percentage points", axis=alt.Axis(labelExpr=signed(), tickCount=4)),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[COLOURS[1].lower(), INK]), legend=None),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=None),
    )
    return alt.layer(zero(), whiskers, dots)
