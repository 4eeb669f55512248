"""Who a household is and what is on offer to it in a week, by name: the part of `abm.why` that reads its state."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm.arrays.state import State
from abm.arrays.table import week_made
from abm.household.offers import household_amount, is_drawn, lot_for
from abm.household.stages import COL, Housing, Stage, in_country
from abm.inputs.policy import SHARE_BY
from abm.model import Prepared
from abm.numerics.calendar import happened, limited
from abm.week.offering import could_have, is_open, offered_now


def who(prepared: Prepared, state: State, row: int, week: int) -> dict[str, Any]:
    """Who a household is in a week, by name."""
    s = state.s
    known = state.ties[state.tie_start[row] : state.tie_start[row + 1]]
    told = {
        "id": int(s[COL.id, row]),
        "origin": prepared.origins[int(s[COL.origin, row])],
        "adults": int(s[COL.adults, row]),
        "children": int(s[COL.children, row]),
        "school children": int(s[COL.school, row]),
        "housing": Housing(int(s[COL.housing, row])).name.lower(),
        "site": int(s[COL.site, row]),
        "arrived in week": int(s[COL.arrived, row]),
        "support withdrawn": bool(s[COL.withdrawn, row]),
        "ties": int(s[COL.ties, row]),
        "ties still in the country": int(np.sum(in_country(s[COL.stage, known]))),
        "ties who went home": int(s[COL.ties_left, row]),
        "ties abroad": int(s[COL.abroad, row]),
        "times it came back": int(s[COL.reentries, row]),
    }
    if happened(s[COL.since, row]):
        told["weeks in this stage"] = week - int(s[COL.since, row])
    return told


def offers_of(prepared: Prepared, key: int, week: int, state: State, row: int) -> dict[str, str]:
    """What each offer that the policy has is to a household this week."""
    x = prepared.plain_in(week)
    there = [k for k in range(len(x.offers)) if x.offers[k].amount_per_person > 0.0]
    return {prepared.offers[k]: _offer(prepared, key, week, state, row, k) for k in there}


def _offer(prepared: Prepared, key: int, week: int, state: State, row: int, k: int) -> str:
    s, x = state.s, prepared.plain_in(week)
    offer = x.offers[k]
    household, site = int(s[COL.id, row]), int(s[COL.site, row])
    if not is_drawn(key, offer, household, site):
        lot, whose = lot_for(key, offer, household, site), "its site's" if offer.share_by == SHARE_BY.site else "its"
        return f"not drawn: {whose} lot is {lot:.3f}, and the offer is open to lots below {offer.share:g}"
    if not is_open(x, k, week):
        return f"not open before week {offer.start_week:.0f}" if week < offer.start_week else "closed"
    stage = int(s[COL.stage, row])
    if offer.open_to[stage] == 0.0:
        return f"not open to households {Stage(stage).name.lower()}"
    if not could_have(key, week, x, state, row, k):
        return "not for this household: origin, family, date of claim or safe list"
    share = offered_now(key, week, x, state, row, k)
    if share == 0.0:
        return "its time to accept is over" if limited(week_made(s, k, row)) else "not made to it yet"
    amount = household_amount(offer, s[COL.adults, row], s[COL.children, row], share)
    return f"GBP {amount:,.0f}, made to it in week {week_made(s, k, row):.0f}"
