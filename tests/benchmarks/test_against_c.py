"""The two rules that take most of a week, against the same rules written by hand in C (`rules.c`): bits and speed.

``pytest tests/benchmarks/test_against_c.py -s`` prints what a household takes in both.  They are measured in turn in
one process, and of many turns the quickest counts.  The C version is held to the same bits: neither may contract or
reorder a sum.  On a machine without a vector unit the ratios are told, and nothing is asked of them.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit

from abm import Prepared, prepare
from abm.arrays.paths import safety_paths
from abm.arrays.population import populate, who_comes
from abm.arrays.records import as_records
from abm.arrays.setting import Setting
from abm.arrays.state import BLOCK, COUNT, LAND, State, new_state, there
from abm.arrays.table import Table, rows_in
from abm.household.beliefs import Attention
from abm.household.stages import CHOICE, COL, NOTICE, Column, Held, Housing, Stage, in_country
from abm.numerics.arithmetic import COMPILE, INTERPRETED
from abm.numerics.draws import key_for_entries, key_of
from abm.week.considering import choose_together, sit_down
from abm.week.procedure import stock_at_start
from abm.week.week import attend_together, one_week

if INTERPRETED:
    pytest.skip("compilation is off", allow_module_level=True)

SOURCE = Path(__file__).with_name("rules.c")
#: The best that the compiler can do without changing a bit.
OPTIONS = (
    "-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
    "-shared", "-fPIC",
)  # fmt: skip
#: How the narrow columns are kept.
WIDTHS = (f"-DWEEK={Held.SHORT.value}_t", f"-DSMALL={Held.SMALL.value}_t")
POLICY, CASELOAD, SEED, WEEKS, NOW = "uk-pilot-2026", "uk-refused-2025", 1, 260, 100
#: Households at the start (five times as many are there in the end), and how often each of them is taken.
HOUSEHOLDS, TIMES = 200, 60
#: What ours must reach of the speed of the C version.
LEAST = 0.6

KEY = key_for_entries(SEED)
#: What `rules.c` reads, in its order: chances of `Frame`, coefficients of `Behaviour`, columns.
CHANCES = ("regularised", "detected", "onward", "hotel_exit", "returning", "returning_unsafe")
COEFFICIENTS = (
    "assisted", "money", "anticipation", "unassisted", "origin", "safety", "home_income", "norm", "host_ties",
    "ties_years", "school", "hope", "hotel", "lost_support_return", "removal_risk", "irregular",
    "removal_risk_irregular", "lost_support_irregular", "irregular_children",
)  # fmt: skip
COLUMNS = (
    "id", "abroad", "stage", "children", "housing", "origin", "support_end", "departs_at", "closing", "safety",
    "removal", "alert", "notice",
)  # fmt: skip


# ---- ours ------------------------------------------------------------------------------------------


def compiled(function: Callable[..., None]) -> Any:
    """A function compiled as `abm.numerics.arithmetic.entry` does it, but not kept on disk."""
    return njit(nogil=True, **COMPILE)(function)


@compiled
def attended(key: int, first: int, last: int, x: Setting, state: State) -> None:
    """The attention of weeks first … last − 1, and nothing else."""
    for week in range(first, last):
        for start in range(0, there(state), BLOCK):
            attend_together(key, week, x, state, start, min(start + BLOCK, there(state)))


@compiled
def seated(week: int, x: Setting, state: State, rows: np.ndarray) -> None:
    """Some rows take their places on the bench."""
    for place in range(len(rows)):
        sit_down(KEY, week, x, state, rows[place], place)


@compiled
def chosen(key: int, first: int, last: int, x: Setting, state: State, places: int) -> None:
    """Those on the bench choose, in each of the weeks first … last − 1."""
    for week in range(first, last):
        choose_together(key, week, x, state, places)


# ---- C ---------------------------------------------------------------------------------------------


def address(array: np.ndarray) -> ctypes.c_void_p:
    """Where the entries of an array begin."""
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def numbers(values: Any, names: tuple[str, ...]) -> np.ndarray:
    """Some fields of a record, in order."""
    return np.array([float(getattr(values, name)) for name in names])


def over(key: int, first: int, last: int) -> tuple[ctypes.c_uint64, ctypes.c_int64, ctypes.c_int64]:
    """A key and some weeks, as C takes them."""
    return ctypes.c_uint64(int(key)), ctypes.c_int64(first), ctypes.c_int64(last)


class InC:
    """The rules of `rules.c`, called as ours are."""

    def __init__(self, library: ctypes.CDLL, x: Setting) -> None:
        self.library = library
        self.attention = numbers(x.b, Attention._fields)
        self.chances = np.append(numbers(x.frame, CHANCES), x.world.unsafe_below)
        self.coefficients = numbers(x.b, COEFFICIENTS)
        for rule in (library.attended, library.chosen):
            rule.restype = None

    def attended(self, key: int, first: int, last: int, state: State) -> None:
        """As `attended` above."""
        held = (address(state.s.row(Column[name])).value for name in COLUMNS)
        columns = (ctypes.c_void_p * len(COLUMNS))(*held)
        fixed = (address(self.attention), address(self.chances), columns)
        lands = state.lands[LAND.true_safety], state.lands[LAND.listed]
        known = (*(address(land) for land in lands), ctypes.c_size_t(lands[0].shape[1]))
        rows, seen = ctypes.c_size_t(int(there(state))), (address(state.credibility[1]), address(state.noise))
        self.library.attended(*over(key, first, last), *fixed, rows, *known, *seen)

    def chosen(self, key: int, first: int, last: int, state: State, places: int) -> None:
        """As `chosen` above."""
        choice = address(state.s.row(Column.choice))
        fixed = (address(self.coefficients), address(state.bench), ctypes.c_size_t(places), choice)
        self.library.chosen(*over(key, first, last), *fixed)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """`rules.c`, compiled for this machine."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler is installed")
    made = tmp_path_factory.mktemp("c") / "rules.so"
    subprocess.run([compiler, *OPTIONS, *WIDTHS, "-o", str(made), str(SOURCE), "-lm"], check=True)
    return ctypes.CDLL(str(made))


# ---- what they are held against each other on --------------------------------------------------------


class Case(NamedTuple):
    """Households in the middle of a run."""

    prepared: Prepared
    state: State


@pytest.fixture(scope="module")
def case() -> Case:
    """A national caseload after two years, of all origins: some households, each of them many times.

    They live through these years in Python, and alone: to compile whole weeks takes longer than all that is done here.
    """
    prepared = prepare(POLICY, CASELOAD, households=HOUSEHOLDS, weeks=WEEKS)
    key, x = key_of(SEED), prepared.plain
    table, arrivals = who_comes(key, x)
    populate(key, x, table)
    nobody = np.zeros(rows_in(table) + 1, np.int64), np.empty(0, np.int32)
    state = new_state(x, table, arrivals, *nobody, safety_paths(key, x))
    stock_at_start(key, x, state)
    for week in range(NOW):
        one_week(key, week, x, state)
    return Case(prepared, many_times(state))


def many_times(state: State) -> State:
    """Those who have come, time after time, with identities and ties of their own; those still to come are left out."""
    size, rng = int(there(state)), np.random.default_rng(SEED)
    parts = [np.tile(held[:, :size], TIMES) for held in tuple(state.s)[:-1]]
    made = state._replace(s=Table(*parts, state.s.rares.copy()), counts=state.counts.copy())
    made.s[COL.id] += np.repeat(np.arange(TIMES), size) * 2.0**34
    made.s[COL.ties] = rng.integers(0, 20, size * TIMES)
    made.s[COL.ties_left] = np.floor(rng.random(size * TIMES) * made.s[COL.ties])
    made.counts[COUNT.there, 0] = size * TIMES
    return made


def copied(state: State) -> State:
    """The same state, with a table of its own."""
    return state._replace(s=state.s.copy(), history=state.history.copy())


def set_to(plain: Setting, part: str, **values: float) -> tuple[Setting, Setting]:
    """A setting with other numbers in one of its parts: as Python reads it, and as what is compiled does."""
    changed = plain._replace(**{part: getattr(plain, part)._replace(**values)})
    return changed, as_records(changed)


def considering(state: State) -> np.ndarray:
    """Rows of those who considered their situation in the last week."""
    return np.flatnonzero(state.s[COL.notice].astype(int) & NOTICE.CONSIDERS)


def stirred(state: State) -> State:
    """A state in which anything can happen to anybody: all stages, every week that one waits for near, many listed."""
    made, rng, rows = copied(state)._replace(lands=state.lands.copy()), np.random.default_rng(SEED), rows_in(state.s)
    for column, least, most in (
        (COL.stage, 0, len(Stage)), (COL.children, 0, 3), (COL.housing, 0, len(Housing)),
        (COL.closing, NOW - 2, NOW + 6), (COL.support_end, NOW - 2, NOW + 6), (COL.departs_at, NOW - 2, NOW + 6),
    ):  # fmt: skip
        made.s[column] = rng.integers(least, most, rows)
    made.s[COL.alert], made.s[COL.abroad] = rng.random(rows), rng.integers(0, 12, rows)
    made.lands[LAND.listed] = rng.integers(0, 2, made.lands[LAND.listed].shape)
    return made


# ---- bits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hotel_exit", [0.0, 0.05])
@pytest.mark.parametrize("change", [copied, stirred])
def test_attention_has_the_same_bits_in_c(
    case: Case, library: ctypes.CDLL, change: Callable[[State], State], hotel_exit: float
) -> None:
    """Every column of every household, week by week."""
    plain, x = set_to(case.prepared.plain, "frame", hotel_exit=hotel_exit)
    ours = change(case.state)
    theirs = copied(ours)
    seen: set[int] = set()
    for week in range(NOW, NOW + 4):
        attended(KEY, week, week + 1, x, ours)
        InC(library, plain).attended(KEY, week, week + 1, theirs)
        assert ours.s.tobytes() == theirs.s.tobytes()
        seen |= set(ours.s[COL.notice].astype(int).tolist())
    assert any(notice & NOTICE.MOVES for notice in seen) == (hotel_exit > 0.0)
    assert all(any(notice & kind for notice in seen) for kind in NOTICE if kind != NOTICE.MOVES)


def test_numbers_far_out_have_the_same_bits_in_c(case: Case, library: ctypes.CDLL) -> None:
    """In so many weeks some of the news is as far out as it can be (one in eight million), in both directions."""
    ours, in_c = copied(case.state), InC(library, case.prepared.plain)
    theirs = copied(ours)
    for seed in range(8):
        key = key_for_entries(seed)
        attended(key, 0, WEEKS, case.prepared.setting, ours)
        in_c.attended(key, 0, WEEKS, theirs)
        assert ours.s.tobytes() == theirs.s.tobytes()


@pytest.mark.parametrize("values", [{}, {"assisted": -2.0, "unassisted": -1.0, "irregular": -1.0}])
def test_choices_have_the_same_bits_in_c(case: Case, library: ctypes.CDLL, values: dict[str, float]) -> None:
    """As fitted, and where every way out is taken by many; some weeks, all who consider, the last bench not full."""
    plain, x = set_to(case.prepared.plain, "b", **values)
    in_c = InC(library, plain)
    ways: set[float] = set()
    state = copied(case.state)
    for week in range(NOW, NOW + 4):
        attended(KEY, week, week + 1, x, state)
        ours, theirs, rows = copied(state), copied(state), considering(state)
        for at in range(0, len(rows), BLOCK):
            seats = rows[at : at + BLOCK]
            seated(week, x, ours, seats)
            chosen(KEY, week, week + 1, x, ours, len(seats))
            in_c.chosen(KEY, week, week + 1, theirs, len(seats))
        assert ours.s[COL.choice].tobytes() == theirs.s[COL.choice].tobytes()
        ways |= set(ours.s[COL.choice, rows].tolist())
    assert not values or ways == set(CHOICE)


# ---- speed -------------------------------------------------------------------------------------------


def quickest(one: Callable[[], None], other: Callable[[], None], turns: int) -> tuple[float, float]:
    """Seconds of the quickest turn of each of two actions, taken in turn."""
    taken: list[tuple[float, float]] = []
    for _ in range(turns):
        begun = time.perf_counter()
        one()
        between = time.perf_counter()
        other()
        taken.append((between - begun, time.perf_counter() - between))
    return min(first for first, _ in taken), min(second for _, second in taken)


@pytest.fixture(scope="module")
def vector_unit() -> bool:
    """Whether the plainest of loops is worked through several numbers at a time on this machine."""

    @compiled
    def doubled(column: np.ndarray) -> None:
        for i in range(len(column)):
            column[i] = column[i] * 2.0

    doubled(np.ones(8))
    return any(re.search(r"\bfmul <\d+ x double>", text) for text in doubled.inspect_llvm().values())


def compared(rule: str, ours: Callable[[], None], theirs: Callable[[], None], times: int) -> float:
    """The speed of ours as a share of that of C, printed with what a household takes."""
    mine, best = quickest(ours, theirs, turns=100)
    share = best / mine
    print(f"\n{rule}: {mine / times * 1e9:.1f} ns against {best / times * 1e9:.1f} ns in C: {share:.0%}")
    return share


def test_speed_of_attention_against_c(case: Case, library: ctypes.CDLL, vector_unit: bool) -> None:
    """Per household in the country and week; those who have left are passed by too, on both sides."""
    ours, theirs, in_c = copied(case.state), copied(case.state), InC(library, case.prepared.plain)
    weeks, here = 10, int(in_country(case.state.s[COL.stage]).sum())
    share = compared(
        "attend",
        lambda: attended(KEY, NOW, NOW + weeks, case.prepared.setting, ours),
        lambda: in_c.attended(KEY, NOW, NOW + weeks, theirs),
        weeks * here,
    )
    assert share > LEAST or not vector_unit


def test_speed_of_choices_against_c(case: Case, library: ctypes.CDLL, vector_unit: bool) -> None:
    """Per household that considers, once it is seated; the bench is full."""
    ours, theirs, in_c = copied(case.state), copied(case.state), InC(library, case.prepared.plain)
    weeks = WEEKS - NOW
    seated(NOW, case.prepared.setting, ours, considering(ours)[:BLOCK])
    share = compared(
        "choose_together",
        lambda: chosen(KEY, NOW, NOW + weeks, case.prepared.setting, ours, BLOCK),
        lambda: in_c.chosen(KEY, NOW, NOW + weeks, theirs, BLOCK),
        weeks * BLOCK,
    )
    assert share > LEAST or not vector_unit
