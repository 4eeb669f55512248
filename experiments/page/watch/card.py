"""The card of one household: who they are, what happened to them, and why, under A and under B."""

from __future__ import annotations

from typing import Any

from abm.browser.palette import LOOKS
from abm.household.stages import Stage
from abm.inputs.parameters import InputError
from abm.why import Explanation, explain, row_of, who
from experiments.page.choices import SIDES
from experiments.page.paired import Answer

_LEFT = {
    Stage.RETURNED_ASSISTED: "left in week {week} by assisted return",
    Stage.RETURNED_UNASSISTED: "left in week {week} without assistance",
    Stage.REMOVED: "removed in week {week}",
    Stage.SETTLED: "settled in week {week}",
}
_WHO = ("origin", "adults", "children", "school children", "housing", "site", "ties", "ties abroad", "arrived in week")


def card(answer: Answer, household: int, week: int) -> dict[str, Any]:
    """What the card shows.

    Parameters
    ----------
    household
        Identity.
    week
        The week in view; the decision explained is the household's latest up to then.

    Raises
    ------
    InputError
        If no household of either run has that identity.
    """
    week = min(max(0, week), answer.choices.weeks - 1)
    sides = [_side(answer, k, household, week) for k in (0, 1)]
    people = next((side["who"] for side in sides if side["who"]), None)
    if people is None:
        count = answer.choices.size
        raise InputError("household", household, f"0 to {count - 1} (the stock), or the number of an arrival")
    return {
        "id": household,
        "week": week,
        "who": [{"name": name, "text": str(people[name])} for name in _WHO],
        "verdict": _verdict([side["outcome"] for side in sides]),
        "sides": sides,
        "terms": _beside([side["terms"] for side in sides]),
        "chances": _beside([side["chances"] for side in sides]),
        "beliefs": _beside([side["beliefs"] for side in sides]),
        "weeks": answer.choices.weeks,
    }


def _side(answer: Answer, k: int, household: int, week: int) -> dict[str, Any]:
    history = answer.film.history(k, household)
    told: dict[str, Any] = {
        "name": SIDES[k].upper(),
        "who": None,
        "outcome": _outcome(history, answer.choices.weeks),
        "strip": [{"from": max(0, entered), "stage": stage} for entered, stage in history],
        "entries": [],
        "decided": "",
        "terms": {},
        "chances": {},
        "beliefs": {},
    }
    try:
        state = answer.film.takes[k].run.state
        told["who"] = who(answer.prepared[k], state, row_of(state, household))
    except InputError:
        told["decided"] = "This household does not come under this policy."
        return told
    decision = answer.film.last_decision(k, household, week)
    if decision is None:
        told["entries"] = _later(history, -1)
        told["decided"] = f"It has had no decision to make up to week {week}."
        return told
    try:
        found = explain(answer.prepared[k], answer.choices.seed, household, decision)
    except InputError:
        told["entries"] = _later(history, -1)
        told["decided"] = f"In week {decision} the state decided before the household could."
        return told
    told["who"] = {**told["who"], "housing": found.household["housing"]}
    told["entries"] = [{"week": w, "text": text} for w, text in found.history] + _later(history, decision - 1)
    told["decided"] = _decided(found)
    told["terms"] = {f"{name} ({_ways(way)})": value for name, value, way in found.terms}
    told["chances"] = {_choice(name): value for name, value in found.probabilities.items()}
    told["beliefs"] = dict(found.beliefs)
    return told


def _decided(found: Explanation) -> str:
    if not found.considered:
        began = f"In week {found.week} it did not consider its situation, and stayed."
        return f"{began} Had it done so, it would have weighed:"
    chosen = {
        "STAY": "stayed", "ASSISTED_RETURN": "chose assisted return", "UNASSISTED_RETURN": "chose to return unassisted",
        "GO_IRREGULAR": "went out of contact",
    }[found.choice]  # fmt: skip
    return f"In week {found.week} it considered its situation and {chosen}. It weighed:"


def _ways(way: str) -> str:
    return {"return": "any return", "irregular": "going irregular"}.get(way, f"{way} return")


def _choice(name: str) -> str:
    return {"go irregular": "go out of contact"}.get(name, name)


def _later(history: list[tuple[int, int]], week: int) -> list[dict[str, Any]]:
    """What the film shows after a week."""
    return [{"week": w, "text": LOOKS[Stage(stage)].title} for w, stage in history if w > week and stage]


def _outcome(history: list[tuple[int, int]], weeks: int) -> str:
    """How it ends for the household under one side."""
    entered, stage = history[-1]
    if stage == Stage.ABSENT:
        return "never came"
    if Stage(stage) in _LEFT:
        return _LEFT[Stage(stage)].format(week=entered)
    returned = [w for w, s in history if Stage(s) in (Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED)]
    back = f"left in week {returned[-1]}, came back, " if returned else ""
    state = {
        Stage.AWAITING: "awaiting a decision", Stage.REFUSED: "refused, its appeal still open",
        Stage.EXHAUSTED: "its claim failed, in contact", Stage.ABSCONDED: "out of contact",
        Stage.PROTECTED: "protected",
    }[Stage(stage)]  # fmt: skip
    return f"{back}still there in week {weeks - 1}, {state}"


def _verdict(outcomes: list[str]) -> str:
    a, b = outcomes
    if a == b:
        return f"{a[0].upper()}{a[1:]} under both."
    return f"{b[0].upper()}{b[1:]} under B; under A {a}."


def _beside(sides: list[dict[str, float]]) -> list[dict[str, Any]]:
    """Rows with a value of A and of B; rows that are zero on both are left out."""
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    rows = [{"name": name, "a": sides[0].get(name), "b": sides[1].get(name)} for name in names]
    return [r for r in rows if r["a"] or r["b"]]
