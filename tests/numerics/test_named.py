"""Names declared once: numbered as written, with a meaning each, and read by the rules as plain numbers."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numba import njit

from abm.arrays.ledger import LINE, Line
from abm.arrays.origins import ORIGIN, Origin
from abm.arrays.setting import GIVEN, MIX, Given, Mix
from abm.arrays.state import COUNT, FLOW, KIN, LAND, Count, Flow, Kin, Land
from abm.household.stages import (
    ACCOUNT,
    CHOICE,
    COL,
    HOUSING,
    NOTICE,
    STAGE,
    Account,
    Choice,
    Column,
    Housing,
    Notice,
    Stage,
)  # fmt: skip
from abm.numerics.arithmetic import INTERPRETED
from abm.numerics.draws import PURPOSE, Purpose
from abm.numerics.literals import literals
from abm.numerics.named import Named, numbers

#: What the rules read, the class it is made of, and whether they compare it with values in a column (floats).
NUMBERS = [
    (STAGE, Stage, float), (HOUSING, Housing, float), (CHOICE, Choice, float),
    (ACCOUNT, Account, float), (FLOW, Flow, int), (LINE, Line, int), (COUNT, Count, int), (LAND, Land, int),
    (KIN, Kin, int), (ORIGIN, Origin, int), (GIVEN, Given, int), (MIX, Mix, int), (PURPOSE, Purpose, int),
]  # fmt: skip


@pytest.mark.parametrize(("found", "names", "kind"), NUMBERS, ids=[names.__name__ for _, names, _ in NUMBERS])
def test_numbers_are_those_of_the_enumeration_in_declared_order(found, names, kind) -> None:
    assert list(found._fields) == [member.name for member in names]
    assert list(found) == [int(member) for member in names]
    assert {type(number) for number in found} == {kind}
    assert all(getattr(found, member.name) == member for member in names)


def test_the_compiler_knows_which_number_a_column_has() -> None:
    """A plain number could not decide of the type of what it finds: here, whether a text or a number is found."""
    assert {name: number for name, number in vars(COL).items() if name != "_of"} == {c.name: int(c) for c in Column}
    held = literals(Stage)

    @njit
    def found() -> tuple[float, bool]:
        pair = (2.5, True)
        return pair[held.ABSENT], pair[held.AWAITING]

    assert found() == (2.5, True)


@pytest.mark.parametrize("names", [Column, *(names for _, names, _ in NUMBERS if issubclass(names, Named))])
def test_names_are_numbered_from_nought_as_they_are_written(names: type[Named]) -> None:
    assert [int(member) for member in names] == list(range(len(names)))
    assert len({member.name for member in names}) == len(names)


@pytest.mark.parametrize("names", [Notice, Column, *(names for _, names, _ in NUMBERS)])
def test_every_name_has_a_meaning_of_its_own(names) -> None:
    meanings = [member.meaning for member in names]
    assert all(len(meaning) > 2 for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_notices_are_bits_of_their_own() -> None:
    assert list(NOTICE) == [1 << int(notice) for notice in Notice]


def test_a_member_is_found_by_its_number_and_survives_the_way_between_processes() -> None:
    assert Stage(3) is Stage.EXHAUSTED
    assert pickle.loads(pickle.dumps(Stage.EXHAUSTED)) is Stage.EXHAUSTED
    assert pickle.loads(pickle.dumps(Line.offer)) is Line.offer


@pytest.mark.skipif(INTERPRETED, reason="compilation is off")
def test_the_compiler_takes_the_numbers_for_constants() -> None:
    @njit
    def compiled(stage: float) -> tuple[bool, int]:
        return stage == STAGE.REFUSED, COL.stage

    assert compiled(2.0) == (True, Column.stage)
    assert f"i64 {COL.stage}" in next(iter(compiled.inspect_llvm().values()))


def test_a_name_can_carry_further_facts() -> None:
    class Beast(Named):
        cat = "a cat", 9
        dog = "a dog", 1

        def __init__(self, meaning: str, lives: int) -> None:
            self.lives = lives

    assert [(int(beast), beast.meaning, beast.lives) for beast in Beast] == [(0, "a cat", 9), (1, "a dog", 1)]
    assert numbers(Beast, float) == (0.0, 1.0)
    assert np.array([5, 6, 7])[Beast.dog] == 6
