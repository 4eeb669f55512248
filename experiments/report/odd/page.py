"""The protocol as a page: the template, with a table, a diagram or an equation at each ``{{ name }}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import abm
from experiments.report.odd import tables
from experiments.report.odd.equations import equations, named
from experiments.report.odd.moves import MOVES, diagram

#: Where the protocol stands, and its words.
ODD = Path(abm.__file__).parent / "ODD.md"
TEMPLATE = Path(__file__).parent / "template.md"

_PLACE = re.compile(r"\{\{ ([a-z_.]+) \}\}")


def drawn(chosen: bool) -> str:
    """The moves between stages that households choose, or those that happen to them, as Mermaid in Markdown."""
    moves = [move for move in MOVES if move.chosen == chosen]
    return f"```mermaid\n{diagram(moves, 'LR' if chosen else 'TB')}\n```"


#: What a place of the template can be filled with; besides ``equation.NAME``.
PARTS: dict[str, Callable[[], str]] = {
    "stages": tables.stages, "columns": tables.columns, "kinds": tables.kinds, "origins": tables.origins,
    "week": tables.week, "circumstances": tables.circumstances, "terms": tables.terms, "purposes": tables.purposes,
    "flows": tables.flows, "lines": tables.lines, "upkeep": tables.upkeep, "measures": tables.measures,
    "histories": tables.histories, "parameters": tables.parameters, "reference": tables.reference,
    "happens": lambda: drawn(False), "chosen": lambda: drawn(True),
}  # fmt: skip


def page() -> str:
    """The protocol, from the template and the declarations."""
    text = TEMPLATE.read_text(encoding="utf-8")
    return named(_PLACE.sub(lambda found: _part(found[1]), text))


def places() -> list[str]:
    """What the template asks for, in order."""
    return _PLACE.findall(TEMPLATE.read_text(encoding="utf-8"))


def _part(name: str) -> str:
    kind, _, which = name.partition(".")
    return equations()[which].shown() if kind == "equation" else PARTS[name]()
