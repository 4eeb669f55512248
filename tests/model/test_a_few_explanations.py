"""What is told of a few households' weeks, from the draws themselves: quick enough to be run uncompiled."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from functools import cache

import pytest
from tiny import LIVELY, busy_caseload, busy_policy
from told import ONE, WILLING, household, offering, pulled, setting, world

from abm import InputError, Prepared, prepare
from abm.household.stages import COL
from abm.numerics.draws import PURPOSE, key_of, uniform
from abm.why import Explanation, Standing, explain, explain_every
from abm.why_words import (
    Over,
    chance_in_week,
    chance_over,
    household_story,
    percent,
    reasons,
    story,
    way_at_issue,
    what_it_did,
    would_pick,
)

WEEKS = range(0, 24, 2)
HOUSEHOLDS = range(10)
Found = Explanation | Standing


@cache
def case(amount: float) -> Prepared:
    """More money comes with more advisers, so that more think about leaving too."""
    policy = busy_policy(standing__amount_per_person=amount, offer__amount_per_person=0.0,
                         advice__visits_per_1000_week=amount / 20.0)  # fmt: skip
    return prepare(policy, busy_caseload(), LIVELY.with_values({"consider": 0.4}), weeks=24, households=20)


@cache
def found(amount: float) -> list[Found]:
    return [one for k in HOUSEHOLDS for one in explain_every(case(amount), 3, k, WEEKS)]


def test_several_weeks_at_once_are_told_as_each_by_itself() -> None:
    for one, (k, week) in zip(found(2_000.0), itertools.product(HOUSEHOLDS, WEEKS), strict=True):
        assert one.week == week
        if k % 4 == 0 and isinstance(one, Explanation):
            assert asdict(one) == asdict(explain(case(2_000.0), 3, k, week))
        elif k % 4 == 0:
            with pytest.raises(InputError, match=one.stage.name.lower()):
                explain(case(2_000.0), 3, k, week)


def test_a_household_considers_by_its_draw_and_picks_by_its_errors() -> None:
    told = [one for one in found(2_000.0) if isinstance(one, Explanation)]
    assert {one.considered for one in told} == {True, False}
    for one in told:
        assert one.considered == (one.attention_draw < one.attention)
        assert sum(one.probabilities.values()) == pytest.approx(1.0)
        picked = [way for way, draw in one.picks.items() if draw < one.probabilities[way]]
        assert picked == [would_pick(one)]
        assert (one.choice == "STAY") == (not one.considered or would_pick(one) == "stay")
    for k, week in ((0, 0), (1, 4)):
        one = found(2_000.0)[k * len(WEEKS) + week // 2]
        assert isinstance(one, Explanation)
        assert one.attention_draw == uniform(key_of(3), k, week, PURPOSE.CONSIDER)


def test_a_chance_over_weeks_is_that_of_not_staying_in_each() -> None:
    told = [one for one in found(2_000.0)[: len(WEEKS)] if isinstance(one, Explanation)]
    way = way_at_issue(told[0], told[0])
    stays = 1.0
    for one in told:
        stays *= 1.0 - one.attention * one.probabilities.get(way, 0.0)  # nought where it is not open
    assert chance_over(told, way) == pytest.approx(1.0 - stays)


def test_reasons_are_the_terms_that_push_most() -> None:
    for one in found(2_000.0):
        if isinstance(one, Explanation):
            pushes = [abs(value) for _, value in reasons(one, "go irregular", 3)]
            assert pushes == sorted(pushes, reverse=True)
            assert all("constant" not in name for name, _ in reasons(one, "assisted return"))


def test_a_story_of_two_policies_says_what_the_policy_changed_and_what_chance() -> None:
    """Each sentence agrees with the two explanations that it is made of."""
    kinds = set()
    for a, b in zip(found(2_000.0), found(12_000.0), strict=True):
        text = " ".join(story(a, b))
        if not (isinstance(a, Explanation) and isinstance(b, Explanation)):
            assert "no two decisions" in text
            kinds.add("none")
            continue
        considered = a.considered + b.considered
        kinds.add((considered, a.choice == b.choice))
        expected = ("did not think about leaving under either", "What parted them", "thought about leaving under both")
        assert expected[considered] in text
        way = way_at_issue(a, b)
        one, other = chance_in_week(a, way), chance_in_week(b, way)
        assert ("under both" in text.split(". ")[0]) == (one == other)
        same = story(a, b, over=Over(8, 0.25, 0.25))
        assert same[0].startswith("The policy changed nothing here")
        assert story(a, b, over=Over(8, 0.1, 0.9))[0].startswith("The policy changed ")
        assert story(a, b, over=Over(8, 0.001, 0.004))[0].startswith("Unlikely under both, and more likely under B")
    assert {"none", (0, True), (1, False), (2, True)} <= kinds


def test_a_household_s_story_gives_its_draw_and_its_chance() -> None:
    for k in HOUSEHOLDS:
        (one,) = explain_every(case(2_000.0), 3, k, [4])
        lines = household_story(case(2_000.0), 3, k, 4)
        assert lines[0] == what_it_did(one)
        if isinstance(one, Explanation):
            assert ("not below" in lines[1]) == (not one.considered)
            assert len(lines) == 4
        else:
            assert len(lines) == 1


@pytest.mark.parametrize(("stage", "words"), [
    ("settled", "given leave to stay"), ("absent", "not here yet"), ("booked", "waits to leave"),
    ("assisted", "left in week 0 by assisted return"), ("unassisted", "without assistance"), ("removed", "was removed"),
])  # fmt: skip
def test_who_has_nothing_to_decide_is_told_why(stage: str, words: str) -> None:
    sure, slow = {"world__removal_success": 1.0}, {"world__processing_weeks": 30.0, "world__processing_spread": 0.0}
    prepared, who = {
        "settled": lambda: (setting(pulled(status__settlement_years=0.0), world(household(stage="protected"))), 0),
        "absent": lambda: (setting(pulled(), world(ONE, inflow_per_week=5.0, inflow_stage="exhausted")), -1),
        "booked": lambda: (setting(offering(), world(ONE, **slow)), 0),
        "assisted": lambda: (setting(offering(), world(ONE)), 0),
        "unassisted": lambda: (setting(pulled(), world(ONE), WILLING.with_values({"unassisted": 60.0})), 0),
        "removed": lambda: (setting(pulled(enforcement__attempts_per_1000_week=1_000.0), world(ONE, **sure)), 0),
    }[stage]()  # fmt: skip
    household_id = who if who >= 0 else int(prepared.begin(1).s[COL.id].max())
    (one,) = explain_every(prepared, 1, household_id, [5 if who >= 0 else 0])
    assert isinstance(one, Standing)
    assert words in what_it_did(one)


@pytest.mark.parametrize(("share", "told"), [
    (0.0, "0 %"), (1.0, "100 %"), (0.5, "50 %"), (0.0123, "1.2 %"), (0.999, "99.90 %"), (1e-9, "under 0.0001 %"),
    (1 - 1e-9, "over 99.9999 %"), (float("nan"), "–"),
])  # fmt: skip
def test_a_chance_is_told_in_two_digits_that_count(share: float, told: str) -> None:
    assert percent(share).replace("\u00a0", " ") == told
