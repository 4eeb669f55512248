"""Comparisons: paired by seed, independent of workers, and ratios that know when they are undefined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import experiments.question.case as case_module
from abm import load_behaviour, prepare
from abm.measures import COMPARED, IDS, MEASURES
from experiments.compare.comparing import Comparison, Runs, compare, departed
from experiments.compare.paired import KEYS, rows
from experiments.question.question import Question, ask

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 4, "households": 80}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "danish-2021"], **SMALL, by="family"))


def row(found: list[dict[str, Any]], variant: str, measure: str) -> dict[str, Any]:
    return next(r for r in found if (r["variant"], r["measure"], r["group"]) == (variant, measure, ""))


def runs_with(label: str = "x", **measures: Any) -> Runs:
    """Runs with some measures given, a value a run."""
    count = len(next(iter(measures.values())))
    table = np.zeros((count, len(IDS)))
    for name, values in measures.items():
        table[:, IDS.index(name)] = values
    return Runs(label, 1.0, 1, table, np.zeros((count, 1)), np.zeros((count, 1)), np.zeros((0, 1, 1), np.int64), [])


# ---- pairs ------------------------------------------------------------------------------------------


def test_a_variant_equal_to_the_baseline_differs_by_nothing() -> None:
    result = compare(ask(["uk-2025"], **SMALL))
    for r in rows(result):
        if r["interval"] == "runs" and r["defined"]:
            assert (r["difference"], r["difference_low"], r["difference_high"]) == (0.0, 0.0, 0.0)
    base, same = result.runs
    assert base.identities == same.identities
    assert np.array_equal(base.history, same.history)


def test_results_do_not_depend_on_the_number_of_workers(comparison: Comparison) -> None:
    again = compare(comparison.question, workers=5)
    assert again.identity == comparison.identity
    for one, other in zip([*comparison.runs, *comparison.pulled], [*again.runs, *again.pulled], strict=True):
        assert np.array_equal(one.measures, other.measures, equal_nan=True)
        assert np.array_equal(one.history, other.history)
        assert np.array_equal(one.departed, other.departed)
    assert repr(rows(again)) == repr(rows(comparison))


def test_every_run_is_the_run_of_its_seed_alone(comparison: Comparison) -> None:
    q = comparison.question
    alone = prepare(
        q.policies[1], q.caseload, q.behaviours[3 % len(q.behaviours)], weeks=q.weeks, households=q.households
    )
    assert np.array_equal(comparison.runs[1].measures[3], alone.measures(q.seed + 3), equal_nan=True)
    assert comparison.runs[1].identities[3] == alone.identity(q.seed + 3)


def test_more_replicates_keep_the_first_ones(comparison: Comparison) -> None:
    more = compare(replace(comparison.question, replicates=6))
    assert np.array_equal(more.runs[1].measures[:4], comparison.runs[1].measures, equal_nan=True)


def test_differences_are_taken_run_by_run(comparison: Comparison) -> None:
    base, variant = comparison.runs[:2]
    differences = variant.measure("cost_npv") - base.measure("cost_npv")
    told = row(rows(comparison), "uk-upfront-national", "cost_npv")
    assert told["difference"] == pytest.approx(differences.mean())
    assert (told["difference_low"], told["difference_high"]) == pytest.approx(np.percentile(differences, [5, 95]))
    assert (told["low"], told["high"]) == pytest.approx(np.percentile(variant.measure("cost_npv"), [5, 95]))
    assert told["difference_standard_error"] == pytest.approx(differences.std(ddof=1) / 2)


def test_the_net_saving_is_the_cost_of_the_baseline_less_that_of_the_variant(comparison: Comparison) -> None:
    found = rows(comparison)
    for variant in comparison.question.variants:
        cost, saving = row(found, variant, "cost_npv"), row(found, variant, "net_saving_npv")
        assert saving["mean"] == saving["difference"] == pytest.approx(-cost["difference"])
        assert saving["low"] == pytest.approx(-cost["difference_high"])


def test_every_policy_has_every_measure_once_and_the_pull_factor_rows(comparison: Comparison) -> None:
    found = [r for r in rows(comparison) if not r["group"]]
    expected = {*MEASURES, *COMPARED, "net_saving_npv_with_pull", "induced_arrivals_with_pull"}
    for label in comparison.question.labels:
        names = [r["measure"] for r in found if r["variant"] == label]
        assert set(names) == expected
        assert len(names) == len(expected)
    assert all(tuple(r) == KEYS for r in found)


def test_a_larger_offer_draws_arrivals_once_the_pull_factor_is_on(comparison: Comparison) -> None:
    found = rows(comparison)
    assert row(found, "uk-upfront-national", "induced_arrivals")["mean"] == 0.0
    assert row(found, "uk-upfront-national", "induced_arrivals_with_pull")["mean"] > 0.0
    assert row(found, "uk-2025", "induced_arrivals_with_pull")["mean"] == 0.0


def test_the_lines_of_the_account_sum_to_the_cost(comparison: Comparison) -> None:
    for runs in comparison.runs:
        assert runs.lines.sum(axis=1) == pytest.approx(runs.measure("cost_npv"), rel=1e-9)


def test_the_departed_share_counts_the_first_departures_of_those_there_at_the_start() -> None:
    run = prepare("uk-upfront-national", "uk-families-2026", weeks=60, households=80).run(2)
    first = run.households[run.households["id"] < 80]
    share = departed(run)
    assert share[-1] == pytest.approx(first["left_at"].notna().mean())
    assert share[10] == pytest.approx((first["left_at"] <= 10).mean())
    assert (np.diff(share) >= 0).all()


def test_groups_together_hold_every_household_that_is_followed(comparison: Comparison) -> None:
    found = [r for r in rows(comparison) if r["measure"] == "households_at_risk" and r["role"] == "baseline"]
    assert {r["group"] for r in found} == {"family=family"}
    rate = next(r for r in rows(comparison) if r["group"] and r["measure"] == "return_rate_12m")
    assert rate["mean"] == pytest.approx(row(rows(comparison), "uk-2025", "return_rate_12m")["mean"])


# ---- ratios -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def question() -> Question:
    return ask(["uk-2025"], **SMALL)


@pytest.fixture
def ratio(question: Question) -> Callable[[str, Runs, Runs], tuple[float, float, float]]:
    """A ratio of a variant to its baseline with its interval, as the rows tell it."""

    def told(measure: str, variant: Runs, base: Runs) -> tuple[float, float, float]:
        both = [replace(base, label="base"), replace(variant, label="variant")]
        found = row(rows(Comparison(question, both, both, 0.0)), "variant", measure)
        assert found["interval"] == "bootstrap"
        assert (found["defined"] == 0) == math.isnan(found["mean"])
        return found["mean"], found["low"], found["high"]

    return told


def test_cost_per_additional_return_is_undefined_where_departures_cannot_be_told_apart(ratio) -> None:
    base = runs_with(cost_npv=[0.0] * 4, departures=[10.0] * 4)
    unsure = runs_with(cost_npv=[5.0] * 4, departures=[11.0, 9.0, 12.0, 8.5])
    sure = runs_with(cost_npv=[4.0, 6.0, 5.0, 5.0], departures=[12.0, 12.0, 13.0, 11.0])
    assert all(math.isnan(x) for x in ratio("cost_per_additional_return", unsure, base))
    assert ratio("cost_per_additional_return", sure, base)[0] == pytest.approx(5.0 / 2.0)
    # Fewer departures: nothing is bought.
    assert math.isnan(ratio("cost_per_additional_return", base, sure)[0])


def test_at_the_break_even_payment_the_variant_costs_what_the_baseline_costs(ratio) -> None:
    rng = np.random.default_rng(1)
    base = runs_with(cost_npv=rng.normal(1_000, 50, 30))
    assisted, spent = rng.integers(3, 9, 30).astype(float), rng.normal(100, 5, 30)
    variant = runs_with(cost_npv=rng.normal(900, 50, 30), offer_spend=spent, assisted_departures=assisted)
    payment, low, high = ratio("break_even_offer", variant, base)
    without = variant.measure("cost_npv").mean() - spent.mean()
    assert without + payment * assisted.mean() == pytest.approx(base.measure("cost_npv").mean())
    assert low < payment < high


def test_break_even_is_undefined_without_assisted_departures(ratio) -> None:
    none = runs_with(cost_npv=[1.0, 2.0], assisted_departures=[0.0, 0.0])
    assert math.isnan(ratio("break_even_offer", none, none)[0])


def test_the_baseline_has_no_ratio_to_itself(comparison: Comparison) -> None:
    for measure in ("cost_per_additional_return", "break_even_offer"):
        assert math.isnan(row(rows(comparison), "uk-2025", measure)["mean"])


# ---- replicates -------------------------------------------------------------------------------------


def test_each_replicate_takes_the_same_draw_of_the_ensemble_under_every_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = load_behaviour()
    draws = [plain.with_values({"money": 0.0}), plain.with_values({"money": 2.0, "consider": 0.9})]
    monkeypatch.setattr(case_module, "load_behaviour_draws", lambda: draws)
    asked = ask(["uk-2025", "uk-upfront-national"], **SMALL)
    assert asked.uncertainty == "parameters"
    result = compare(asked)
    assert np.array_equal(result.runs[0].measures, result.runs[1].measures, equal_nan=True)
    for replicate in range(4):
        alone = prepare(asked.policies[2], asked.caseload, draws[replicate % 2], weeks=60, households=80)
        assert result.runs[2].identities[replicate] == alone.identity(replicate)
    assert ask(["uk-2025"], **SMALL, uncertainty="seeds").behaviours == (plain,)
    changed = ask(["uk-2025"], **SMALL, settings=["behaviour.money=0.7"])
    assert [behaviour.money for behaviour in changed.behaviours] == [0.7, 0.7]
    assert changed.behaviours[1].consider == 0.9


def test_a_precision_adds_replicates_until_the_interval_is_narrow_enough() -> None:
    small = {**SMALL, "weeks": 30, "households": 40}
    loose = compare(ask(["uk-upfront-national"], **small, precision=(("departures", 50.0),)))
    tight = compare(ask(["uk-upfront-national"], **small, precision=(("departures", 0.08),), most=90))
    assert loose.replicates == 20
    assert 20 < tight.replicates <= 90
    assert loose.looks[0]["reached"]
    assert np.array_equal(tight.runs[1].measures[:20], loose.runs[1].measures, equal_nan=True)
