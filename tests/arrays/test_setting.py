"""The inputs of a run as the rules read them: numbers by name, for Python and for the compiled driver alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import LIVELY, QUIET, busy, busy_caseload, busy_policy, caseload

from abm import prepare
from abm.arrays.origins import ORIGIN, Origin
from abm.arrays.setting import MIX, PATIENCE_CLASSES, closes, patience
from abm.household.offers import schedule
from abm.household.stages import HOUSING, STAGE, STAGES
from abm.numerics.calendar import NO_LIMIT


def test_patience_classes_are_ordered_about_the_median() -> None:
    factors = patience(LIVELY.with_values({"discounting": 0.5, "discounting_spread": 0.7}))
    assert len(factors) == PATIENCE_CLASSES
    assert np.all(np.diff(factors) < 0)
    yearly = factors ** -(365.25 / 7) - 1
    assert np.exp(np.log(yearly).mean()) == pytest.approx(0.5, rel=1e-6)
    assert np.all(patience(QUIET) == 1.0)


def same(numbers: Any, record: Any) -> bool:
    """Whether a record holds the numbers of a named tuple under the same names, section in section."""
    if isinstance(numbers, np.ndarray):
        return np.array_equal(numbers, record)
    if hasattr(numbers, "_fields"):
        return numbers._fields == record.dtype.names and all(same(n, record[f]) for f, n in numbers._asdict().items())
    if isinstance(numbers, tuple):
        return len(numbers) == len(record) and all(map(same, numbers, record))
    return bool(numbers == record)


def test_the_compiled_driver_reads_the_same_numbers_under_the_same_names() -> None:
    prepared = busy(weeks=20)
    for name, part in prepared.plain._asdict().items():
        assert same(part, getattr(prepared.setting, name)), name


def test_settings_of_other_shapes_do_not_disturb_each_other() -> None:
    """Another number of origins, of weeks, of delays and of rows: each setting is packed by its own measure."""
    few = prepare(busy_policy(), caseload(), LIVELY, weeks=3)
    for prepared in (busy(weeks=20), few, prepare(busy_policy(offer__acceptance_window_weeks=3), busy_caseload())):
        assert prepared.setting.origins.shape == (len(Origin) + 2, len(prepared.origins))
        assert prepared.setting.shares.shape[:3] == (2, prepared.weeks, PATIENCE_CLASSES + 1)
        assert all(same(part, getattr(prepared.setting, name)) for name, part in prepared.plain._asdict().items())


def test_offers_stand_in_the_order_of_their_names_with_what_follows_from_their_terms() -> None:
    policy = busy_policy(standing__later_payment_weeks=52.0)
    x = prepare(policy, busy_caseload(), LIVELY, weeks=5).plain
    assert policy.offer_names == ["offer", "standing"]
    assert [told.amount_per_person for told in x.offers] == [8_000.0, 2_000.0]
    offer, standing = (np.flatnonzero(told.open_to).tolist() for told in x.offers)
    assert standing == [STAGE.AWAITING, STAGE.REFUSED, STAGE.EXHAUSTED, STAGE.ABSCONDED]
    assert offer == [STAGE.REFUSED, STAGE.EXHAUSTED]
    assert all(len(told.open_to) == len(STAGES) for told in x.offers)
    assert x.offers[1].paid_later == pytest.approx(patience(LIVELY) ** 52.0)


def test_a_shorter_schedule_goes_on_with_its_last_entry() -> None:
    """Schedules of two offers are stacked: what one lacks is what it says of all later delays."""
    policy = busy_policy(offer__acceptance_window_weeks=None, offer__decline_per_week=0.01)
    x = prepare(policy, busy_caseload(), LIVELY, weeks=5).plain
    for shares, name in zip(x.shares, policy.offer_names, strict=True):
        own = schedule(policy.offers[name], 5, patience(LIVELY), closes(policy.offers[name], busy_caseload()))
        assert np.array_equal(shares[:, :, : own.shape[2]], own)
        assert np.all(shares[:, :, own.shape[2] :] == own[:, :, -1:])
    assert x.shares.shape[3] > schedule(policy.standing, 5, patience(LIVELY), NO_LIMIT).shape[2]


def test_shares_of_stages_and_housing_add_up_to_what_they_stand_for() -> None:
    x = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=5).plain
    shares = dict(zip(x.mixes.stages[MIX.what].tolist(), np.diff(x.mixes.stages[MIX.share], prepend=0.0), strict=True))
    expected = {STAGE.AWAITING: 0.2, STAGE.REFUSED: 0.15, STAGE.EXHAUSTED: 0.4, STAGE.PROTECTED: 0.15,
                STAGE.ABSCONDED: 0.1}  # fmt: skip
    assert shares == pytest.approx(expected)
    assert x.mixes.housing[MIX.what].tolist() == [HOUSING.HOTEL, HOUSING.DISPERSAL, HOUSING.OWN]
    assert x.mixes.housing[MIX.share, -1] == pytest.approx(1.0)
    assert x.origins[ORIGIN.share, -1] == pytest.approx(1.0)
