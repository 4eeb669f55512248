"""Who knows whom: ties mostly within an origin and a site, heavy-tailed in number.

Every household reaches out to a log-normal number of others: some at its own site and of its origin,
some of its origin anywhere, the rest anyone.  Ties are mutual.  They are kept as neighbour lists (CSR):
the neighbours of row i are ``to[start[i] : start[i + 1]]``.

Arrivals reach out to those who came before them, those whom a policy keeps away included, so that neither an induced
arrival nor one that stays away changes anybody else's ties.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from abm.arrays.arrivals import is_arrival
from abm.arrays.setting import Setting
from abm.arrays.table import rows_in
from abm.household.stages import ACCOUNT, COL
from abm.numerics.arithmetic import exp, routine, rule
from abm.numerics.draws import PURPOSE, normal, uniform

if TYPE_CHECKING:
    import networkx as nx


#: No household reaches out to more others than this.
MOST_REACHED = 200


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


@routine
def draw_ties(key: int, x: Setting, s, segments, stock_rows, site_rows):  # type: ignore[no-untyped-def]
    """Draw all ties of a run.

    Returns
    -------
    start : int64 array, shape (rows + 1,)
    to : int32 array, shape (2 × ties,)
        Neighbour lists, sorted, without repeats.
    """
    rows = rows_in(s)
    n = x.caseload.network
    stock = len(stock_rows)
    degree = np.zeros(rows + 1, np.int64)
    most = 0
    for k in range(stock):
        most += reached(key, k, x)
    for i in range(rows):
        if is_arrival(s[COL.id, i]):
            most += reached(key, int(s[COL.id, i]), x)
    one = np.empty(most, np.int32)
    other = np.empty(most, np.int32)
    count = 0
    for h in range(stock + rows):
        in_stock = h < stock
        i = stock_rows[h] if in_stock else h - stock
        if in_stock == is_arrival(s[COL.id, i]):
            continue  # one of the stock, once more
        identity = int(s[COL.id, i])
        first = segments[int(s[COL.origin, i])]
        last = segments[int(s[COL.origin, i]) + 1]
        for k in range(reached(key, identity, x)):
            pool = uniform(key, identity, k, PURPOSE.PARTNER_POOL)
            if pool >= n.same_site + n.same_origin:
                j = stock_rows[partner(key, identity, k, 0, stock)] if stock > 0 else i
            elif not in_stock:
                j = partner(key, identity, k, first, came_before(s, i, first, last))
            elif pool < n.same_site:
                j = partner(key, identity, k, site_rows[h, 0], site_rows[h, 1])
            else:
                j = partner(key, identity, k, first, last_of_stock(x, s, first, last))
            if j != i:
                one[count] = i
                other[count] = j
                degree[i + 1] += 1
                degree[j + 1] += 1
                count += 1
    return neighbour_lists(one[:count], other[:count], degree)


@routine
def last_of_stock(x: Setting, s, first: int, last: int) -> int:  # type: ignore[no-untyped-def]
    """End of the stock's rows within an origin's rows: arrivals, whose identities are larger, follow."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if not is_arrival(s[COL.id, middle]):
            low = middle + 1
        else:
            high = middle
    return low


@routine
def came_before(s, i: int, first: int, last: int) -> int:  # type: ignore[no-untyped-def]
    """End of the rows of an origin that household i, an arrival, may reach out to.

    Rows follow each other in order of arrival up to its own; but those whom a policy induced come after all the
    others of the run, and know only whoever came in an earlier week without being induced.
    """
    if s[COL.account, i] != ACCOUNT.INDUCED:
        return i
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if s[COL.account, middle] != ACCOUNT.INDUCED and s[COL.arrived, middle] < s[COL.arrived, i]:
            low = middle + 1
        else:
            high = middle
    return max(low, first + 1)


@routine
def neighbour_lists(one: np.ndarray, other: np.ndarray, degree: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted neighbour lists without repeats, from the two ends of each tie and the degrees, which are used up."""
    rows = len(degree) - 1
    for i in range(rows):
        degree[i + 1] += degree[i]
    end = degree  # of each list as far as it is filled
    to = np.empty(2 * len(one), np.int32)
    for e in range(len(one)):
        i, j = one[e], other[e]
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
