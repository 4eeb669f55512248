"""How far the inputs of a comparison can be trusted, as the page tells it: counts by mark, and what is assumed."""

from __future__ import annotations

from typing import Any

from abm.inputs.parameters import MARKS, Figure
from experiments.page.choices import text_of
from experiments.question.question import Question
from experiments.report.marks import marks, rests_on

#: What the marks mean, for a reader of the page.
MEANINGS = {
    "primary": "government, parliament, official statistics, or a study's own text",
    "press": "press or another secondary report",
    "inferred": "arithmetic on sourced figures",
    "fitted": "set so that the model meets calibration targets",
    "assumed": "nobody has measured it; the range says how wrong it may be",
}

_WITHOUT_UNIT = ("1", "yes/no", "rule", "kind", "names", "stage")


def trust(question: Question) -> dict[str, Any]:
    """Counts by mark, and the assumed inputs with value and range."""
    count = marks(question)
    return {
        "total": sum(count.values()),
        "marks": [{"mark": mark, "count": count[mark], "meaning": MEANINGS[mark]} for mark in MARKS],
        "assumed": [_told(path, found) for path, found in rests_on(question).items() if found.mark == "assumed"],
    }


def _told(path: str, figure: Figure) -> dict[str, str]:
    return {
        "path": path,
        "value": text_of(figure.value),
        "unit": "" if figure.value is None or figure.unit in _WITHOUT_UNIT else figure.unit,
        "range": "" if figure.low is None or figure.high is None else f"{figure.low:g} to {figure.high:g}",
    }
