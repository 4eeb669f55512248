"""A policy is a timeline: each regime an announcement, of which nobody knows before it is made."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import ATTENTIVE, LIVELY, QUIET, STILL, assert_same_run, busy_caseload, busy_policy, caseload, flow, made

from abm import ReturnModel, load_policy, prepare
from abm.household.stages import COL, STAGE
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy, Regime
from abm.scenarios.export import to_toml
from abm.scenarios.overrides import apply_settings
from abm.why import explain

DAY = date(2005, 1, 3)


def timeline(base: Policy, *regimes: tuple[Any, dict[str, Any]]) -> Policy:
    later = tuple(Regime(start=start, levers=levers) for start, levers in regimes)
    return Policy.model_validate({**base.model_dump(), "regimes": later})


def offering(pounds: float, **terms: Any) -> Policy:
    return STILL.with_values({"offer.amount_per_person": pounds, **{f"offer.{k}": v for k, v in terms.items()}})


def test_a_regime_that_changes_nothing_changes_no_bit() -> None:
    people = busy_caseload()
    again = timeline(busy_policy(), (30, {"standing.amount_per_person": 2_000.0, "support.singles_weeks": 8}))
    assert_same_run(*(prepare(p, people, LIVELY, weeks=80).run(3) for p in (busy_policy(), again)))


def test_one_regime_from_the_start_is_the_policy_itself() -> None:
    people, base = busy_caseload(), busy_policy(standing__amount_per_person=0.0)
    later = timeline(base, (0, {"standing.amount_per_person": 2_000.0}))
    assert_same_run(*(prepare(p, people, LIVELY, weeks=60).run(2) for p in (busy_policy(), later)))


@pytest.mark.parametrize("lever", [
    {"offer.amount_per_person": 50_000.0, "offer.household_cap": None, "offer.end_week": 200},
    {"support.families": "end_after", "support.families_weeks": 1}, {"enforcement.attempts_per_1000_week": 90.0},
    {"scope.safe_threshold": 0.1}, {"procedure.decision_speed": 5.0}, {"settlement.regularisation_per_year": 3.0},
    {"housing.hotel_exit_per_week": 0.5}, {"status.review_interval_months": 1},
    {"advice.visits_per_1000_week": 900.0},
], ids=lambda lever: next(iter(lever)))  # fmt: skip
def test_what_is_announced_later_has_no_effect_before_and_an_effect_after(lever: dict[str, Any]) -> None:
    people = busy_caseload(world__pull_elasticity=0.0)
    one = prepare(busy_policy(), people, LIVELY, weeks=70).run(3)
    other = prepare(timeline(busy_policy(), (40, lever)), people, LIVELY, weeks=70).run(3)
    assert np.array_equal(one.state.history[:40], other.state.history[:40])
    assert not np.array_equal(one.state.history[40:], other.state.history[40:])


def test_the_first_weeks_do_not_depend_on_how_long_the_run_is() -> None:
    """With an offer that rises for ever, and look-ahead: nobody sees the end of the simulation."""
    policy = busy_policy(offer__decline_per_week=-0.01, offer__end_week=None, offer__acceptance_window_weeks=None)
    short, long = (prepare(policy, busy_caseload(), LIVELY, weeks=weeks).run(1) for weeks in (30, 300))
    assert np.array_equal(short.state.history[:, 1:], long.state.history[:30, 1:])  # all but those still to come


def test_both_drivers_pass_from_one_policy_to_the_next_with_the_same_bits() -> None:
    levers = {"offer.amount_per_person": 12_000.0, "offer.household_cap": None, "support.families": "end_after",
              "scope.safe_threshold": 0.6}  # fmt: skip
    policy = timeline(busy_policy(), (12, levers), (25, {"offer.amount_per_person": 0.0}))
    models = [
        ReturnModel(policy, busy_caseload(), LIVELY, households=80, weeks=40, rng=5, driver=driver)
        for driver in ("compiled", "agents")
    ]
    for _ in range(40):
        for model in models:
            model.step()
        one, other = (model.state for model in models)
        assert one.s.tobytes() == other.s.tobytes()
        assert np.array_equal(one.history, other.history)


# ---- announced ends, and what becomes of them ------------------------------------------------------


def flooded(*regimes: tuple[Any, dict[str, Any]]) -> np.ndarray:
    """Assisted returns a week of people who attend always and whose utility of the offer is near that of staying."""
    base = STILL.with_values({"offer.amount_per_person": 3_000.0, "offer.end_week": 20})
    b = QUIET.with_values({"consider": 0.2, "assisted": -2.0, "money": 1.0, "anticipation": 0.9})
    run = prepare(timeline(base, *regimes), caseload(households=20_000), b, weeks=40).run(1)
    return flow(run, "assisted")


def test_an_extension_surprises() -> None:
    """Until it is announced, people behave as if the offer ended; only then do they know that it goes on."""
    ends, extended = flooded(), flooded((18, {"offer.end_week": 35}))
    assert np.array_equal(ends[:18], extended[:18])
    assert ends[20:].sum() == 0
    assert extended[20:35].sum() > 0
    assert extended[35:].sum() == 0


def test_an_offer_known_to_go_on_draws_fewer_before_the_date_that_was_first_said() -> None:
    known = STILL.with_values({"offer.amount_per_person": 3_000.0, "offer.end_week": 35})
    b = QUIET.with_values({"consider": 0.2, "assisted": -2.0, "money": 1.0, "anticipation": 0.9})
    from_the_start = flow(prepare(known, caseload(households=20_000), b, weeks=40).run(1), "assisted")
    assert from_the_start[19] < 0.8 * flooded()[19]  # the last week, in which nothing seems still to come


def test_an_offer_whose_terms_change_is_made_anew() -> None:
    policy = timeline(
        STILL.with_values({"offer.amount_per_person": 1_000.0}), (10, {"offer.amount_per_person": 2_000.0})
    )
    b = QUIET.with_values({"alert_offer": 0.5})
    prepared = prepare(policy, caseload(households=50), b, weeks=20)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 10)
    assert np.all(state.s[made(prepared, "offer")] == 0.0)
    prepared.advance(1, state, 10, 11)
    assert np.all(state.s[made(prepared, "offer")] == 10.0)


def test_an_offer_that_a_regime_leaves_alone_stays_as_it_was_made() -> None:
    base = STILL.with_values({"offer.amount_per_person": 1_000.0, "offer.acceptance_window_weeks": 5})
    policy = timeline(base, (2, {"standing.amount_per_person": 500.0}))
    prepared = prepare(policy, caseload(households=50), QUIET, weeks=20)
    state = prepared.begin(1)
    prepared.advance(1, state, 0, 10)
    assert np.all(state.s[made(prepared, "offer")] == 0.0)
    assert np.all(state.s[made(prepared, "standing")] == 2.0)


def test_support_follows_new_rules_from_the_day_they_come_into_force() -> None:
    policy = timeline(STILL, (10, {"support.families": "end_after", "support.families_weeks": 4}))
    people = caseload(households=200, composition__family_share=1.0, housing__own=0.0, housing__hotel=1.0,
                      housing__dispersal=0.0)  # fmt: skip
    ended = flow(prepare(policy, people, QUIET, weeks=30).run(1), "support_ended")
    assert np.flatnonzero(ended).tolist() == [14]
    assert ended[14] == 200


def test_a_deadline_on_departure_closes_earlier_by_the_time_that_a_departure_takes() -> None:
    last = []
    for deadline in ("application", "departure"):
        policy = STILL.with_values(
            {"offer.amount_per_person": 1_000.0, "offer.end_week": 20, "offer.deadline": deadline}
        )
        people = caseload(households=500, world__processing_weeks=8.0, world__processing_spread=0.0)
        b = ATTENTIVE.with_values({"consider": 0.1, "assisted": 9.0})
        last.append(np.flatnonzero(flow(prepare(policy, people, b, weeks=40).run(1), "accepted"))[-1])
    assert last == [19, 11]


# ---- dates ---------------------------------------------------------------------------------------------


def test_dates_are_weeks_of_the_caseload() -> None:
    policy = timeline(
        Policy(), (date(2006, 1, 12), {"offer.amount_per_person": 3_000.0, "offer.end_week": date(2006, 6, 30)})
    )
    (first, base), (week, later) = policy.timeline(DAY)
    assert (first, base.offer.amount_per_person) == (0, 0.0)
    assert (week, later.offer.start_week, later.offer.end_week) == (53, 53, 78)  # the last week is open to its end
    assert later.regimes == ()


def test_what_came_into_force_before_week_0_is_in_force_then() -> None:
    policy = timeline(
        Policy(), (date(2002, 1, 1), {"offer.amount_per_person": 500.0}), (date(2004, 6, 1), {"offer.child_share": 0.5})
    )
    ((week, now),) = policy.timeline(DAY)
    assert week == 0
    assert (now.offer.amount_per_person, now.offer.child_share) == (500.0, 0.5)
    assert now.offer.start_week == -31  # of 1 June 2004, when its terms last changed


def test_a_date_needs_a_caseload_with_one() -> None:
    policy = timeline(Policy(), (date(2006, 1, 12), {"offer.amount_per_person": 3_000.0}))
    with pytest.raises(InputError, match=r"regime\.0\.from = '2006-01-12' is not accepted: a week of the run"):
        prepare(policy, caseload(), QUIET)


def test_a_date_before_the_week_of_the_regime_before_it_is_refused() -> None:
    """Only when the caseload's date turns both into weeks can it be seen."""
    policy = timeline(Policy(), (20, {"offer.child_share": 0.5}), (date(2005, 2, 1), {"offer.child_share": 0.6}))
    with pytest.raises(InputError, match=r"regime\.1\.from = '2005-02-01' is not accepted: later than week 20"):
        policy.timeline(DAY)


def test_why_knows_the_policy_of_the_week() -> None:
    policy = timeline(
        STILL.with_values({"offer.amount_per_person": 1_000.0}), (10, {"offer.amount_per_person": 4_000.0})
    )
    prepared = prepare(policy, caseload(households=20), QUIET, weeks=20)
    told = [explain(prepared, 1, 3, week).beliefs["offer now, worth per head (GBP)"] for week in (5, 15)]
    assert told[1] == pytest.approx(4.0 * told[0])
    assert (10, "the policy changes: other levers") in explain(prepared, 1, 3, 15).history
    assert not any("policy" in event for _, event in explain(prepared, 1, 3, 5).history)


# ---- files -------------------------------------------------------------------------------------------------

FILE = """
[[offers]]
name = "more"
amount_per_person = 2000
origins = "Iraq, Afghanistan"

[standing]
amount_per_person = 500
start_week = -100

[[regime]]
from = 2006-01-12
title = "A larger offer"
offer.amount_per_person = { value = 3000, mark = "press", source = "a newspaper" }
offer.end_week = "2006-06-30"

[[regime]]
from = 80
[regime.offers.more]
amount_per_person = 0
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_timeline_is_read_from_a_file_and_written_again(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, FILE))
    assert policy.offer_names == ["more", "offer", "standing"]
    assert policy.regimes[0].levers == {"offer.amount_per_person": 3000, "offer.end_week": date(2006, 6, 30)}
    assert policy.regimes[1].levers == {"offers.more.amount_per_person": 0}
    assert policy.figures["regime.0.offer.amount_per_person"].source == "a newspaper"
    again = load_policy(written(tmp_path, to_toml(policy)))
    assert again.model_dump() == policy.model_dump()
    assert again.figures == policy.figures


@pytest.mark.parametrize(("text", "field", "allowed"), [
    ("[[regime]]\ntitle = 'x'", "regime.0.from", "a week, or a date"),
    ("[[regime]]\nfrom = 'soon'", "regime.0.from", "a week, or a date"),
    ("[[regime]]\nfrom = 5\n[[regime]]\nfrom = 5", "regime.1.from", "later than the regime before it"),
    ("[[regime]]\nfrom = 5\noffer.amount_per_persn = 3", "offer.amount_per_persn", "no such field"),
    ("[[regime]]\nfrom = 5\noffer.child_share = -1", "regime.0.offer.child_share", "a number from 0 to 10"),
    ("[regime]\nfrom = 5", "regime", "tables written [[regime]]"),
    ("[[offers]]\namount_per_person = 5", "offers.0.name", "the name of the offer"),
    ("[[offers]]\nname = 'a'\n[[offers]]\nname = 'a'", "offers.1.name", "each name once"),
    ("[offers.offer]\nchild_share = 1\n[offer]\nchild_share = 1", "offers.offer", "given once"),
    ("[standing]\namount_per_person = 5", "standing.start_week", "the week since which the offer stands"),
    ('[offers."b c"]\namount_per_person = 5', "offers.b c", "a name of letters"),
    ("[[regime]]\nfrom = 99999", "regime.0.from", "less than or equal to 5000"),
    ("[offer]\nstart_week = 2006-06-01\nend_week = 2006-05-01", "offer.end_week", "at least start_week (2006-06-01)"),
    ("[offers.x]\norigins = 'Atlantis'", "offers.x.origins", "not the name or code of a country"),
    ("[offer]\nend_week = '2006-13-01'", "offer.end_week", "a whole number from -5000 to 5000 (week), or a date"),
])  # fmt: skip
def test_a_bad_timeline_is_refused_in_one_sentence(tmp_path: Path, text: str, field: str, allowed: str) -> None:
    with pytest.raises(InputError) as refused:
        load_policy(written(tmp_path, text))
    assert refused.value.field == field
    assert allowed in refused.value.allowed


# ---- settings ------------------------------------------------------------------------------------------------


def test_what_a_user_sets_no_regime_changes_again() -> None:
    policy = timeline(Policy(), (10, {"offer.amount_per_person": 3_000.0, "offer.child_share": 0.5}))
    changed, *_ = apply_settings(policy, caseload(), QUIET, {"offer.amount_per_person": "7000"})
    assert [now.offer.amount_per_person for _, now in changed.timeline(None)] == [7_000.0, 7_000.0]
    assert [now.offer.child_share for _, now in changed.timeline(None)] == [1.0, 0.5]


def test_an_offer_that_a_policy_does_not_have_cannot_be_set() -> None:
    policy = Policy(offers={"pilot": {"amount_per_person": 5.0}})
    changed, *_ = apply_settings(policy, caseload(), QUIET, {"offers.pilot.amount_per_person": "7"})
    assert changed.offers["pilot"].amount_per_person == 7.0
    with pytest.raises(InputError) as refused:
        apply_settings(policy, caseload(), QUIET, {"offers.pilt.amount_per_person": "7"})
    assert refused.value.nearest == "offers.pilot.amount_per_person"


# ---- one rule for all offers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", [
    {"amount_per_person": 3_000.0, "paid_at_departure": 0.0, "open_refused": True, "start_week": -52},
    {"amount_per_person": 6_000.0, "acceptance_window_weeks": 6, "early_bonus": 0.2, "early_weeks": 3},
    {"amount_per_person": 6_000.0, "start_week": 20, "end_week": 60},
], ids=["old", "new", "later"])  # fmt: skip
def test_where_an_offer_stands_and_what_it_is_called_changes_nothing(terms: dict[str, Any]) -> None:
    bare = busy_policy(offer__amount_per_person=0.0, standing__amount_per_person=0.0).model_copy(update={"offers": {}})
    runs = [
        prepare(
            Policy.model_validate({**bare.model_dump(), "offers": {name: terms}}), busy_caseload(), LIVELY, weeks=80
        )
        for name in ("standing", "offer", "anything")
    ]
    first = runs[0].run(3)
    for other in runs[1:]:
        assert_same_run(first, other.run(3))


def test_the_stock_knows_an_old_offer_since_it_could_have_it() -> None:
    """A bonus for the first weeks is long over for those refused two years ago."""
    terms = {"amount_per_person": 1_000.0, "start_week": -60, "early_bonus": 1.0, "early_weeks": 4}
    policy = STILL.model_copy(update={"offers": Policy(offers={"old": terms}).offers})
    prepared = prepare(policy, caseload(households=400, durations__exhausted_weeks=104.0), QUIET, weeks=4)
    s = prepared.begin(1).s
    assert np.array_equal(s[made(prepared, "old")], np.maximum(s[COL.since], -60.0))
    b = ATTENTIVE.with_values({"assisted": 60.0})
    run = prepare(policy, caseload(households=400, durations__exhausted_weeks=104.0), b, weeks=1).run(1)
    late = run.state.s[COL.since] == 0.0  # left this week
    paid = run.state.s[COL.received, late] / 100 / (run.state.s[COL.adults, late] + run.state.s[COL.children, late])
    assert set(paid) == {1_000.0, 2_000.0}
    assert np.mean(paid == 2_000.0) < 0.1


def test_an_offer_is_for_the_origins_that_it_names() -> None:
    policy = STILL.with_values({"offer.amount_per_person": 1_000.0, "offer.origins": "iraq"})
    people = caseload({"Iraq": 0.5, "Albania": 0.5}, households=200)
    run = prepare(policy, people, ATTENTIVE.with_values({"assisted": 60.0}), weeks=2).run(1)
    went = run.households.groupby("origin", observed=True)["stage"].value_counts()
    assert went["Iraq", "RETURNED_ASSISTED"] > 0
    assert ("Albania", "RETURNED_ASSISTED") not in went.index or went["Albania", "RETURNED_ASSISTED"] == 0
    assert int(np.sum(run.state.s[COL.stage] == STAGE.RETURNED_ASSISTED)) == went["Iraq", "RETURNED_ASSISTED"]


def test_what_is_given_in_kind_is_worth_what_it_is_valued_at() -> None:
    def worth(share: float) -> float:
        policy = STILL.with_values({"offer.amount_per_person": 1_000.0, "offer.in_kind_share": share})
        b = QUIET.with_values({"in_kind_value": 0.6})
        found = explain(prepare(policy, caseload(households=5), b, weeks=3), 1, 2, 1)
        return found.beliefs["offer now, worth per head (GBP)"]

    assert worth(0.0) == pytest.approx(1_000.0)
    assert worth(1.0) == pytest.approx(600.0)
    assert worth(0.5) == pytest.approx(800.0)


def test_those_with_protection_may_take_an_offer_that_is_open_to_them() -> None:
    people = caseload(households=200, stages__protected=1.0, stages__exhausted=0.0)
    eager = ATTENTIVE.with_values({"assisted": 60.0})
    taken = [
        flow(prepare(offering(5.0, open_protected=is_open), people, eager, weeks=3).run(1), "assisted").sum()
        for is_open in (False, True)
    ]
    assert taken[0] == 0
    assert taken[1] > 190  # all but the few who are settled meanwhile
