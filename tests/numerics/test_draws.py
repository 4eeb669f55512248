"""A draw is a function of seed, household, week and purpose alone, and the numbers look like chance."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy import stats

import abm
from abm.arrays.arrivals import ARRIVALS
from abm.numerics.arithmetic import COMPILE, INTERPRETED
from abm.numerics.draws import PURPOSE, Purpose, exponential, key_of, normal, uniform

if INTERPRETED:
    pytest.skip("compilation is off: too many draws", allow_module_level=True)

#: A statistical test fails below this; the seeds are fixed, so that it fails always or never.
IMPROBABLE = 1e-5


@njit(**COMPILE)
def draws(keys: Any, households: Any, weeks: Any, purposes: Any) -> Any:
    out = np.empty(len(households))
    for n in range(len(households)):
        out[n] = uniform(keys[n], households[n], weeks[n], purposes[n])
    return out


@njit(**COMPILE)
def compiled_draws(key: Any, household: int, week: int, purpose: int) -> tuple[float, float, float]:
    at = household, week, purpose
    return uniform(key, *at), normal(key, *at), exponential(key, *at)


def along(n: int = 200_000, **given: Callable[[np.ndarray], Any] | int) -> np.ndarray:
    """Draws along one coordinate: every coordinate is a number, or a function of 0 … n − 1."""
    k = np.arange(n)
    told = {"seed": 1, "household": 7, "week": 3, "purpose": PURPOSE.SHOCK_ASSISTED} | given
    values = {name: value(k) if callable(value) else np.full(n, value) for name, value in told.items()}
    known = {int(seed): key_of(int(seed)) for seed in np.unique(values["seed"])}
    keys = np.array([known[int(seed)] for seed in values["seed"]], np.uint64)
    return draws(keys, values["household"], values["week"], values["purpose"])


SEQUENCES: dict[str, Callable[[], np.ndarray]] = {
    "households": lambda: along(household=lambda k: k),
    "arrivals": lambda: along(household=lambda k: ARRIVALS + (k // 40) * 2**20 + k % 40),
    "weeks": lambda: along(60_000, week=lambda k: k),
    "neighbouring seeds": lambda: along(50_000, seed=lambda k: k),
    "purposes and households": lambda: along(household=lambda k: k // 64, purpose=lambda k: k % 64),
    "households then weeks": lambda: along(household=lambda k: k // 260, week=lambda k: k % 260),
    "weeks then households": lambda: along(household=lambda k: k % 1_000, week=lambda k: k // 1_000),
    "powers of two": lambda: along(4_000, household=lambda k: (1 << (k % 40)) % 2**40, week=lambda k: k // 40),
}


@pytest.fixture(scope="module", params=SEQUENCES)
def sequence(request: pytest.FixtureRequest) -> np.ndarray:
    return SEQUENCES[request.param]()


def test_draws_are_uniform(sequence: np.ndarray) -> None:
    assert stats.kstest(sequence, "uniform").pvalue > IMPROBABLE


def test_draws_fill_their_cells_evenly(sequence: np.ndarray) -> None:
    cells = 256 if len(sequence) >= 50_000 else 32
    assert stats.chisquare(np.bincount((sequence * cells).astype(int), minlength=cells)).pvalue > IMPROBABLE


def test_low_bits_of_draws_are_even(sequence: np.ndarray) -> None:
    """Bits 30 to 45 after the point: a poor mixer shows its lattice there."""
    low = ((sequence * 2.0**46).astype(np.int64)) & 0xFF
    assert stats.chisquare(np.bincount(low, minlength=256)).pvalue > IMPROBABLE or len(sequence) < 50_000
    ones = int(np.unpackbits(low.astype(np.uint8)).sum())
    assert stats.binomtest(ones, 8 * len(low)).pvalue > IMPROBABLE


@pytest.mark.parametrize("lag", [1, 2, 3, 7, 64, 260, 1_000])
def test_draws_are_not_serially_correlated(sequence: np.ndarray, lag: int) -> None:
    if len(sequence) <= 2 * lag:
        pytest.skip("shorter than the lag")
    r = np.corrcoef(sequence[:-lag], sequence[lag:])[0, 1]
    assert 2 * stats.norm.sf(abs(r) * np.sqrt(len(sequence) - lag)) > IMPROBABLE


def test_pairs_and_triples_of_draws_fill_the_cube(sequence: np.ndarray) -> None:
    for size, cells in ((2, 16), (3, 6)):
        together = (sequence[: len(sequence) // size * size].reshape(-1, size) * cells).astype(int)
        if len(together) < 10 * cells**size:
            continue
        seen = np.bincount(together @ cells ** np.arange(size), minlength=cells**size)
        assert stats.chisquare(seen).pvalue > IMPROBABLE


def test_runs_up_and_down_have_their_expected_number(sequence: np.ndarray) -> None:
    n = len(sequence)
    turning = int(np.sum(np.diff(np.sign(np.diff(sequence))) != 0))
    z = (turning - 2 * (n - 2) / 3) / np.sqrt((16 * n - 29) / 90)
    assert 2 * stats.norm.sf(abs(z)) > IMPROBABLE


PAIRS: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "two seeds": ({"seed": 0}, {"seed": 1}),
    "seeds that differ in one high bit": ({"seed": 5}, {"seed": 5 + 2**62}),
    "two weeks": ({"week": 0}, {"week": 1}),
    "two purposes": ({"purpose": PURPOSE.NEWS}, {"purpose": PURPOSE.CONSIDER}),
    "considering and choosing": ({"purpose": PURPOSE.CONSIDER}, {"purpose": PURPOSE.SHOCK_ASSISTED}),
    "a draw made once and a weekly one": (
        {"purpose": PURPOSE.TASTE_RETURN, "week": 0},
        {"purpose": PURPOSE.SHOCK_ASSISTED, "week": 0},
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_same_households_draw_independently_in(pair: str) -> None:
    one, other = (along(household=lambda k: k, **at) for at in PAIRS[pair])
    counts = np.histogram2d(one, other, bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(counts.ravel()).pvalue > IMPROBABLE
    assert stats.pearsonr(one, other).pvalue > IMPROBABLE


def test_no_two_coordinates_share_a_draw() -> None:
    values = np.concatenate([SEQUENCES[name]() for name in ("arrivals", "households then weeks")])
    assert len(np.unique(values)) == len(values)


def test_normal_and_exponential_draws_have_their_distributions() -> None:
    some = [
        (normal(key_of(3), i, 0, PURPOSE.TASTE_RETURN), exponential(key_of(3), i, 0, PURPOSE.TASTE_RETURN + 1))
        for i in range(5_000)
    ]
    z, e = np.array(some).T
    assert stats.kstest(z, "norm").pvalue > IMPROBABLE
    assert stats.kstest(e, "expon").pvalue > IMPROBABLE
    assert abs(stats.pearsonr(z, e).statistic) < 0.07


anywhere = {
    "seed": st.integers(0, 2**63 - 1), "household": st.integers(0, 2**40 - 1), "week": st.integers(0, 65_535),
    "purpose": st.sampled_from(list(Purpose)).map(int),
}  # fmt: skip


@given(**anywhere)
def test_a_draw_is_strictly_between_nought_and_one(seed: int, household: int, week: int, purpose: int) -> None:
    assert 0.0 < uniform(key_of(seed), household, week, purpose) < 1.0


@given(**anywhere)
def test_python_and_compiled_draw_the_same_bits(seed: int, household: int, week: int, purpose: int) -> None:
    key = key_of(seed)
    plain = (f(key, household, week, purpose) for f in (uniform, normal, exponential))
    assert tuple(plain) == compiled_draws(np.uint64(key), household, week, purpose)


@given(**anywhere, other=st.fixed_dictionaries(anywhere))
def test_another_coordinate_gives_another_draw(
    seed: int, household: int, week: int, purpose: int, other: dict[str, int]
) -> None:
    here = {"seed": seed, "household": household, "week": week, "purpose": purpose}
    for name, value in other.items():
        if value != here[name]:
            moved = here | {name: value}
            assert uniform(key_of(moved.pop("seed")), **moved) != uniform(key_of(seed), household, week, purpose)


# ---- what draws are for ------------------------------------------------------------------------------

ABM = Path(abm.__file__).parent
#: Tells of draws, and decides nothing by them.
TELLS = "why.py"


def places(folder: Path) -> dict[str, list[str]]:
    """Where each purpose is read, as file:line; anything else that is done with purposes under the name ``?``."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        owners = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(tree):
            read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in ("PURPOSE", "Purpose")
            if read and path.name not in ("draws.py", TELLS):
                name = owners.get(id(node), "?")
                found.setdefault(name, []).append(f"{path.relative_to(folder)}:{node.lineno}")
    return found


def amiss(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Purposes that nobody reads, that are read twice without saying why, or once although they say why twice."""
    wrong = {name: where for name, where in found.items() if name not in Purpose.__members__}
    for purpose in Purpose:
        where = found.get(purpose.name, [])
        if not where or (len(where) > 1) != bool(purpose.again):
            wrong[purpose.name] = where
    return wrong


def test_a_draw_is_read_in_one_place_or_says_why_in_two() -> None:
    """Two places that read the same draw by mistake would be correlated without anybody noticing."""
    assert amiss(places(ABM)) == {}


@pytest.mark.parametrize(("rule", "name"), [
    ("uniform(key, i, week, PURPOSE.FAMILY) < 0.5", "FAMILY"),  # read elsewhere already
    ("uniform(key, i, week, PURPOSE.FAMLY) < 0.5", "FAMLY"),
    ("uniform(key, i, week, PURPOSE[3]) < 0.5", "?"),
])  # fmt: skip
def test_a_draw_read_where_it_should_not_be_is_found(tmp_path: Path, rule: str, name: str) -> None:
    for path in (ABM / "arrays").glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    before = amiss(places(tmp_path))
    (tmp_path / "more.py").write_text(f"found = {rule}\n", encoding="utf-8")
    assert set(amiss(places(tmp_path))) - set(before) == {name}


def test_a_draw_that_nobody_reads_is_found() -> None:
    found = places(ABM)
    del found["NEWS"]
    assert amiss(found) == {"NEWS": []}


def test_numbers_of_purposes_are_their_own_and_fit_into_a_draw() -> None:
    every = [int(purpose) for purpose in Purpose]
    assert len(set(every)) == len(every)
    assert all(0 < number < 256 for number in every)
