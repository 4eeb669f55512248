"""What a run begins with, and how home develops, by hand for a few households."""

from __future__ import annotations

import math

import pytest
from tiny import LIVELY, QUIET
from told import ONE, household, offering, pulled, setting, world

from abm.arrays.setting import patience
from abm.arrays.state import LAND, there
from abm.household.stages import COL, STAGE
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, exponential, key_of, uniform
from abm.week.considering import shocks_of

KEY = key_of(1)


def test_a_shock_halves_in_its_half_life_and_the_list_follows_after_its_delay() -> None:
    years = 4.0 / WEEKS_PER_YEAR
    people = world(ONE, world__safety_path="shock", world__safety_week=2, world__safety_change=-0.4,
                   world__safety_recovery_years=years, world__list_delay_weeks=3)  # fmt: skip
    prepared = setting(pulled(), people, QUIET, weeks=12)
    state = prepared.begin(1)
    truth = state.lands[LAND.true_safety, :, 0]
    assert [truth[0] - truth[week] for week in (1, 2, 6, 10)] == pytest.approx([0.0, 0.4, 0.2, 0.1])
    strict = pulled(scope__safe_threshold=truth[0] - 0.3)
    run = setting(strict, people, QUIET, weeks=12).run(1)
    assert truth[2] < truth[0] - 0.3 < truth[4]
    listed = run.state.lands[LAND.listed, :, 0].tolist()
    assert listed == [1.0] * 5 + [float(truth[week] >= truth[0] - 0.3) for week in range(2, 9)]
    assert 0.0 in listed


def test_only_the_origins_on_a_path_follow_it() -> None:
    people = world(ONE, household(origin="Pakistan"), world__safety_path="trend", world__safety_trend=0.52,
                   world__safety_origins="Pakistan")  # fmt: skip
    lands = setting(pulled(), people, QUIET, weeks=3).begin(1).lands[LAND.true_safety]
    assert lands[2, 0] == lands[0, 0]
    assert lands[2, 1] - lands[0, 1] == pytest.approx(0.52 * 2 / WEEKS_PER_YEAR)


def test_ties_abroad_make_news_less_noisy() -> None:
    state = setting(pulled(), world(*[ONE] * 20, network__abroad=3.0), LIVELY).begin(1)
    assert len(set(state.s[COL.abroad].tolist())) > 3
    assert state.noise[:9].tolist() == pytest.approx([LIVELY.news_noise / math.sqrt(1 + k) for k in range(9)])


def test_whoever_is_still_there_is_of_those_who_stayed() -> None:
    """The longer a household has been in the stage, the less it is drawn to leave; those new to it are as they come."""
    b = LIVELY.with_values({"consider": 0.3, "taste_return": 2.0, "unassisted": -3.0})
    means = []
    for weeks in (0.0, 20.0, 400.0):
        rows = [household(weeks_in_stage=weeks, weeks_in_country=500.0)] * 80
        means.append(setting(pulled(), world(*rows), b).begin(1).s[COL.taste_return].mean())
    assert means[0] > means[1] + 0.2 > means[2] + 0.4


def test_some_of_the_stock_have_accepted_before_the_run() -> None:
    """As many as would accept in the weeks that a departure takes; nobody where there was nothing to accept."""
    b = LIVELY.with_values({"consider": 0.3, "assisted": 0.0, "taste_return": 0.0})
    rows = [household(weeks_in_stage=1.0)] * 60
    for past, some in ((0.0, False), (2_000.0, True)):
        people = world(*rows, durations__past_offer=past, world__processing_weeks=3.0)
        s = setting(pulled(), people, b).begin(1).s
        waiting = s[COL.departs_at] < 1e6
        assert waiting.any() == some
        assert set(s[COL.departs_at, waiting].tolist()) <= {0.0, 1.0, 2.0}
        assert set(s[COL.booked_amount, waiting].tolist()) <= {past}


def test_patience_has_its_spread_about_the_median_from_the_most_patient_on() -> None:
    yearly = [factor**-WEEKS_PER_YEAR - 1.0 for factor in patience(LIVELY)]
    assert yearly == sorted(yearly)
    assert math.sqrt(yearly[1] * yearly[2]) == pytest.approx(LIVELY.discounting)
    assert math.log(yearly[3] / yearly[0]) == pytest.approx(2 * 1.1503 * LIVELY.discounting_spread, rel=1e-3)


def test_each_way_out_has_an_error_of_its_own() -> None:
    shocks = shocks_of(KEY, 7, 3)
    purposes = (PURPOSE.SHOCK_STAY, PURPOSE.SHOCK_ASSISTED, PURPOSE.SHOCK_UNASSISTED, PURPOSE.SHOCK_IRREGULAR)
    assert list(shocks) == pytest.approx([-math.log(uniform(KEY, 7, 3, purpose)) for purpose in purposes])
    assert len(set(shocks)) == 4
    assert exponential(KEY, 8, 3, PURPOSE.SHOCK_STAY) != shocks.stay


@pytest.mark.parametrize("amount", [500.0, 2_000.0])
def test_an_offer_pulls_by_its_worth_against_that_of_the_offer_before(amount: float) -> None:
    """Support is worth £5,115 a head; the offer before, £1,000 paid later, of which half is believed, £500."""
    people = world(ONE, inflow_per_week=10.0, inflow_stage="exhausted", world__pull_elasticity=0.5,
                   world__pull_reference_offer=1_000.0, world__pull_reference_weeks=0.0)  # fmt: skip
    b = QUIET.with_values({"payment_belief": 0.5, "discounting": 0.0})
    x = setting(offering(amount_per_person=amount), people, b).plain
    expected = ((5_115.0 + amount) / (5_115.0 + 500.0)) ** 0.5
    assert (x.inflow[1] / x.inflow[0]).tolist() == pytest.approx([expected] * 8)


def test_whoever_has_come_has_one_of_the_first_rows_and_nobody_else_has() -> None:
    """Rules pass over the first rows alone: week by week they hold the stock and those who came so far."""
    people = world(*[ONE] * 3, household(origin="Iraq"), inflow_per_week=2.0, inflow_stage="exhausted",
                   world__pull_elasticity=0.5, world__pull_reference_offer=0.0)  # fmt: skip
    prepared = setting(offering(amount_per_person=20_000.0), people, QUIET)
    state = prepared.begin(1)
    for week in range(prepared.weeks):
        prepared.advance(1, state, week, week + 1)
        here = [i for i, stage in enumerate(state.s[COL.stage]) if stage != STAGE.ABSENT]
        assert here == list(range(there(state)))
    assert len(here) > 10
