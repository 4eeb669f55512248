"""The table of deliberate bugs is up to date: each can be put in, and what is told is of bugs that are there."""

from __future__ import annotations

import ast
import csv

import pytest
from mutation.run import HERE, ROOT, SUITE, Mutant, mutants, survivors

EVERY = mutants()


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_a_bug_can_be_put_in(mutant: Mutant) -> None:
    """Whoever changes a rule on purpose changes its bugs."""
    before = ast.dump(ast.parse((ROOT / mutant.file).read_text(encoding="utf-8")))
    assert ast.dump(ast.parse(mutant.text())) != before


def test_there_are_bugs_and_each_has_a_name_and_a_result() -> None:
    """After a new one: ``python tests/mutation/run.py``."""
    names = [mutant.name for mutant in EVERY]
    assert len(set(names)) == len(names) >= 60
    with (HERE / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["mutant"] for row in rows] == names
    assert {row["mutant"] for row in rows if not row["caught by"]} == set(survivors())
    assert all(len(why) > 20 for why in survivors().values())


def test_what_cannot_be_put_in_is_told() -> None:
    with pytest.raises(LookupError, match=r"found 0 times in abm/version\.py"):
        Mutant("none", "abm/version.py", "no such line", "").text()


def test_the_quick_tests_are_there() -> None:
    assert all((ROOT / "tests" / path).is_file() for path in SUITE)
