"""Every mechanism has a switch that turns it off exactly: then what it reads no longer matters, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, assert_same_run, busy_caseload, busy_policy, by_identity, changed, differing_columns, flow

from abm import Prepared, prepare
from abm.household.stages import Column, Stage
from abm.inputs.behaviour import Behaviour

WEEKS = 70

#: What ties have told since last week, whether or not it will be believed.
UNREAD_NEWS = ("unread",)

#: One more thing that a household weighs, off: parameters at nought, and what then may change without consequence.
#: The last column names what is allowed to differ: columns that hold the input itself.
Switch = tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]
SWITCHES: dict[str, Switch] = {
    "money": ({"behaviour.money": 0.0, "world.pull_elasticity": 0.0},
              {"offer.amount_per_person": 90.0, "offer.household_cap": 90.0,
                                         "standing.amount_per_person": 20.0}, ("received", "booked_amount")),
    "anticipation, constant offers": ({"behaviour.anticipation": 0.0, "standing.paid_at_departure": 1.0,
                                      "offer.paid_at_departure": 1.0, "behaviour.in_kind_value": 0.0,
                                      "caseload.durations.past_offer": 0.0, "world.pull_elasticity": 0.0},
                                     {"behaviour.present_bias": 0.3, "behaviour.discounting": 3.0}, ()),
    "belief in payment": ({"standing.paid_at_departure": 1.0, "offer.paid_at_departure": 1.0,
                           "behaviour.in_kind_value": 0.0, "behaviour.information": 0.0,
                           "caseload.durations.past_offer": 0.0, "world.pull_elasticity": 0.0},
                          {"behaviour.payment_belief": 0.2, "behaviour.visit_trust": 0.9}, ("payment",)),
    "help in kind": ({"behaviour.in_kind_value": 0.0}, {"reintegration.per_household": 3_000.0}, ()),
    "safety": ({"behaviour.safety": 0.0, "behaviour.information": 0.0},
               {"behaviour.safety_spread": 0.4, "behaviour.learning_safety": 0.5, "behaviour.list_trust": 0.0,
                "behaviour.news_noise": 0.9}, ("safety",)),
    "norm": ({"behaviour.norm": 0.0, "behaviour.information": 0.0, "behaviour.fear": 0.0,
              "behaviour.alert_departure": 0.0, "behaviour.alert_removal": 0.0},
             {"caseload.network.mean_ties": 2.0, "caseload.network.same_site": 0.1,
                                                "caseload.network.tail": 0.0},
             ("ties", "ties_left", "ties_removed", *UNREAD_NEWS)),
    "information": ({"behaviour.information": 0.0}, {"behaviour.report_strength": 300.0}, ()),
    "fear": ({"behaviour.fear": 0.0}, {"behaviour.removal_strength": 300.0}, ()),
    "ties to the host country": ({"behaviour.host_ties": 0.0}, {"behaviour.ties_years": 30.0}, ()),
    "school": ({"behaviour.school": 0.0, "world.removal_school": 1.0},
               {"caseload.composition.school_share": 0.1}, ("school",)),
    "hotel": ({"behaviour.hotel": 0.0, "support.families": "continue", "support.singles": "continue"},
              {"housing.hotel_exit_per_week": 0.5}, ("housing", "notice")),
    "lost support": ({"behaviour.lost_support_return": 0.0, "behaviour.lost_support_irregular": 0.0,
                      "behaviour.alert_refusal": 0.0, "behaviour.hotel": 0.0},
                     {"support.families": "continue", "support.singles": "continue"},
                     ("withdrawn", "housing", "support_end", "notice")),
    "risk of removal": ({"behaviour.removal_risk": 0.0, "behaviour.removal_risk_irregular": 0.0},
                        {"enforcement.announced_risk": 1.0, "behaviour.learning_removal": 0.9,
                         "behaviour.credibility_memory": 0.5}, ("removal",)),
    "announced risk": ({"behaviour.announcement_trust": 0.0}, {"enforcement.announced_risk": 1.0}, ()),
    "announced risk (the lever)": ({"enforcement.announced_risk": 0.0}, {"behaviour.announcement_trust": 1.0}, ()),
    "safe list": ({"behaviour.list_trust": 0.0, "offer.safe_origins_only": False, "world.revocation": 0.0},
                  {"scope.safe_threshold": 0.1, "world.list_delay_weeks": 40}, ()),
    "learning about safety": ({"behaviour.learning_safety": 0.0, "behaviour.information": 0.0},
                              {"behaviour.news_noise": 1.5}, ()),
    "learning about removal": ({"behaviour.learning_removal": 0.0}, {"behaviour.credibility_memory": 0.1}, ()),
    "present bias": ({"behaviour.present_bias": 1.0, "behaviour.discounting": 0.0},
                     {"standing.later_payment_weeks": 400.0, "offer.later_payment_weeks": 1.0,
                      "behaviour.discounting_spread": 2.0}, ()),
    "visits": ({"advice.visits_per_1000_week": 0.0}, {"advice.independence": 1.0, "behaviour.visit_trust": 1.0,
                                                      "behaviour.alert_visit": 1.0}, ()),
    "trust from visits": ({"behaviour.visit_trust": 0.0}, {"advice.independence": 1.0}, ()),
    "removal": ({"enforcement.attempts_per_1000_week": 0.0}, {"enforcement.priority": "singles_first",
                "enforcement.include_families": False, "world.removal_success": 1.0, "behaviour.fear": 0.0,
                "behaviour.alert_removal": 1.0}, ()),
    "pull factor": ({"world.pull_elasticity": 0.0},
                    {"world.support_worth": 50_000.0, "world.pull_reference_offer": 0.0,
                     "world.pull_reference_weeks": 100.0, "procedure.capacity_follows_inflow": True}, ()),
    "family reunion": ({"world.reunion_share": 0.0}, {"entry.family_reunion_age": 40.0}, ()),
    "re-migration": ({"world.remigration_per_year": 0.0},
                     {"entry.reentry_ban_years": 9.0, "world.remigration_unsafe": 50.0,
                                                           "world.ban_effect": 0.0}, ()),
    "ban on re-entry": ({"entry.reentry_ban_years": 0.0}, {"world.ban_effect": 0.0}, ()),
    "constant safety": ({"world.safety_path": "constant"}, {"world.safety_change": -0.9, "world.safety_trend": 0.9,
                                                            "world.regime_per_year": 40.0, "world.safety_week": 1}, ()),
    "no reviews": ({"status.review_interval_months": None}, {"caseload.procedure.reviews_per_week": 900.0,
                                                             "world.revocation": 1.0}, ()),
    "children and irregularity": ({"behaviour.irregular_children": 0.0, "behaviour.irregular": -60.0}, {
        "behaviour.lost_support_irregular": 0.5, "behaviour.removal_risk_irregular": 0.1}, ()),
}  # fmt: skip


def setting(changes: dict[str, Any]) -> Prepared:
    prepared = prepare(busy_policy(), busy_caseload(households=250), LIVELY, weeks=WEEKS)
    for path, value in changes.items():
        prepared = changed(prepared, path, value)
    return prepared


@pytest.mark.parametrize("name", [name for name in SWITCHES if SWITCHES[name][1]])
def test_what_is_switched_off_does_not_matter(name: str) -> None:
    off, other, own = SWITCHES[name]
    one, two = setting(off).run(3), setting(off | other).run(3)
    assert set(differing_columns(by_identity(one), by_identity(two))) <= set(own)
    assert np.array_equal(one.state.history[:, : len(Stage)], two.state.history[:, : len(Stage)])
    assert set(own) <= set(Column.__members__)


@pytest.mark.parametrize("name", [name for name in SWITCHES if SWITCHES[name][1]])
def test_what_is_switched_on_does_matter(name: str) -> None:
    """The same change with the mechanism on, so that the test above could fail."""
    off, other, own = SWITCHES[name]
    ours = {path: value for path, value in off.items() if path not in other}
    on = ON.get(name, {})
    one, two = setting(on), setting({**on, **other})
    assert ours
    before, after = (by_identity(prepared.run(3)) for prepared in (one, two))
    differing = differing_columns(before, after) if before.shape == after.shape else ["id"]
    assert set(differing) - set(own)


#: What must be turned on besides for a mechanism to show.
ON: dict[str, dict[str, Any]] = {
    "anticipation, constant offers": {"behaviour.anticipation": 0.9},
    "help in kind": {"behaviour.in_kind_value": 1.0, "reintegration.per_household": 0.0, "behaviour.money": 4.0},
    "present bias": {"behaviour.discounting": 3.0},
    "hotel": {"behaviour.hotel": 2.0},
    "lost support": {"behaviour.lost_support_return": 2.0},
    "trust from visits": {"behaviour.visit_trust": 0.9},
    "constant safety": {"world.safety_path": "shock"},
    "ban on re-entry": {"entry.reentry_ban_years": 0.5},
    "family reunion": {"world.reunion_share": 0.03},
}


def test_fear_without_removals_changes_no_bit() -> None:
    """News of departures must not disturb the belief on removal, whatever that belief is worth."""
    calm = {
        "enforcement.attempts_per_1000_week": 0.0,
        "enforcement.announced_risk": 0.4,
        "behaviour.removal_strength": 7.3,
    }
    assert_same_run(setting(calm).run(3), setting(calm | {"behaviour.fear": 0.0}).run(3))


def test_no_ties_is_no_peers_exactly() -> None:
    """Norm, information and fear read nothing but ties: without ties they can have any weight."""
    alone = {"caseload.network.mean_ties": 0.0}
    base = setting(alone).run(3)
    for change in ({"behaviour.norm": 19.0}, {"behaviour.information": 0.0}, {"behaviour.fear": 0.0},
                   {"behaviour.alert_departure": 0.9, "behaviour.alert_removal": 0.9}):  # fmt: skip
        assert_same_run(base, setting(alone | change).run(3))


@pytest.mark.parametrize(("off", "idle"), [
    ({"settlement.regularisation_per_year": 0.0}, "regularised"),
    ({"world.detection_per_year": 0.0}, "detected"),
    ({"world.remigration_per_year": 0.0}, "re_entered"),
    ({"enforcement.attempts_per_1000_week": 0.0}, "removed"),
    ({"advice.visits_per_1000_week": 0.0}, "visits"),
    ({"world.pull_elasticity": 0.0}, "induced_arrivals"),
    ({"caseload.inflow_per_week": 0.0}, "arrivals"),
    ({"world.revocation": 0.0}, "revoked"),
    ({"status.settlement_years": None}, "settled"),
    ({"support.families": "continue", "support.singles": "continue"}, "support_ended"),
    ({"caseload.procedure.decisions_per_week": 0.0}, "granted"),
    ({"procedure.decision_speed": 0.0}, "refused"),
    ({"procedure.appeal_speed": 0.0}, "appeals_dismissed"),
    ({"status.review_speed": 0.0}, "reviews"),
    ({"standing.amount_per_person": 0.0, "offer.amount_per_person": 0.0}, "assisted"),
    ({"behaviour.irregular": -60.0, "world.onward_per_year": 0.0}, "absconded"),
    ({"world.onward_per_year": 0.0}, "moved_on"),
    ({"world.unescorted": 0.0}, "unescorted"),
    ({"world.withdrawal": 0.0}, "withdrawn"),
    ({"behaviour.unassisted": -60.0}, "unassisted"),
])  # fmt: skip
def test_a_rate_of_nought_is_never(off: dict[str, Any], idle: str) -> None:
    assert flow(setting({}).run(3), idle).sum() > 0
    assert flow(setting(off).run(3), idle).sum() == 0


def test_nobody_considers_whose_attention_is_nought() -> None:
    silent = {f"behaviour.{name}": 0.0 for name in Behaviour.model_fields if name.startswith("alert_")} | {
        "behaviour.consider": 0.0
    }
    assert flow(setting(silent).run(3), "considered").sum() == 0


@pytest.mark.parametrize("name", ["alert_departure", "alert_removal", "alert_visit", "alert_offer", "alert_refusal"])
def test_attention_that_is_never_raised_changes_no_bit(name: str) -> None:
    """With a bump of nought, what would raise attention leaves it as it was."""
    events = {
        "alert_departure": {"caseload.network.mean_ties": 0.0}, "alert_removal": {"caseload.network.mean_ties": 0.0},
        "alert_visit": {"advice.visits_per_1000_week": 0.0}, "alert_offer": {}, "alert_refusal": {},
    }[name]  # fmt: skip
    quiet = {"behaviour.norm": 0.0, "behaviour.information": 0.0, "behaviour.fear": 0.0, "behaviour.visit_trust": 0.0,
             "behaviour.alert_removal": 0.0, "behaviour.alert_departure": 0.0, f"behaviour.{name}": 0.0}  # fmt: skip
    one, two = setting(quiet).run(3), setting(quiet | events).run(3)
    own = {"ties", "ties_left", "ties_removed", "visited", *UNREAD_NEWS}
    assert set(differing_columns(by_identity(one), by_identity(two))) <= own
