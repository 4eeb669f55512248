"""What the source of the rules says of itself: the order of a week, and the first sentence of a rule."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import abm

ABM = Path(abm.__file__).parent


@cache
def functions(module: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module, by name, as written."""
    path = ABM.parent / Path(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def function(rule: str) -> ast.FunctionDef:
    """The function of a name such as ``abm.household.decision:terms``.

    Raises
    ------
    KeyError
        If there is none.
    """
    module, _, name = rule.partition(":")
    return functions(module)[name]


def says(rule: str) -> str:
    """The first sentence of a rule's docstring."""
    told = " ".join((ast.get_docstring(function(rule)) or "").split())
    return re.split(r"(?<=\.)\s", told, maxsplit=1)[0]


def calls(rule: str) -> list[str]:
    """The rules that a rule calls in a statement of their own, in order, as ``module:name``."""
    module = rule.partition(":")[0]
    path = ABM.parent / Path(*module.split(".")).with_suffix(".py")
    place = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    place |= {name: f"{module}:{name}" for name in functions(module)}
    found = [
        node.value.func
        for node in ast.walk(function(rule))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
    ]
    return [place[called.id] for called in sorted(found, key=lambda called: called.lineno) if called.id in place]


def week() -> list[str]:
    """The processes of a week, in the order in which they run; what the state does is told step by step."""
    state = "abm.week.week:the_state_acts"
    order: list[str] = []
    for rule in calls("abm.week.week:one_week"):
        order += calls(state) if rule == state else [rule]
    return order
