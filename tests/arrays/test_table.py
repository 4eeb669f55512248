"""The table of households: to the rules all floats, in memory as little as holds them; nothing is lost by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from tiny import busy

from abm.arrays.table import Table, new_table, own_number, set_made, set_own, week_made
from abm.household.stages import COL, TOLD, Column, Held, Kind
from abm.mesa_model import ReturnModel
from abm.numerics.arithmetic import COMPILE
from abm.numerics.calendar import NEVER, NO_LIMIT


def filled() -> Table:
    """Three households, two offers and a column of one's own; every entry differs from the others of its column."""
    table = new_table(3, 2, 1)
    for column in Column:
        table[column, 1], table[column, 2] = float(column), 200.0 - float(column)
    return table


def test_nothing_has_happened_in_a_new_table() -> None:
    table = new_table(2, 2, 1)
    assert table.shape == (TOLD + 3, 2)
    for column in Column:
        expected = {Kind.PAST: NEVER, Kind.COMING: NO_LIMIT}.get(column.kind, 0.0)
        assert table[column].tolist() == [expected, expected], column.name
    assert [table[TOLD + k, 1] for k in range(3)] == [NO_LIMIT, NO_LIMIT, 0.0]


def test_it_reads_like_an_array_of_floats() -> None:
    table = filled()
    whole = np.asarray(table)
    assert whole.shape == table.shape
    assert whole.dtype == np.float64
    for column in Column:
        assert np.array_equal(table[column], whole[column])
        assert table[column].dtype == np.float64
        assert type(table[column, 1]) is float
        assert table[column, np.array([2, 1])].tolist() == whole[column, [2, 1]].tolist()
    assert np.array_equal(table[:, 2], whole[:, 2])
    assert np.array_equal(table[[COL.ties, COL.stage], 1], whole[[COL.ties, COL.stage], 1])
    assert np.array_equal(table[-1], whole[-1])


def test_what_is_written_is_there_and_nothing_else_changes() -> None:
    table = filled()
    before = np.asarray(table)
    table[[COL.ties, COL.alert], 0] = 7.0, 0.25
    table[COL.stage] = 3.0
    table[COL.since, 1:] = -5.0
    before[[COL.ties, COL.alert], 0], before[COL.stage], before[COL.since, 1:] = (7.0, 0.25), 3.0, -5.0
    assert np.array_equal(np.asarray(table), before)


def test_a_stretch_of_a_column_lives_and_a_copy_does_not() -> None:
    table = filled()
    stretch, copied = table[COL.children, 0:2], table.copy()
    table[COL.children, 1] = 29.0
    assert stretch.tolist() == [0, 29]
    assert copied[COL.children, 1] == float(COL.children)
    assert copied.tobytes() != table.tobytes()


def test_offers_and_columns_of_ones_own_have_rows_of_their_own() -> None:
    table = new_table(2, 2, 1)
    set_made(table, 1, 0, 12.0)
    set_own(table, 0, 1, 0.1)
    assert [week_made(table, k, 0) for k in range(2)] == [NO_LIMIT, 12.0]
    assert (table[TOLD + 1, 0], table[TOLD + 2, 1], own_number(table, 0, 1)) == (12.0, 0.1, 0.1)
    assert np.count_nonzero(np.asarray(table) != np.asarray(new_table(2, 2, 1))) == 2


@pytest.mark.parametrize("column", [Column.id, Column.alert, Column.since, Column.support_end, Column.stage])
def test_the_compiler_finds_the_same(column: Column) -> None:
    """One column of each kind, read, written, added to and cut."""
    name = column.name
    source = f"def found(s, i):\n    s[COL.{name}, i] += 2.0\n    part = s[COL.{name}, 0:2]\n    part[0] = part[1]\n"
    source += f"    return s[COL.{name}, i], s[COL.{name}, np.int32(0)]\n"
    names: dict[str, Any] = {"COL": COL, "np": np}
    exec(source, names)
    plain, compiled = filled(), filled()
    expected, got = names["found"](plain, 2), njit(**COMPILE)(names["found"])(compiled, 2)
    assert expected == got == (202.0 - column, float(column))
    assert plain.tobytes() == compiled.tobytes()


def test_all_that_rules_write_fits() -> None:
    """The same run with floats everywhere: what stands for whole numbers is whole, and no entry differs."""
    kept, free = (ReturnModel(*_given(), weeks=40, households=60, rng=3, driver="agents") for _ in range(2))
    free.state = free.state._replace(s=Table(*(held.astype(np.float64) for held in _arrays(free.state.s))))
    for _ in range(40):
        kept.step()
        free.step()
    assert np.array_equal(np.asarray(kept.state.s), np.asarray(free.state.s))
    _, wholes, smalls = _arrays(free.state.s)
    assert np.array_equal(wholes, np.rint(wholes))
    assert np.abs(wholes).max() < 2**31
    assert np.array_equal(smalls, np.rint(smalls))
    assert 0.0 <= smalls.min() <= smalls.max() < 256.0


def _given() -> tuple[Any, ...]:
    prepared = busy(weeks=40, households=60)
    return prepared.policy, prepared.caseload, prepared.behaviour


def _arrays(table: Table) -> tuple[np.ndarray, ...]:
    return table.reals, table.wholes, table.smalls


def test_each_column_is_kept_in_little() -> None:
    """Beliefs, tastes and money need all their digits; weeks, counts and codes do not."""
    size = sum(np.dtype(column.held.value).itemsize for column in Column)
    assert size < 0.55 * 8 * len(Column)
    assert all(column.held is not Held.REAL for column in Column if column.kind in (Kind.PAST, Kind.WORKING))


def test_more_origins_than_a_byte_can_tell_apart_find_room() -> None:
    """The table of countries has 252; a caseload may name them all, and is not bound to them for ever."""
    table = new_table(1, 1, 0)
    table[COL.origin, 0] = 300.0
    assert table[COL.origin, 0] == 300.0
