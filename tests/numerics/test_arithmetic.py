"""Arithmetic is accurate, and Python and the compiled week spell it with the same bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numba import njit, vectorize
from scipy import special

from abm.numerics.arithmetic import (
    COMPILE,
    INTERPRETED,
    bits_of,
    exp,
    from_bits,
    log,
    nearest,
    normal_quantile,
    where,
)

if INTERPRETED:
    pytest.skip("compilation is off", allow_module_level=True)

# `where` and friends in compiled clothes, over whole arrays as the week uses them.
exp_all = vectorize(["float64(float64)"], nopython=True)(exp)
log_all = vectorize(["float64(float64)"], nopython=True)(log)
quantile_all = vectorize(["float64(float64)"], nopython=True)(normal_quantile)


@njit(**COMPILE)
def primitives(x: float, other: float) -> tuple[float, float, int, float]:
    return where(x > other, x, other), nearest(x), bits_of(x), from_bits(bits_of(x))


def bits(values: Any) -> list[int]:
    return np.asarray(values, np.float64).view(np.int64).tolist()


def spread(low: float, high: float, n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, n)


EXP_EDGES = [0.0, -0.0, 1.0, -1.0, 1e-300, -1e-300, 5e-324, 0.5 * math.log(2), -0.5 * math.log(2), 699.9999, 700.0,
             -700.0, 701.0, -1e9, 1e9, 1e300, -1e300, math.inf, -math.inf]  # fmt: skip
LOG_EDGES = [1.0, math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0), 2.0, 0.5, math.sqrt(0.5), math.sqrt(2.0), 1e-300,
             1e300, 2.2250738585072014e-308, 1.7976931348623157e308]  # fmt: skip
LEAST, MOST = 2.0**-53, 1.0 - 2.0**-53
QUANTILE_EDGES = [LEAST, MOST, 2.0**-52, 0.5, math.nextafter(0.5, 1.0), 1e-10, 1e-5, 1 - 1e-5, 0.25, 0.75, 0.025]


def test_exp_is_accurate_to_fourteen_digits() -> None:
    x = np.concatenate([spread(-700, 700, 200_000), spread(-2, 2, 200_000), spread(-1e-6, 1e-6, 1_000)])
    true = np.exp(x.astype(np.longdouble))
    assert float(np.max(np.abs(exp_all(x) - true) / true)) < 1e-14


def test_exp_stays_finite_and_positive_beyond_its_range() -> None:
    for x in EXP_EDGES:
        assert 0.0 < exp(x) < math.inf
    assert exp(1e9) == exp(700.0)
    assert exp(-1e9) == exp(-700.0)
    assert exp(0.0) == 1.0


def test_log_is_accurate_to_the_last_digit() -> None:
    x = np.concatenate([np.exp(spread(-700, 700, 200_000)), spread(0.5, 2.0, 200_000)])
    true = np.log(x.astype(np.longdouble))
    wrong = np.abs(log_all(x) - true) / np.maximum(np.abs(true), np.finfo(float).tiny)
    assert float(np.max(wrong)) < 4e-16
    assert log(1.0) == 0.0


#: The quantile is held within these.
NEAR_NOUGHT, NEAR_ONE = 6e-8, 1 - 6e-8


def test_normal_quantile_is_accurate_to_six_places() -> None:
    """Within 5.3 standard deviations: all but one draw in eight million."""
    tail = np.maximum(NEAR_NOUGHT, 2.0 ** -spread(1, 24, 100_000))
    u = np.concatenate([spread(0.001, 0.999, 200_000), tail, 1 - tail])
    wrong = np.abs(quantile_all(u) - special.ndtri(u))
    assert float(np.max(wrong)) < 1e-6, f"worst at u = {u[np.argmax(wrong)]!r}"


def test_normal_quantile_is_held_within_its_range() -> None:
    tail = 2.0 ** -spread(25, 53, 1_000)
    assert np.all(quantile_all(tail) == normal_quantile(NEAR_NOUGHT))
    assert np.all(quantile_all(np.minimum(MOST, 1 - tail)) == normal_quantile(NEAR_ONE))


def test_normal_quantile_is_odd_about_a_half() -> None:
    u = spread(0, 0.5, 1_000)
    assert np.allclose(quantile_all(u), -quantile_all(1 - u), rtol=0, atol=1e-9)
    assert normal_quantile(0.5) == 0.0


@pytest.mark.parametrize(("rule", "compiled", "edges", "low", "high"), [
    (exp, exp_all, EXP_EDGES, -750.0, 750.0),
    (log, log_all, LOG_EDGES, 1e-9, 1e9),
    (normal_quantile, quantile_all, QUANTILE_EDGES, LEAST, MOST),
])  # fmt: skip
def test_python_and_compiled_give_the_same_bits(
    rule: Callable[[float], float], compiled: Any, edges: list[float], low: float, high: float
) -> None:
    near_one = spread(0.9, 1.1, 5_000) if low > 0 and high > 1 else spread(max(low, -1), min(high, 1), 5_000)
    x = np.concatenate([edges, spread(low, high, 10_000), near_one])
    assert bits(compiled(x)) == bits([rule(float(v)) for v in x])


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15), st.floats(-1e6, 1e6))
@example(0.5, 0.5)
@example(1.5, 0.0)
@example(2.5, -0.0)
@example(-0.5, 0.0)
@example(-2.5, 0.0)
def test_the_four_primitives_agree(x: float, other: float) -> None:
    chosen, whole, pattern, back = primitives(x, other)
    assert bits([chosen]) == bits([where(x > other, x, other)])
    assert whole == nearest(x) == np.rint(x)
    assert pattern == bits_of(x)
    assert bits([back]) == bits([from_bits(bits_of(x))]) == bits([x])


@given(st.floats(-699, 699))
def test_log_undoes_exp(x: float) -> None:
    assert log(exp(x)) == pytest.approx(x, rel=1e-13, abs=1e-13)


@given(st.floats(LEAST, MOST), st.floats(LEAST, MOST))
def test_normal_quantile_never_decreases(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert normal_quantile(low) <= normal_quantile(high) + 1e-7
