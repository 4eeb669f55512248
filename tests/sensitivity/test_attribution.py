"""A change shared out over its causes: what shares add up to, what a mixture is, and where an input belongs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, declarations, read
from abm.inputs.policy import Offer, Policy, Regime
from abm.scenarios.overrides import known_paths
from experiments.question.case import Case, load_case
from experiments.sensitivity.announcing import announcements
from experiments.sensitivity.asking import Asked, Player, ask, held, players
from experiments.sensitivity.attribution import attribute, shapley
from experiments.sensitivity.groups import BELONGS, GROUPS, WHOLE, group_of
from experiments.sensitivity.mixing import Both, differences, mixed_policy, mixture
from experiments.sensitivity.outcomes import found_in, horizon, outcome

WEEKS, HOUSEHOLDS = 40, 120


def case(policy: Policy, caseload: Caseload, weeks: int = WEEKS) -> Case:
    return Case(policy, caseload, (tiny.LIVELY,), weeks, HOUSEHOLDS)


@pytest.fixture(scope="module")
def both() -> Both:
    """Two situations in which every group differs, each with changes of policy at dates of its own."""
    first = tiny.busy_policy().model_copy(update={"regimes": (
        Regime(start=4, levers={"standing.amount_per_person": 500.0, "enforcement.attempts_per_1000_week": 4.0}),
        Regime(start=20, levers={"offer.amount_per_person": 9_000.0, "support.families": "continue"}),
    )})  # fmt: skip
    second = tiny.busy_policy(
        offer__amount_per_person=3_000.0, offer__start_week=9, standing__amount_per_person=0.0,
        advice__visits_per_1000_week=5.0, support__singles_weeks=2, housing__hotel_exit_per_week=0.1,
        enforcement__announced_risk=0.0, procedure__decision_speed=2.0, status__settlement_years=1.0,
        scope__safe_threshold=0.3,
    ).model_copy(update={"regimes": (
        Regime(start=4, levers={"enforcement.attempts_per_1000_week": 20.0, "procedure.appeal_speed": 3.0}),
        Regime(start=15, levers={"standing.amount_per_person": 4_000.0, "support.families": "end_after"}),
    )})  # fmt: skip
    there = tiny.busy_caseload(
        households=300, inflow_per_week=1.0, composition__family_share=0.2, world__hotel_night=90.0,
        world__safety_change=-0.2, world__onward_per_year=0.5, procedure__appeal_share=0.5,
    )  # fmt: skip
    return case(first, tiny.busy_caseload()), case(second, there)


# ---- shares -----------------------------------------------------------------------------------------


def coalitions(worth: Any, n: int) -> np.ndarray:
    return np.array([worth([i for i in range(n) if number >> i & 1]) for number in range(2**n)], dtype=np.float64)


def test_an_additive_worth_gives_its_own_terms() -> None:
    terms = np.array([3.0, -1.0, 0.0, 0.5])
    assert shapley(coalitions(lambda s: terms[s].sum(), 4)) == pytest.approx(terms, abs=1e-15)


def test_what_two_do_only_together_is_halved_between_them_and_the_third_has_nothing() -> None:
    shares = shapley(coalitions(lambda s: 10.0 * (0 in s and 2 in s), 3))
    assert shares == pytest.approx([5.0, 0.0, 5.0], abs=1e-15)
    assert shares[1] == 0.0


def test_players_who_do_the_same_have_the_same() -> None:
    shares = shapley(coalitions(lambda s: len(s) ** 2, 4))
    assert len(set(shares.tolist())) == 1
    assert shares.sum() == pytest.approx(16.0)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.floats(-1e6, 1e6), min_size=2**n, max_size=2**n)))
def test_shares_sum_to_the_change_and_turn_round_with_it(worth: list[float]) -> None:
    values = np.array(worth)
    shares = shapley(values)
    assert shares.sum() == pytest.approx(values[-1] - values[0], abs=1e-6)
    assert shapley(values[::-1]) == pytest.approx(-shares, abs=1e-6)


def test_shares_are_taken_run_by_run() -> None:
    values = np.random.default_rng(1).normal(size=(8, 3, 2))
    whole = shapley(values)
    assert whole.shape == (3, 3, 2)
    assert whole[:, 1, 0] == pytest.approx(shapley(values[:, 1, 0]))


# ---- groups -----------------------------------------------------------------------------------------


def all_paths() -> list[str]:
    paths = [path for path in known_paths() if not path.startswith("behaviour.")]
    paths += [f"offers.pilot.{leaf}" for leaf in Offer.model_fields]
    return paths + [f"caseload.{name}" for name in WHOLE]


def test_every_input_belongs_to_exactly_one_group() -> None:
    assert {group_of(path) for path in all_paths()} <= set(GROUPS)


def test_no_field_of_a_caseload_is_forgotten() -> None:
    sections = {path.split(".")[0] for path in declarations(Caseload)}
    assert set(Caseload.model_fields) - sections - set(WHOLE) == {"name", "title", "describes", "place"}


def test_no_field_of_a_policy_is_forgotten() -> None:
    sections = {path.split(".")[0] for path in declarations(Policy)} - set(Policy.usual)
    texts = {"name", "title", "describes", "context"}
    assert set(Policy.model_fields) - sections - texts == {"offers", "regimes", "rule"}


@pytest.mark.parametrize("place", [place for place in BELONGS if place != "rule."])  # there are none without rules
def test_every_line_of_the_table_is_about_something(place: str) -> None:
    assert any(path == place or (place.endswith(".") and path.startswith(place)) for path in all_paths())


def test_a_new_parameter_without_a_group_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"world\.novelty"):
        group_of("world.novelty")


def test_the_threat_is_told_apart_from_enforcement() -> None:
    assert group_of("enforcement.announced_risk") == "threat"
    assert group_of("enforcement.attempts_per_1000_week") == "enforcement"


# ---- mixtures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [0, 1])
def test_a_mixture_of_one_side_alone_is_that_side_to_the_last_bit(both: Both, side: int) -> None:
    mixed = mixture(dict.fromkeys(GROUPS, side), both)
    assert not mixed.hushed.any()
    for seed in (1, 2):
        tiny.assert_same_run(mixed.prepared().run(seed), both[side].prepared().run(seed))


@pytest.mark.parametrize("pair", [
    ("danish-2010-2022@denmark-2009", "danish-2020@denmark-2009"),
    ("uk-2002-2015@uk-refused-2005", "uk-2006-offer@uk-refused-2005"),
    ("uk-2025@uk-families-2026", "danish-2021@uk-refused-2025"),
])  # fmt: skip
@pytest.mark.parametrize("side", [0, 1])
def test_a_shipped_history_from_one_side_alone_is_that_history(pair: tuple[str, str], side: int) -> None:
    shipped = tuple(load_case(*name.split("@"), weeks=700) for name in pair)
    mixed = mixture(dict.fromkeys(GROUPS, side), (shipped[0], shipped[1])).case
    assert mixed.policy.model_dump(include={"offers", "enforcement", "support"}) == shipped[side].policy.model_dump(
        include={"offers", "enforcement", "support"}
    )
    assert [(r.start, r.levers) for r in mixed.policy.regimes] == [
        (r.start, r.levers) for r in shipped[side].policy.regimes
    ]
    assert mixed.caseload.model_dump() == shipped[side].caseload.model_dump() | {
        text: getattr(mixed.caseload, text) for text in ("name", "title", "describes", "place")
    }


def test_a_mixture_has_at_every_date_the_levers_of_the_side_of_their_group(both: Both) -> None:
    sides = dict.fromkeys(GROUPS, 0) | {"enforcement": 1, "support": 1, "procedure": 1}
    mixed = mixed_policy(sides, both)

    def in_force(policy: Policy, week: int) -> Policy:
        return [found for begins, found in policy.timeline(None) if begins <= week][-1]

    assert [regime.start for regime in mixed.regimes] == [4, 15, 20]
    for week in range(WEEKS):
        now, theirs = in_force(mixed, week), [in_force(c.policy, week) for c in both]
        for path in declarations(Policy):
            assert read(now, path) == read(theirs[sides[group_of(path)]], path), (week, path)


def test_groups_that_do_not_differ_are_not_there(both: Both) -> None:
    assert set(differences(both)) == set(GROUPS)
    one = both[0]
    assert differences((one, one)) == {}
    louder = one.with_settings({"enforcement.announced_risk": 0.9})
    assert differences((one, louder)) == {"threat": ["enforcement.announced_risk"]}
    assert differences((one, one.with_settings({"caseload.default_sample": 7}))) == {}


def test_taking_what_does_not_differ_from_the_other_side_changes_nothing(both: Both) -> None:
    other = both[0].with_settings({"standing.amount_per_person": 2_500.0})
    sides = dict.fromkeys(GROUPS, 1) | {"offer": 0, "publicity": 0}
    mixed = mixture(sides, (both[0], other)).prepared().run(3)
    tiny.assert_same_run(mixed, both[0].prepared().run(3))


def test_arrivals_go_with_the_number_of_people(both: Both) -> None:
    one, other = both  # 400 households with 3 arrivals a week; 300 with 1
    assert mixture({"composition": 1}, both).case.caseload.inflow_per_week == 3.0 * 300 / 400
    assert mixture({"inflow": 1}, both).case.caseload.inflow_per_week == 1.0 * 400 / 300
    same = replace(other, caseload=one.caseload.with_values({"households": 200}))
    assert "caseload.inflow_per_week" in differences((one, same))["inflow"]


# ---- money and publicity ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def announced() -> Both:
    """Without and with an offer that is announced in week 10, for ten weeks, together with a threat."""
    people = tiny.caseload(households=200)
    new = {"offer.amount_per_person": 20_000.0, "offer.start_week": 10, "offer.end_week": 20}
    silent = tiny.STANDING.with_values({"standing.start_week": -52})
    return case(silent, people), case(silent.with_values(new | {"enforcement.announced_risk": 0.9}), people)


def test_what_is_announced_is_publicity(announced: Both) -> None:
    assert differences(announced)["publicity"] == ["announcements"]
    (told,) = announcements(announced[1])
    assert (told.week, told.until, told.name, told.closes, told.threatens) == (10, 20, "offer", True, True)
    assert announcements(announced[0]) == []


def attention(both: Both, **sides: int) -> tuple[float, float, float]:
    """Mean attention and belief in removal after the announcement, and the largest amount open then."""
    behaviour = tiny.QUIET.with_values({"alert_offer": 0.5, "alert_memory": 1.0, "announcement_trust": 0.5})
    prepared = mixture(sides, tuple(replace(c, members=(behaviour,)) for c in both)).prepared()  # type: ignore[arg-type]
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 12)
    amounts = [offer.amount_per_person for name, offer in prepared.policy.offers.items() if name != "standing"]
    return float(state.s[tiny.COL.alert].mean()), float(state.s[tiny.COL.removal].mean()), max(amounts, default=0.0)


def test_money_comes_without_attention_and_attention_without_money(announced: Both) -> None:
    assert attention(announced) == (0.0, 0.0, 0.0)
    assert attention(announced, offer=1) == (0.0, 0.0, 20_000.0)
    alert, removal, amount = attention(announced, publicity=1)
    assert alert > 0.3
    assert (removal, amount) == (0.0, 0.01)
    assert attention(announced, offer=1, publicity=1)[::2] == (alert, 20_000.0)


def test_a_threat_comes_with_a_penny_and_without_attention(announced: Both) -> None:
    alert, removal, amount = attention(announced, threat=1)
    assert (alert, amount) == (0.0, 0.01)
    assert removal > 0.3
    assert attention(announced, threat=1, offer=1, publicity=1)[1] == removal


# ---- an attribution ---------------------------------------------------------------------------------


def asked_of(both: Both, *measures: str, replicates: int = 3) -> Asked:
    outcomes = tuple(outcome(text, both[1].caseload) for text in measures)
    return Asked(both, ("one", "other"), players(differences(both)), outcomes, replicates, 5, "seeds", {})


def test_shares_sum_to_the_change_in_every_run_whatever_the_number_of_workers(announced: Both) -> None:
    measures = ("departures", "cost_npv", "stock:30", "assisted_persons:8..25", "absconded_share")
    asked = asked_of(announced, *measures)
    assert [player.name for player in asked.players] == ["offer", "publicity", "threat"]
    found = attribute(asked, workers=1)
    size = np.abs(found.values).max(axis=(0, 1))
    assert np.all(np.abs(found.shares.sum(axis=0) - found.change) <= 1e-12 * size)
    assert found.change[:, 0].any()
    again = attribute(asked, workers=3)
    assert again.values.tobytes() == found.values.tobytes()
    assert again.shares.tobytes() == found.shares.tobytes()
    for side, mixed in ((0, 0), (1, -1)):
        run = announced[side].prepared().run(5 + 2)
        assert found.values[mixed, 2, 0] == run.measures["departures"]
        assert found.values[mixed, 2, 1] == run.measures["cost_npv"]


def test_the_way_back_has_the_same_shares_with_the_other_sign(announced: Both) -> None:
    there, back = (attribute(asked_of(pair, "departures")) for pair in (announced, announced[::-1]))
    assert back.shares == pytest.approx(-there.shares, abs=1e-12)


def test_a_change_of_one_group_is_that_groups_alone(both: Both) -> None:
    pair = both[0], both[0].with_settings({"world.hotel_night": 10.0})
    found = attribute(asked_of(pair, "cost_npv", "departures", replicates=2))
    assert [player.name for player in found.asked.players] == ["other"]
    assert np.array_equal(found.shares[0], found.change)
    assert not found.change[:, 1].any()


def test_groups_that_are_not_named_are_told_together() -> None:
    differing = {"offer": ["a"], "inflow": ["b"], "safety": ["c"], "other": ["d"]}
    assert players(differing, ["inflow"]) == (
        Player("inflow", ("inflow",), ("b",)),
        Player("other", ("offer", "safety", "other"), ("a", "c", "d")),
    )
    assert [player.name for player in players(differing)] == ["offer", "inflow", "safety", "other"]


def test_more_groups_than_can_be_shared_out_are_refused_by_name(both: Both) -> None:
    with pytest.raises(InputError, match=r"offer, publicity, threat, .*at most 10 that differ"):
        players(differences(both))
    assert len(players(differences(both), ["offer", "inflow"])) == 3


@pytest.mark.parametrize(("changes", "told"), [
    ({"second": "uk-2025"}, "differs in some input"),
    ({"second": None}, "or --hold DATE in its place"),
    ({"hold": "2020-01-01"}, "left out: --hold compares a situation with itself"),
    ({"hold_inflow": 2020}, "together with --hold"),
    ({"groups": ["ofer"]}, "Did you mean 'offer'"),
    ({"measures": ["departure"]}, "Did you mean 'departures'"),
    ({"measures": ["net_saving_npv"]}, "ask for cost_npv"),
    ({"measures": ["stock:yesterday"]}, "a day such as"),
    ({"measures": ["assisted:5..3"]}, "a first day"),
    ({"measures": ["assisted:5"]}, "assisted_persons:DATE..DATE"),
    ({"measures": ["stock:80"], "weeks": 20}, "at least 80"),
    ({"replicates": 0}, "--replicates"),
    ({"first_settings": ["behaviour.money=1"]}, "given with --set"),
    ({"second_settings": ["offer.amount=1"]}, "--to-set: offer.amount"),
    ({"second": "uk-pilot-2026@"}, "POLICY@CASELOAD"),
    ({"second": "uk-pilot@uk-families-2026"}, "Did you mean"),
    ({"second": "danish-2010-2022@denmark-2009"}, "caseloads of the same date"),
])  # fmt: skip
def test_bad_input_is_told_in_one_sentence(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        ask("uk-2025", **{"second": "uk-pilot-2026", **changes})


# ---- dates ------------------------------------------------------------------------------------------


def test_what_was_before_a_date_goes_on() -> None:
    history = load_case("danish-2010-2022", "denmark-2009", weeks=600)
    before = held(history, "2020-08-10")
    assert [r.start for r in before.policy.regimes] == [r.start for r in history.policy.regimes[:-1]]
    inflow, was = before.caseload.inflow, history.caseload.inflow
    assert inflow["2021"] == inflow["2022"] == was["2020"]
    assert inflow["2019"] == was["2019"]
    assert held(history, "2020-08-11").policy.regimes == history.policy.regimes
    assert held(history, "2020-08-10", 2019).caseload.inflow["2020"] == was["2019"]
    assert set(differences((before, history))) == {"offer", "publicity", "inflow"}
    with pytest.raises(InputError, match="--hold-inflow"):
        held(history, "2020-08-10", 1999)
    with pytest.raises(InputError, match="--hold"):
        held(history, "lately")


def test_a_run_is_as_long_as_its_days_ask_for() -> None:
    people = load_case("danish-2020", "denmark-2020").caseload
    stock, count = outcome("stock:2021-12-30", people), outcome("assisted:0..10", people)
    assert (stock.last, count.first, count.last) == (52, 0, 10)
    assert horizon([stock, count], None, 260) == 52
    assert horizon([stock, outcome("departures", people)], None, 260) == 260
    with pytest.raises(InputError, match="begins on 2020-12-31"):
        outcome("stock:2019-12-31", people)


def test_a_stock_is_that_of_persons_still_awaiting_departure() -> None:
    people = tiny.caseload(households=200, composition__family_share=0.5)
    prepared = case(tiny.STILL, people).prepared()
    at_first, later, left = found_in(
        prepared, 1, [outcome(t, people) for t in ("stock:0", "stock:30", "removed_persons:0..30")]
    )
    assert at_first > 200
    assert later <= at_first
    assert left == 0.0
    assert not math.isnan(later)
