"""The rules add from left to right: the built-in `sum` compensates for rounding from Python 3.12 on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Where Python and the compiled week must give the same bits; measures are read from what they give.
RULES = [
    *(
        path
        for wing in ("numerics", "household", "arrays", "week", "measures")
        for path in (ROOT / "abm" / wing).rglob("*.py")
    ),
]


def built_in_sums(text: str) -> list[int]:
    """Lines that speak of the built-in `sum` (called, or handed on) or of `math.fsum` and `math.sumprod`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        named = isinstance(node, ast.Name) and node.id in ("sum", "fsum", "sumprod")
        if named or (isinstance(node, ast.Attribute) and node.attr in ("fsum", "sumprod")):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_rule_adds_with_the_built_in_sum(path: Path) -> None:
    assert built_in_sums(path.read_text(encoding="utf-8")) == []


def test_there_are_rules() -> None:
    assert len(RULES) > 25


@pytest.mark.parametrize("rule", ["x = sum(y)", "x = functools.reduce(sum, y)", "x = math.fsum(y)"])
def test_a_built_in_sum_would_be_found(rule: str) -> None:
    assert built_in_sums(f"def rule(y):\n    {rule}\n") == [2]


def test_a_sum_of_an_array_is_numpys_own() -> None:
    assert built_in_sums("def rule(y):\n    return y.sum()\n") == []
