"""Chances of saving and deadweight: shares of the runs, and payments followed household by household."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from abm import prepare
from experiments.compare.comparing import Comparison, compare
from experiments.compare.leaving import Leaving, Paid, leaving, paid_anyway
from experiments.compare.paired import rows
from experiments.question.question import ask

SMALL: dict[str, Any] = {"weeks": 104, "replicates": 6, "households": 80, "at_least": 50_000.0}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "uk-2025"], **SMALL))


def told(comparison: Comparison, measure: str, group: str = "", position: int = 1) -> dict[str, Any]:
    label = comparison.question.labels[position]
    found = rows(comparison)
    per_policy = len(found) // len(comparison.runs)
    assert per_policy > 0
    return next(r for r in found if (r["variant"], r["measure"], r["group"]) == (label, measure, group)
                and (r["role"] == "variant") == (position > 0))  # fmt: skip


def test_the_chance_of_saving_is_the_share_of_runs_that_cost_less(comparison: Comparison) -> None:
    base, variant = (comparison.runs[k].measure("cost_npv") for k in (0, 1))
    for measure, group, saves in (
        ("chance_of_saving", "", variant < base),
        ("chance_of_saving", "at_least=50000", base - variant >= 50_000),
    ):
        row = told(comparison, measure, group)
        assert row["mean"] == saves.mean()
        # A vector of its own in each run: the standard error of a share of six (with n − 1, as that of any mean).
        assert row["standard_error"] == pytest.approx(saves.std(ddof=1) / math.sqrt(6))
        assert (row["unit"], row["runs"]) == ("share", 6)
        assert 0.0 <= row["mean_low"] <= row["mean"] <= row["mean_high"] <= 1.0
        assert math.isnan(row["run_p05"])
    with_pull = told(comparison, "chance_of_saving_with_pull")
    pulled = [held.measure("cost_npv") for held in comparison.pulled[:2]]
    assert with_pull["mean"] == (pulled[1] < pulled[0]).mean()


def test_the_same_policy_saves_in_no_run_and_pays_only_those_who_go_anyway(comparison: Comparison) -> None:
    assert told(comparison, "chance_of_saving", position=2)["mean"] == 0.0
    dead = told(comparison, "deadweight", position=2)
    assert dead["mean"] == pytest.approx(comparison.runs[0].measure("offer_spend").mean())
    assert dead["difference"] == 0.0
    assert told(comparison, "deadweight_share", position=2)["mean"] == pytest.approx(1.0)


def test_deadweight_is_what_is_paid_to_households_that_leave_by_choice_under_the_baseline_too(
    comparison: Comparison,
) -> None:
    """Reckoned again from the tables of households of some pairs of runs."""
    q = comparison.question
    yearly = 1.0 + q.caseload.world.discount_rate
    whole = anyway = 0.0
    for seed in range(6):
        runs = [
            prepare(q.policies[k], q.caseload, q.behaviours[seed], weeks=104, households=80).run(seed) for k in (0, 1)
        ]
        base, variant = (run.households.set_index("id") for run in runs)
        went = base.index[base["route"].isin(["RETURNED_ASSISTED", "RETURNED_UNASSISTED"])]
        paid = variant[variant["received"] > 0]
        worth = paid["received"] * yearly ** (-paid["left_at"] * 7 / 365.25) * runs[1].prepared.weight
        found = paid_anyway(leaving(runs[1]), leaving(runs[0]))
        assert found.whole == pytest.approx(worth.sum())
        assert found.deadweight == pytest.approx(worth[paid.index.isin(went)].sum())
        # What is followed household by household is what the account books under the offers.
        assert found.whole == pytest.approx(runs[1].measures["offer_spend"])
        whole, anyway = whole + found.whole, anyway + found.deadweight
    assert 0 < anyway < whole


def test_a_household_that_is_removed_or_stays_under_the_baseline_would_not_go_anyway() -> None:
    base = Leaving(np.array([1, 3]), np.array([True, False]), np.array([100.0, 40.0]))
    variant = Leaving(np.array([1, 2, 3]), np.array([True, True, True]), np.array([300.0, 200.0, 50.0]))
    assert paid_anyway(variant, base) == Paid(550.0, 300.0)
    nobody = Leaving(np.array([], np.int64), np.array([], np.bool_), np.array([]))
    assert paid_anyway(nobody, base) == Paid(0.0, 0.0)


def test_nothing_is_said_of_an_amount_that_was_not_asked_for(comparison: Comparison) -> None:
    plain = compare(ask(["uk-2025"], weeks=20, replicates=2, households=40))
    assert not [r for r in rows(plain) if r["group"].startswith("at_least")]
    assert len([r for r in rows(comparison) if r["group"].startswith("at_least")]) == 2
