"""Comparisons: paired by seed, independent of workers, and ratios that know when they are undefined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import scipy.stats

import experiments.question.case as case_module
from abm import load_behaviour, load_policy, prepare
from abm.household.stages import COL
from abm.inputs.parameters import read
from abm.inputs.policy import Offer, Policy, Regime
from abm.measures import COMPARED, IDS, MEASURES
from experiments.compare.comparing import Comparison, Runs, compare, departed
from experiments.compare.further import TOLD_OF
from experiments.compare.paired import KEYS, TOLD, rows
from experiments.question.control import A_PENNY, without_money
from experiments.question.question import Question, ask, even_replicates

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
        if r["defined"] and not math.isnan(r["difference"]):
            assert [r["difference"], *(r[f"difference_{key}"] for key in TOLD)] == [0.0] * 5
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
    ends = (told["difference_run_p05"], told["difference_run_p95"])
    assert ends == pytest.approx(np.percentile(differences, [5, 95]))
    assert (told["run_p05"], told["run_p95"]) == pytest.approx(np.percentile(variant.measure("cost_npv"), [5, 95]))
    assert told["difference_standard_error"] == pytest.approx(differences.std(ddof=1) / 2)


def test_the_net_saving_is_the_cost_of_the_baseline_less_that_of_the_variant(comparison: Comparison) -> None:
    found = rows(comparison)
    for variant in comparison.question.variants:
        cost, saving = row(found, variant, "cost_npv"), row(found, variant, "net_saving_npv")
        assert saving["mean"] == saving["difference"] == pytest.approx(-cost["difference"])
        assert saving["run_p05"] == pytest.approx(-cost["difference_run_p95"])
        assert saving["mean_low"] == pytest.approx(-cost["difference_mean_high"])


def test_every_policy_has_every_measure_once_and_the_pull_factor_rows(comparison: Comparison) -> None:
    found = [r for r in rows(comparison) if not r["group"]]
    with_pull = {f"{name}_with_pull" for name in ("net_saving_npv", "induced_arrivals", "chance_of_saving")}
    expected = {*TOLD_OF, *with_pull}
    assert {*MEASURES, *COMPARED, "chance_of_saving", "deadweight", "deadweight_share"} == set(TOLD_OF)
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


def test_whom_a_policy_keeps_away_is_not_of_those_there_at_the_start() -> None:
    changes = {"caseload.inflow_per_week": 5.0, "world.pull_elasticity": 2.0, "world.pull_reference_offer": 30_000.0}
    run = prepare("uk-upfront-national", "uk-families-2026", weeks=60, households=80, levers=changes).run(2)
    assert (run.state.s[COL.kept_away] == 1.0).sum() > 10
    assert departed(run)[-1] == run.households.query("id < 80")["left_at"].notna().mean() > 0.0


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

    def told(measure: str, variant: Runs, base: Runs, control: Runs | None = None) -> tuple[float, float, float]:
        both = [replace(base, label="base"), replace(variant, label="variant")]
        told = Comparison(question, both, both, 0.0, controls=[None, control])
        found = row(rows(told), "variant", measure)
        assert math.isnan(found["run_p05"])
        assert math.isnan(found["run_p95"])
        assert (found["defined"] == 0) == math.isnan(found["mean"])
        return found["mean"], found["mean_low"], found["mean_high"]

    return told


def test_cost_per_additional_return_is_undefined_where_departures_cannot_be_told_apart(ratio) -> None:
    base = runs_with(cost_npv=[0.0] * 4, departures=[10.0] * 4)
    unsure = runs_with(cost_npv=[5.0] * 4, departures=[11.0, 9.0, 12.0, 8.5])
    sure = runs_with(cost_npv=[4.0, 6.0, 5.0, 5.0], departures=[12.0, 12.0, 13.0, 11.0])
    assert all(math.isnan(x) for x in ratio("cost_per_additional_return", unsure, base))
    assert ratio("cost_per_additional_return", sure, base)[0] == pytest.approx(5.0 / 2.0)
    # Fewer departures: nothing is bought.
    assert math.isnan(ratio("cost_per_additional_return", base, sure)[0])


def test_at_the_break_even_payment_the_variant_costs_what_it_costs_without_its_money(ratio) -> None:
    """What the baseline costs does not matter: the payment is not credited with what publicity and threats do."""
    rng = np.random.default_rng(1)
    n = 20  # each with a vector of its own, so that means are means of runs
    base, control = runs_with(cost_npv=rng.normal(2_000, 50, n)), runs_with(cost_npv=rng.normal(1_000, 50, n))
    assisted, spent = rng.integers(3, 9, n).astype(float), rng.normal(100, 5, n)
    variant = runs_with(cost_npv=rng.normal(900, 50, n), offer_spend=spent, assisted_departures=assisted)
    payment, low, high = ratio("break_even_offer", variant, base, control)
    without = variant.measure("cost_npv").mean() - spent.mean()
    assert without + payment * assisted.mean() == pytest.approx(control.measure("cost_npv").mean())
    assert low < payment < high


def test_break_even_is_undefined_without_assisted_departures(ratio) -> None:
    none = runs_with(cost_npv=[1.0, 2.0], assisted_departures=[0.0, 0.0])
    assert math.isnan(ratio("break_even_offer", none, none, none)[0])


def test_break_even_is_undefined_without_an_offer_of_its_own(ratio) -> None:
    variant = runs_with(cost_npv=[1.0, 2.0], assisted_departures=[4.0, 5.0])
    assert math.isnan(ratio("break_even_offer", variant, runs_with(cost_npv=[9.0, 9.0]), None)[0])


@pytest.mark.parametrize(
    ("cost", "departures", "words"),
    [
        ([-5.0, -4.0, -6.0, -5.0], [3.0, 2.0, 3.0, 2.0], "saves and more leave"),
        ([5.0, 4.0, 6.0, 5.0], [-3.0, -2.0, -3.0, -2.0], "costs and fewer leave"),
        ([-5.0, -4.0, -6.0, -5.0], [-3.0, -2.0, -3.0, -2.0], "saves and fewer leave"),
        ([-5.0, 4.0, -3.0, 5.0], [3.0, 2.0, 3.0, 2.0], "more leave, cost about the same"),
        ([5.0, 4.0, 6.0, 5.0], [3.0, 2.0, 3.0, 2.0], ""),
    ],
)
def test_a_cost_per_additional_return_is_given_only_where_more_is_spent_and_more_leave(
    question: Question, cost: list[float], departures: list[float], words: str
) -> None:
    base = runs_with("base", cost_npv=[100.0] * 4, departures=[10.0] * 4)
    variant = runs_with("variant", cost_npv=[100.0 + c for c in cost], departures=[10.0 + d for d in departures])
    both = [base, variant]
    found = row(rows(Comparison(question, both, both, 0.0)), "variant", "cost_per_additional_return")
    assert found["words"] == words
    assert math.isnan(found["mean"]) == bool(words)
    assert words or found["mean"] == pytest.approx(20.0 / 10.0)


# ---- the control ------------------------------------------------------------------------------------


def test_a_policy_without_its_money_makes_its_own_offers_for_a_penny() -> None:
    ours = load_policy("uk-2025")
    pilot, danish = load_policy("uk-pilot-2026"), load_policy("danish-2021")
    control = without_money(pilot, ours)
    assert control == pilot.with_values({"offer.amount_per_person": A_PENNY})
    both = without_money(danish, ours)
    assert both is not None
    assert (both.offer.amount_per_person, both.standing.amount_per_person) == (A_PENNY, A_PENNY)
    assert without_money(load_policy("settle-all"), ours) is None
    assert without_money(ours, ours) is None


def offers_in_time(policy: Policy, name: str) -> list[tuple[int, float, int]]:
    """Week, amount and opening week of an offer in each stretch of a policy's time."""
    terms = ((week, now.offers.get(name, Offer())) for week, now in policy.timeline(None))
    return [(week, offer.amount_per_person, int(str(offer.start_week))) for week, offer in terms]


def test_a_policy_without_its_money_is_announced_as_it_is_throughout_its_time() -> None:
    """An amount that a regime changes is news then, without its money too; an amount of nought still ends an offer."""
    amounts = [2_000.0, 3_000.0, 3_000.0, 0.0, 500.0]
    regimes = tuple(
        Regime(start=10 * k, levers={"offers.pilot.amount_per_person": amount}) for k, amount in enumerate(amounts) if k
    )
    policy = Policy(name="p", offers={"pilot": Offer(amount_per_person=amounts[0], start_week=2)}, regimes=regimes)
    control = without_money(policy, Policy(name="base"))
    assert control is not None
    told, without = offers_in_time(policy, "pilot"), offers_in_time(control, "pilot")
    assert told == [(0, 2_000.0, 2), (10, 3_000.0, 10), (20, 3_000.0, 10), (30, 0.0, 30), (40, 500.0, 40)]
    assert [(week, opens) for week, _, opens in without] == [(week, opens) for week, _, opens in told]
    assert [amount for _, amount, _ in without] == [A_PENNY, A_PENNY, A_PENNY, 0.0, A_PENNY]


def test_an_offer_is_a_policys_own_if_it_differs_from_the_baselines_at_any_time() -> None:
    lasting = Policy(name="base", offers={"standing": Offer(amount_per_person=500.0)})
    raised = Regime(start=5, levers={"standing.amount_per_person": 800.0})
    ended = Regime(start=5, levers={"standing.amount_per_person": 0.0})
    added = Regime(start=5, levers={"offer.amount_per_person": 800.0})
    other = Regime(start=5, levers={"enforcement.attempts_per_1000_week": 2.0})

    def amounts(regime: Regime, base: Policy = lasting) -> dict[str, list[float]] | None:
        control = without_money(lasting.model_copy(update={"regimes": (regime,)}), base)
        names = ("standing", "offer")
        return control and {name: [amount for _, amount, _ in offers_in_time(control, name)] for name in names}

    assert amounts(raised) == {"standing": [A_PENNY, A_PENNY], "offer": [0.0, 0.0]}
    assert amounts(ended) == {"standing": [A_PENNY, 0.0], "offer": [0.0, 0.0]}
    assert amounts(added) == {"standing": [500.0, 500.0], "offer": [0.0, A_PENNY]}
    assert amounts(other) is None
    assert amounts(raised, lasting.model_copy(update={"regimes": (raised,)})) is None


def test_every_policy_of_the_scenarios_has_a_control_that_holds() -> None:
    """An offer that is over when a regime comes is not opened again."""
    for name in ("uk-2002-2015", "uk-2006-offer", "danish-2010-2022", "uk-upfront-early"):
        policy = load_policy(name)
        control = without_money(policy, Policy(name="none"))
        assert control is not None
        day = date(2002, 1, 7)
        for (week, now), (same, without) in zip(policy.timeline(day), control.timeline(day), strict=True):
            amounts = [path for path in now.paths if path.endswith(".amount_per_person") and read(now, path) > 0]
            assert week == same
            assert without.model_dump() == now.with_values(dict.fromkeys(amounts, A_PENNY)).model_dump()


def test_without_publicity_and_threats_a_policy_without_its_money_is_the_baseline() -> None:
    """Nothing attends to the offer, and a penny moves nobody: the control costs what the baseline costs."""
    silent = ["behaviour.alert_offer=0", "behaviour.alert_closing=0", "enforcement.announced_risk=0"]
    result = compare(ask(["uk-upfront-national", "settle-all"], **SMALL, settings=silent))
    base, control = result.runs[0], result.controls[1]
    assert control is not None
    assert np.array_equal(control.measures, base.measures, equal_nan=True)
    assert result.controls[0] is result.controls[2] is None
    found = rows(result)
    assert row(found, "uk-upfront-national", "net_saving_without_money")["mean"] == 0.0
    assert math.isnan(row(found, "settle-all", "net_saving_without_money")["mean"])
    assert math.isnan(row(found, "settle-all", "break_even_offer")["mean"])


def test_the_control_is_run_on_the_same_seeds_and_behaviours(comparison: Comparison) -> None:
    q, control = comparison.question, comparison.controls[1]
    assert control is not None
    policy = without_money(q.policies[1], q.policies[0])
    assert policy is not None
    alone = prepare(policy, q.caseload, q.behaviours[3 % len(q.behaviours)], weeks=60, households=80)
    assert np.array_equal(control.measures[3], alone.measures(q.seed + 3), equal_nan=True)


# ---- the pull factor, at several strengths --------------------------------------------------------------


def test_each_cell_of_the_grid_is_the_run_with_its_settings(comparison: Comparison) -> None:
    q = comparison.question
    assert sorted(comparison.grid) == [(e, w) for e in (0.325, 0.65, 1.3) for w in (5_115.0, 16_253.0, 50_000.0)]
    people = q.caseload.with_values({"world.pull_elasticity": 0.65, "world.support_worth": 50_000.0})
    for k, policy in enumerate(q.policies):
        alone = prepare(policy, people, q.behaviours[2 % len(q.behaviours)], weeks=60, households=80)
        assert np.array_equal(comparison.grid[0.65, 50_000.0][k].measures[2], alone.measures(2), equal_nan=True)


def test_where_nobody_is_pulled_the_run_is_the_one_without_the_pull_factor(comparison: Comparison) -> None:
    """And it is not run again: but it is what running it again would give."""
    q = comparison.question
    assert np.array_equal(comparison.pulled[0].measures, comparison.runs[0].measures, equal_nan=True)
    pulled = q.pulled[0].prepared(1)
    assert np.array_equal(comparison.pulled[0].measures[1], pulled.measures(q.seed + 1), equal_nan=True)
    assert comparison.pulled[0].identities[1] == pulled.identity(q.seed + 1)
    assert not np.array_equal(comparison.pulled[1].measures, comparison.runs[1].measures, equal_nan=True)


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
    small = {**SMALL, "weeks": 30, "households": 40, "uncertainty": "seeds"}
    loose = compare(ask(["uk-upfront-national"], **small, precision=(("departures", 50.0),)))
    tight = compare(ask(["uk-upfront-national"], **small, precision=(("departures", 0.08),), most=90))
    assert loose.replicates == 20
    assert 20 < tight.replicates <= 90
    assert loose.looks[0]["reached"]
    assert np.array_equal(tight.runs[1].measures[:20], loose.runs[1].measures, equal_nan=True)


def test_a_precision_adds_whole_rounds_of_vectors(three_vectors: None) -> None:
    """From 21 runs (seven rounds of three) on, never more than asked for at most."""
    small = {**SMALL, "weeks": 30, "households": 40}
    result = compare(ask(["uk-upfront-national"], **small, precision=(("departures", 1e-9),), most=50))
    assert result.replicates % 3 == 0
    assert 21 <= result.replicates <= 48
    assert not result.looks[0]["reached"]


# ---- vectors ----------------------------------------------------------------------------------------


@pytest.fixture
def three_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ensemble of three behaviours that could hardly differ more."""
    plain = load_behaviour()
    draws = [plain.with_values({"money": money}) for money in (0.0, 1.0, 4.0)]
    monkeypatch.setattr(case_module, "load_behaviour_draws", lambda: draws)


def test_means_and_ratios_are_judged_by_vector(three_vectors: None) -> None:
    result = compare(ask(["uk-upfront-national"], weeks=60, households=80, replicates=9))
    told = row(rows(result), "uk-upfront-national", "offer_spend")
    values = result.runs[1].measure("offer_spend")
    means = [values[vector::3].mean() for vector in range(3)]
    interval = scipy.stats.ttest_1samp(means, 0.0).confidence_interval(0.90)
    assert (told["mean"], told["runs"], told["vectors"]) == (pytest.approx(values.mean()), 9, 3)
    assert (told["mean_low"], told["mean_high"]) == pytest.approx(tuple(interval))
    assert told["standard_error"] == pytest.approx(np.std(means, ddof=1) / 3**0.5)
    # Nine runs taken for independent would seem to know the mean better than three vectors can.
    assert told["standard_error"] > values.std(ddof=1) / 9**0.5
    seeds = compare(ask(["uk-upfront-national"], weeks=60, households=80, replicates=9, uncertainty="seeds"))
    told, values = row(rows(seeds), "uk-upfront-national", "offer_spend"), seeds.runs[1].measure("offer_spend")
    assert (told["vectors"], told["standard_error"]) == (1, pytest.approx(values.std(ddof=1) / 3))


def test_what_vectors_leave_in_doubt_is_put_into_words(three_vectors: None) -> None:
    """Six runs, three vectors: that more leave is as sure as three numbers can be, and here they are too few."""
    asked = ask(["uk-2025"], **{**SMALL, "replicates": 6})
    base = runs_with("base", cost_npv=[100.0] * 6, departures=[10.0] * 6)
    dearer = [100.0 + more for more in (1.0, 2.0, 9.0) * 2]
    variant = runs_with("variant", cost_npv=dearer, departures=[12.0, 13.0, 12.0] * 2)
    differences = variant.measure("cost_npv") - base.measure("cost_npv")
    assert scipy.stats.ttest_1samp(differences, 0.0).confidence_interval(0.90).low > 0
    both = [base, variant]
    found = row(rows(Comparison(asked, both, both, 0.0)), "variant", "cost_per_additional_return")
    assert (found["words"], found["vectors"]) == ("more leave, cost about the same", 3)


def test_the_grid_takes_whole_rounds_of_vectors(three_vectors: None) -> None:
    """About a fifth of the runs, each vector as often; as many as there are, if they are fewer than a round."""
    assert [ask(["uk-2025"], replicates=n).grid_replicates for n in (3, 27, 99)] == [6, 6, 18]
    small = {**SMALL, "weeks": 20, "households": 40}
    for count, used in ((2, 2), (9, 6)):
        result = compare(ask(["uk-upfront-national"], **{**small, "replicates": count}))
        assert result.grid_replicates == used
        told = [r for r in rows(result) if r["group"].startswith("pull_elasticity")]
        assert {(r["runs"], r["vectors"]) for r in told} == {(used, min(3, used))}
        runs = result.grid[1.3, 5_115.0]
        saved = runs[0].measure("cost_npv") - runs[1].measure("cost_npv")
        means = [saved[vector::3].mean() for vector in range(min(3, used))]
        error = next(r for r in told if r["group"].endswith("=1.3, support_worth=5115"))["standard_error"]
        assert error == pytest.approx(np.std(means, ddof=1) / len(means) ** 0.5)


def test_unless_asked_otherwise_every_vector_is_used_as_often(three_vectors: None) -> None:
    usual = ask(["uk-2025"])
    assert usual.replicates == 99
    assert np.bincount(usual.vectors(usual.replicates)).tolist() == [33, 33, 33]
    assert usual.uneven == ""
    assert ask(["uk-2025"], replicates=10).uneven == (
        "10 runs take 1 of the 3 parameter vectors 4 times and 2 3 times; 12 would take all alike."
    )
    assert ask(["uk-2025"], uncertainty="seeds").replicates == 100
    # Many vectors are not gone through in full: each run has one of its own.
    assert (even_replicates(20, 38), even_replicates(100, 38), even_replicates(100, 1)) == (20, 114, 100)
