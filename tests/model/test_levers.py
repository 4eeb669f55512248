"""Levers given to one run: the same convention for `simulate` and `ReturnModel`, and none is ignored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import assert_same_run

from abm import InputError, ReturnModel, load_policy, prepare, simulate

SMALL: dict[str, Any] = {"seed": 1, "weeks": 30, "households": 60}
PILOT = ("uk-pilot-2026", "uk-families-2026")


def test_a_lever_is_the_same_by_path_by_keyword_and_in_the_policy() -> None:
    policy = load_policy(PILOT[0]).with_values({"offer.amount_per_person": 5_000.0, "offer.household_cap": None})
    wanted = simulate(policy, PILOT[1], **SMALL)
    by_path = {"offer.amount_per_person": 5_000, "offer.household_cap": "none"}
    assert_same_run(simulate(*PILOT, levers=by_path, **SMALL), wanted)
    words = {"offer__amount_per_person": np.float64(5_000), "offer__household_cap": None}
    assert_same_run(simulate(*PILOT, **words, **SMALL), wanted)
    assert_same_run(simulate(*PILOT, **by_path, **SMALL), wanted)  # as ReturnModel(**{"offer…": …}) has it
    model = ReturnModel(*PILOT, weeks=30, households=60, rng=1, **words)
    assert model.prepared.identity(1) == wanted.prepared.identity(1)


def test_world_behaviour_and_caseload_are_levers_too() -> None:
    run = simulate(
        *PILOT, **SMALL, world__hotel_night=99.0, behaviour__money=1.5,
        levers={"caseload.network.mean_ties": 2.0, "offers.undecided.amount_per_person": 100},
    )  # fmt: skip
    p = run.prepared
    assert (p.caseload.world.hotel_night, p.behaviour.money, p.caseload.network.mean_ties) == (99.0, 1.5, 2.0)
    assert p.policy.offers["undecided"].amount_per_person == 100.0


@pytest.mark.parametrize(("levers", "words", "told"), [
    ({"offer.amont_per_person": 1}, {}, r"^offer.amont_per_person = 1 .*Did you mean 'offer.amount_per_person'"),
    ({}, {"offer__amont_per_person": 1}, r"Did you mean 'offer.amount_per_person'"),
    ({}, {"household": 50}, r"^household = 50 is not accepted: .*by its path.* Did you mean 'households'"),
    ({"offer.amount_per_person": 1}, {"offer__amount_per_person": 2}, "a lever that is given once"),
    ({"offer.amount_per_person": -1}, {}, "a number from 0 to 100000"),
    ({"offers.mine.amount_per_person": 1}, {}, "a lever of an offer that the policy has"),
])  # fmt: skip
def test_a_lever_that_is_none_is_refused(levers: dict[str, Any], words: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        simulate(*PILOT, levers=levers, **words, **SMALL)
    if not levers:
        with pytest.raises(InputError, match=told):
            ReturnModel(*PILOT, **words)


def test_a_lever_of_an_offer_that_is_not_made_is_refused() -> None:
    # uk-2025 has a standing offer and none of the name `offer`.
    with pytest.raises(InputError, match=r"given together with offer.amount_per_person: uk-2025 makes no such offer"):
        prepare("uk-2025", PILOT[1], levers={"offer.early_weeks": 8})
    made = prepare("uk-2025", PILOT[1], levers={"offer.early_weeks": 8, "offer.amount_per_person": 0})
    assert made.policy.offer.amount_per_person == 0.0  # a sampler may well try nought
    prepare(*PILOT, levers={"offer.early_weeks": 8})
    later = prepare("danish-2010-2022", "denmark-2009").policy
    assert later.regimes
