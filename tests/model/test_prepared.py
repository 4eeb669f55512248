"""Prepared inputs: safe to send to another process, to share and to use again."""

from __future__ import annotations

import pickle

import numpy as np
from tiny import assert_same_run, busy

from abm import prepare
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import build
from abm.inputs.policy import Policy


def test_prepared_inputs_survive_the_way_between_processes() -> None:
    prepared = busy(weeks=30)
    again = pickle.loads(pickle.dumps(prepared))
    assert again == prepared
    assert again.identity(4) == prepared.identity(4)
    assert_same_run(again.run(4), prepared.run(4))


def test_inputs_that_were_prepared_before_can_be_prepared_again() -> None:
    prepared = busy(weeks=30)
    again = prepare(prepared.policy, prepared.caseload, prepared.behaviour, weeks=30)
    assert again == prepared
    changed = prepared.policy.with_values({"offer.amount_per_person": 8_500.0})
    other = prepare(changed, prepared.caseload, prepared.behaviour, weeks=30)
    assert other != prepared
    assert [told.amount_per_person for told in other.plain.offers] == [8_500.0, 2_000.0]
    assert [told.amount_per_person for told in prepared.plain.offers] == [8_000.0, 2_000.0]
    assert_same_run(again.run(4), prepared.run(4))


def test_a_run_leaves_its_setting_as_it_was() -> None:
    prepared = busy(weeks=30)
    before = pickle.dumps([np.asarray(part) for part in prepared.setting])
    prepared.run(1)
    assert pickle.dumps([np.asarray(part) for part in prepared.setting]) == before


def test_an_identity_is_of_all_that_a_run_depends_on_and_of_nothing_else() -> None:
    prepared = busy(weeks=30)
    policy, caseload = prepared.policy, prepared.caseload

    def told(policy: Policy = policy, caseload: Caseload = caseload) -> str:
        return prepare(policy, caseload, prepared.behaviour, weeks=30, households=prepared.households).identity(1)

    turned = dict(reversed(policy.offers.items()))
    assert len(turned) > 1
    assert told(build(Policy, {**vars(policy), "offers": turned})) == prepared.identity(1)
    # Origins are drawn in the order in which they stand: in another, other households come from each.
    turned = dict(reversed(caseload.origins.items()))
    other = build(Caseload, {**vars(caseload), "origins": turned})
    assert told(caseload=other) != prepared.identity(1)
