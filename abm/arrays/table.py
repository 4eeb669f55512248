"""The table of households: a row a `Column`, an entry a household, each kept in as little as loses nothing.

Rules write ``s[COL.stage, i]`` and find a float, and ``s[COL.alert, first:last]`` for a stretch of a column, as if all
were one array.  In compiled rules the number of a column is known (`abm.numerics.literals`), so that each of these is a
plain read of the array that holds it.  What has no name of its own is read by `week_made` and `own_number`.

In Python the table can be read like an array of floats of shape (columns, households): first the columns, then a row an
offer, then a row a column of one's own.  What is read is a copy, but for a stretch of a column.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from abm.household.stages import TOLD, Column, Held, Kind
from abm.numerics.arithmetic import maker, rule
from abm.numerics.calendar import NEVER, NO_LIMIT

_OF = {held: [column for column in Column if column.held is held] for held in Held}
#: For each column, which array of the table holds it, and in which row.
_PLACES = [(list(Held).index(column.held), _OF[column.held].index(column)) for column in Column]
#: Rows of each array that are columns; below them stand the rows of one's own, and those of the offers.
_OWN, _OFFERS, _SMALLS = (len(_OF[held]) for held in Held)
#: What the columns of weeks hold before anything has happened or was set.
_WEEKS = np.array([
    NEVER if column.kind is Kind.PAST else NO_LIMIT if column.kind is Kind.COMING else 0.0 for column in Column
])  # fmt: skip
_REAL_WEEKS, _WHOLE_WEEKS = (_WEEKS[_OF[held]].astype(held.value) for held in (Held.REAL, Held.WHOLE))


class Table(NamedTuple):
    """The households of a run."""

    reals: np.ndarray  # float64: the columns that are `Held.REAL`, then a row a column of one's own
    wholes: np.ndarray  # int32: those that are `Held.WHOLE`, then a row an offer
    smalls: np.ndarray  # uint8: those that are `Held.SMALL`

    def __getitem__(self, index: Any) -> Any:
        column, where = index if isinstance(index, tuple) else (index, None)
        if isinstance(column, int | np.integer):
            held = self._row(int(column))
            if where is None:
                return held.astype(np.float64)
            if isinstance(where, slice):
                return held[where]
            found = held[where]
            return found.astype(np.float64) if isinstance(found, np.ndarray) else float(found)
        return np.asarray(self)[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        column, where = index if isinstance(index, tuple) else (index, slice(None))
        if isinstance(column, int | np.integer):
            self._row(int(column))[where] = value
        else:
            for number, entries in zip(column, np.broadcast_to(value, np.shape(column)), strict=True):
                self._row(int(number))[where] = entries

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(list(self.rows()), dtype or np.float64)

    def _row(self, number: int) -> np.ndarray:
        if number < 0:
            number += self.shape[0]
        if number < TOLD:
            held, row = _PLACES[number]
            found: np.ndarray = (self.reals, self.wholes, self.smalls)[held][row]
            return found
        offers = len(self.wholes) - _OFFERS
        if number < TOLD + offers:
            return self.wholes[_OFFERS + number - TOLD]
        return self.reals[_OWN + number - TOLD - offers]

    def copy(self) -> Table:
        """The same entries, in arrays of their own."""
        return Table(*(np.copy(held) for held in (self.reals, self.wholes, self.smalls)))

    def tobytes(self) -> bytes:
        """The bits of all entries."""
        return b"".join(row.tobytes() for row in self.rows())

    def rows(self) -> Iterator[np.ndarray]:
        """Every row as it is kept: an array that lives and changes with the run."""
        return map(self._row, range(self.shape[0]))

    @property
    def shape(self) -> tuple[int, int]:
        """Columns (with those of offers and of one's own) and households."""
        own, offers = len(self.reals) - _OWN, len(self.wholes) - _OFFERS
        return TOLD + offers + own, self.reals.shape[1]


@maker
def new_table(households: int, offers: int, own: int) -> Table:
    """A table in which nothing has happened yet."""
    table = Table(
        np.zeros((_OWN + own, households)),
        np.zeros((_OFFERS + offers, households), np.int32),
        np.zeros((_SMALLS, households), np.uint8),
    )
    for row in range(_OWN):
        table.reals[row] = _REAL_WEEKS[row]
    for row in range(_OFFERS):
        table.wholes[row] = _WHOLE_WEEKS[row]
    table.wholes[_OFFERS:] = int(NO_LIMIT)
    return table


@rule
def rows_in(s: Table) -> int:
    """How many households there are, those to come among them."""
    found: int = s.reals.shape[1]
    return found


@rule
def week_made(s: Table, k: int, i: int) -> float:
    """The week in which household i was made offer k, or `NO_LIMIT`."""
    return float(s.wholes[_OFFERS + k, i])


@rule
def set_made(s: Table, k: int, i: int, week: float) -> None:
    """Household i was made offer k in a week; `NO_LIMIT`: it was not."""
    s.wholes[_OFFERS + k, i] = int(week)


@rule
def own_number(s: Table, place: int, i: int) -> float:
    """The entry of household i in a column of one's own."""
    return float(s.reals[_OWN + place, i])


@rule
def set_own(s: Table, place: int, i: int, value: float) -> None:
    """Set it."""
    s.reals[_OWN + place, i] = value


# ---- for the compiler ------------------------------------------------------------------------------


def _place(table: Any, index: Any) -> Any:
    """Which array holds a column whose number is known, and in which row."""
    if getattr(table, "instance_class", None) is not Table or not isinstance(index, types.BaseTuple):
        return None
    known = len(index) == 2 and isinstance(index[0], types.IntegerLiteral)
    return _PLACES[index[0].literal_value] if known else None


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        place = _place(*args)
        if place is None:
            return None
        table, index = args
        stretch = isinstance(index[1], types.SliceType)
        return signature(table[place[0]].copy(ndim=1) if stretch else types.float64, table, index)


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, index, _ = args
        return signature(types.none, table, index, types.float64) if _place(table, index) else None


def _array_and_index(context, builder, sig, args):  # type: ignore[no-untyped-def]
    held, row = _place(*sig.args[:2])
    given, where = sig.args[1][1], builder.extract_value(args[1], 1)
    kind = types.intp if isinstance(given, types.Integer) else given
    index_type = types.Tuple([types.intp, kind])
    parts = [context.get_constant(types.intp, row), context.cast(builder, where, given, kind)]
    return (
        sig.args[0][held], builder.extract_value(args[0], held), index_type,
        context.make_tuple(builder, index_type, parts),
    )  # fmt: skip


@lower_builtin(operator.getitem, types.BaseNamedTuple, types.BaseTuple)
def _get(context, builder, sig, args):  # type: ignore[no-untyped-def]
    kind, array, index_type, index = _array_and_index(context, builder, sig, args)  # type: ignore[no-untyped-call]
    read = context.typing_context.resolve_function_type(operator.getitem, (kind, index_type), {})
    found = context.get_function(operator.getitem, read)(builder, (array, index))
    return (
        found if isinstance(sig.return_type, types.Array) else context.cast(builder, found, kind.dtype, types.float64)
    )


@lower_builtin(operator.setitem, types.BaseNamedTuple, types.BaseTuple, types.Float)
def _set(context, builder, sig, args):  # type: ignore[no-untyped-def]
    kind, array, index_type, index = _array_and_index(context, builder, sig, args)  # type: ignore[no-untyped-call]
    write = signature(types.none, kind, index_type, kind.dtype)
    value = context.cast(builder, args[2], types.float64, kind.dtype)
    context.get_function(operator.setitem, write)(builder, (array, index, value))
    return context.get_dummy_value()
