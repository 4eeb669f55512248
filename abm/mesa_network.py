"""Ties as networkx graphs: own ties that a model begins with, and the ties of the present week.

Nodes are the identities of households, as in `Household.id` and `abm.why.explain`: 0 to households − 1 for those who
are there at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np

from abm.arrays.arrivals import is_arrival
from abm.arrays.state import State
from abm.household.stages import COL, STAGE, STAGES, Housing, in_country
from abm.inputs.parameters import InputError
from abm.model import Prepared

#: How ties are drawn: without effect on those who are told whom they know.
_DRAWN = tuple(f"caseload.network.{name}" for name in ("mean_ties", "tail", "same_site", "same_origin"))
_BATCH = "; among the parameters of mesa.batch_run it stands in a list, [graph]"


def own_ties(graph: Any, households: int) -> np.ndarray:
    """The ties of a graph whose nodes are the households at the start, as pairs of identities, shape (ties, 2).

    Raises
    ------
    InputError
        If it is no undirected networkx graph with exactly these nodes, or says what ties do not have: a direction,
        several ties between two households, a tie to oneself, a weight or another attribute.
    """
    if not isinstance(graph, nx.Graph):
        raise InputError("network", graph, f"a networkx graph whose nodes are households{_BATCH}")
    if graph.is_directed() or graph.is_multigraph():
        kind = type(graph).__name__
        raise InputError("network", kind, "a networkx.Graph: ties are mutual, and two households have one or none")
    strangers = [
        n for n in graph if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 0 <= n < households
    ]
    if strangers:
        raise InputError("network", strangers[0], f"a node from 0 to {households - 1}, each a household at the start")
    if len(graph) != households:
        missing = next(n for n in range(households) if n not in graph)
        allowed = f"one node for each of the {households:,} households at the start; household {missing} is missing"
        raise InputError("network", f"{len(graph):,} nodes", allowed)
    alone = next(iter(nx.selfloop_edges(graph)), None)
    if alone is not None:
        raise InputError("network", tuple(alone[:2]), "a tie between two households, not to oneself")
    unused = [name for _, told in graph.nodes(data=True) for name in told]
    unused += [name for *_, told in graph.edges(data=True) for name in told]
    if unused:
        allowed = "a graph without attributes: the model would not use them (ties have no weight; who households are"
        raise InputError("network", str(unused[0]), f"{allowed} is the caseload's to say)")
    ties = np.array([(int(a), int(b)) for a, b in graph.edges], np.int64).reshape(-1, 2)
    return np.unique(np.sort(ties, axis=1), axis=0)


def with_ties(state: State, ties: np.ndarray) -> State:
    """A state before week 0 in which those at the start are tied as told; the ties of others stay as they were drawn.

    Parameters
    ----------
    ties
        Pairs of identities of households at the start, shape (ties, 2).
    """
    s, rows = state.s, state.s.shape[1]
    ends, to = np.repeat(np.arange(rows), np.diff(state.tie_start)), state.ties.astype(np.int64)
    comes = np.asarray(is_arrival(s[COL.id]))
    kept = comes[ends] | comes[to]
    row = np.empty(np.count_nonzero(~comes), np.int64)
    row[s[COL.id, ~comes].astype(np.int64)] = np.flatnonzero(~comes)
    one, other = row[ties[:, 0]], row[ties[:, 1]]
    ends, to = np.concatenate([ends[kept], one, other]), np.concatenate([to[kept], other, one])
    order = np.lexsort((to, ends))
    start = np.concatenate([[0], np.bincount(ends, minlength=rows).cumsum()]).astype(np.int64)
    there = s[COL.stage] != STAGE.ABSENT
    known = np.bincount(ends[there[to]], minlength=rows)  # as `abm.week.procedure.stock_at_start` counts them
    s[COL.ties] = np.where(there, known, s[COL.ties])
    return state._replace(tie_start=start, ties=to[order].astype(np.int32))


def check_drawn(levers: Mapping[str, Any], state: State) -> None:
    """See that no lever says how ties are drawn, where none are: all are given, and nobody arrives.

    Raises
    ------
    InputError
        If one does.
    """
    told = [path for path in _DRAWN if path in levers]
    if told and not np.any(is_arrival(state.s[COL.id])):
        raise InputError(told[0], levers[told[0]], "left out: nobody arrives, and network= says who knows whom")


def graph_of(prepared: Prepared, state: State) -> nx.Graph:
    """The households that have arrived and their ties, with what is known of them now.

    Nodes carry ``origin``, ``stage``, ``housing``, ``site``, ``adults``, ``children`` and ``in_country``; ties carry
    ``same_origin`` and ``same_site``.
    """
    s = state.s
    there = s[COL.stage] != STAGE.ABSENT
    graph = nx.Graph()
    for i in np.flatnonzero(there):
        graph.add_node(
            int(s[COL.id, i]),
            origin=prepared.origins[int(s[COL.origin, i])],
            stage=STAGES[int(s[COL.stage, i])],
            housing=Housing(int(s[COL.housing, i])).name,
            site=int(s[COL.site, i]),
            adults=int(s[COL.adults, i]),
            children=int(s[COL.children, i]),
            in_country=bool(in_country(s[COL.stage, i])),
        )
    ends = np.repeat(np.arange(s.shape[1]), np.diff(state.tie_start))
    for i, j in zip(ends, state.ties, strict=True):
        if i < j and there[i] and there[j]:
            same = {f"same_{name}": bool(s[column, i] == s[column, j]) for name, column in _SHARED.items()}
            graph.add_edge(int(s[COL.id, i]), int(s[COL.id, j]), **same)
    return graph


_SHARED = {"origin": COL.origin, "site": COL.site}
