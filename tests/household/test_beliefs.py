"""Attention and the three beliefs move as their rules say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.household.beliefs import (
    Attention,
    Fates,
    after_reports,
    considers,
    falls_due,
    is_moved,
    meets_fate,
    raised,
    removal_after_news,
    safety_after_news,
    trust_after_visit,
    within_a_year,
)  # fmt: skip
from abm.household.stages import HOUSING, NOTICE, STAGE
from abm.numerics.calendar import NO_LIMIT
from abm.numerics.draws import key_of

share = st.floats(0.0, 1.0)
HERE = (STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.ABSCONDED, STAGE.PROTECTED)
GONE = (STAGE.SETTLED, STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED, STAGE.REMOVED)
KEY = key_of(1)


def attention(**given: float) -> Attention:
    return Attention(**(dict.fromkeys(Attention._fields, 0.0) | given))


@given(share, share)
def test_one_more_reason_to_think_raises_attention_within_bounds(alert: float, bump: float) -> None:
    after = raised(alert, bump)
    assert alert - 1e-15 <= after <= 1.0
    assert after == pytest.approx(1 - (1 - alert) * (1 - bump))


@given(share)
def test_no_reason_to_think_leaves_attention_as_it_is_to_the_bit(alert: float) -> None:
    assert raised(alert, 0.0) == alert


@given(share, share, st.sampled_from(HERE), st.floats(0, 2), share, st.floats(-5.3, 5.3))
def test_belief_on_safety_stays_a_share(
    belief: float, truth: float, stage: float, noise: float, rate: float, drawn: float
) -> None:
    b = attention(learning_safety=rate, list_trust=0.05)
    assert 0.0 <= safety_after_news(b, belief, stage, noise * drawn, truth, 1.0) <= 1.0


@given(share, share, st.sampled_from(HERE), share)
def test_news_without_noise_moves_belief_part_of_the_way_to_the_truth(
    belief: float, truth: float, stage: float, rate: float
) -> None:
    after = safety_after_news(attention(learning_safety=rate), belief, stage, 0.0, truth, 0.0)
    assert after == pytest.approx(belief + rate * (truth - belief), abs=1e-12)


@given(share, share, share)
def test_more_true_safety_never_lowers_believed_safety(belief: float, one: float, other: float) -> None:
    low, high = (
        safety_after_news(attention(learning_safety=0.1), belief, STAGE.EXHAUSTED, -0.14, truth, 0.0)
        for truth in sorted((one, other))
    )
    assert low <= high


@given(share, share)
def test_the_safe_list_is_believed_by_its_trust(belief: float, trust: float) -> None:
    b = attention(list_trust=trust)
    on, off = (safety_after_news(b, belief, STAGE.EXHAUSTED, 0.0, 0.0, listed) for listed in (1.0, 0.0))
    assert on == pytest.approx(belief + trust * (1 - belief), abs=1e-12)
    assert off == belief


@given(share, share, share, st.sampled_from(GONE))
def test_those_who_are_not_in_the_country_learn_nothing(belief: float, truth: float, rate: float, stage: float) -> None:
    b = attention(learning_safety=rate, list_trust=rate, learning_removal=rate)
    assert safety_after_news(b, belief, stage, 0.3, truth, 1.0) == belief
    assert removal_after_news(b, belief, stage, 0.0, 1.0, 1.0) == belief


@given(share, share, share, share)
def test_belief_on_removal_drifts_to_what_is_seen_of_ones_kind(
    belief: float, rate: float, single: float, family: float
) -> None:
    b = attention(learning_removal=rate)
    for children, seen in ((0.0, single), (2.0, family)):
        after = removal_after_news(b, belief, STAGE.EXHAUSTED, children, single, family)
        assert after == pytest.approx(belief + rate * (seen - belief), abs=1e-12)


@given(share, st.floats(0.01, 1_000), st.integers(0, 50), share)
def test_reports_are_weighed_as_a_beta_binomial(belief: float, strength: float, count: int, mean: float) -> None:
    after = after_reports(belief, strength, float(count), count * mean)
    assert after == pytest.approx((strength * belief + count * mean) / (strength + count))
    assert min(belief, mean) - 1e-9 <= after <= max(belief, mean) + 1e-9
    assert after_reports(belief, strength, 0.0, 0.0) == pytest.approx(belief, rel=1e-15)


@given(share, share, share)
def test_an_independent_adviser_removes_doubt_about_payment(belief: float, trust: float, independence: float) -> None:
    after = trust_after_visit(belief, trust, independence)
    assert 1 - after == pytest.approx((1 - belief) * (1 - trust * independence), abs=1e-12)
    assert trust_after_visit(belief, trust, 0.0) == belief


def notice(b: Attention, household: int = 1, week: int = 10, **given: float) -> int:
    fates = Fates(**{name: given.pop(name, 0.0) for name in Fates._fields})
    facts = {"stage": STAGE.EXHAUSTED, "alert": 0.0, "closing": NO_LIMIT, "support_end": NO_LIMIT,
             "departs_at": NO_LIMIT, "housing": HOUSING.HOTEL, "safety": 1.0} | given  # fmt: skip
    stage = facts["stage"]
    due = falls_due(week, stage, facts["support_end"], facts["departs_at"])
    thinks = considers(b, KEY, household, week, stage, facts["alert"], facts["closing"])
    moved = is_moved(fates, KEY, household, week, stage, facts["housing"])
    return int(due + thinks + moved + meets_fate(fates, KEY, household, week, stage, facts["safety"]))


@pytest.mark.parametrize(
    ("stage", "expected"),
    [(s, STAGE.AWAITING <= s <= STAGE.ABSCONDED or s == STAGE.PROTECTED) for s in (STAGE.ABSENT, *HERE, *GONE)],
)
def test_those_without_an_answer_and_those_protected_consider(stage: float, expected: bool) -> None:
    assert bool(notice(attention(consider=1.0), stage=stage) & NOTICE.CONSIDERS) == expected


def test_an_offer_draws_attention_in_its_last_two_weeks() -> None:
    b = attention(alert_closing=1.0)
    assert [week for week in range(5, 16) if notice(b, week=week, closing=12.0) & NOTICE.CONSIDERS] == [10, 11]


def test_support_ends_from_its_week_on_and_moves_happen_to_those_in_hotels() -> None:
    b = attention()
    ended = [week for week in range(8, 13) if notice(b, week=week, support_end=10.0) & NOTICE.SUPPORT_ENDS]
    assert ended == [10, 11, 12]
    assert not notice(b, support_end=0.0, stage=STAGE.AWAITING) & NOTICE.SUPPORT_ENDS
    assert notice(b, hotel_exit=1.0) & NOTICE.MOVES
    assert not notice(b, hotel_exit=1.0, housing=HOUSING.DISPERSAL) & NOTICE.MOVES
    assert not notice(b, hotel_exit=1.0, stage=STAGE.PROTECTED) & NOTICE.MOVES


@pytest.mark.parametrize(
    ("stage", "which"),
    [
        (STAGE.REFUSED, "refused"),
        (STAGE.EXHAUSTED, "exhausted"),
        (STAGE.ABSCONDED, "absconded"),
        (STAGE.RETURNED_ASSISTED, "returned"),
        (STAGE.RETURNED_UNASSISTED, "returned"),
    ],
)
def test_fates_come_by_stage(stage: float, which: str) -> None:
    assert notice(attention(), stage=stage, **{which: 1.0}) == NOTICE.FATE
    others = {"refused", "exhausted", "absconded", "returned"} - {which}
    assert notice(attention(), stage=stage, **dict.fromkeys(others, 1.0)) == 0
    assert notice(attention(), stage=STAGE.REMOVED, **{which: 1.0}) == 0


def test_who_went_home_comes_back_by_how_safe_it_is_there() -> None:
    """From a country whose safety lies below the bound, with the chance for such; at the bound it is safe."""
    fates = {"returned_unsafe": 1.0, "unsafe_below": 0.4}
    back = [notice(attention(), stage=STAGE.RETURNED_ASSISTED, safety=s, **fates) for s in (0.1, 0.39, 0.4, 0.9)]
    assert back == [NOTICE.FATE, NOTICE.FATE, 0, 0]


def test_what_happens_at_once_is_told_apart() -> None:
    """Every kind of notice is a bit of its own, so that their sum loses none."""
    booked = notice(attention(), stage=STAGE.BOOKED, departs_at=10.0)
    assert booked == NOTICE.DEPARTS
    assert notice(attention(), stage=STAGE.BOOKED, departs_at=11.0) == 0
    everything = notice(attention(consider=1.0), exhausted=1.0, hotel_exit=1.0, support_end=0.0)
    assert everything == NOTICE.CONSIDERS | NOTICE.FATE | NOTICE.SUPPORT_ENDS | NOTICE.MOVES
    assert sorted(NOTICE) == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("weekly", [0.0, 0.001, 0.02, 0.5])
def test_a_weekly_chance_within_a_year_is_that_of_not_escaping_every_week(weekly: float) -> None:
    assert within_a_year(weekly) == pytest.approx(1.0 - (1.0 - weekly) ** (365.25 / 7), abs=1e-12)
    assert within_a_year(1.0) == pytest.approx(1.0)
