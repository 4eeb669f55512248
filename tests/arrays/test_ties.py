"""Ties: mutual, mostly within origin and site, heavy-tailed; who has left is counted among those one knows."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from tiny import LIVELY, STILL, busy, caseload

from abm import prepare
from abm.arrays.arrivals import ARRIVALS
from abm.arrays.state import State
from abm.arrays.ties import draw_ties, from_networkx, to_networkx
from abm.household.stages import COL, STAGE
from abm.inputs.parameters import InputError
from abm.numerics.draws import key_of


def tied(households: int = 2_000, seed: int = 1, **network: Any) -> State:
    shares = {"Albania": 0.4, "India": 0.3, "Pakistan": 0.3}
    people = caseload(
        shares, households=households, **{f"network__{k}": v for k, v in ({"mean_ties": 6.0} | network).items()}
    )
    return prepare(STILL, people, LIVELY, weeks=2).begin(seed)


def ends(state: State) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(state.s.shape[1]), np.diff(state.tie_start)), state.ties.astype(int)


@pytest.mark.parametrize(
    "state", [tied(), tied(site_households=5.0, tail=1.5), busy().begin(3)], ids=["plain", "dense", "busy"]
)
def test_ties_are_mutual_sorted_and_single(state: State) -> None:
    here, there = ends(state)
    assert np.all(here != there)
    pairs = set(zip(here.tolist(), there.tolist(), strict=True))
    assert len(pairs) == len(here)
    assert {(b, a) for a, b in pairs} == pairs
    for i in range(0, state.s.shape[1], 37):
        assert np.all(np.diff(state.ties[state.tie_start[i] : state.tie_start[i + 1]]) > 0)


@pytest.mark.parametrize("mean", [0.0, 1.0, 6.0, 15.0])
def test_the_mean_number_of_ties_is_what_is_asked_for(mean: float) -> None:
    state = tied(5_000, mean_ties=mean, site_households=500.0)
    assert len(state.ties) / 5_000 == pytest.approx(mean, rel=0.07, abs=1e-12)


def test_a_heavier_tail_spreads_the_number_of_ties() -> None:
    spread = [np.diff(tied(4_000, tail=tail, site_households=1_000.0).tie_start).std() for tail in (0.0, 0.8, 1.5)]
    assert spread[0] < spread[1] < spread[2]


def test_ties_lie_within_origin_and_site_as_shared_out() -> None:
    state = tied(6_000, same_site=0.5, same_origin=0.3, site_households=100.0)
    here, there = ends(state)
    same_origin = state.s[COL.origin, here] == state.s[COL.origin, there]
    same_site = same_origin & (state.s[COL.site, here] == state.s[COL.site, there])
    assert same_origin.mean() == pytest.approx(0.8 + 0.2 * (0.4**2 + 0.3**2 + 0.3**2), abs=0.02)
    assert same_site.mean() == pytest.approx(0.5, abs=0.03)


def test_without_mixing_nobody_knows_anybody_of_another_origin() -> None:
    state = tied(same_site=0.0, same_origin=1.0)
    here, there = ends(state)
    assert np.all(state.s[COL.origin, here] == state.s[COL.origin, there])


def test_ties_go_to_networkx_and_back() -> None:
    state = tied(300)
    graph = to_networkx(state.tie_start, state.ties)
    assert graph.number_of_nodes() == 300
    assert graph.number_of_edges() == len(state.ties) // 2
    start, to = from_networkx(graph, 300)
    assert np.array_equal(start, state.tie_start)
    assert np.array_equal(to, state.ties)


def test_a_graph_of_strangers_is_refused() -> None:
    with pytest.raises(InputError):
        from_networkx(nx.path_graph(5), 4)
    with pytest.raises(InputError):
        from_networkx(nx.Graph([("a", "b")]), 4)


def test_ties_are_counted_as_they_come_and_go() -> None:
    """At any week the counts are those of the neighbours who are there, have left by choice, or were removed."""
    prepared = busy()
    state = prepared.begin(2)
    here, there = ends(state)
    for stop in (1, 20, 60, 104):
        prepared.advance(2, state, {1: 0, 20: 1, 60: 20, 104: 60}[stop], stop)
        s = state.s
        present = s[COL.stage] != STAGE.ABSENT
        both = present[here] & present[there]
        assert np.array_equal(np.bincount(here[both], minlength=s.shape[1])[present], s[COL.ties, present])
        once = s[COL.reentries] == 0
        removed = np.bincount(here[both & (s[COL.stage, there] == STAGE.REMOVED)], minlength=s.shape[1])
        assert np.array_equal(removed[present], s[COL.ties_removed, present])
        left = np.bincount(
            here[both & np.isin(s[COL.stage, there], (STAGE.RETURNED_ASSISTED, STAGE.RETURNED_UNASSISTED))],
            minlength=s.shape[1],
        )
        settled_ties = np.bincount(here[both & ~once[there]], minlength=s.shape[1]) == 0
        assert np.array_equal(left[present & settled_ties], s[COL.ties_left, present & settled_ties])


def test_the_share_of_ties_that_left_never_exceeds_one() -> None:
    """Also when households come back and leave again."""
    b = LIVELY.with_values({"unassisted": 0.0, "consider": 0.5})
    people = caseload(households=300, network__mean_ties=4.0, world__remigration_per_year=20.0)
    s = prepare(STILL, people, b, weeks=104).run(1).state.s
    assert s[COL.reentries].sum() > 100
    assert np.all(s[COL.ties_left] <= s[COL.ties]), (
        f"up to {np.max(s[COL.ties_left] / np.maximum(1, s[COL.ties])):.1f} times"
    )


def test_arrivals_know_somebody_who_was_there_or_came_too() -> None:
    state = busy().begin(1)
    here, there = ends(state)
    arrivals = state.s[COL.id] >= ARRIVALS
    reached = np.bincount(here[arrivals[here]], minlength=state.s.shape[1])[arrivals]
    assert reached.mean() > 3
    assert (arrivals[here] & ~arrivals[there]).sum() > 100


def test_ties_drawn_in_plain_python_are_the_same() -> None:
    """More of them than fit a byte."""
    prepared = busy()
    state, x = prepared.begin(3), prepared.plain
    start, to = draw_ties(key_of(3), x, state.s)
    assert len(to) > 1_000
    assert np.array_equal(start, state.tie_start)
    assert np.array_equal(to, state.ties)
