"""Trials in the model: what leaks between the arms, what a null offer gives, and what is kept of the account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from tiny import LIVELY, STILL, caseload

from abm import load_caseload, load_policy, prepare
from abm.household.stages import COL
from abm.inputs.parameters import InputError
from experiments.question.case import Case
from experiments.question.question import Question
from experiments.trial.answering import conduct_all
from experiments.trial.asking import Trial, ask_trial, weeks_of
from experiments.trial.conducting import KEPT, Runs, conduct, even_share
from experiments.trial.following import follow
from experiments.trial.rows import best, needed, rows, share_of

OFFER = {"offer.amount_per_person": 8_000.0}
#: Twelve sites of ten families, all refused, nobody arrives.
PEOPLE: dict[str, Any] = {"households": 120, "network__site_households": 10.0}


def tried(replicates: int = 4, behaviour: Any = LIVELY, months: tuple[int, ...] = (6,), **people: Any) -> Trial:
    place = caseload(**{**PEOPLE, **people})
    cases = tuple(Case(p, place, (behaviour,), weeks_of(max(months))) for p in (STILL, STILL.with_values(OFFER)))
    return Trial(
        Question(cases, ("base", "variant"), replicates=replicates), ("offer",), 0, families=(place.households,),
        months=months, most_checked=0,
    )  # fmt: skip


def of(runs: list[Runs], by: str, outcome: Any = "departed") -> dict[str, np.ndarray]:
    return next(r for r in runs if r.by == by).found[outcome]


def test_without_ties_nothing_leaks() -> None:
    found = conduct(tried(network__mean_ties=0.0, months=(3, 12)))
    for by in ("family", "site"):
        for outcome in ("departed", "saving"):
            kept = of(found, by, outcome)
            assert not kept["leak"].any()
            assert not kept["shortfall"].any()
    assert of(found, "family")["truth"].mean() > 0.05


def test_peers_leak_between_families_and_not_between_sites_that_know_only_their_own() -> None:
    """Those not drawn hear of departures, so that more of them leave; by site they hear only of their own."""
    b = LIVELY.with_values({"alert_departure": 0.5, "norm": 3.0, "consider": 0.01})
    people = {"network__same_site": 1.0, "network__same_origin": 0.0, "network__mean_ties": 8.0, "households": 240}
    found = conduct(tried(12, b, (12,), **people))
    by_family, by_site = of(found, "family"), of(found, "site")
    assert by_family["leak"].mean() > 0.02
    assert by_family["shortfall"].mean() > 0.0
    assert not by_site["leak"].any()
    assert not by_site["shortfall"].any()
    bias = -by_family["leak"] - by_family["shortfall"]
    off = (by_family["estimate"] - by_family["truth"]).mean()
    assert off < 0.0
    assert off == pytest.approx(bias.mean(), abs=4.0 * (by_family["estimate"] - by_family["truth"]).std() / 12**0.5)


def test_an_offer_of_nothing_is_rejected_one_time_in_twenty() -> None:
    """With some 25 departures among 72 families of twelve sites, in 300 runs, for each outcome and assignment."""
    b = LIVELY.with_values({"unassisted": -1.0})
    found = conduct(tried(300, b, households=72, network__site_households=6.0))
    assert of(found, "family")["without"].mean() > 0.15
    for by in ("family", "site"):
        for outcome in ("departed", "saving"):
            p = of(found, by, outcome)["null_p"]
            assert np.isfinite(p).all()
            assert binomtest(int((p < 0.05).sum()), p.size, 0.05).pvalue > 0.001


def test_an_estimate_is_the_truth_on_the_whole() -> None:
    kept = of(conduct(tried(100, network__mean_ties=0.0)), "family")
    off = kept["estimate"] - kept["truth"]
    assert abs(off.mean()) < 4.0 * off.std() / 10.0
    # What the trialist reckons is what the estimates really scatter by, to a fifth.
    assert np.sqrt((kept["error"] ** 2).mean()) == pytest.approx(off.std(), rel=0.2)


def test_power_grows_with_families_and_the_needed_number_is_found_right() -> None:
    """Power at the needed number is 80 % by construction: one behaviour, so that the effect does not differ."""
    trial = tried(100, LIVELY.with_values({"assisted": -4.5}), (3,), network__mean_ties=0.0)
    trial = replace(trial, by=("family",), outcomes=("departed",), families=(50, 200), most_checked=1_000)
    told = rows(conduct_all(trial))
    small, large, check = told
    assert small["power"] < large["power"]
    assert large["standard_error"] == pytest.approx(small["standard_error"] / 2.0, rel=0.25)
    assert check["checked"]
    assert check["families"] == round(best(told, "departed", "family")["needed"])  # type: ignore[index]
    assert binomtest(round(check["power"] * 100), 100, 0.80).pvalue > 0.001


def test_a_needed_number_scales_with_the_square_of_error_over_effect() -> None:
    assert needed(100, 1.0, 2.0) == pytest.approx(100 * (2.801585 / 2.0) ** 2, rel=1e-6)
    assert needed(100, 1.0, -2.0) == needed(100, 1.0, 2.0)
    assert needed(100, 1.0, 0.0) == np.inf


def test_sites_are_shared_out_evenly() -> None:
    lots = np.random.default_rng(1).uniform(size=9)
    for share, drawn in ((0.5, 4), (0.01, 1), (0.99, 8), (1 / 3, 3)):
        assert (lots < even_share(np.repeat(lots, 5), share)).sum() == drawn
    assert even_share(np.full(20, 0.3), 0.5) == 0.5  # one site: whichever arm it falls in


def test_what_families_cost_is_what_the_account_says() -> None:
    """Nobody arrives or comes back, and nobody is visited or removed: then the account is theirs alone."""
    nothing_else = {"advice.visits_per_1000_week": 0.0, "enforcement.attempts_per_1000_week": 0.0}
    people = load_caseload("uk-families-2026").with_values({"inflow_per_week": 0.0, "world.remigration_per_year": 0.0})
    prepared = prepare(load_policy("uk-pilot-2026").with_values(nothing_else), people, LIVELY, weeks=80)
    run = prepared.run(3)
    told = follow(prepared, 3, 0, (80,), ("offer",), run.state.s[COL.id].copy())
    assert run.measures["assisted_departures"] > 3
    assert told.cost[-1].sum() == pytest.approx(run.measures["cost_npv"], rel=1e-9)


def test_those_followed_are_those_to_whom_it_is_open() -> None:
    prepared = prepare(load_policy("uk-pilot-2026"), load_caseload("uk-families-2026"), LIVELY, weeks=10)
    told = follow(prepared, 1, 0, (4, 10), ("offer",))
    s = prepared.begin(1).s
    there = {int(s[COL.id, i]): i for i in range(s.shape[1])}
    assert 100 < len(told.names) <= 200
    assert all(s[COL.children, there[int(name)]] > 0 for name in told.names)
    assert np.all(told.departed[0] <= told.departed[1])
    assert np.all(told.cost[0] <= told.cost[1])


def test_results_do_not_depend_on_threads() -> None:
    one, two = (conduct(tried(3), workers=workers) for workers in (1, 2))
    for a, b in zip(one, two, strict=True):
        for outcome in a.found:
            for name in KEPT:
                assert np.array_equal(a.found[outcome][name], b.found[outcome][name], equal_nan=True)


def test_an_interval_of_a_share_of_runs() -> None:
    told = share_of(np.arange(100) < 50, "power")
    # Wilson's interval, z = 1.645: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
    z, n = 1.6448536, 100
    half = z * np.sqrt(0.25 / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert (told["power_low"], told["power_high"]) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))


def test_levers_that_no_trial_can_assign_are_told() -> None:
    assert conduct_all(replace(ask_trial(families=(40,), months=(3,), replicates=2), most_checked=0)).remarks == []
    trial = ask_trial(
        families=(40,), months=(3,), replicates=2, settings=["housing.hotel_exit_per_week=0.05"], most_checked=0
    )
    assert "changes more than its offer" in conduct_all(trial).remarks[0]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing of its own": ({"variant": "uk-2025"}, "nothing to assign"),
    "no share": ({"share": 1.0}, "above 0 and below 1"),
    "few families": ({"families": [3]}, "from 10 to"),
    "no months": ({"months": []}, "from 1 to"),
    "one run": ({"replicates": 1}, "at least 2"),
    "unknown": ({"variant": "uk-pilot-2027"}, "uk-pilot-2026"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_told_in_one_sentence(kind: str) -> None:
    asked, words = BAD[kind]
    with pytest.raises(InputError, match=words):
        ask_trial(**asked)


def test_an_offer_that_is_open_to_none_of_them_is_refused() -> None:
    trial = ask_trial(families=(20,), months=(3,), replicates=2, settings=["offer.origins=Japan"])
    with pytest.raises(InputError, match="open to some families"):
        conduct(trial)
