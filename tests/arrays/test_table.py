"""The table of households: to the rules all floats, in memory as little as holds them; nothing is lost by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from tiny import busy

from abm.arrays.table import WHO, Table, new_table, nothing_yet, own_number, set_made, set_own, week_made
from abm.household.stages import COL, TOLD, Column, Held, Kind
from abm.mesa_model import ReturnModel
from abm.numerics.arithmetic import COMPILE
from abm.numerics.calendar import LAST, NEVER, NO_LIMIT, happened, limited


def filled() -> Table:
    """Three households, two offers and a column of one's own; every entry differs from the others of its column."""
    table = empty(3)
    for column in Column:
        table[column, 1], table[column, 2] = float(column), 200.0 - float(column)
    return table


def empty(households: int) -> Table:
    """A table in which nothing has happened, with two offers and a column of one's own."""
    table = new_table(households, 2, 1)
    for held in (*_arrays(table), table.rares):
        held[:] = 99  # whatever the memory held before
    for column in WHO:
        table[column] = 0.0
    nothing_yet(table)
    return table


def test_nothing_has_happened_in_a_new_table() -> None:
    table = empty(2)
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
    table = empty(2)
    set_made(table, 1, 0, 12.0)
    set_own(table, 0, 1, 0.1)
    assert [week_made(table, k, 0) for k in range(2)] == [NO_LIMIT, 12.0]
    assert (table[TOLD + 1, 0], table[TOLD + 2, 1], own_number(table, 0, 1)) == (12.0, 0.1, 0.1)
    assert np.count_nonzero(np.asarray(table) != np.asarray(empty(2))) == 2


@pytest.mark.parametrize(
    "column", [Column.id, Column.alert, Column.ties, Column.since, Column.support_end, Column.stage]
)
def test_the_compiler_finds_the_same(column: Column) -> None:
    """One column of each kind, read, written and added to."""
    lines = ("s[COL.{0}, i] += 2.0", "s[COL.{0}, 0] = s[COL.{0}, 1]")
    plain, compiled, expected = run_twice(column, lines, "s[COL.{0}, i], s[COL.{0}, np.int32(0)]")
    assert expected == (202.0 - column, float(column))
    assert plain.tobytes() == compiled.tobytes()


def run_twice(column: Column, lines: tuple[str, ...], result: str) -> tuple[Table, Table, Any]:
    """Some lines on household 2 of a filled table, as Python and as the compiler have them."""
    source = "\n    ".join(["def found(s, i):", *lines, f"return {result}"]).replace("{0}", column.name)
    names: dict[str, Any] = {"COL": COL, "np": np, "NEVER": NEVER, "NO_LIMIT": NO_LIMIT}
    exec(source, names)
    plain, compiled = filled(), filled()
    expected, got = names["found"](plain, 2), njit(**COMPILE)(names["found"])(compiled, 2)
    assert expected == got
    return plain, compiled, expected


@pytest.mark.parametrize("column", [column for column in Column if column.held is Held.RARE])
def test_the_compiler_finds_the_same_of_what_few_have(column: Column) -> None:
    lines = ("s[COL.{0}, i] += 0.25", "s[COL.{0}, 0] = s[COL.{0}, 0] + 0.5")
    plain, compiled, expected = run_twice(column, lines, "s[COL.{0}, i], s[COL.{0}, 0], s[COL.{0}, 1]")
    assert expected == (200.25 - column, 0.5, float(column))
    assert plain.tobytes() == compiled.tobytes()
    assert plain.drawers == compiled.drawers == 3


def test_whoever_has_nothing_rare_takes_no_room_for_it() -> None:
    table = empty(4)
    table[COL.received] = 0.0  # what everybody has, and so no reason for a drawer
    assert (table.drawers, table[COL.received].tolist()) == (0, [0.0] * 4)
    table[COL.received, 2] = 7.0
    table[COL.reentries, 2:] = [1.0, 0.0]
    assert (table.drawers, table[COL.received].tolist()) == (1, [0.0, 0.0, 7.0, 0.0])
    table[COL.received, 2] = 0.0
    assert table[[COL.received, COL.reentries], 2].tolist() == [0.0, 1.0]
    copied = table.copy()
    copied[COL.booked_share, 0] = 0.25
    assert (table.drawers, copied.drawers, table[COL.booked_share, 0]) == (1, 2, 0.0)
    assert copied[COL.reentries].tolist() == [0.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("column", [Column.since, Column.closing])
@pytest.mark.parametrize(
    ("given", "kept"), [("NEVER", NEVER), ("NO_LIMIT", None), ("-70000.0", NEVER), ("5200.0", 5_200.0)]
)
def test_a_week_is_kept_in_sixteen_bits(column: Column, given: str, kept: float | None) -> None:
    """Earlier ones stand at the first, later ones at the last, which is `NO_LIMIT` where weeks are still to come."""
    plain, compiled, expected = run_twice(column, (f"s[COL.{{0}}, i] = {given}",), "s[COL.{0}, i]")
    assert expected == (kept if kept is not None else NO_LIMIT if column is Column.closing else LAST)
    assert plain.tobytes() == compiled.tobytes()
    assert bool(happened(plain[column, 0:3][2])) == (kept != NEVER)  # of a stretch as well
    assert bool(limited(plain[column, 0:3][2])) == (kept is not None)


def test_all_that_rules_write_fits() -> None:
    """The same run with floats for what is short or small: what stands for whole numbers is whole, no entry differs."""
    kept, free = (ReturnModel(*_given(), weeks=40, households=60, rng=3, driver="agents") for _ in range(2))
    free.state = free.state._replace(
        s=free.state.s._replace(
            **{name: getattr(free.state.s, name).astype(np.float64) for name in ("shorts", "smalls")}
        )
    )
    for _ in range(40):
        kept.step()
        free.step()
    assert np.array_equal(np.asarray(kept.state.s), np.asarray(free.state.s))
    for held, least, most in ((free.state.s.shorts, NEVER, LAST), (free.state.s.smalls, 0, 255)):
        assert np.array_equal(held, np.rint(held))
        assert least <= held.min() <= held.max() <= most
    assert free.state.s.drawers > 5


def _given() -> tuple[Any, ...]:
    prepared = busy(weeks=40, households=60)
    return prepared.policy, prepared.caseload, prepared.behaviour


def _arrays(table: Table) -> tuple[np.ndarray, ...]:
    return table.reals, table.wholes, table.shorts, table.smalls


def test_each_column_is_kept_in_little() -> None:
    """Beliefs and tastes need all their digits; weeks, counts and codes do not, and money is for few."""
    assert sum(held[:, 0].nbytes for held in _arrays(new_table(1, 3, 0))) <= 130
    assert all(column.held is not Held.REAL for column in Column if column.kind in (Kind.PAST, Kind.WORKING))


def test_more_origins_than_a_byte_can_tell_apart_find_room() -> None:
    """The table of countries has 252; a caseload may name them all, and is not bound to them for ever."""
    table = new_table(1, 1, 0)
    table[COL.origin, 0] = 300.0
    assert table[COL.origin, 0] == 300.0
