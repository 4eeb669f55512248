"""Points share what they do not change: what they give is what they would give by themselves."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import abm
from abm.arrays.setting import GIVEN, Setting
from abm.inputs.caseload import Caseload, HouseholdRow
from abm.inputs.kept import KEPT, Kept, once
from abm.inputs.parameters import build
from abm.inputs.policy import Offer
from experiments.question.case import Case, load_case
from experiments.question.shared import Shared
from experiments.running.runs import Job, Runner


def told(x: Setting) -> list[Any]:
    """Everything in a setting, as numbers."""
    return [part.tobytes() if isinstance(part, np.ndarray | np.void) else repr(part) for part in x]


@pytest.fixture
def by_itself(monkeypatch: pytest.MonkeyPatch) -> Callable[..., abm.Prepared]:
    """Prepares a case with nothing at hand that was worked out before."""

    def prepared(case: Case, replicate: int = 0) -> abm.Prepared:
        with monkeypatch.context() as patched:
            patched.setattr(Kept, "of", lambda kept, key, make, held=None: make())
            found = case.prepared(replicate)
            found.identity(0)  # is kept from now on
        return found

    return prepared


#: One after the other: each shares with those before what it does not change, and comes back to what was changed.
POINTS: list[dict[str, Any]] = [
    {"behaviour.money": 0.3},
    {"behaviour.discounting": 0.4, "behaviour.discounting_spread": 0.2},
    {"world.removal_success": 0.3},
    {"world.safety_origins": "Albania"},
    {"offer.amount_per_person": 500.0},
    {"offer.amount_per_person": 900.0, "behaviour.money": 0.3},
    {"offer.end_week": 12, "offer.origins": "Albania, Iraq"},
    {"offer.later_payment_weeks": 40.0, "offer.paid_at_departure": 0.5, "behaviour.discounting": 0.4},
    {"offer.decline_per_week": 0.05},
    {"caseload.stages.exhausted": 0.5, "caseload.stages.absconded": 0.5},
    {"caseload.housing.hotel": 0.8, "caseload.housing.dispersal": 0.2, "caseload.housing.own": 0.0},
    {"caseload.composition.family_share_by_origin": False, "caseload.composition.family_share": 0.1},
    {"reintegration.per_household": 700.0, "world.hotel_night": 99.0},
    {"world.pull_elasticity": 0.3},
    {"behaviour.money": 0.3},
    {},
]


def test_a_point_is_packed_among_others_as_it_is_by_itself(by_itself: Callable[..., abm.Prepared]) -> None:
    case = load_case("uk-pilot-2026", weeks=30, households=40)
    known: dict[str, str] = {}
    for settings in POINTS:
        point = case.with_settings(settings)
        among, alone = point.prepared(), by_itself(point)
        for one, other in zip(among.spells, alone.spells, strict=True):
            assert told(one.setting) == told(other.setting), settings
            assert told(one.plain) == told(other.plain), settings
        assert among.identity(4) == alone.identity(4), settings
        known[repr(settings)] = among.identity(4)
    assert len(set(known.values())) == len(known)


def test_a_policy_that_changes_in_the_run_is_packed_so_too(by_itself: Callable[..., abm.Prepared]) -> None:
    case = load_case("danish-2010-2022", "denmark-permit-2009", weeks=600, households=50)
    for settings in ({}, {"behaviour.discounting": 0.5}, {"world.hotel_night": 9.0}, {}):
        point = case.with_settings(settings)
        among, alone = point.prepared(), by_itself(point)
        assert len(among.spells) > 1
        assert [told(spell.setting) for spell in among.spells] == [told(spell.setting) for spell in alone.spells]


def test_what_a_point_does_not_change_is_worked_out_once() -> None:
    case = load_case("uk-pilot-2026", weeks=30, households=40)
    one, other = (case.with_settings({"behaviour.money": money}).prepared() for money in (0.1, 0.2))
    for name in ("policy", "caseload", "world", "mixes", "shares"):
        assert getattr(one.plain, name) is getattr(other.plain, name), name
    assert one.plain.b != other.plain.b


def test_households_given_one_by_one_are_packed_once_for_points_of_the_world() -> None:
    rows = tuple(HouseholdRow(origin="Iraq", size=size, children=size - 1) for size in (1, 2, 5))
    caseload = abm.load_caseload("uk-families-2026")
    given = build(Caseload, {**vars(caseload), "rows": rows, "origins": {}})
    case = load_case("uk-pilot-2026", given, weeks=30)
    one, other = (case.with_settings({"world.hotel_night": price}) for price in (90.0, 91.0))
    assert one.caseload.rows is other.caseload.rows
    assert one.prepared().plain.given is other.prepared().plain.given
    assert one.prepared().plain.given[:, GIVEN.children].tolist() == [0.0, 1.0, 4.0]
    fewer = build(Caseload, {**vars(one.caseload), "rows": rows[:2]})
    changed = replace(one, caseload=fewer)
    assert changed.prepared().plain.given[:, GIVEN.children].tolist() == [0.0, 1.0]
    assert len({point.identity(0) for point in (one, other, changed)}) == 3


def test_what_points_share_cannot_be_written_to() -> None:
    """Nobody's arithmetic on one point is to reach another."""
    x = load_case("uk-pilot-2026", weeks=30, households=40).prepared().plain
    for array in (x.offers[0].open_to, x.offers[0].paid_later, x.mixes.stages, x.mixes.housing):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


def test_inputs_cannot_be_changed_in_place() -> None:
    """What was worked out from them would no longer be true of them."""
    caseload, policy = abm.load_caseload("uk-families-2026"), abm.load_policy("uk-pilot-2026")
    shares: Any = caseload.origins
    for change in (
        lambda: shares.update(Iraq=1.0), lambda: shares.__setitem__("Iraq", 1.0), lambda: shares.pop("Iraq"),
        lambda: shares.clear(), lambda: shares.setdefault("Chad", 0.1), shares.popitem,
        lambda: shares.__delitem__("Iraq"), lambda: shares.__ior__({"Chad": 0.1}),
        lambda: policy.offers.update(more=Offer()),  # type: ignore[arg-type]
    ):  # fmt: skip
        with pytest.raises(TypeError, match="with_values"):
            change()
    for inputs in (caseload, policy):
        assert pickle.loads(pickle.dumps(inputs)) == inputs == copy.deepcopy(inputs)


def test_what_is_kept_is_of_the_inputs_that_are_there() -> None:
    """Inputs that are gone leave their place in memory to others, which say something else."""
    calls = []

    @once
    def price(offer: Offer, times: float) -> float:
        calls.append(offer.amount_per_person)
        return offer.amount_per_person * times

    for amount in range(2 * KEPT):
        assert price(Offer(amount_per_person=float(amount)), 2.0) == 2.0 * amount
    kept = Offer(amount_per_person=7.0)
    before = len(calls)
    assert [price(kept, 2.0), price(kept, 2.0), price(kept, 3.0)] == [14.0, 14.0, 21.0]
    assert len(calls) == before + 2


def test_what_is_kept_has_a_limit() -> None:
    kept: Kept[int] = Kept(2)
    made = []

    def ask(key: int) -> int:
        return kept.of(key, lambda: made.append(key) or -key)

    assert [ask(key) for key in (1, 2, 1, 3, 2, 1)] == [-1, -2, -1, -3, -2, -1]
    assert made == [1, 2, 3, 1]


@pytest.mark.parametrize(
    "points",
    [
        [{"behaviour.money": value} for value in (0.1, 0.2, 0.3)],
        [{"behaviour.money": 0.1}, {"world.removal_success": 0.3}, {"behaviour.money": 0.1}],
        [{"offer.amount_per_person": 500.0}, {"behaviour.money": 0.2}, {"offer.amount_per_person": 900.0}, {}],
    ],
    ids=["behaviour", "world between", "levers between"],
)
def test_a_runner_gives_for_each_point_what_the_point_gives_alone(points: list[dict[str, Any]]) -> None:
    case = load_case("uk-pilot-2026", weeks=20, households=40)
    shared = Shared((case,), ("pilot",), False, {"offer.household_cap": None}, 1, 1, False, "here", "v")
    jobs = [Job(cell, 0, point, [0, 1]) for cell, point in enumerate(points)]
    done = Runner(shared)(jobs)
    assert not done.errors
    for row, (cell, replicate) in enumerate(zip(done.cells, done.replicates, strict=True)):
        alone = shared.case(0, points[cell], int(replicate)).prepared()
        seed = int(shared.seed_of(int(cell), int(replicate)))
        assert done.run_ids[row] == alone.identity(seed)
        assert np.array_equal(done.measures[row], alone.measures(seed), equal_nan=True)
