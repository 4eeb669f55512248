"""One run followed family by family: who has left, and what each has cost, some weeks after an offer opens.

What a family costs is what the state's own files hold of it: its housing and subsistence, keeping its case open,
payments under the offers, travel and help after an assisted return; discounted to week 0.  The cost of enforcement,
of decisions and of advisers cannot be told by family, and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.arrays.ledger import Prices
from abm.arrays.state import State
from abm.household.offers import lot_of_site, own_lot
from abm.household.stages import COL, HOUSING, STAGE, TOLD, case_is_open
from abm.model import Prepared
from abm.numerics.calendar import WEEKS_PER_YEAR, limited
from abm.numerics.draws import key_of
from experiments.statistics.intervals import Array

Names = NDArray[np.float64]


@dataclass(frozen=True)
class Followed:
    """What became of the families of a trial in one run, in the order of their identities.

    Attributes
    ----------
    names
        Their identities.
    lots, site_lots, sites
        The lots of each and of its site, and the site.
    departed
        1 for whoever has left by each horizon, shape (horizons, families).
    cost
        GBP spent on each from the opening to each horizon, shape (horizons, families).
    """

    names: Names
    lots: Array
    site_lots: Array
    sites: NDArray[np.int64]
    departed: Array
    cost: Array


def follow(
    prepared: Prepared,
    seed: int,
    opening: int,
    horizons: Sequence[int],
    offers: Sequence[str],
    names: Names | None = None,
) -> Followed:
    """Run a policy once and follow its families.

    Parameters
    ----------
    opening
        Week in which the offers open.
    horizons
        Weeks after it at which outcomes are read, in order.
    offers
        Those that are assigned.
    names
        Whom to follow; without it, those who are made one of the offers in the week of the opening, or have been made
        it before.
    """
    state = prepared.begin(seed)
    prepared.advance(seed, state, 0, opening)
    s = state.s
    rate = prepared.caseload.world.discount_rate
    spent, before = np.zeros(s.shape[1]), np.stack([s[COL.stage], s[COL.received]])
    departed, cost, rows = [], [], rows_of(state, names) if names is not None else None
    for week in range(opening, opening + max(horizons)):
        prepared.advance(seed, state, week, week + 1)
        spent += spent_in(prepared.plain_in(week).prices, s, before) / 100.0 * (1.0 + rate) ** (-week / WEEKS_PER_YEAR)
        before = np.stack([s[COL.stage], s[COL.received]])
        if rows is None:
            places = [TOLD + prepared.offers.index(name) for name in offers]
            rows = np.flatnonzero(np.any([limited(s[place]) for place in places], axis=0))
            rows = rows[np.argsort(s[COL.id, rows])]
        if week + 1 - opening in horizons:
            left = s[COL.left_at, rows]
            departed.append(((left >= opening) & (left <= week)).astype(np.float64))
            cost.append(spent[rows].copy())
    assert rows is not None  # there is at least one week
    key, found, sites = key_of(seed), s[COL.id, rows], s[COL.site, rows].astype(np.int64)
    return Followed(
        names=found, lots=np.array([own_lot(key, int(one)) for one in found]),
        site_lots=np.array([lot_of_site(key, int(one)) for one in sites]), sites=sites,
        departed=np.array(departed), cost=np.array(cost),
    )  # fmt: skip


def rows_of(state: State, names: Names) -> NDArray[np.intp]:
    """The rows of households by their identities."""
    order = np.argsort(state.s[COL.id])
    return np.asarray(order[np.searchsorted(state.s[COL.id], names, sorter=order)])


def spent_in(prices: Prices, s: Array, before: Array) -> Array:
    """Pence spent on each household in a week, from its row at the end of it and stage and receipts at its beginning.

    Parameters
    ----------
    s
        The table of households at the end of the week.
    before
        Stage and pence received at its beginning, shape (2, rows).
    """
    stage, persons = s[COL.stage], s[COL.adults] + s[COL.children]
    is_open = np.asarray(case_is_open(stage))
    housed = is_open & (s[COL.housing] != HOUSING.OWN) & (s[COL.withdrawn] == 0.0)
    hotel = prices.hotel_week + prices.hotel_subsistence_week
    support = np.where(s[COL.housing] == HOUSING.HOTEL, hotel, prices.dispersal_week + prices.subsistence_week)
    leaves = (stage == STAGE.RETURNED_ASSISTED) & (before[0] != STAGE.RETURNED_ASSISTED)
    departure = persons * prices.travel + prices.reintegration
    paid = s[COL.received] - before[1]
    return np.asarray(housed * persons * support + is_open * prices.case_week + paid + leaves * departure)
