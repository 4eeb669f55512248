"""Firm, fair, compassionate: what counts as better, small groups together, and verdicts by rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm.measures import IDS, MEASURES
from experiments.compare.comparing import Comparison, Runs, compare
from experiments.question.question import Question, ask
from experiments.report.sheet_shown import markdown
from experiments.report.three_words import (
    BETTER,
    BETTER_TOLD,
    BY_GROUP,
    GROUPINGS,
    IMPROVES,
    MIXED,
    NO_SIDE,
    NOT_TOLD,
    NOTHING,
    OTHERS,
    WORDS,
    WORSE_TOLD,
    WORSENS,
    sentence,
    sheet_rows,
    verdicts,
)

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 4, "households": 80}
COLUMNS = ["households", "return_rate", "absconded_share", "unsafe_share", "children_removed_share"]


def told(runs: int = 6, by: dict[Any, list[list[float]]] | None = None, **measures: tuple[float, float]) -> Comparison:
    """A comparison of two policies with given measures, a little noise under both, and given rates by origin."""
    noise = np.linspace(-1e-6, 1e-6, runs)
    made = []
    for side, label in enumerate(("base", "variant")):
        table = np.full((runs, len(IDS)), 1.0)
        for name, values in measures.items():
            table[:, IDS.index(name)] = values[side] + noise * (1 + side)
        groups = [
            {"origin": pd.DataFrame({g: v[side] for g, v in by.items()}, index=COLUMNS).T} for _ in range(runs)
        ] if by else []  # fmt: skip
        none = np.zeros((0, 1))
        made.append(Runs(label, 1.0, 80, table, none, none, np.zeros((0, 1, 1), np.int64), [], every_group=groups))
    case = ask(["uk-2025"], **SMALL, groups=("origin",)).cases[0]
    question = Question((case, case), ("base", "variant"), replicates=runs, groups=("origin",))
    return Comparison(question, made, made, 0.0)


def found(comparison: Comparison, measure: str, group: str = "") -> dict[str, Any]:
    return next(r for r in sheet_rows(comparison) if (r["measure"], r["group"]) == (measure, group))


def test_every_measure_stands_under_the_word_that_it_declares() -> None:
    assert {MEASURES[name].group for name in BETTER} == {"firm", "compassionate"}
    assert {word for word, _, _ in BY_GROUP.values()} <= set(WORDS)
    everything = {name for name, measure in MEASURES.items() if measure.group == "compassionate"}
    assert everything - {"unsafe_share"} <= set(BETTER)  # a share of the departures, and not of the people


def test_better_and_worse_by_the_interval_and_the_side_that_is_counted_as_better() -> None:
    comparison = told(
        return_rate_12m=(0.1, 0.2), absconded_share=(0.1, 0.2), destitution_weeks=(9.0, 5.0), removed_share=(0.0, 0.5)
    )
    assert found(comparison, "return_rate_12m")["told"] == BETTER_TOLD
    assert found(comparison, "absconded_share")["told"] == WORSE_TOLD
    assert found(comparison, "destitution_weeks")["told"] == BETTER_TOLD
    assert found(comparison, "removed_share")["told"] == NO_SIDE
    assert found(comparison, "departures")["told"] == NOT_TOLD  # the same under both
    row = found(comparison, "return_rate_12m")
    assert [row[key] for key in ("level", "value", "difference")] == pytest.approx([0.1, 0.2, 0.1])
    assert row["difference_mean_low"] < 0.1 < row["difference_mean_high"]


def test_no_policy_is_praised_on_one_word_alone() -> None:
    firm = told(return_rate_12m=(0.1, 0.2), destitution_weeks=(5.0, 9.0))
    seen = verdicts(sheet_rows(firm))
    assert [(row["word"], row["verdict"]) for row in seen] == [("firm", IMPROVES), ("compassionate", WORSENS)]
    assert sentence("variant", seen) == "variant improves on firm; worsens on compassionate."
    assert seen[1]["worse"] == ["person-weeks without support"]
    mixed = verdicts(sheet_rows(told(return_rate_12m=(0.1, 0.2), reentry_share=(0.1, 0.2))))
    assert [row["verdict"] for row in mixed] == [MIXED, NOTHING]


#: Households, return, out of contact, unsafe, children removed: under the baseline and the variant.
BY: dict[Any, list[list[float]]] = {
    "A": [[40, 0.1, 0.0, 0.0, 0.0], [40, 0.2, 0.0, 0.0, 0.0]],
    "B": [[10, 0.3, 0.0, 0.0, 0.0], [10, 0.3, 0.0, 0.0, 0.0]],
    "C": [[9, 0.5, 0.0, 0.0, 0.0], [9, 0.0, 0.0, 0.0, 0.0]],
    "D": [[1, 0.0, 0.0, 0.0, 0.0], [1, 1.0, 0.0, 0.0, 0.0]],
}


def test_groups_of_fewer_than_ten_are_taken_together() -> None:
    comparison = told(by=BY)
    groups = [r["group"] for r in sheet_rows(comparison) if r["measure"] == "return_rate"]
    assert groups == ["a", "b", OTHERS]
    few = found(comparison, "return_rate", OTHERS)
    assert few["households"] == 10
    assert few["level"] == pytest.approx((9 * 0.5 + 1 * 0.0) / 10)
    assert few["value"] == pytest.approx((9 * 0.0 + 1 * 1.0) / 10)


def test_fair_is_the_gap_between_the_same_two_groups_under_both_policies() -> None:
    gap = next(r for r in sheet_rows(told(by=BY)) if r["word"] == "fair")
    assert (gap["measure"], gap["group"]) == ("gap_return_rate", "b less a")
    assert (gap["level"], gap["value"]) == (pytest.approx(0.2), pytest.approx(0.1))
    # All runs are alike, so that the mean is known exactly, and narrower.
    assert gap["told"] == BETTER_TOLD
    turned = {**BY, "A": [BY["A"][0], [40, 0.9, 0.0, 0.0, 0.0]]}
    assert next(r for r in sheet_rows(told(by=turned)) if r["word"] == "fair")["told"] == NOT_TOLD


def test_rows_of_a_real_comparison() -> None:
    comparison = compare(ask(["uk-upfront-national"], **SMALL, groups=GROUPINGS, in_brief=True))
    rows = sheet_rows(comparison)
    assert {row["word"] for row in rows} == set(WORDS)
    for by in GROUPINGS:
        mine = [r for r in rows if (r["measure"], r["by"]) == ("return_rate", by)]
        at_risk = comparison.runs[0].measure("at_risk").mean() / comparison.runs[0].weight
        assert sum(r["households"] for r in mine) == pytest.approx(at_risk)
    whole = next(r for r in rows if r["measure"] == "departures")
    values = comparison.runs[1].measure("departures") - comparison.runs[0].measure("departures")
    assert whole["difference"] == pytest.approx(values.mean())
    assert math.isnan(whole["households"])
    text = markdown(comparison, rows)
    assert sentence("uk-upfront-national", verdicts(rows)) in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1


def test_without_groups_there_is_no_fair_and_no_error() -> None:
    rows = sheet_rows(compare(ask(["uk-pilot-2026"], **SMALL, in_brief=True)))
    assert {row["word"] for row in rows} == {"firm", "compassionate"}
    assert not any(row["by"] for row in rows)
