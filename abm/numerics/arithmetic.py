"""Exactly rounded arithmetic that Python and the compiled week spell alike.

The rules of the model are plain Python functions.  Mesa calls them household by household; the
compiled week runs the same source over whole columns.  For both to give the *same bits*, nothing
below may depend on a mathematics library: `exp`, `log` and the normal quantile are polynomials built
from additions, multiplications and divisions, which IEEE 754 rounds in one way only.  No fast-math
flag is used anywhere, so a compiler may not contract or reorder them.

Four primitives differ between the two worlds (`where`, `nearest`, `bits_of`, `from_bits`); each has a
Python spelling and a compiled one, and everything else is written once on top of them.

How a function is marked says how it is compiled; for Python it stays as it is:

==========  ==============================================================================================
`rule`      a few lines on numbers (or on one household): inlined wherever it is called.  The default.
`routine`   longer, or called from several places: a function of its own, which takes less compiling.  It makes
            no array, so that nobody counts who holds which.
`maker`     makes arrays, and counts: not for a household.
`entry`     what Python calls: releases the interpreter's lock, kept on disk.  Three of them in all
            (`abm.week.compiled`), and one in `abm.household.offers`.
==========  ==============================================================================================

Fast-math would make it a third faster and let the compiler reorder sums, so that processors differ in their
last bits and histories with them: it stays off.  For the same reason no rule calls the built-in `sum`, which
compensates for rounding from Python 3.12 on.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import config, njit, types
from numba.extending import intrinsic, overload, register_jitable

F = TypeVar("F", bound=Callable[..., Any])

#: Whether the rules run as they stand, uncompiled (``NUMBA_DISABLE_JIT=1``): for coverage, debuggers and mutants.
INTERPRETED = bool(config.DISABLE_JIT)

#: Numba options of everything compiled: IEEE division, and no fast-math.
COMPILE = {"error_model": "numpy"}


def rule(function: F) -> F:
    """Mark a scalar rule: inlined into the loops of the compiled week, the vectorised ones among them."""
    marked: F = register_jitable(**COMPILE, forceinline=True)(function)
    return marked


def routine(function: F) -> F:
    """Mark a longer function that makes no arrays: compiled as one of its own, without counting references to any."""
    marked: F = register_jitable(**COMPILE, _nrt=False)(function)
    return marked


def maker(function: F) -> F:
    """Mark a function that makes arrays, whoever calls it."""
    marked: F = register_jitable(**COMPILE, _nrt=True)(function)
    return marked


def entry(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls: it releases the interpreter lock and is kept on disk.

    Where no folder can be written in which to keep it, it is compiled anew in every process.
    """
    try:
        return njit(nogil=True, cache=True, **COMPILE)(function)
    except RuntimeError:
        return njit(nogil=True, **COMPILE)(function)


# ---- four primitives ---------------------------------------------------------------------------


def where(condition: bool, yes: float, no: float) -> float:
    """Select without branching: both values are computed, one is kept."""
    return yes if condition else no


def nearest(x: float) -> float:
    """Nearest whole number, ties to even."""
    return float(round(x))


def bits_of(x: float) -> int:
    """The 64 bits of a float as a signed integer."""
    pattern: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return pattern


def from_bits(pattern: int) -> float:
    """The float whose 64 bits are `pattern`."""
    value: float = struct.unpack("<d", struct.pack("<q", pattern))[0]
    return value


@intrinsic
def _select(typing_context, condition, yes, no):  # type: ignore[no-untyped-def]
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.select(*arguments)

    return types.float64(types.boolean, types.float64, types.float64), generate


@intrinsic
def _to_int(typing_context, x):  # type: ignore[no-untyped-def]
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@intrinsic
def _to_float(typing_context, pattern):  # type: ignore[no-untyped-def]
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


@overload(where, inline="never")
def _where(condition, yes, no):  # type: ignore[no-untyped-def]
    return lambda condition, yes, no: _select(bool(condition), float(yes), float(no))


@overload(nearest)
def _nearest(x):  # type: ignore[no-untyped-def]
    return lambda x: np.rint(x)


@overload(bits_of)
def _bits_of(x):  # type: ignore[no-untyped-def]
    return lambda x: _to_int(x)


@overload(from_bits)
def _from_bits(pattern):  # type: ignore[no-untyped-def]
    return lambda pattern: _to_float(np.int64(pattern))


# ---- written once --------------------------------------------------------------------------------

_SHIFT = 6755399441055744.0  # 1.5 * 2**52: adding it leaves a whole number in the low mantissa bits
_SHIFT_BITS = 0x4338000000000000


@rule
def exp(x: float) -> float:
    """Exponential, relative error below 1e-14; the argument is held within ±700."""
    x = where(x > 700.0, 700.0, where(x < -700.0, -700.0, x))
    n = nearest(x * 1.4426950408889634)
    r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    q = 2.505210838544172e-08
    q = q * r + 2.755731922398589e-07
    q = q * r + 2.7557319223985893e-06
    q = q * r + 2.48015873015873e-05
    q = q * r + 1.984126984126984e-04
    q = q * r + 1.388888888888889e-03
    q = q * r + 8.333333333333333e-03
    q = q * r + 4.1666666666666664e-02
    q = q * r + 0.16666666666666666
    q = q * r + 0.5
    power = from_bits(((bits_of(n + _SHIFT) - _SHIFT_BITS) + 1023) << 52)
    return (q * r * r + r + 1.0) * power


@rule
def log(x: float) -> float:
    """Natural logarithm of a normal positive number (the fdlibm series), relative error 2e-16."""
    i = bits_of(x)
    e = ((i >> 32) - 0x3FE6A09E) >> 20
    f = from_bits(i - (e << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = 1.479819860511658591e-01
    r = r * z + 1.531383769920937332e-01
    r = r * z + 1.818357216161805012e-01
    r = r * z + 2.222219843214978396e-01
    r = r * z + 2.857142874366239149e-01
    r = r * z + 3.999999999940941908e-01
    r = r * z + 6.666666666666735130e-01
    r = r * z
    h = 0.5 * f * f
    whole = from_bits(e + _SHIFT_BITS) - _SHIFT
    return whole * 0.6931471805599453 + (f - (h - s * (h + r)))


@rule
def normal_quantile(u: float) -> float:
    """Standard normal quantile of `u` in (0, 1): one uniform in, one normal out, monotone.

    Absolute error below 1e-6 [1]_; `u` is held within 6e-8 of 0 and 1, the result within ±5.3.

    References
    ----------
    .. [1] M. Giles, "Approximating the erfinv function", GPU Computing Gems 2 (2010), ch. 10.
    """
    x = _centred(u)
    return 1.4142135623730951 * x * _ratio(-log(_inside(x)))


@rule
def normal_quantiles(values: np.ndarray, spare: np.ndarray) -> None:
    """The same for many numbers, put in their place: in short loops, a fifth quicker than one by one."""
    for i in range(len(values)):
        values[i] = _centred(values[i])
        spare[i] = _inside(values[i])
    for i in range(len(values)):
        spare[i] = -log(spare[i])
    for i in range(len(values)):
        values[i] = 1.4142135623730951 * values[i] * _ratio(spare[i])


@rule
def _centred(u: float) -> float:
    u = where(u < 6e-8, 6e-8, where(u > 1.0 - 6e-8, 1.0 - 6e-8, u))
    return 2.0 * u - 1.0


@rule
def _inside(x: float) -> float:
    return (1.0 - x) * (1.0 + x)


@rule
def _ratio(w: float) -> float:
    near = w < 5.0
    a = where(near, w - 2.5, math.sqrt(w) - 3.0)
    c = where(near, 2.81022636e-08, -0.000200214257)
    c = where(near, 3.43273939e-07, 0.000100950558) + c * a
    c = where(near, -3.5233877e-06, 0.00134934322) + c * a
    c = where(near, -4.39150654e-06, -0.00367342844) + c * a
    c = where(near, 0.00021858087, 0.00573950773) + c * a
    c = where(near, -0.00125372503, -0.0076224613) + c * a
    c = where(near, -0.00417768164, 0.00943887047) + c * a
    c = where(near, 0.246640727, 1.00167406) + c * a
    return where(near, 1.50140941, 2.83297682) + c * a
