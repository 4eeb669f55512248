"""How far the inputs of a comparison can be trusted: how many are sourced, fitted or assumed, and which."""

from __future__ import annotations

from collections import Counter
from typing import Any

from abm.inputs.parameters import MARKS, Figure, Inputs, declarations
from experiments.page.question import Question, text_of

#: What the marks mean, for a reader of the page.
MEANINGS = {
    "primary": "government, parliament, official statistics, or a study's own text",
    "press": "press or another secondary report",
    "inferred": "arithmetic on sourced figures",
    "fitted": "set so that the model meets calibration targets",
    "assumed": "nobody has measured it; the range says how wrong it may be",
}

_WITHOUT_UNIT = ("1", "yes/no", "rule", "kind", "names", "stage")


def figures(question: Question) -> dict[str, tuple[str, Figure]]:
    """Every input of either side: unit and figure; a lever counts once, by its less certain mark."""
    found: dict[str, tuple[str, Figure]] = {}
    order = {mark: position for position, mark in enumerate(MARKS)}
    (policy_a, caseload, behaviour), (policy_b, _, _) = question.inputs("a"), question.inputs("b")
    groups: list[tuple[str, Inputs]] = [
        ("", policy_a),
        ("", policy_b),
        ("caseload.", caseload),
        ("behaviour.", behaviour),
    ]
    for prefix, inputs in groups:
        for path, declared in declarations(type(inputs)).items():
            name = path if path.startswith("world.") else prefix + path
            figure = inputs.figure(path)
            if name not in found or order[figure.mark] > order[found[name][1].mark]:
                found[name] = declared.unit, figure
    return found


def trust(question: Question) -> dict[str, Any]:
    """Counts by mark, and the assumed inputs with value and range."""
    known = figures(question)
    count = Counter(figure.mark for _, figure in known.values())
    return {
        "total": len(known),
        "marks": [{"mark": mark, "count": count[mark], "meaning": MEANINGS[mark]} for mark in MARKS],
        "assumed": [
            {
                "path": path,
                "value": text_of(figure.value),
                "unit": "" if figure.value is None or unit in _WITHOUT_UNIT else unit,
                "range": "" if figure.low is None or figure.high is None else f"{figure.low:g} to {figure.high:g}",
            }
            for path, (unit, figure) in known.items()
            if figure.mark == "assumed"
        ],
    }
