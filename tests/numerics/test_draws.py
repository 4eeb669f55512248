"""A draw is a function of seed, household, week and purpose alone, and the numbers look like chance."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy import stats
from tiny import LIVELY, STILL, assert_same_run, busy, busy_caseload, busy_policy, by_identity, differing_columns

from abm import prepare
from abm.numerics.arithmetic import COMPILE
from abm.arrays.arrivals import ARRIVALS
from abm.numerics.draws import PURPOSE, exponential, key_of, normal, uniform

#: A statistical test fails below this; the seeds are fixed, so that it fails always or never.
IMPROBABLE = 1e-5


@njit(**COMPILE)
def draws(keys: Any, households: Any, weeks: Any, purposes: Any) -> Any:
    out = np.empty(len(households))
    for n in range(len(households)):
        out[n] = uniform(keys[n], households[n], weeks[n], purposes[n])
    return out


@njit(**COMPILE)
def compiled_draws(key: Any, household: int, week: int, purpose: int) -> tuple[float, float, float]:
    at = household, week, purpose
    return uniform(key, *at), normal(key, *at), exponential(key, *at)


def along(n: int = 200_000, **given: Callable[[np.ndarray], Any] | int) -> np.ndarray:
    """Draws along one coordinate: every coordinate is a number, or a function of 0 … n − 1."""
    k = np.arange(n)
    told = {"seed": 1, "household": 7, "week": 3, "purpose": PURPOSE.SHOCK_ASSISTED} | given
    values = {name: value(k) if callable(value) else np.full(n, value) for name, value in told.items()}
    known = {int(seed): key_of(int(seed)) for seed in np.unique(values["seed"])}
    keys = np.array([known[int(seed)] for seed in values["seed"]], np.uint64)
    return draws(keys, values["household"], values["week"], values["purpose"])


SEQUENCES: dict[str, Callable[[], np.ndarray]] = {
    "households": lambda: along(household=lambda k: k),
    "arrivals": lambda: along(household=lambda k: ARRIVALS + (k // 40) * 2**20 + k % 40),
    "weeks": lambda: along(60_000, week=lambda k: k),
    "neighbouring seeds": lambda: along(50_000, seed=lambda k: k),
    "purposes and households": lambda: along(household=lambda k: k // 64, purpose=lambda k: k % 64),
    "households then weeks": lambda: along(household=lambda k: k // 260, week=lambda k: k % 260),
    "weeks then households": lambda: along(household=lambda k: k % 1_000, week=lambda k: k // 1_000),
    "powers of two": lambda: along(4_000, household=lambda k: (1 << (k % 40)) % 2**40, week=lambda k: k // 40),
}


@pytest.fixture(scope="module", params=SEQUENCES)
def sequence(request: pytest.FixtureRequest) -> np.ndarray:
    return SEQUENCES[request.param]()


def test_draws_are_uniform(sequence: np.ndarray) -> None:
    assert stats.kstest(sequence, "uniform").pvalue > IMPROBABLE


def test_draws_fill_their_cells_evenly(sequence: np.ndarray) -> None:
    cells = 256 if len(sequence) >= 50_000 else 32
    assert stats.chisquare(np.bincount((sequence * cells).astype(int), minlength=cells)).pvalue > IMPROBABLE


def test_low_bits_of_draws_are_even(sequence: np.ndarray) -> None:
    """Bits 30 to 45 after the point: a poor mixer shows its lattice there."""
    low = ((sequence * 2.0**46).astype(np.int64)) & 0xFF
    assert stats.chisquare(np.bincount(low, minlength=256)).pvalue > IMPROBABLE or len(sequence) < 50_000
    ones = int(np.unpackbits(low.astype(np.uint8)).sum())
    assert stats.binomtest(ones, 8 * len(low)).pvalue > IMPROBABLE


@pytest.mark.parametrize("lag", [1, 2, 3, 7, 64, 260, 1_000])
def test_draws_are_not_serially_correlated(sequence: np.ndarray, lag: int) -> None:
    if len(sequence) <= 2 * lag:
        pytest.skip("shorter than the lag")
    r = np.corrcoef(sequence[:-lag], sequence[lag:])[0, 1]
    assert 2 * stats.norm.sf(abs(r) * np.sqrt(len(sequence) - lag)) > IMPROBABLE


def test_pairs_and_triples_of_draws_fill_the_cube(sequence: np.ndarray) -> None:
    for size, cells in ((2, 16), (3, 6)):
        together = (sequence[: len(sequence) // size * size].reshape(-1, size) * cells).astype(int)
        if len(together) < 10 * cells**size:
            continue
        seen = np.bincount(together @ cells ** np.arange(size), minlength=cells**size)
        assert stats.chisquare(seen).pvalue > IMPROBABLE


def test_runs_up_and_down_have_their_expected_number(sequence: np.ndarray) -> None:
    n = len(sequence)
    turning = int(np.sum(np.diff(np.sign(np.diff(sequence))) != 0))
    z = (turning - 2 * (n - 2) / 3) / np.sqrt((16 * n - 29) / 90)
    assert 2 * stats.norm.sf(abs(z)) > IMPROBABLE


PAIRS: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "two seeds": ({"seed": 0}, {"seed": 1}),
    "seeds that differ in one high bit": ({"seed": 5}, {"seed": 5 + 2**62}),
    "two weeks": ({"week": 0}, {"week": 1}),
    "two purposes": ({"purpose": int(Purpose.NEWS)}, {"purpose": int(Purpose.CONSIDER)}),
    "considering and choosing": ({"purpose": int(Purpose.CONSIDER)}, {"purpose": int(Purpose.SHOCK_ASSISTED)}),
    "a draw made once and a weekly one": (
        {"purpose": PURPOSE.TASTE_RETURN, "week": 0},
        {"purpose": PURPOSE.SHOCK_ASSISTED, "week": 0},
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_same_households_draw_independently_in(pair: str) -> None:
    one, other = (along(household=lambda k: k, **at) for at in PAIRS[pair])
    counts = np.histogram2d(one, other, bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(counts.ravel()).pvalue > IMPROBABLE
    assert stats.pearsonr(one, other).pvalue > IMPROBABLE


def test_no_two_coordinates_share_a_draw() -> None:
    values = np.concatenate([SEQUENCES[name]() for name in ("arrivals", "households then weeks")])
    assert len(np.unique(values)) == len(values)


def test_normal_and_exponential_draws_have_their_distributions() -> None:
    some = [
        (normal(key_of(3), i, 0, PURPOSE.TASTE_RETURN), exponential(key_of(3), i, 0, PURPOSE.TASTE_RETURN + 1))
        for i in range(5_000)
    ]
    z, e = np.array(some).T
    assert stats.kstest(z, "norm").pvalue > IMPROBABLE
    assert stats.kstest(e, "expon").pvalue > IMPROBABLE
    assert abs(stats.pearsonr(z, e).statistic) < 0.07


anywhere = {
    "seed": st.integers(0, 2**63 - 1), "household": st.integers(0, 2**40 - 1), "week": st.integers(0, 65_535),
    "purpose": st.sampled_from(list(Purpose)).map(int),
}  # fmt: skip


@given(**anywhere)
def test_a_draw_is_strictly_between_nought_and_one(seed: int, household: int, week: int, purpose: int) -> None:
    assert 0.0 < uniform(key_of(seed), household, week, purpose) < 1.0


@given(**anywhere)
def test_python_and_compiled_draw_the_same_bits(seed: int, household: int, week: int, purpose: int) -> None:
    key = key_of(seed)
    plain = (f(key, household, week, purpose) for f in (uniform, normal, exponential))
    assert tuple(plain) == compiled_draws(np.uint64(key), household, week, purpose)


@given(**anywhere, other=st.fixed_dictionaries(anywhere))
def test_another_coordinate_gives_another_draw(
    seed: int, household: int, week: int, purpose: int, other: dict[str, int]
) -> None:
    here = {"seed": seed, "household": household, "week": week, "purpose": purpose}
    for name, value in other.items():
        if value != here[name]:
            moved = here | {name: value}
            assert uniform(key_of(moved.pop("seed")), **moved) != uniform(key_of(seed), household, week, purpose)


# ---- what follows for the model ----------------------------------------------------------------------

#: What a household is, rather than what has become of it.  Its site is not among them: more households
#: are housed at more sites; nor are its ties.
WHO = (
    "ADULTS", "CHILDREN", "SCHOOL", "PATIENCE", "TASTE_RETURN", "TASTE_IRREGULAR", "NEWS_NOISE", "ABROAD", "STAGE",
    "SINCE", "ARRIVED", "HOUSING", "APPEALS", "REVIEW_DUE", "PROTECTED_AT", "SAFETY", "REMOVAL", "PAYMENT", "ORIGIN",
)  # fmt: skip


def test_household_17_is_the_same_family_in_any_population() -> None:
    from abm.household.stages import COLUMNS
    from abm.household.stages import COL

    seen = []
    for households in (100, 1_000):
        prepared = prepare(busy_policy(), busy_caseload(), LIVELY, weeks=10, households=households)
        s = prepared.begin(5).s
        stock = s[:, np.argsort(s[COL.id])][:, :100]
        seen.append(stock[[list(COLUMNS).index(name) for name in WHO]])
    assert seen[0].tobytes() == seen[1].tobytes()


def test_who_the_households_are_does_not_depend_on_the_policy() -> None:
    from abm.household.stages import COLUMNS

    rows = [list(COLUMNS).index(name) for name in WHO if name not in ("REVIEW_DUE", "REMOVAL", "HOUSING")]
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
    assert set(many[COL.account, induced]) <= {1.0, 2.0}
    same = many[:, ~induced]
    # Newcomers may know them, and tell them what they do not mind.
    connected = {"TIES", "TIES_LEFT", "TIES_REMOVED", "REPORTS", "REPORTED", "PAYMENTS", "PAID", "REMOVALS"}
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
    from tiny import ATTENTIVE, STANDING, caseload, column

    from abm.household.stages import STAGE

    people = caseload(households=2_000)
    truck = {"settlement.regularisation_per_year": 0.3}
    behaviour = ATTENTIVE.with_values({"assisted": -6.0, "money": 1.0})
    base = prepare(STILL.with_values(truck), people, behaviour, weeks=52).run(8)
    variant = prepare(STANDING.with_values(truck), people, behaviour, weeks=52).run(8)
    hit, hit_too = (column(run, COL.stage) == STAGE.SETTLED for run in (base, variant))
    stayed = column(variant, COL.stage) < 7.0
    assert 0 < np.sum(~stayed) < 1_900
    assert np.sum(hit) > 300
    assert np.array_equal(hit[stayed], hit_too[stayed])
    both = hit & hit_too
    assert np.array_equal(column(base, COL.since)[both], column(variant, COL.since)[both])
