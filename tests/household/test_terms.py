"""Every term of the decision: what it weighs, with which sign, for which ways out; and its declaration is true."""

from __future__ import annotations

import math
from typing import Any, get_args, get_type_hints

import pytest
from numba import njit

from abm.household.decision import REFERENCE_INCOME, Circumstances, Terms, Utilities, terms, utilities
from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import Push, declarations, plain
from abm.numerics.arithmetic import COMPILE

#: The rule as the compiled week runs it.
weighed, summed = (njit(**COMPILE)(rule) for rule in (terms, utilities))

#: Everything is above its reference: home is safer than it was, and richer than where income counts as nought.
HERE = Circumstances(
    cash_now=4_000.0, cash_later=3_000.0, income=1.5 * REFERENCE_INCOME, safety=0.6, safety_before=0.5, origin=0.4,
    peers_left=0.3, years_here=3.0, at_school=1.0, hope=0.4, in_hotel=1.0, lost_support=1.0, removal=0.3,
    has_children=1.0, taste_return=0.2, taste_irregular=0.1,
)  # fmt: skip
#: Every mechanism on.
ON = Behaviour(**dict.fromkeys(declarations(Behaviour), 0.4))
EVERY = [(group, name) for group, kind in get_type_hints(Terms).items() for name in get_type_hints(kind)]

#: What each term weighs, and its coefficient. The sign says where more of it pushes: + towards that way out.
Weighs = tuple[str | None, dict[str, int]]
WEIGHS: dict[tuple[str, str], Weighs] = {
    ("assisted", "constant"): ("assisted", {}),
    ("assisted", "incentive"): ("money", {"cash_now": +1, "income": -1}),  # the richer, the less the same money is
    ("assisted", "waiting"): ("anticipation", {"cash_later": -1, "income": +1}),
    ("unassisted", "constant"): ("unassisted", {}),
    ("home", "origin"): ("origin", {"origin": +1}),
    ("home", "safety"): ("safety", {"safety": +1, "safety_before": -1}),
    ("home", "home_income"): ("home_income", {"income": +1}),
    ("home", "peers_left"): ("norm", {"peers_left": +1}),
    ("here", "host_ties"): ("host_ties", {"years_here": -1}),
    ("here", "school"): ("school", {"at_school": -1}),
    ("here", "hope"): ("hope", {"hope": -1}),
    ("here", "hotel"): ("hotel", {"in_hotel": +1}),
    ("here", "lost_support"): ("lost_support_return", {"lost_support": +1}),
    ("leaving", "removal_risk"): ("removal_risk", {"removal": +1}),
    ("leaving", "taste"): (None, {"taste_return": +1}),
    ("irregular", "constant"): ("irregular", {}),
    ("irregular", "removal_risk"): ("removal_risk_irregular", {"removal": +1}),
    ("irregular", "lost_support"): ("lost_support_irregular", {"lost_support": +1}),
    ("irregular", "children"): ("irregular_children", {"has_children": -1}),
    ("irregular", "taste"): (None, {"taste_irregular": +1}),
}
#: The ways out in which the terms of a group count.
COUNTS: dict[str, set[str]] = {
    "assisted": {"assisted"}, "unassisted": {"unassisted"}, "irregular": {"irregular"},
    "home": {"assisted", "unassisted"}, "here": {"assisted", "unassisted"}, "leaving": {"assisted", "unassisted"},
}  # fmt: skip
#: What the words of a declaration say of the utilities: assisted, unassisted, irregular.
SAYS: dict[str, tuple[int, int, int]] = {
    "more return": (1, 1, 0), "less return": (-1, -1, 0), "more assisted return": (1, 0, 0),
    "less assisted return": (-1, 0, 0), "more unassisted return": (0, 1, 0), "more irregularity": (0, 0, 1),
    "less irregularity": (0, 0, -1),
    "": (0, 0, 0),  # it is in no term: it moves attention, beliefs, or what an offer is worth
}  # fmt: skip


def evaluated(b: Behaviour = ON, x: Circumstances = HERE) -> Any:
    """The terms, by the compiled rule."""
    return weighed(plain(b), x)


def sign(change: float) -> int:
    """Its sign; what is left of rounding is nought."""
    return 0 if abs(change) < 1e-12 else 1 if change > 0 else -1


def raised(name: str) -> Circumstances:
    """More of one circumstance."""
    return HERE._replace(**{name: 1.1 * getattr(HERE, name)})


def moved(before: Utilities, after: Utilities) -> tuple[int, ...]:
    """The signs of what changed for each way out."""
    return tuple(sign(b - a) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("term", EVERY, ids=".".join)
def test_a_term_weighs_what_it_says_with_its_sign(term: tuple[str, str]) -> None:
    assert term in WEIGHS, "say in WEIGHS what it weighs, and with which sign"
    group, name = term
    before = getattr(getattr(evaluated(), group), name)
    found = {c: sign(getattr(getattr(evaluated(x=raised(c)), group), name) - before) for c in Circumstances._fields}
    assert {c: way for c, way in found.items() if way} == WEIGHS[term][1]


#: Every coefficient is 0.4, also the four tenths of a year in which ties grow.
SIZES = {
    ("assisted", "constant"): 0.4, ("unassisted", "constant"): 0.4, ("irregular", "constant"): 0.4,
    ("assisted", "incentive"): 0.4 * math.log(1.0 + 4_000.0 / 3_000.0),
    ("assisted", "waiting"): -0.4 * 0.4 * math.log(1.0 + 3_000.0 / 3_000.0),
    ("home", "origin"): 0.4 * 0.4, ("home", "safety"): 0.4 * (0.6 - 0.5), ("home", "peers_left"): 0.4 * 0.3,
    ("home", "home_income"): 0.4 * math.log(3_000.0 / 2_000.0),
    ("here", "host_ties"): -0.4 * (1.0 - math.exp(-3.0 / 0.4)), ("here", "school"): -0.4, ("here", "hope"): -0.4 * 0.4,
    ("here", "hotel"): 0.4, ("here", "lost_support"): 0.4,
    ("leaving", "removal_risk"): 0.4 * 0.3, ("leaving", "taste"): 0.2,
    ("irregular", "removal_risk"): 0.4 * 0.3, ("irregular", "lost_support"): 0.4, ("irregular", "children"): -0.4,
    ("irregular", "taste"): 0.1,
}  # fmt: skip


@pytest.mark.parametrize("term", EVERY, ids=".".join)
def test_a_term_is_as_large_as_its_formula(term: tuple[str, str]) -> None:
    """By the formulas at the head of `abm.household.decision`."""
    assert getattr(getattr(evaluated(), term[0]), term[1]) == pytest.approx(SIZES[term], rel=1e-12)


@pytest.mark.parametrize("term", EVERY, ids=".".join)
def test_a_term_counts_in_its_ways_out_and_in_no_other(term: tuple[str, str]) -> None:
    """In full, and as a push towards them: one more in the term is one more in the utility."""
    group, name = term
    v = terms(plain(ON), HERE)
    more = v._replace(**{group: getattr(v, group)._replace(**{name: getattr(getattr(v, group), name) + 1.0})})
    changed = [b - a for a, b in zip(summed(v), summed(more), strict=True)]
    assert changed == pytest.approx([1.0 if way in COUNTS[group] else 0.0 for way in Utilities._fields], abs=1e-12)


@pytest.mark.parametrize("term", EVERY, ids=".".join)
def test_a_term_is_off_at_a_coefficient_of_nought_and_its_coefficient_says_where_it_pushes(
    term: tuple[str, str],
) -> None:
    """Its declaration agrees with the sign with which the term weighs, and with the ways out in which it counts."""
    (group, name), coefficient = term, WEIGHS[term][0]
    if coefficient is None:
        return  # a taste is what it is; its spread is declared
    declared = declarations(Behaviour)[coefficient]
    assert declared.higher, f"say in the declaration of {coefficient} what a higher value brings"
    off = getattr(getattr(evaluated(ON.with_values({coefficient: 0.0})), group), name)
    term_on = getattr(getattr(evaluated(), group), name)
    assert off == 0.0
    pushed = tuple(sign(term_on) if way in COUNTS[group] else 0 for way in Utilities._fields)
    assert pushed == SAYS[declared.higher]


@pytest.mark.parametrize("coefficient", list(declarations(Behaviour)))
def test_a_coefficient_brings_what_is_declared_of_it(coefficient: str) -> None:
    """And what is in no term declares nothing."""
    higher = ON.with_values({coefficient: 1.05 * getattr(ON, coefficient)})
    assert moved(summed(evaluated()), summed(evaluated(higher))) == SAYS[declarations(Behaviour)[coefficient].higher]


def test_more_of_a_circumstance_pushes_where_its_terms_do() -> None:
    """Income counts for and against an offer; whatever else is weighed pushes one way only, wherever it counts."""
    ways = {c: moved(summed(evaluated()), summed(evaluated(x=raised(c)))) for c in Circumstances._fields}
    assert ways == {
        "cash_now": (1, 0, 0), "cash_later": (-1, 0, 0), "safety": (1, 1, 0), "safety_before": (-1, -1, 0),
        "origin": (1, 1, 0), "peers_left": (1, 1, 0), "years_here": (-1, -1, 0), "at_school": (-1, -1, 0),
        "hope": (-1, -1, 0), "in_hotel": (1, 1, 0), "lost_support": (1, 1, 1), "removal": (1, 1, 1),
        "has_children": (0, 0, -1), "taste_return": (1, 1, 0), "taste_irregular": (0, 0, 1),
        "income": (ways["income"][0], 1, 0),
    }  # fmt: skip


def test_nothing_is_weighed_that_is_not_in_a_term_and_every_word_has_its_meaning() -> None:
    assert {c for _, weighs in WEIGHS.values() for c in weighs} == set(Circumstances._fields)
    assert set(WEIGHS) == set(EVERY)
    assert set(SAYS) == {"", *get_args(Push)}
