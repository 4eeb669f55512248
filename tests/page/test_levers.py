"""The levers as the page lists them: in words, with units after the number, and counted once."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="not installed: solara (pip install -e '.[browser]')")

from abm.inputs.parameters import read
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import policy_names
from experiments.page.choices import Choices
from experiments.page.lever_labels import LABELS, OPTIONS
from experiments.page.lever_offers import offers_told, timeline
from experiments.page.lever_panel import refused_because
from experiments.page.lever_words import allowed_of, label_of, name_of, told
from experiments.page.levers import (
    MOST_USED,
    apart,
    differing,
    foremost,
    levers_of,
    panel,
    starts,
    values,
)


def test_every_label_is_of_a_lever_and_short():
    assert [path for path in LABELS if path not in known_paths()] == []
    assert [label for label in LABELS.values() if len(label.split()) > 6] == []
    words = {word for _, declared in known_paths().values() for word in declared.choices}
    assert [word for word in OPTIONS if word not in words] == []


def test_no_two_levers_of_a_group_are_called_alike():
    for group in panel(Choices()):
        labels = [lever["label"] for lever in group["levers"]]
        assert len(set(labels)) == len(labels), group["title"]
        assert not group["title"].isupper()


def test_a_lever_without_a_label_is_called_by_what_it_means(monkeypatch):
    monkeypatch.delitem(LABELS, "offer.share")
    assert label_of("offer.share") == (
        "Share of those who meet its conditions to whom it is open, by lot (as in a trial)"
    )


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("offer.amount_per_person", 3_000.0, "£3,000 a person"),
        ("offers.undecided.amount_per_person", 4_597.701149, "£4,598 a person"),
        ("offer.acceptance_window_weeks", 1, "1 week"),
        ("offer.acceptance_window_weeks", 12, "12 weeks"),
        ("offer.decline_per_week", 0.05, "5 % a week"),
        ("offer.decline_per_week", -0.05, "−5 % a week"),
        ("offer.household_cap", None, "none"),
        ("offer.start_week", -260, "week −260"),
        ("support.families", "end_after", "ends after some weeks"),
        ("offer.families_only", True, "yes"),
        ("world.price_year", 2024, "2024"),
        ("world.hotel_night", 144.98, "£144.98 a person a night"),
        ("world.removal_success", 0.35, "35 %"),
    ],
)
def test_a_value_is_written_with_its_unit_after_the_number(path, value, text):
    assert told(path, value) == text


def test_what_is_allowed_is_told_in_the_unit_in_which_it_is_shown():
    assert allowed_of(known_paths()["offer.early_bonus"][1]) == "a number from 0 to 1,000 (% of the amount)"
    assert name_of("standing.amount_per_person") == "Amount for each adult (standing offer)"


def test_every_lever_is_in_the_panel_once():
    shown = [lever["path"] for lever in levers_of(Choices())]
    assert len(set(shown)) == len(shown)
    own = {path for path in known_paths() if not path.startswith("caseload.")}
    assert set(shown) - own == {f"offers.undecided.{leaf}" for leaf in Policy().offer.model_dump()}
    assert own <= set(shown)
    assert set(MOST_USED) <= own


def test_a_lever_shows_bounds_unit_and_source():
    amount = next(x for x in levers_of(Choices()) if x["path"] == "offer.amount_per_person")
    assert (amount["before"], amount["after"], amount["ge"], amount["le"]) == ("£", "a person", 0, 100_000)
    moved = Choices().moved("b", "offer.amount_per_person", 500)
    assert values(moved)["offer.amount_per_person"]["b"] == {"value": 500, "yours": True}
    started = starts(moved)["offer.amount_per_person"]["b"]
    assert (started["value"], started["mark"]) == (10_000, "press")
    assert started["source"]
    assert started["urls"][0].startswith("https://")


def test_sliders_start_where_the_policies_stand():
    for path, sides in values(Choices()).items():
        for side, standing in sides.items():
            assert standing["value"] == Choices().starting(side, path)


@pytest.mark.parametrize("name", policy_names())
def test_the_levers_that_differ_are_those_in_which_the_policies_compared_differ(name):
    asked = Choices(b=name)
    a, b = asked.shown.policies
    assert set(apart(asked)) == {path for path in {*a.paths, *b.paths} if read(a, path) != read(b, path)}
    assert differing(asked) == len(apart(asked)) + (a.regimes != b.regimes)


def test_the_count_stands_also_where_the_set_up_cannot_run():
    broken = Choices().moved("b", "offer.household_cap", 100)
    assert differing(broken) == differing(Choices()) == 8


def test_the_short_list_has_the_most_used_and_whatever_differs_or_was_moved():
    asked = Choices().moved("both", "behaviour.money", 1.0).moved("a", "offer.early_bonus", 0.5)
    first, others = foremost(asked)
    paths = [lever["path"] for group in (first, others) for lever in group["levers"]]
    assert tuple(paths[: len(MOST_USED)]) == MOST_USED
    assert len(set(paths)) == len(paths)
    assert {*apart(asked), "behaviour.money"} <= set(paths)


def test_the_standing_offer_stands_beside_the_offer():
    said = offers_told(Choices())
    assert said["a"].startswith("standing offer: £3,000 a person after departure; this offer: none; ")
    assert "this offer: £10,000 a person at departure within 7 days for families from safe countries only" in said["b"]
    nothing = Choices(b="section9").moved("b", "standing.amount_per_person", 0)
    assert offers_told(nothing)["b"] == "no offer"


def test_what_a_policy_announces_later_is_told():
    later = timeline(Choices(a="uk-2002-2015"))
    assert later[0]["side"] == "a"
    assert later[0]["when"] == "1 August 2005"
    assert later[0]["changes"] == ["Amount for each adult (standing offer): £1,000 a person"]


@pytest.mark.parametrize(
    ("side", "path", "value", "said"),
    [
        ("b", "offer.amount_per_person", -5, "Policy B, Amount for each adult: “−£5 a person” is not accepted."),
        ("a", "offer.early_bonus", 50, "Policy A, Extra for accepting early: “5,000 % of the amount” is not"),
        ("b", "offer.household_cap", 100, "Allowed: at least “Amount for each adult” (£10,000 a person)."),
        ("b", "offer.origins", "Atlantis", "Policy B, Countries of origin it is for: “Atlantis” is not accepted."),
        ("both", "offer.amount_per_person", 5, "is not a lever of both"),
    ],
)
def test_a_value_that_cannot_be_had_is_told_with_lever_side_and_what_is_allowed(side, path, value, said):
    assert said in refused_because(Choices(), side, path, value)


def test_levers_that_contradict_each_other_can_be_mended_one_by_one():
    broken = Choices().moved("b", "offer.household_cap", 100)
    assert refused_because(broken, "b", "offer.household_cap", 200) == ""
    assert refused_because(Choices(), "b", "offer.household_cap", 20_000) == ""
