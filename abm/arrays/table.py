"""The table of households: a row a `Column`, an entry a household, each kept in as little as loses nothing.

Rules write ``s[COL.stage, i]`` and find a float, as if all were one array.  In compiled rules the number of a column is
known (`abm.numerics.literals`), so that each of these is a plain read of the array that holds it, which loops do for
several households at a time (none is counted from the end).  What has no name of its own is read by `week_made` and
`own_number`.

What few households ever have (`Held.RARE`) lies in *drawers*: whoever has none is read as nought, and gets one when
something is written.  There are as many drawers as households, but memory that nobody writes to is not taken.

In Python the table can be read like an array of floats of shape (columns, households): first the columns, then a row an
offer, then a row a column of one's own.  What is read is a copy, but for a stretch of a column; in stretches of weeks,
as in `Table.rows`, `NO_LIMIT` stands as `LAST`.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from abm.household.stages import TOLD, Column, Held, Kind
from abm.numerics.arithmetic import maker, routine, rule
from abm.numerics.calendar import LAST, NEVER, NO_LIMIT
from abm.numerics.reference import Reference, unchanging

_HELD = list(Held)
_OF = {held: [column for column in Column if column.held is held] for held in Held}
#: For each column, which array of the table holds it, and in which row.
_PLACES = [(_HELD.index(column.held), _OF[column.held].index(column)) for column in Column]
#: Rows of each array that are columns.  Below them stand the rows of one's own (reals), each household's drawer
#: (wholes), the offers (shorts), and how many drawers are taken (rares).
_OWN, _DRAWER, _OFFERS, _SMALLS, _TAKEN = (len(_OF[held]) for held in Held)
_SHORT, _RARE = _HELD.index(Held.SHORT), _HELD.index(Held.RARE)
_DRAWERS = _HELD.index(Held.WHOLE), _DRAWER
_NUMBERS = (int, np.integer)
_COMING = {int(column) for column in Column if column.kind is Kind.COMING}

#: What is known of a household before all else: who it is, and when it comes.
WHO = (Column.id, Column.origin, Column.site, Column.stage, Column.arrived, Column.account, Column.kept_away)


def _at_first(held: Held) -> np.ndarray:
    """Rows of an array and what they hold before anything has happened, those of `WHO` aside."""
    nothing = {Kind.PAST: int(NEVER), Kind.COMING: LAST}
    rows = [(row, nothing.get(column.kind, 0)) for row, column in enumerate(_OF[held]) if column not in WHO]
    return np.array(rows, np.int64).reshape(len(rows), 2)


_REALS_AT_FIRST, _WHOLES_AT_FIRST, _SHORTS_AT_FIRST, _SMALLS_AT_FIRST, _ = map(_at_first, Held)


class Table(NamedTuple):
    """The households of a run."""

    reals: np.ndarray  # float64: the columns that are `Held.REAL`, then a row a column of one's own
    wholes: np.ndarray  # int32: those that are `Held.WHOLE`, then each household's drawer (0: it has none)
    shorts: np.ndarray  # int16: those that are `Held.SHORT`, then a row an offer
    smalls: np.ndarray  # uint8: those that are `Held.SMALL`
    rares: np.ndarray  # float64: those that are `Held.RARE`, an entry a drawer (drawer 0: noughts); how many are taken

    def __getitem__(self, index: Any) -> Any:
        column, where = index if isinstance(index, tuple) else (index, None)
        if not isinstance(column, _NUMBERS):
            return np.asarray(self)[index]
        kept = self._row(int(column), where if where is not None else slice(None))
        if isinstance(where, slice):
            return kept
        if not isinstance(kept, np.ndarray):  # one entry
            return NO_LIMIT if kept == LAST and self._is_coming(int(column)) else float(kept)
        found = kept.astype(np.float64)
        if self._is_coming(int(column)):
            found[found == LAST] = NO_LIMIT
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        column, where = index if isinstance(index, tuple) else (index, slice(None))
        if isinstance(column, _NUMBERS):
            self._set(int(column), where, value)
        else:
            for number, entries in zip(column, np.broadcast_to(value, np.shape(column)), strict=True):
                self._set(int(number), where, entries)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array([self[number] for number in range(self.shape[0])], dtype or np.float64)

    def _set(self, number: int, where: Any, value: Any) -> None:
        held, row = _PLACES[number] if 0 <= number < TOLD else (None, 0)
        if held == _RARE:
            for i, entry in np.broadcast(np.arange(self.shape[1])[where], value):
                if entry != 0.0 or self.wholes[_DRAWER, i] > 0:
                    self.rares[row, drawer_of(self, i)] = entry
        elif held == _SHORT or self._is_coming(number):
            one = isinstance(value, float)  # most often: a rule writes it, and NumPy would take longer
            self._row(number, slice(None))[where] = min(max(value, NEVER), LAST) if one else np.clip(value, NEVER, LAST)
        else:
            self._row(number, slice(None))[where] = value

    def _is_coming(self, number: int) -> bool:
        """Whether a row is one of weeks to come: a column of them, or an offer's."""
        return number in _COMING or TOLD <= number < TOLD + len(self.shorts) - _OFFERS

    def _row(self, number: int, where: Any) -> Any:
        """Some entries of a row as they are kept."""
        if 0 <= number < TOLD:
            held, row = _PLACES[number]
            if held == _RARE:
                return self.rares[row, self.wholes[_DRAWER, where]]
            return (self.reals, self.wholes, self.shorts, self.smalls)[held][row, where]
        if number < 0:
            return self._row(number + self.shape[0], where)
        offers = len(self.shorts) - _OFFERS
        if number < TOLD + offers:
            return self.shorts[_OFFERS + number - TOLD, where]
        return self.reals[_OWN + number - TOLD - offers, where]

    def copy(self) -> Table:
        """The same entries, in arrays of their own."""
        used, rares = self.drawers + 1, np.empty_like(self.rares)
        rares[:, :used] = self.rares[:, :used]
        return Table(self.reals.copy(), self.wholes.copy(), self.shorts.copy(), self.smalls.copy(), rares)

    def tobytes(self) -> bytes:
        """The bits of all entries."""
        return b"".join(self.row(number).tobytes() for number in range(self.shape[0]))

    def row(self, number: int) -> np.ndarray:
        """A row as it is kept: an array that lives and changes with the run (where few have any: a copy)."""
        kept: np.ndarray = self._row(number, slice(None))
        return kept

    @property
    def drawers(self) -> int:
        """How many drawers are taken."""
        return int(self.rares[_TAKEN, 0])

    @property
    def shape(self) -> tuple[int, int]:
        """Columns (with those of offers and of one's own) and households."""
        own, offers = len(self.reals) - _OWN, len(self.shorts) - _OFFERS
        return TOLD + offers + own, self.reals.shape[1]


@maker
def new_table(households: int, offers: int, own: int) -> Table:
    """Room for some households; what `WHO` names is to be written, then `nothing_yet` sets the rest."""
    return Table(
        np.empty((_OWN + own, households)),
        np.empty((_DRAWER + 1, households), np.int32),
        np.empty((_OFFERS + offers, households), np.int16),
        np.empty((_SMALLS, households), np.uint8),
        np.empty((_TAKEN + 1, households + 1)),
    )


@routine
def nothing_yet(s: Table) -> None:
    """Nothing has happened to any household; what `WHO` names stays as it is."""
    set_rows(s.reals, _REALS_AT_FIRST, _OWN, 0)
    set_rows(s.wholes, _WHOLES_AT_FIRST, _DRAWER, 0)
    set_rows(s.shorts, _SHORTS_AT_FIRST, _OFFERS, LAST)
    set_rows(s.smalls, _SMALLS_AT_FIRST, _SMALLS, 0)
    for row in range(_TAKEN + 1):
        s.rares[row, 0] = 0.0


@rule
def set_rows(held: np.ndarray, at_first: np.ndarray, rest: int, of_rest: int) -> None:
    """Set some rows of an array, each to a number of its own, and those from `rest` on all to another."""
    for k in range(len(at_first)):
        for i in range(held.shape[1]):
            held[at_first[k, 0], i] = at_first[k, 1]
    for row in range(rest, len(held)):
        for i in range(held.shape[1]):
            held[row, i] = of_rest


@rule
def rows_in(s: Table) -> int:
    """How many households there are, those to come among them."""
    found: int = s.reals.shape[1]
    return found


@rule
def week_made(s: Table, k: int, i: int) -> float:
    """The week in which household i was made offer k, or `NO_LIMIT`."""
    week = s.shorts[_OFFERS + k, i]
    return float(week) if week < LAST else NO_LIMIT


@rule
def set_made(s: Table, k: int, i: int, week: float) -> None:
    """Household i was made offer k in a week; `NO_LIMIT`: it was not."""
    s.shorts[_OFFERS + k, i] = int(min(week, float(LAST)))


@rule
def own_number(s: Table, place: int, i: int) -> float:
    """The entry of household i in a column of one's own."""
    return float(s.reals[_OWN + place, i])


@rule
def set_own(s: Table, place: int, i: int, value: float) -> None:
    """Set it."""
    s.reals[_OWN + place, i] = value


@routine
def drawer_of(s: Table, i: int) -> int:
    """The drawer of household i; if it had none, it has an empty one now."""
    drawer = int(s.wholes[_DRAWER, i])
    if drawer == 0:
        drawer = int(s.rares[_TAKEN, 0]) + 1
        for row in range(_TAKEN):
            s.rares[row, drawer] = 0.0
        s.rares[_TAKEN, 0] = drawer
        s.wholes[_DRAWER, i] = drawer
    return drawer


# ---- for the compiler ------------------------------------------------------------------------------


def _place(table: Any, index: Any) -> Any:
    """Which array holds a column whose number is known, and in which row."""
    if getattr(table, "instance_class", None) is not Table or not isinstance(index, types.BaseTuple):
        return None
    known = len(index) == 2 and isinstance(index[0], types.IntegerLiteral) and isinstance(index[1], types.Integer)
    return _PLACES[index[0].literal_value] if known else None


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.float64, *args) if _place(*args) else None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, index, _ = args
        return signature(types.none, table, index, types.float64) if _place(table, index) else None


class _Entries:
    """Code that finds entries of a table, handed on by reference or array by array."""

    def __init__(self, context: Any, builder: Any, sig: Any, args: Any) -> None:
        self.context, self.builder, self.kind, self.table = context, builder, sig.args[0], args[0]
        self.i = context.cast(builder, builder.extract_value(args[1], 1), sig.args[1][1], types.intp)

    def at(self, held: int, row: int, i: Any) -> tuple[Any, Any]:
        """The type of an entry, and its address."""
        kind, builder = self.kind.types[held], self.builder
        place = self.context.data_model_manager[kind].get_field_position
        data, length = self._part(held, place("data")), self._part(held, place("shape"), 1)
        first = builder.mul(self.context.get_constant(types.intp, row), length)
        return kind.dtype, builder.gep(data, [builder.add(first, i)])

    def _part(self, *place: int) -> Any:
        if isinstance(self.kind, Reference):
            return unchanging(self.builder, cgutils.gep_inbounds(self.builder, self.table, 0, *place))
        return self.builder.extract_value(self.table, place)

    def drawer(self) -> Any:
        """The drawer of the household (the empty one, if it has none)."""
        kind, at = self.at(*_DRAWERS, self.i)
        return self.context.cast(self.builder, self.builder.load(at), kind, types.intp)


@lower_builtin(operator.getitem, Reference, types.BaseTuple)
@lower_builtin(operator.getitem, types.BaseNamedTuple, types.BaseTuple)
def _get(context, builder, sig, args):  # type: ignore[no-untyped-def]
    s, (held, row) = _Entries(context, builder, sig, args), _place(*sig.args)
    kind, at = s.at(held, row, s.drawer() if held == _RARE else s.i)
    found = builder.load(at)
    value = context.cast(builder, found, kind, types.float64)
    if sig.args[1][0].literal_value in _COMING:
        is_last = builder.icmp_signed("==", found, context.get_constant(kind, LAST))
        value = builder.select(is_last, context.get_constant(types.float64, NO_LIMIT), value)
    return value


@lower_builtin(operator.setitem, Reference, types.BaseTuple, types.Float)
@lower_builtin(operator.setitem, types.BaseNamedTuple, types.BaseTuple, types.Float)
def _set(context, builder, sig, args):  # type: ignore[no-untyped-def]
    s, (held, row), value = _Entries(context, builder, sig, args), _place(*sig.args[:2]), args[2]
    i = s.i
    if held == _RARE:
        of_both = signature(types.intp, sig.args[0], types.intp)
        i = context.compile_internal(builder, lambda s, i: drawer_of(s, i), of_both, (args[0], i))
    if held == _SHORT:
        for sign, bound in ((">", float(LAST)), ("<", NEVER)):
            end = context.get_constant(types.float64, bound)
            value = builder.select(builder.fcmp_ordered(sign, value, end), end, value)
    kind, at = s.at(held, row, i)
    builder.store(context.cast(builder, value, types.float64, kind), at)
    return context.get_dummy_value()
