"""The loop that every household meets every week is worked through several households at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit
from tiny import busy

from abm.arrays.state import BLOCK, there
from abm.numerics.arithmetic import COMPILE, INTERPRETED, rule
from abm.numerics.draws import key_of
from abm.week.considering import choose_together
from abm.week.week import attend, attend_together

if INTERPRETED:
    pytest.skip("compilation is off", allow_module_level=True)

#: Multiplications of several floats at once, and comparisons.
SEVERAL, TOLD_APART = r"\bfmul <\d+ x double>", r"\bfcmp \w+ <\d+ x double>"
KEY = np.uint64(key_of(1))


def compiled(function: Callable[..., None]) -> Any:
    """A function compiled as `abm.numerics.arithmetic.entry` does it, but not kept on disk."""
    return njit(nogil=True, **COMPILE)(function)


def instructions(entry: Any) -> str:
    """What the compiler made of it for this machine."""
    return str(next(iter(entry.inspect_llvm().values())))


@pytest.fixture(scope="module")
def vector_unit() -> None:
    """A machine for which the plainest of loops is not vectorised has no vector unit."""

    @compiled
    def doubled(column: np.ndarray) -> None:
        for i in range(len(column)):
            column[i] = column[i] * 2.0

    doubled(np.ones(8))
    if not re.search(SEVERAL, instructions(doubled)):
        pytest.skip("this machine works on one number at a time")


def attended(rule: Callable[..., None]) -> tuple[np.ndarray, str]:
    """The table after a week's attention of the first origin, and the instructions."""

    @compiled
    def entry(week: int, x: Any, state: Any, first: int, last: int) -> None:
        rule(KEY, week, x, state, first, last)

    prepared = busy(weeks=10)
    state = prepared.begin(1)
    entry(0, prepared.setting, state, 0, min(BLOCK, int(there(state))))
    return state.s, instructions(entry)


def test_decisions_are_taken_several_at_a_time(vector_unit: None) -> None:
    """The errors of each way out, what is weighed and the race between them."""

    @compiled
    def entry(week: int, x: Any, state: Any, places: int) -> None:
        choose_together(KEY, week, x, state, places)

    prepared = busy(weeks=10)
    entry(0, prepared.setting, prepared.begin(1), 0)
    assert len(re.findall(SEVERAL, instructions(entry))) > 60


@rule
def one_by_one(key: int, week: int, x: Any, state: Any, first: int, last: int) -> None:
    """The same, household by household."""
    for i in range(first, last):
        attend(key, week, x, state, i)


@pytest.fixture(scope="module")
def week(vector_unit: None) -> tuple[np.ndarray, str]:
    return attended(attend_together)


def test_attention_is_worked_out_for_several_households_at_a_time(week: tuple[np.ndarray, str]) -> None:
    """More than a stray pair of numbers: noise, chances and beliefs are all in vectorised loops."""
    assert len(re.findall(SEVERAL, week[1])) > 35
    assert len(re.findall(TOLD_APART, week[1])) > 14


def test_households_that_attend_one_by_one_would_be_noticed(week: tuple[np.ndarray, str]) -> None:
    """So that the test above could fail: the same numbers come out, but not for several at a time."""
    table, text = attended(one_by_one)
    assert table.tobytes() == week[0].tobytes()
    assert len(re.findall(SEVERAL, text)) < 35
    assert len(re.findall(TOLD_APART, text)) < 14
