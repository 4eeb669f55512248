"""Keyed random numbers: each draw is a pure function of (seed, household, week, purpose).

Nothing is consumed and nothing is shared, so a draw cannot be disturbed by the order in which
households act, by threads, by other households or by the policy in force: a household hit by a truck
in the baseline is hit by the same truck in the variant (common random numbers).

A draw hashes its coordinates with the 64-bit finaliser of SplitMix64 [1]_, applied twice.

References
----------
.. [1] G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
   OOPSLA 2014.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Self

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from abm.numerics.arithmetic import INTERPRETED, bits_of, from_bits, log, normal_quantile, routine, rule
from abm.numerics.named import numbers


class Purpose(IntEnum):
    """What a draw is for.  Numbers are part of every published result: append, never renumber.

    A row is number and meaning; where the same draw is read in two places, the third says why.  Any other
    draw is read in one place only.
    """

    meaning: str
    again: str

    def __new__(cls, number: int, meaning: str, again: str = "") -> Self:
        """A member with its own number."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.meaning, member.again = meaning, again
        return member

    # drawn once, when a household is made
    ORIGIN = 1, "country of origin, or row of a given table", "a caseload has either shares of origins or rows"
    FAMILY = 2, "whether it has children"
    ADULTS = 3, "second adult of a family"
    CHILDREN = 4, "children beyond the first"
    SCHOOL = 5, "whether a child is of school age (the week counts the children)"
    STAGE = 6, "stage at the start"
    HOUSING = 7, "housing at the start, or on arrival"
    ARRIVED = 8, "weeks in the country before its stage"
    WAITED = 9, "weeks in its stage"
    PATIENCE = 10, "patience class"
    TASTE_RETURN = 11, "lasting taste for returning (the week counts the draws)"
    TASTE_IRREGULAR = 12, "lasting taste for irregularity (the week counts the draws)"
    BELIEF_SAFETY = 13, "first belief on safety"
    BELIEF_PAYMENT = 14, "first belief on payment"
    SITE = 15, "site where it is housed"
    TIES = 16, "number of ties it reaches out for (week 0: spread, week 1: rounding)", "two weeks, two draws"
    TIES_ABROAD = 17, "ties abroad"
    PARTNER_POOL = 18, "from whom a tie is drawn (the week counts the ties)"
    PARTNER = 19, "with whom (the week counts the ties)"
    INFLOW = 20, "whether a candidate arrives"
    STAYED = 21, "whether it would have stayed so long with these tastes (the week counts the draws)"
    BOOKED = 22, "whether it has accepted an offer before the run, and when it leaves"
    LOT = 23, "lot of a household: whether an offer for a share of households is open to it"
    SITE_LOT = 24, "lot of a site, for offers by site (the household coordinate holds the site)"
    # drawn each week
    NEWS = 32, "noise of the week's news on safety"
    CONSIDER = 33, "whether it considers its situation"
    FATE = 35, "regularisation, detection or re-migration", "first whether, then, when it takes effect, which"
    MOVE = 36, "whether it is moved from a hotel"
    DECISION_TURN = 40, "turn among claims of one week"
    DECISION = 41, "outcome of a first decision (the week counts its claims)", "whose claim was decided before the run"
    APPEALS = 42, "whether it appeals (the week counts its claims)", "a refusal of the stock lies before the run"
    APPEAL_TURN = 43, "turn among appeals of one week"
    APPEAL = 44, "outcome of an appeal (the week counts its claims)"
    REVIEW_TURN = 45, "turn among reviews due in one week"
    REVIEW = 46, "outcome of a review"
    VISIT_TURN = 47, "lot for an adviser's visit"
    ENFORCEMENT_TURN = 48, "lot for a removal attempt"
    ENFORCEMENT = 49, "outcome of a removal attempt"
    REPORT = 50, "noise of its report on safety"
    PAID = 51, "whether the later payment is really made", "booked with the departure, and told to its ties"
    REHOUSING = 52, "housing when it comes back, or when protection ends", "only one of them happens in a week"
    ESCORT = 53, "whether a removal goes without escort"
    PROCESSING = 58, "weeks from accepting to leaving (the week is that of accepting)"
    WITHDRAWAL = 59, "whether it withdraws before it leaves (the week is that of accepting)"
    # one shock for each way out, so that a better offer changes no choice but towards it
    SHOCK_STAY = 54, "error of staying"
    SHOCK_ASSISTED = 55, "error of assisted return"
    SHOCK_UNASSISTED = 56, "error of unassisted return"
    SHOCK_IRREGULAR = 57, "error of going irregular"
    # paths of a country of origin (the household coordinate holds the country)
    SAFETY_PATH = 60, "week of a regime change"


PURPOSE = numbers(Purpose)

MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mixed(z: int) -> int:
    """SplitMix64's finaliser: a bijection of 64-bit integers in which every bit depends on every bit."""
    z = ((z ^ (z >> 30)) * _FIRST) & MASK
    z = ((z ^ (z >> 27)) * _SECOND) & MASK
    return z ^ (z >> 31)


def key_of(seed: int) -> int:
    """The 64-bit key of a seed; neighbouring seeds give unrelated keys."""
    return mixed(mixed((seed * GOLDEN + 0xD1B54A32D192ED03) & MASK))


def key_for_entries(seed: int) -> Any:
    """The same as what is compiled takes it from Python."""
    return key_of(seed) if INTERPRETED else np.uint64(key_of(seed))


def _hashed(key: int, household: int, week: int, purpose: int) -> int:
    counter = ((int(household) << 24) | ((int(week) & 0xFFFF) << 8) | purpose) & MASK
    pattern = mixed(key ^ mixed((counter * GOLDEN + key) & MASK))
    return (pattern >> 12) | 0x3FF0000000000000


@intrinsic
def _as_signed(typing_context, z):  # type: ignore[no-untyped-def]
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return arguments[0]

    return types.int64(types.uint64), generate


_U: Any = np.uint64
_G, _A, _B, _K = _U(GOLDEN), _U(_FIRST), _U(_SECOND), _U(0xD1B54A32D192ED03)
_G24 = _U((GOLDEN << 24) & MASK)


@overload(mixed)
def _mixed(z):  # type: ignore[no-untyped-def]
    def compiled(z):  # type: ignore[no-untyped-def]
        z = (z ^ (z >> _U(30))) * _A
        z = (z ^ (z >> _U(27))) * _B
        return z ^ (z >> _U(31))

    return compiled


@overload(key_of)
def _key_of(seed):  # type: ignore[no-untyped-def]
    return lambda seed: mixed(mixed(_U(seed) * _G + _K))


@overload(_hashed)
def _hashed_compiled(key, household, week, purpose):  # type: ignore[no-untyped-def]
    def compiled(key, household, week, purpose):  # type: ignore[no-untyped-def]
        # The counter times G in two parts: the draws of a household share the first, and households the second.
        of_week = ((_U(week) & _U(0xFFFF)) << _U(8)) | _U(purpose)
        pattern = mixed(_U(key) ^ mixed(_U(household) * _G24 + (of_week * _G + _U(key))))
        return _as_signed((pattern >> _U(12)) | _U(0x3FF0000000000000))

    return compiled


@rule
def identity_of(stored: float) -> int:
    """A household's identity as a whole number, from a column of floats (below 2**51)."""
    return bits_of(stored + 4503599627370496.0) - 0x4330000000000000


@rule
def uniform(key: int, household: int, week: int, purpose: int) -> float:
    """A uniform number in the open interval (0, 1), 52 random bits.

    Parameters
    ----------
    key
        `key_of(seed)`.
    household
        Identity of the household (0 <= household < 2**40), not its row.
    week
        Week of the run, 0 <= week < 65,536; zero for draws made once.
    purpose
        A member of `Purpose`.
    """
    return (from_bits(_hashed(key, household, week, purpose)) - 1.0) + 1.1102230246251565e-16


@routine
def normal(key: int, household: int, week: int, purpose: int) -> float:
    """A standard normal number (inverse transform, so one uniform and monotone in it)."""
    return normal_quantile(uniform(key, household, week, purpose))


@rule
def exponential(key: int, household: int, week: int, purpose: int) -> float:
    """An exponential number of mean one."""
    return -log(uniform(key, household, week, purpose))
