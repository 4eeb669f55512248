"""The levers in which A and B differ, with mark, and how each policy changes in the course of time."""

from __future__ import annotations

from abm.inputs.parameters import Week, read
from abm.inputs.policy import Policy
from experiments.page.choices import SIDES, Choices
from experiments.page.lever_words import name_of
from experiments.page.lever_words import told as in_words
from experiments.report.amounts import NONE


def differing(choices: Choices) -> list[dict[str, str]]:
    """The levers in which A and B differ, a row a lever: ``name``, ``path``, and value and mark of each.

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
    told = {"path": path, "name": name_of(path)}
    for side, figure, is_made in zip(SIDES, figures, made, strict=True):
        moved = path in choices.levers(side)
        absent = "no such offer" if path.endswith("amount_per_person") else NONE
        told[side] = in_words(path, figure.value) if is_made else absent
        told[f"{side}_mark"] = ("yours" if moved else figure.mark) if is_made else ""
    return told


def _regimes(policies: tuple[Policy, ...]) -> list[dict[str, str]]:
    """A row a date (or week) on which a policy changes, with what it changes."""
    if policies[0].regimes == policies[1].regimes:
        return []
    found: dict[Week, dict[str, str]] = {}
    for side, policy in zip(SIDES, policies, strict=True):
        for regime in policy.regimes:
            when = f"week {regime.start}" if isinstance(regime.start, int) else f"{regime.start:%d %B %Y}".lstrip("0")
            empty = {f"{other}{key}": "" for other in SIDES for key in ("", "_mark")}
            row = found.setdefault(regime.start, {"path": "regime", "name": f"from {when}", **empty})
            changes = [f"{name_of(path)}: {in_words(path, value)}" for path, value in regime.levers.items()]
            row[side] = "; ".join(changes)
    for row in found.values():
        for side in SIDES:
            row[side] = row[side] or "no change"
    return list(found.values())
