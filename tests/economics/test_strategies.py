"""Incremental cost-effectiveness: published and hand-worked answers, and dominance against brute force."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.inputs.parameters import InputError
from experiments.economics.strategies import COLUMNS, incremental

#: Screening for HIV (Paltiel and others 2006, Annals of Internal Medicine 145: 797-806): US$, quality-adjusted months.
SCREENING = ("no screening", "one time", "every 5 years", "every 3 years", "annual")
COST = (26_000, 27_000, 28_020, 28_440, 29_440)
MONTHS = (277.25, 277.57, 277.78, 277.83, 277.76)


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["strategy"]: row for row in rows}


def test_screening_for_hiv_costs_what_was_published_for_a_quality_adjusted_year() -> None:
    rows = incremental(SCREENING, COST, np.array(MONTHS) / 12)
    assert [row["strategy"] for row in rows] == list(SCREENING)
    # 1,000 / 0.32 months, 1,020 / 0.21 and 420 / 0.05, times twelve.
    assert [row["icer"] for row in rows[1:4]] == pytest.approx([37_500, 1_020 / 0.21 * 12, 100_800], rel=1e-8)
    assert round(rows[2]["icer"]) == 58_286
    # Annual screening costs more than screening every three years, and does less.
    assert [row["status"] for row in rows] == ["ND"] * 4 + ["D"]
    assert all(math.isnan(rows[k][key]) for k in (0, 4) for key in ("incremental_cost", "incremental_effect", "icer"))


def test_extended_dominance_worked_by_hand() -> None:
    # A to B costs 200 a unit, B to C 50: two thirds A and one third C do as much as B (1 unit) for 100 instead of 200.
    rows = by_name(incremental("ABC", [0, 200, 300], [0, 1, 3]))
    assert {name: row["status"] for name, row in rows.items()} == {"A": "ND", "B": "ED", "C": "ND"}
    assert (rows["C"]["incremental_cost"], rows["C"]["incremental_effect"], rows["C"]["icer"]) == (300, 3, 100)
    assert math.isnan(rows["B"]["icer"])


def test_rows_come_non_dominated_first_then_extendedly_then_strongly_dominated_each_by_cost() -> None:
    rows = incremental("FABCDE", [900, 0, 200, 300, 150, 50], [1, 0, 1, 3, 0.5, 0])
    assert [(row["strategy"], row["status"]) for row in rows] == [
        ("A", "ND"), ("C", "ND"), ("D", "ED"), ("B", "ED"), ("E", "D"), ("F", "D"),
    ]  # fmt: skip
    assert all(tuple(row) == COLUMNS for row in rows)


def test_of_two_that_do_the_same_the_dearer_and_of_two_that_cost_the_same_the_weaker_is_dominated() -> None:
    assert [row["status"] for row in incremental("AB", [1, 2], [5, 5])] == ["ND", "D"]
    rows = by_name(incremental("AB", [1, 1], [4, 5]))
    assert (rows["A"]["status"], rows["B"]["status"]) == ("D", "ND")


def test_strategies_alike_in_both_share_everything_but_their_names() -> None:
    rows = incremental("ACB", [0, 10, 10], [0, 2, 2])
    assert [row["strategy"] for row in rows] == ["A", "B", "C"]
    assert [row["icer"] for row in rows[1:]] == [5, 5]


def test_one_on_the_line_between_two_others_is_not_dominated_though_decimals_do_not_add_up() -> None:
    rows = incremental("ABCD", [0, 1, 2, 3], [0.0, 0.1, 0.2, 0.30000000000000004])
    assert [row["status"] for row in rows] == ["ND"] * 4


def test_a_lone_strategy_is_the_frontier() -> None:
    assert [row["status"] for row in incremental(["A"], [3], [4])] == ["ND"]


@pytest.mark.parametrize(("names", "cost", "effect", "told"), [
    ("", [], [], "at least one strategy"),
    ("AA", [1, 2], [1, 2], "each strategy once"),
    ("AB", [1, 2], [1], "one number for each of the 2 strategies"),
    ("AB", [1, math.nan], [1, 2], "cost of B"),
    ("AB", [1, 2], [1, math.inf], "effect of B"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(names: str, cost: list[float], effect: list[float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        incremental(names, cost, effect)


# ---- properties -------------------------------------------------------------------------------------

points = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=8)


def status_by_brute_force(at: list[tuple[int, int]], k: int) -> str:
    """By the definitions, over every other strategy and every mixture of two, in whole numbers."""
    cost, effect = at[k]
    if any(c <= cost and e >= effect and (c, e) != (cost, effect) for c, e in at):
        return "D"
    for one, other in combinations(at, 2):
        (c0, e0), (c1, e1) = sorted((one, other), key=lambda p: p[1])
        if e0 < e1 and e0 <= effect <= e1 and c0 * (e1 - effect) + c1 * (effect - e0) < cost * (e1 - e0):
            return "ED"
    return "ND"


@given(points)
def test_status_is_that_of_the_definitions(at: list[tuple[int, int]]) -> None:
    names = [f"s{k}" for k in range(len(at))]
    rows = by_name(incremental(names, [c for c, _ in at], [e for _, e in at]))
    assert [rows[name]["status"] for name in names] == [status_by_brute_force(at, k) for k in range(len(at))]


@given(points)
def test_ratios_rise_along_the_frontier_and_are_those_of_their_increments(at: list[tuple[int, int]]) -> None:
    rows = incremental([f"s{k}" for k in range(len(at))], [c for c, _ in at], [e for _, e in at])
    ratios = [row["icer"] for row in rows if not math.isnan(row["icer"])]
    assert all(ratio > 0 for ratio in ratios)
    assert all(b >= a * (1 - 1e-9) for a, b in pairwise(ratios))
    for row in rows:
        if not math.isnan(row["icer"]):
            assert row["icer"] == row["incremental_cost"] / row["incremental_effect"]


@given(points, st.randoms(use_true_random=False))
def test_the_order_in_which_strategies_are_given_changes_nothing(at: list[tuple[int, int]], random: Any) -> None:
    given_order = [(f"s{k}", *point) for k, point in enumerate(at)]
    other_order = random.sample(given_order, len(given_order))
    one, other = (incremental(*zip(*order, strict=True)) for order in (given_order, other_order))
    assert repr(one) == repr(other)


@given(points, st.integers(1, 7), st.integers(-50, 50), st.integers(-50, 50))
def test_units_and_levels_of_cost_and_effect_change_no_status(
    at: list[tuple[int, int]], times: int, cost: int, effect: int
) -> None:
    names = [f"s{k}" for k in range(len(at))]
    one = by_name(incremental(names, [c for c, _ in at], [e for _, e in at]))
    other = by_name(incremental(names, [c * times + cost for c, _ in at], [e * times + effect for _, e in at]))
    assert {name: row["status"] for name, row in one.items()} == {name: row["status"] for name, row in other.items()}
