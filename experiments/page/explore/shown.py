"""A look along levers as its section shows it: sentences, table of points, picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from abm.measures import COMPARED, MEASURES
from experiments.page.choices import Choices
from experiments.page.explore import charts
from experiments.page.explore.found import Whole, measures, told_swings
from experiments.page.explore.numeric import levers
from experiments.page.explore.plan import FEW, MOST, Plan
from experiments.page.explore.running import PACE
from experiments.question.question import PULL_ON
from experiments.report.sweep_reading import value_words
from experiments.report.sweep_words import scale_of

NO_RUNS: dict[str, Any] = {"sentences": [], "chart": None, "table": None}


def lever_options(*, only_b: bool = False) -> list[dict[str, str]]:
    """Every lever that is a number: those of the policy first."""
    return [
        {"value": path, "text": lever.title, "group": lever.group, "meaning": lever.meaning}
        for path, lever in levers().items()
        if lever.numeric and not (only_b and lever.shared)
    ]


def measure_options() -> list[dict[str, str]]:
    """Every measure that each run has, as a difference between B and A."""
    found = []
    for name in measures():
        measure = (COMPARED | MEASURES)[name]
        found.append(
            {"value": name, "text": measure.title, "group": measure.group, "meaning": _of_sides(measure.definition)}
        )
    return found


def _of_sides(definition: str) -> str:
    """A definition in the page's words, where the baseline is A and the variant B."""
    return definition.replace("the baseline", "A").replace("that of the variant", "that under B")


def in_words(plans: Sequence[Plan]) -> str:
    """How many runs some plans come to, and about how long they take."""
    plan = plans[0]
    limit = MOST if len(plan.factors) == 1 else FEW
    most = f" (at most {limit} here)" if plan.choices.replicates > plan.replicates == limit else ""
    worlds = ", pull factor off and on" if len(plans) > 1 else ""
    points = f"{plan.points} points × {plan.replicates} runs{most}{worlds}, and A beside them"
    return f"{points}: {sum(one.runs for one in plans):,} runs, about {_long(sum(map(PACE.seconds, plans)))}."


def tornado_in_words(first: Plan, most: Plan) -> str:
    """The same of a tornado, whose levers that move most are run again with more runs."""
    long = _long(PACE.seconds(first) + PACE.seconds(most))
    return (
        f"{len(first.factors)} levers at both ends × {first.replicates} runs, then the {len(most.factors)} that move"
        f" most × {most.replicates}, and A beside them: at most {first.runs + most.runs:,} runs, about {long}."
    )


def _long(seconds: float) -> str:
    return f"{max(1, round(seconds))} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"


def line_shown(choices: Choices, measure: str, off: Whole, on: Whole | None, *, dark: bool) -> dict[str, Any]:
    """A dose–response."""
    (path,) = off.plan.factors
    lever = levers()[path]
    now = lever.value(choices)
    told = off.sentences(measure)
    if on is not None and on.same_as(off):
        told.append("With the pull factor on all is the same: no offer here draws anybody.")
        on = None
    if on is not None and on.enough and not off.idle:
        (elasticity,) = PULL_ON.values()
        told += [f"With the pull factor on (arrivals follow the offer with an elasticity of {elasticity:g}): {text}"
                 for text in (f"{one[:1].lower()}{one[1:]}" for one in on.sentences(measure))]  # fmt: skip
    told += _reference(measure, off, lever.shared) + off.left_out()
    if now is None:
        told.append("B has no limit here now, so its own value is not on the axis.")
    whole = [off, *([on] if on is not None else [])]
    rows = [whole.reading(measure).rows.set_index("point") for whole in whole]
    table = []
    for point, row in rows[0].iterrows():
        cells = []
        for one, held in zip(whole, rows, strict=True):
            cells += _cells(one, measure, held.loc[point].to_dict() if point in held.index else None)
        words = value_words(path, row[path])
        table.append(_row(int(str(point)), words, cells, current=row[path] == now, shared=lever.shared))
    heads = [lever.title]
    for name in ("", ", pull factor on")[: len(whole)]:
        heads += [f"{off.reading(measure).name}{name}", "middle 90 % of runs"]
    return {
        "sentences": told,
        "chart": None if not len(off.cells) else charts.line_chart(measure, off, on, now, dark=dark),
        "table": {"heads": heads, "rows": table},
    }


def map_shown(choices: Choices, measure: str, whole: Whole, *, dark: bool) -> dict[str, Any]:
    """A map of two levers."""
    across, up = whole.plan.factors
    now = tuple(levers()[path].value(choices) for path in (across, up))
    reading = whole.reading(measure)
    rows = []
    for row in reading.rows.to_dict("records"):
        words = " and ".join(value_words(path, row[path]) for path in (across, up))
        sign = "above zero" if row["value"] > 0 else "below zero"
        if charts.unsure(row):
            sign = "no difference" if row["low"] == row["high"] == 0 else "uncertain"
        cells = [*_cells(whole, measure, row), sign if whole.enough else "not yet"]
        shared = all(levers()[path].shared for path in (across, up))
        rows.append(_row(row["point"], words, cells, current=(row[across], row[up]) == now, shared=shared))
    heads = [
        f"{levers()[across].title} and {levers()[up].title}",
        reading.name,
        "middle 90 % of runs",
        "sign of the mean",
    ]
    return {
        "sentences": whole.sentences(measure) + whole.left_out(),
        "chart": None if not len(whole.cells) else charts.map_chart(measure, whole, (now[0], now[1]), dark=dark),
        "table": {"heads": heads, "rows": rows},
    }


def tornado_shown(measure: str, whole: Whole, *, dark: bool) -> dict[str, Any]:
    """The levers of the policy, one at a time."""
    reading = whole.reading(measure)
    found = swings_of(whole, measure)
    moving = [row for row in found if row["most"] != row["least"]]
    still = [levers()[row["factor"]].title for row in found if row["most"] == row["least"]]
    told = whole.sentences(measure) + whole.left_out()
    if still:
        many = f"{len(still)} levers make" if len(still) > 1 else "One lever makes"
        told.append(f"{many} no difference at either end; they are named at the end of the table.")
    rows = [
        {
            "point": row["factor"], "value": levers()[row["factor"]].title, "current": False,
            "action": "Look along it" if levers()[row["factor"]].numeric else "",
            "cells": [f"{whole.told(measure, row[end])} at {row[f'{end}_at']}" for end in ("least", "most")],
        }
        for row in moving
    ]  # fmt: skip
    rows += [
        {"point": title, "value": title, "current": False, "action": "", "cells": ["no difference", ""]}
        for title in still
    ]
    return {
        "sentences": told,
        "chart": charts.tornado_chart(measure, whole, dark=dark) if moving else None,
        "table": {"heads": ["Lever", f"least {reading.name}", f"most {reading.name}"], "rows": rows},
    }


def swings_of(whole: Whole, measure: str) -> list[dict[str, Any]]:
    """Of one at a time: what each lever makes of a measure at the least and the most, the widest first."""
    return told_swings(whole.reading(measure)) if len(whole.cells) else []


def _reference(measure: str, whole: Whole, shared: bool) -> list[str]:
    """What zero stands for."""
    if measure not in MEASURES or not len(whole.cells):
        return ["The line at zero: B costs as much as A."] if measure in COMPARED and "saving" in measure else []
    levels = whole.of_a(measure)
    reading = whole.reading(measure)
    s = scale_of(reading, reading.rows.assign(value=levels, low=levels, high=levels))
    number, end = s.value(levels[0]), s.value(levels[-1])
    unit = s.label.removeprefix("£") if s.label.startswith("£") else f" {s.label}"
    pound = "£" if s.label.startswith("£") else ""
    text = f"{pound}{number}{unit}"
    if shared and number != end:
        text += f" at the first point, {pound}{end}{unit} at the last"
    return [f"The line at zero is A: {text}."]


def _cells(whole: Whole, measure: str, row: dict[str, Any] | None) -> list[str]:
    if row is None or math.isnan(row["value"]):
        return ["–", ""]
    between = " to ".join(whole.told(measure, row[end]) for end in ("p05", "p95")) if whole.enough else "not yet"
    return [whole.told(measure, row["value"]), between]


def _row(point: int, words: str, cells: list[str], *, current: bool, shared: bool) -> dict[str, Any]:
    action = f"Set {'A and B' if shared else 'B'} to {words}"
    return {"point": point, "value": words, "cells": cells, "current": current, "action": action}
