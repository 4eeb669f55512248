"""Common random numbers: what is drawn for a household is the same in any population, thread and policy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tiny import (
    ATTENTIVE,
    LIVELY,
    STANDING,
    STILL,
    assert_same_run,
    busy,
    busy_caseload,
    busy_policy,
    by_identity,
    caseload,
    column,
    differing_columns,
)  # fmt: skip

from abm import prepare
from abm.household.stages import ACCOUNT, COL, STAGE

#: What a household is, rather than what has become of it.  Its site is not among them: more households
#: are housed at more sites; nor are its ties.
WHO = (
    COL.adults, COL.children, COL.school, COL.patience, COL.taste_return, COL.taste_irregular,
    COL.abroad, COL.stage, COL.since, COL.arrived, COL.housing, COL.appeals, COL.review_due, COL.protected_at,
    COL.safety, COL.removal, COL.payment, COL.origin,
)  # fmt: skip


def test_household_17_is_the_same_family_in_any_population() -> None:
    seen = []
    for households in (100, 1_000):
        prepared = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=10, households=households)
        s = prepared.begin(5).s
        stock = s[:, np.argsort(s[COL.id])][:, :100]
        seen.append(stock[list(WHO)])
    assert seen[0].tobytes() == seen[1].tobytes()


def test_who_the_households_are_does_not_depend_on_the_policy() -> None:
    rows = [column for column in WHO if column not in (COL.review_due, COL.removal, COL.housing)]
    tables = []
    for policy in (STILL, busy_policy()):
        s = prepare(policy, busy_caseload(), LIVELY, weeks=10).begin(5).s
        tables.append(s[:, np.argsort(s[COL.id])][:, :400][rows])
    assert tables[0].tobytes() == tables[1].tobytes()


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    prepared = busy(weeks=52)
    alone = [prepared.run(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(prepared.run, range(8)))
    for one, other in zip(alone, together, strict=True):
        assert_same_run(one, other)


def test_a_run_can_be_repeated() -> None:
    assert_same_run(busy(weeks=52).run(9), busy(weeks=52).run(9))


def test_another_seed_is_another_history() -> None:
    prepared = busy(weeks=52)
    assert not np.array_equal(prepared.run(1).state.history, prepared.run(2).state.history)
    assert len({prepared.identity(seed) for seed in range(50)}) == 50


def test_a_longer_run_begins_as_the_shorter_one() -> None:
    short, long = (
        prepare(busy_policy(), busy_caseload(world__pull_elasticity=0.0), LIVELY, weeks=w).run(3) for w in (40, 80)
    )
    assert np.array_equal(
        short.state.history[:, 1:], long.state.history[:40, 1:]
    )  # column 0: those who are yet to come


def test_induced_arrivals_change_nobody_else() -> None:
    """Peers off, no queue that binds: households of the stock and of the usual inflow live the same lives."""
    unpeered = LIVELY.with_values({
        "norm": 0.0, "information": 0.0, "fear": 0.0, "alert_departure": 0.0, "alert_removal": 0.0,
    })  # fmt: skip
    policy = busy_policy(
        enforcement__attempts_per_1000_week=0.0,
        advice__visits_per_1000_week=0.0,
        offer__end_week=None,
        entry__family_reunion_age=18.0,
    )
    people = busy_caseload(procedure__decisions_per_week=1_000.0, procedure__appeals_per_week=1_000.0,
                           procedure__reviews_per_week=1_000.0)  # fmt: skip
    runs = [
        prepare(policy, people.with_values({"world.pull_elasticity": pull}), unpeered, weeks=80).run(4)
        for pull in (0.0, 1.3)
    ]
    few, many = (by_identity(run) for run in runs)
    induced = ~np.isin(many[COL.id], few[COL.id])
    assert induced.sum() > 50
    assert set(many[COL.account, induced]) <= {ACCOUNT.INDUCED, ACCOUNT.REENTERED}
    same = many[:, ~induced]
    # Newcomers may know them, and tell them what they do not mind.
    connected = {"ties", "ties_left", "ties_removed", "unread"}
    assert set(differing_columns(few, same)) <= connected


def test_induced_arrivals_leave_the_ties_among_the_others_as_they_were() -> None:
    ties = []
    for pull in (0.0, 1.3):
        people = busy_caseload(world__pull_elasticity=pull)
        state = prepare(
            busy_policy(offer__end_week=None, entry__family_reunion_age=18.0), people, LIVELY, weeks=80
        ).begin(4)
        who = state.s[COL.id].astype(np.int64)
        ends = np.repeat(who, np.diff(state.tie_start))
        ties.append((set(who.tolist()), set(zip(ends.tolist(), who[state.ties].tolist(), strict=True))))
    (known, before), (_, after) = ties
    assert {(a, b) for a, b in after if a in known and b in known} == before
    assert len(after) > len(before)


def test_the_same_truck_hits_the_same_household_under_every_policy() -> None:
    """What nobody chooses (regularisation of those who stay) happens to the same households in the same week."""
    people = caseload(households=2_000)
    truck = {"settlement.regularisation_per_year": 0.3}
    behaviour = ATTENTIVE.with_values({"assisted": -6.0, "money": 1.0})
    base = prepare(STILL.with_values(truck), people, behaviour, weeks=52).run(8)
    variant = prepare(STANDING.with_values(truck), people, behaviour, weeks=52).run(8)
    hit, hit_too = (column(run, COL.stage) == STAGE.SETTLED for run in (base, variant))
    stayed = column(variant, COL.stage) < STAGE.RETURNED_ASSISTED
    assert 0 < np.sum(~stayed) < 1_900
    assert np.sum(hit) > 300
    assert np.array_equal(hit[stayed], hit_too[stayed])
    both = hit & hit_too
    assert np.array_equal(column(base, COL.since)[both], column(variant, COL.since)[both])
