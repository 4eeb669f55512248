"""Who knows whom: ties mostly within an origin and a site, heavy-tailed in number.

Every household reaches out to a log-normal number of others: some at its own site and of its origin,
some of its origin anywhere, the rest anyone.  Ties are mutual.  They are kept as neighbour lists (CSR):
the neighbours of row i are ``to[start[i] : start[i + 1]]``.

For this, households stand in *circles*: grouped by origin; within an origin the stock comes first (by site), then
arrivals of the caseload's own inflow, then induced ones.  Arrivals reach out to those who came before them, those whom
a policy keeps away included, so that neither an induced arrival nor one that stays away changes anybody else's ties.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from abm.arrays.arrivals import is_arrival
from abm.arrays.setting import Setting
from abm.arrays.table import rows_in
from abm.household.stages import ACCOUNT, COL
from abm.numerics.arithmetic import exp, maker, routine, rule
from abm.numerics.draws import PURPOSE, normal, uniform

if TYPE_CHECKING:
    import networkx as nx


#: No household reaches out to more others than this.
MOST_REACHED = 200


class Circles(NamedTuple):
    """Who may know whom: the rows of all households once more, grouped as ties are drawn."""

    rows: np.ndarray  # grouped by origin, then: the stock by site, arrivals, induced arrivals; int32, (rows,)
    places: np.ndarray  # where each row stands in them, int32, (rows,)
    starts: np.ndarray  # where the groups begin: for each origin its sites, arrivals and induced arrivals, and the end


@rule
def group_in(origin: int, x: Setting) -> int:
    """The first group of an origin among the circles: as many as there are sites, then arrivals, then induced ones."""
    return origin * (int(x.frame.sites) + 2)


@maker
def in_circles(s, x: Setting) -> Circles:  # type: ignore[no-untyped-def]
    """Group the households of a run as ties are drawn."""
    rows, sites = rows_in(s), int(x.frame.sites)
    starts = np.zeros(group_in(x.origins.shape[1], x) + 1, np.int64)
    for i in range(rows):
        starts[group_of_ties(s, i, sites, x) + 1] += 1
    for group in range(len(starts) - 1):
        starts[group + 1] += starts[group]
    filled = starts.copy()
    ordered, places = np.empty(rows, np.int32), np.empty(rows, np.int32)
    for i in range(rows):
        group = group_of_ties(s, i, sites, x)
        ordered[filled[group]], places[i] = i, filled[group]
        filled[group] += 1
    return Circles(ordered, places, starts)


@rule
def group_of_ties(s, i: int, sites: int, x: Setting) -> int:  # type: ignore[no-untyped-def]
    """The group of household i among the circles."""
    group = group_in(int(s[COL.origin, i]), x)
    if not is_arrival(s[COL.id, i]):
        return group + int(s[COL.site, i])
    return group + sites + (1 if s[COL.account, i] == ACCOUNT.INDUCED else 0)


@rule
def reached(key: int, identity: int, x: Setting) -> int:
    """Number of others a household reaches out to: half its ties, log-normal."""
    n = x.caseload.network
    spread = exp(n.tail * normal(key, identity, 0, PURPOSE.TIES) - 0.5 * n.tail * n.tail)
    wanted = 0.5 * n.mean_ties * spread
    whole = math.floor(wanted)
    more = 1.0 if uniform(key, identity, 1, PURPOSE.TIES) < wanted - whole else 0.0
    return min(MOST_REACHED, int(whole + more))


@rule
def partner(key: int, identity: int, k: int, low: int, high: int) -> int:
    """One row between low (included) and high (excluded)."""
    return low + int(uniform(key, identity, k, PURPOSE.PARTNER) * (high - low))


@maker
def draw_ties(key: int, x: Setting, s):  # type: ignore[no-untyped-def]
    """Draw all ties of a run, of whom no more need be known than `abm.arrays.table.WHO`.

    Returns
    -------
    start : int64 array, shape (rows + 1,)
    to : int32 array, shape (2 × ties,)
        Neighbour lists, sorted, without repeats.
    """
    rows, circles = rows_in(s), in_circles(s, x)
    wanted = np.empty(rows, np.uint8)
    most = 0
    for i in range(rows):
        wanted[i] = reached(key, int(s[COL.id, i]), x)
        most += int(wanted[i])
    other = np.empty(most, np.int32)
    degree = np.zeros(rows + 1, np.int64)
    e = 0
    for i in range(rows):
        for k in range(wanted[i]):
            j = reaches_out_to(key, x, s, circles, i, k)
            other[e] = j
            e += 1
            if j != i:
                degree[i + 1] += 1
                degree[j + 1] += 1
    return neighbour_lists(wanted, other, degree)


@rule
def reaches_out_to(key: int, x: Setting, s, circles: Circles, i: int, k: int) -> int:  # type: ignore[no-untyped-def]
    """The k-th to whom household i reaches out; itself where there is nobody else."""
    n, stock, identity = x.caseload.network, int(x.frame.households), int(s[COL.id, i])
    pool = uniform(key, identity, k, PURPOSE.PARTNER_POOL)
    if pool >= n.same_site + n.same_origin:
        return partner(key, identity, k, 0, stock) if stock > 0 else i
    group, arrivals = group_in(int(s[COL.origin, i]), x), int(x.frame.sites)
    first, last = circles.starts[group], circles.starts[group + arrivals]
    if is_arrival(s[COL.id, i]):
        last = came_before(s, circles, i, first, circles.starts[group + arrivals + 1])
    elif pool < n.same_site:
        site = group + int(s[COL.site, i])
        first, last = circles.starts[site], circles.starts[site + 1]
    return circles.rows[partner(key, identity, k, first, last)]


@routine
def came_before(s, circles: Circles, i: int, first: int, last: int) -> int:  # type: ignore[no-untyped-def]
    """End of the circle of an origin that household i, an arrival, may reach out to.

    It knows whoever came before it; but one that the policy induced knows only whoever came in an earlier week without
    being induced.
    """
    if s[COL.account, i] != ACCOUNT.INDUCED:
        return circles.places[i]
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if s[COL.arrived, circles.rows[middle]] < s[COL.arrived, i]:
            low = middle + 1
        else:
            high = middle
    return max(low, first + 1)


@maker
def neighbour_lists(wanted: np.ndarray, other: np.ndarray, degree: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted neighbour lists without repeats, from whom each row in turn reaches out to, and the degrees (used up)."""
    rows = len(wanted)
    for i in range(rows):
        degree[i + 1] += degree[i]
    end = degree  # of each list as far as it is filled
    to = np.empty(end[rows], np.int32)
    e = 0
    for i in range(rows):
        for _ in range(wanted[i]):
            j = other[e]
            e += 1
            if j != i:
                to[end[i]] = j
                end[i] += 1
                to[end[j]] = i
                end[j] += 1
    start, kept, low = end, 0, 0
    for i in range(rows):
        high = end[i]
        start[i] = kept
        for a in range(low + 1, high):  # insertion sort: lists are short
            value = to[a]
            b = a - 1
            while b >= low and to[b] > value:
                to[b + 1] = to[b]
                b -= 1
            to[b + 1] = value
        previous = -1
        for a in range(low, high):
            if to[a] != previous:
                previous = to[a]
                to[kept] = previous
                kept += 1
        low = high
    start[rows] = kept
    return start, to[:kept]


def to_networkx(start: np.ndarray, to: np.ndarray) -> nx.Graph:
    """The ties as a networkx graph whose nodes are rows."""
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(range(len(start) - 1))
    ends = np.repeat(np.arange(len(start) - 1), np.diff(start))
    graph.add_edges_from((int(i), int(j)) for i, j in zip(ends, to, strict=True) if i < j)
    return graph


def from_networkx(graph: nx.Graph, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbour lists of a graph whose nodes are rows 0 … rows − 1.

    Raises
    ------
    InputError
        If a node is not a row.
    """
    from abm.inputs.parameters import InputError

    strangers = [node for node in graph.nodes if not (isinstance(node, int) and 0 <= node < rows)]
    if strangers:
        raise InputError("ties", strangers[0], f"nodes must be rows from 0 to {rows - 1}", file="graph")
    lists = [sorted(j for j in graph.neighbors(i) if j != i) if i in graph else [] for i in range(rows)]
    start = np.zeros(rows + 1, np.int64)
    start[1:] = np.cumsum([len(found) for found in lists])
    to = np.fromiter((j for found in lists for j in found), np.int32, int(start[-1]))
    return start, to
