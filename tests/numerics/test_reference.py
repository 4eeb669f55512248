"""A named tuple handed on by reference: the same entries under the same names, and nothing is lost or held too long."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import TypingError, njit

from abm.numerics.arithmetic import COMPILE, INTERPRETED, maker, routine, rule
from abm.numerics.reference import by_reference


class Inner(NamedTuple):
    weights: np.ndarray
    shift: float


class Outer(NamedTuple):
    inner: Inner
    sums: np.ndarray
    rows: np.ndarray


def outer() -> Outer:
    return Outer(Inner(np.arange(5.0), 0.5), np.zeros(3), np.ones((3, 5)))


@rule
def add(o: Outer, k: int) -> None:
    for i in range(len(o.inner.weights)):
        o.sums[k] += o.rows[k, i] * o.inner.weights[i] + o.inner.shift


@routine
def add_all(o: Outer) -> None:
    for k in range(len(o.sums)):
        add(o, k)


@maker
def added_up(o: Outer) -> float:
    part = o.sums[1:]  # a view, which holds what it is a view of
    return float(part.sum() + np.ones(2)[0])


def in_all(o: Outer, times: int) -> float:
    """Inlined, called, and called where arrays are made, all through one reference."""
    by = by_reference(o)
    found = 0.0
    for _ in range(times):
        add(by, 0)
        add_all(by_reference(by))
        found = added_up(by)
    return found


def test_entries_are_found_under_their_names() -> None:
    """Also right where the tuple is written down: nothing is read before that."""
    plain, compiled = outer(), outer()
    expected = in_all(plain, 7)
    assert njit(**COMPILE)(in_all)(compiled, 7) == expected == 1.0 + 2 * 7 * 12.5
    assert np.array_equal(plain.sums, compiled.sums)
    assert plain.sums.tolist() == [175.0, 87.5, 87.5]


def test_in_python_it_is_the_tuple_itself() -> None:
    given = outer()
    assert by_reference(given) is given


@pytest.mark.skipif(INTERPRETED, reason="compilation is off")
def test_nothing_is_held_longer_than_the_call() -> None:
    given, entry = outer(), njit(**COMPILE)(in_all)
    entry(given, 1)
    held = [sys.getrefcount(array) for array in (given.inner.weights, given.sums, given.rows)]
    entry(given, 1_000)
    assert [sys.getrefcount(array) for array in (given.inner.weights, given.sums, given.rows)] == held


@pytest.mark.skipif(INTERPRETED, reason="compilation is off")
def test_a_name_that_it_has_not_is_refused() -> None:
    def wrong(o: Any) -> Any:
        return by_reference(o).nothing

    with pytest.raises(TypingError, match="Unknown attribute 'nothing'"):
        njit(wrong)(outer())
