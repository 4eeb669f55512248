"""Rules of one's own (`abm.inputs.registry`) on arrays: how a function of named numbers finds them, and own columns.

A rule is compiled with the rest: the setting carries the mark of its rules as a name, and what is called here is
resolved by that name, in Python when it runs and by the compiler when it compiles.  Without rules every call is empty.
In both drivers it is the compiled function that is called, so that both have its bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

from abm.arrays.origins import ORIGIN
from abm.arrays.setting import Setting
from abm.arrays.table import Table, own_number, rows_in, set_own
from abm.household.stages import COL, Column
from abm.inputs.parameters import InputError
from abm.inputs.registry import Rule, RuleSet, arguments, known
from abm.numerics.arithmetic import COMPILE, normal_quantile, routine, rule
from abm.numerics.draws import MASK, mixed, uniform

#: A function of (setting, columns, row, week, what is handed to it besides), as the rules below are made of.
Number = Callable[[Any, Any, Any, Any, Any], Any]

#: The purpose under which rules of one's own draw, each with a key of its own.
OWN_DRAW = 255
#: What every rule can ask for: columns of the household, and these.
ALWAYS = ("week", "weeks_in_stage", "income")


@cache
def compiled(function: Callable[..., Any]) -> Any:
    """A registered function, compiled with those that it calls."""
    _callable_too(function)
    return njit(nogil=True, **COMPILE)(function)


@cache
def _callable_too(function: Callable[..., Any]) -> None:
    """Have the compiler take the functions that a registered function calls, which nobody marked for it."""
    told = inspect.getclosurevars(function)
    for called in (*told.globals.values(), *told.nonlocals.values()):
        if isinstance(called, FunctionType) and not _is_of_the_model(called):
            routine(called)
            _callable_too(called)


def _is_of_the_model(function: Callable[..., Any]) -> bool:
    return function.__module__.startswith("abm.") and not function.__module__.startswith("abm.examples.")


# ---- what a function is handed ---------------------------------------------------------------------


def _handed(place: int) -> Number:
    @rule
    def get(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return c[place]

    return get


def _of_setting(place: int) -> Number:
    @rule
    def get(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return x.own.values[place]

    return get


def _of_household(row: int) -> Number:
    @rule
    def get(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return s[row, i]

    return get


def _own_column(place: int) -> Number:
    @rule
    def get(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return own_number(s, place, i)

    return get


@rule
def _week(x, s, i, week, c):  # type: ignore[no-untyped-def]
    return float(week)


@rule
def _weeks_in_stage(x, s, i, week, c):  # type: ignore[no-untyped-def]
    return float(week) - s[COL.since, i]


@rule
def _income(x, s, i, week, c):  # type: ignore[no-untyped-def]
    return x.origins[ORIGIN.income, int(s[COL.origin, i])]


def number_of(name: str, rules: RuleSet, handed: Sequence[str]) -> Number:
    """How a number of that name is found."""
    if name in rules.names:
        return _of_setting(rules.names.index(name))
    if name in handed:
        return _handed(list(handed).index(name))
    if name in rules.columns:
        return _own_column(rules.columns.index(name))
    if name in ALWAYS:
        return {"week": _week, "weeks_in_stage": _weeks_in_stage, "income": _income}[name]
    return _of_household(int(Column[name]))


def _first(one: Number) -> Number:
    @rule
    def pick(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return (one(x, s, i, week, c),)

    return pick


def _and(others: Number, one: Number) -> Number:
    @rule
    def pick(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return others(x, s, i, week, c) + (one(x, s, i, week, c),)  # noqa: RUF005  (the compiler takes no star here)

    return pick


def applied(function: Callable[..., Any], rules: RuleSet, handed: Sequence[str] = (), name: str = "") -> Number:
    """A registered function on a household: its arguments found by their names, its value a finite number."""
    value, where = _value(function, rules, handed), f"rules.{name or function.__name__}"

    @rule
    def finite(x, s, i, week, c):  # type: ignore[no-untyped-def]
        found = value(x, s, i, week, c)
        if not abs(found) < 1e300:
            raise InputError(where, "a number that is infinite or none", "a finite number, for every household")
        return found

    return finite


def _value(function: Callable[..., Any], rules: RuleSet, handed: Sequence[str]) -> Number:
    called, numbers = compiled(function), [number_of(name, rules, handed) for name in arguments(function)]
    if not numbers:

        @rule
        def constant(x, s, i, week, c):  # type: ignore[no-untyped-def]
            return float(called())

        return constant
    picked = _first(numbers[0])
    for number in numbers[1:]:
        picked = _and(picked, number)

    @rule
    def value(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return float(called(*picked(x, s, i, week, c)))

    return value


def added(numbers: Sequence[Number]) -> Number:
    """The sum of some numbers, in order."""
    found = _nought
    for number in numbers:
        found = number if found is _nought else _plus(found, number)
    return found


@rule
def _nought(x, s, i, week, c):  # type: ignore[no-untyped-def]
    return 0.0


def _plus(one: Number, other: Number) -> Number:
    @rule
    def both(x, s, i, week, c):  # type: ignore[no-untyped-def]
        return one(x, s, i, week, c) + other(x, s, i, week, c)

    return both


def in_turn(steps: Sequence[Callable[..., None]]) -> Callable[..., None] | None:
    """One step that takes some in order; None without any."""
    found: Callable[..., None] | None = None
    for step in steps:
        found = step if found is None else _then(found, step)
    return found


def _then(one: Callable[..., None], other: Callable[..., None]) -> Callable[..., None]:
    @routine
    def both(key, week, x, state):  # type: ignore[no-untyped-def]
        one(key, week, x, state)
        other(key, week, x, state)

    return both


# ---- draws -----------------------------------------------------------------------------------------


def key_for(rule_: Rule) -> int:
    """A number that tells the draws of a rule from those of any other: a hash of its name."""
    z = 0
    for letter in f"{rule_.kind}:{rule_.name}".encode():
        z = mixed((z + letter + 1) & MASK)
    return z >> 2


def own_key(key: int, own: int) -> int:
    """The key of a run, for the draws of one rule."""
    return mixed((int(key) ^ own) & MASK)


@overload(own_key)
def _own_key(key, own):  # type: ignore[no-untyped-def]
    def compiled_key(key, own):  # type: ignore[no-untyped-def]
        return mixed(np.uint64(key) ^ np.uint64(own))  # type: ignore[arg-type]

    return compiled_key


def drawn(own: int) -> Callable[..., Any]:
    """The draw of a rule: an even number from 0 to 1 by seed, household and week."""

    @rule
    def draw(key, household, week):  # type: ignore[no-untyped-def]
        return uniform(own_key(key, own), household, week, OWN_DRAW)

    return draw


# ---- by the mark in the setting --------------------------------------------------------------------


def set_of(x: Any) -> RuleSet:
    """The rules of a setting, as Python or as the compiler has it."""
    if hasattr(x, "types"):  # the compiler's type of a named tuple
        own = x.types[x.fields.index("own")]
        return known(next(iter(own.fields)))
    return known(x.own._fields[0])


def own_columns(x: Setting) -> int:
    """How many columns the rules add."""
    return len(set_of(x).columns)


@overload(own_columns)
def _own_columns(x):  # type: ignore[no-untyped-def]
    count = len(set_of(x).columns)
    return lambda x: count


def draw_columns(key: int, x: Setting, table: Table) -> None:
    """Fill the columns that the rules add, for every household that there will be."""
    _columns(set_of(x).mark)(key, x, table)


@overload(draw_columns)
def _draw_columns(key, x, table):  # type: ignore[no-untyped-def]
    return _columns(set_of(x).mark)


@cache
def _columns(mark: str) -> Callable[..., None]:
    rules = known(mark)
    found = None
    for place, name in enumerate(rules.columns):
        found = _column(rules, place, name, found)
    return found or _no_columns


def _no_columns(key, x, table):  # type: ignore[no-untyped-def]
    pass


def _column(rules: RuleSet, place: int, name: str, before: Callable[..., None] | None) -> Callable[..., None]:
    own = next(one for one in rules.rules if one.kind == "column" and one.name == name)
    value, draw = applied(own.function, rules, ("u", "z")), drawn(key_for(own))
    first = routine(before or _no_columns)

    @routine
    def fill(key, x, table):  # type: ignore[no-untyped-def]
        first(key, x, table)
        for i in range(rows_in(table)):
            u = draw(key, int(table[COL.id, i]), 0)
            set_own(table, place, i, value(x, table, i, 0, (u, normal_quantile(u))))

    return fill
