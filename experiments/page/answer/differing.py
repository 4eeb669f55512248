"""The levers in which A and B differ, with unit and mark, and how each policy changes in the course of time."""

from __future__ import annotations

from abm.inputs.parameters import Week, read
from abm.inputs.policy import Policy
from experiments.page.choices import SIDES, Choices
from experiments.report.amounts import NONE
from experiments.report.amounts import plain as as_text

_WITHOUT_UNIT = ("1", "yes/no", "rule", "kind", "week", "origins", "names", "stage")
_OFFERS = {"offer": "the offer: ", "standing": "the standing offer: "}


def differing(choices: Choices) -> list[dict[str, str]]:
    """The levers in which A and B differ, a row a lever: ``name``, ``path``, ``unit``, and value and mark of each.

    What is set of an offer that neither makes is left out.  Then the regimes: what changes, and when.
    """
    policies = choices.shown.policies
    paths = list(dict.fromkeys(path for policy in policies for path in policy.paths))
    found = [_row(choices, path) for path in paths if _matters(policies, path)]
    return found + _regimes(policies)


def _matters(policies: tuple[Policy, ...], path: str) -> bool:
    if read(policies[0], path) == read(policies[1], path):
        return False
    made = [_made(policy, path) for policy in policies]
    return any(made) and (all(made) or path.endswith("amount_per_person") or _said(policies, path, made))


def _said(policies: tuple[Policy, ...], path: str, made: list[bool]) -> bool:
    """Whether the one policy that makes an offer gives a lever of it another value than an offer has by default."""
    policy = policies[made.index(True)]
    return path in policy.said


def _made(policy: Policy, path: str) -> bool:
    """Whether a lever does something: it is of no offer, or of one that is made."""
    place = policy.place_of(path)
    return place[0] != "offers" or (place[1] in policy.offers and policy.offers[place[1]].amount_per_person > 0)


def _row(choices: Choices, path: str) -> dict[str, str]:
    policies = choices.shown.policies
    figures = [policy.figure(path) for policy in policies]
    made = [_made(policy, path) for policy in policies]
    told = {"path": path, "name": _name(policies[0], path), "unit": _unit(figures[0].unit)}
    for side, figure, is_made in zip(SIDES, figures, made, strict=True):
        moved = path in choices.levers(side)
        absent = "no such offer" if path.endswith("amount_per_person") else NONE
        told[side] = _value(figure.value) if is_made else absent
        told[f"{side}_mark"] = ("yours" if moved else figure.mark) if is_made else ""
    return told


def _name(policy: Policy, path: str) -> str:
    """A lever in plain words: which offer or part of the policy, and what."""
    place = policy.place_of(path)
    leaf = place[-1].replace("_", " ")
    if place[0] == "offers":
        return _OFFERS.get(place[1], f"the offer “{place[1].replace('_', ' ')}”: ") + leaf
    return f"{place[0].replace('_', ' ')}: {leaf}"


def _unit(unit: str) -> str:
    if unit.startswith("1/"):
        return f"per {unit[2:]}"
    return "" if unit in _WITHOUT_UNIT else unit.replace("GBP", "£").replace("/", " a ")


def _value(value: object) -> str:
    return as_text(value).replace("-", "−") if isinstance(value, int | float) else as_text(value).replace("_", " ")


def _regimes(policies: tuple[Policy, ...]) -> list[dict[str, str]]:
    """A row a date (or week) on which a policy changes, with what it changes."""
    if policies[0].regimes == policies[1].regimes:
        return []
    found: dict[Week, dict[str, str]] = {}
    for side, policy in zip(SIDES, policies, strict=True):
        for regime in policy.regimes:
            when = f"week {regime.start}" if isinstance(regime.start, int) else f"{regime.start:%d %B %Y}".lstrip("0")
            empty = {f"{other}{key}": "" for other in SIDES for key in ("", "_mark")}
            row = found.setdefault(regime.start, {"path": "regime", "name": f"from {when}", "unit": "", **empty})
            changes = [f"{_name(policy, path)} {_value(value)}" for path, value in regime.levers.items()]
            row[side] = "; ".join(changes)
    for row in found.values():
        for side in SIDES:
            row[side] = row[side] or "no change"
    return list(found.values())
