"""The panel of levers, made from the declarations: nothing about a lever is written here a second time."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import Declaration, Figure, read
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from experiments.page.choices import SIDES, Choices, caseload_of, declared_at, fitted_behaviour, policy_of
from experiments.question.defaults import WEEKS

_TITLES = {"offer": "The offer", "standing": "The standing offer", "world": "The world", "behaviour": "Behaviour"}

#: Ends of a slider where neither plausible nor hard bounds give one; a number beyond them can be typed.
_USUAL_MOST = {
    "GBP/household": 60_000.0, "GBP/person": 20_000.0, "week": float(WEEKS), "weeks": 104.0, "years": 20.0,
    "months": 60.0, "1/week": 0.1, "1/year": 1.0, "1": 1.0,
}  # fmt: skip


@cache
def panel() -> list[dict[str, Any]]:
    """Groups of levers with all that is declared about each: the same for every visitor.

    Each group has ``title``, ``meaning``, ``shared`` and ``levers``.
    """
    groups: dict[str, dict[str, Any]] = {}
    for path, (model, _) in known_paths().items():
        if model is Caseload and not path.startswith("world."):
            continue
        section, shared = path.split(".")[0], model is not Policy
        if section not in groups:
            groups[section] = {
                "id": section,
                "title": _TITLES.get(section, section.capitalize()),
                "meaning": _meaning(section, model),
                "shared": shared,
                "levers": [],
            }
        declared = declared_at(path, shared=shared)
        if declared.kind == "str":
            continue
        groups[section]["levers"].append(_lever(declared))
    return list(groups.values())


def _meaning(section: str, model: Any) -> str:
    if model is Policy:
        model = type(getattr(Policy(), section))
    elif section == "world":
        return "What nobody in the room controls; the same for A and B."
    elif model is Behaviour:
        return "Coefficients of the households' decision, fitted or assumed; the same for A and B."
    return str(model.__doc__).strip().splitlines()[0]


def _lever(declared: Declaration) -> dict[str, Any]:
    least, most = _ends(declared)
    return {
        "path": declared.path,
        "name": declared.path.rsplit(".", 1)[-1].replace("_", " "),
        "meaning": declared.meaning,
        "unit": "" if declared.unit in ("1", "yes/no", "rule", "kind") else declared.unit,
        "kind": "int" if declared.whole else declared.kind,
        "choices": [{"value": c, "text": c.replace("_", " ")} for c in declared.choices],
        "optional": declared.optional,
        "least": least,
        "most": most,
        "step": _step(least, most, whole=declared.whole),
        "ge": declared.ge,
        "le": declared.le,
        "allowed": declared.allowed,
        "plausible": "" if declared.low is None or declared.high is None else f"{declared.low:g} to {declared.high:g}",
    }


def _ends(declared: Declaration) -> tuple[float, float]:
    """Ends of the slider: the plausible range if there is one, inside the hard bounds."""
    if not (declared.whole or declared.kind == "float"):
        return 0.0, 1.0
    least, most = declared.low, declared.high
    if least is None:
        least = max(declared.ge or 0.0, 0.0)
    if most is None:
        most = _USUAL_MOST.get(declared.unit, declared.le if declared.le is not None else 100.0)
        most = min(most, declared.le) if declared.le is not None else most
    return least, max(most, least + 1e-9)


def _step(least: float, most: float, *, whole: bool) -> float:
    """About a hundred steps from end to end, each a round number."""
    raw = (most - least) / 100.0
    power = 10.0 ** math.floor(math.log10(max(raw, 1e-12)))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    return max(1.0, step) if whole else step


def values(choices: Choices) -> dict[str, dict[str, Any]]:
    """What each lever stands at, where it started, and what that start rests on; by path, then by side."""
    found: dict[str, dict[str, Any]] = {}
    for group in panel():
        for lever in group["levers"]:
            path = lever["path"]
            sides = ("both",) if group["shared"] else SIDES
            found[path] = {side: _value(choices, side, path) for side in sides}
    return found


def _value(choices: Choices, side: str, path: str) -> dict[str, Any]:
    moved = choices.shared if side == "both" else choices.levers(side)
    start = choices.starting(side, path)
    if path in moved:
        return {"value": moved[path], "start": start, "mark": "yours", "source": "set by you", "url": ""}
    figure = _figure(choices, side, path)
    source = "; ".join(text for text in (figure.source, figure.note) if text)
    return {"value": start, "start": start, "mark": figure.mark, "source": source, "url": figure.url}


def _figure(choices: Choices, side: str, path: str) -> Figure:
    if side != "both":
        return policy_of(choices.a if side == "a" else choices.b).figure(path)
    if path.startswith("world."):
        return caseload_of(choices.caseload).figure(path)
    return fitted_behaviour().figure(path.removeprefix("behaviour."))


def differing(choices: Choices) -> int:
    """Number of levers in which A and B differ."""
    a, b = choices.shown.policies
    return sum(read(a, path) != read(b, path) for path in {*a.paths, *b.paths}) + (a.regimes != b.regimes)
