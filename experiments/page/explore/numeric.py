"""The levers that can be looked along: every number of a policy, of the world and of behaviour, with its range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from experiments.page.choices import Choices
from experiments.page.declared import declared_at
from experiments.page.lever_words import name_of
from experiments.page.levers import panel
from experiments.report.sweep_reading import label

#: Of an offer, what must not be nought for the rest of it to matter.
_AMOUNT = "amount_per_person"
_KINDS = ("int", "float")
_TIMES = ("days", "week", "weeks", "months", "years")


@dataclass(frozen=True)
class Lever:
    """One lever of the page.

    Attributes
    ----------
    path
        Its dotted path.
    group
        What it is part of: the offer, support, the world …
    title
        Its name with its unit.
    meaning
        As declared.
    shared
        Whether it is the same for A and B (world and behaviour).
    kind
        ``int``, ``float``, ``bool`` or ``choice``.
    least, most
        Ends of its plausible range, those of the page's sliders.
    values
        What can be chosen, where it is not a number.
    """

    path: str
    group: str
    title: str
    meaning: str
    shared: bool
    kind: str
    least: float
    most: float
    values: tuple[Any, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in _KINDS

    def value(self, choices: Choices) -> Any:
        """What it stands at under B."""
        moved = choices.shared if self.shared else choices.levers_b
        return moved[self.path] if self.path in moved else self.start(choices)

    def start(self, choices: Choices) -> Any:
        """What it stood at before it was moved."""
        return choices.starting("both" if self.shared else "b", self.path)

    def levels(self, choices: Choices, count: int) -> list[Any]:
        """So many values from end to end of its range, widened where B stands outside; fewer of whole numbers.

        What is not a number has all its values.
        """
        if not self.numeric:
            return list(self.values)
        known = [v for v in (self.value(choices), self.start(choices)) if v is not None]
        ends = min([self.least, *known]), max([self.most, *known])
        if self.kind == "int":
            return list(dict.fromkeys(round(v) for v in np.linspace(*ends, count).tolist()))
        return list(dict.fromkeys(float(f"{v:.6g}") for v in np.linspace(*ends, count).tolist()))


@cache
def levers() -> dict[str, Lever]:
    """Every lever of the page by path: those of the policy first, then the world's and behaviour's."""
    found = {}
    for group in panel():
        for told in group["levers"]:
            path, shared = told["path"], bool(group["shared"])
            declared = declared_at(path, side="both" if shared else "b")
            if told["kind"] == "str" and not declared.choices:
                continue  # free text, such as a list of countries, has no ends
            kind = "choice" if declared.choices else told["kind"]
            values = tuple(declared.choices) if declared.choices else (False, True) if kind == "bool" else ()
            ends = float(told["least"]), float(told["most"])
            found[path] = Lever(path, group["title"], _title(path), told["meaning"], shared, kind, *ends, values)
    return dict(sorted(found.items(), key=lambda item: item[1].shared))


def _title(path: str) -> str:
    """A lever in plain words, with the unit in which a sweep has it."""
    _, bracket, unit = label(path).partition(" (")
    last = path.rpartition("_")[2]
    if not bracket and last in _TIMES:  # the path ends in its unit, which the name does not
        bracket, unit = " (", f"{last})"
    return name_of(path) + bracket + unit


def numeric() -> dict[str, Lever]:
    """Those of them that are numbers."""
    return {path: lever for path, lever in levers().items() if lever.numeric}


def with_effect(choices: Choices) -> list[Lever]:
    """The levers of the policy that can have an effect on B: not those of an offer that B does not make.

    Nor those that are text (the origins to which an offer is open), which have no ends.
    """
    found = []
    for lever in levers().values():
        section, _, name = lever.path.rpartition(".")
        amount = levers().get(f"{section}.{_AMOUNT}")
        idle = amount is not None and name != _AMOUNT and amount.value(choices) == 0.0
        if (lever.numeric or lever.values) and not (lever.shared or idle):
            found.append(lever)
    return found
