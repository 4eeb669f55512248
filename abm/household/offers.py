"""The schedule of an offer: what share of the amount is paid when, and the best that is still to come.

Each household looks ahead along its own path: in week t, d weeks after the offer was made to it,
the next week is (t + 1, d + 1).  The best later offer is found by working backwards,

    L(t, d) = δ max( s(t + 1, d + 1), L(t + 1, d + 1) ),

where s is the share of the amount then on offer and δ the household's weekly discount factor.
"""

from __future__ import annotations

import numpy as np

from abm.inputs.policy import SHARE_BY, Offer
from abm.numerics.arithmetic import entry, routine, rule
from abm.numerics.calendar import NO_LIMIT
from abm.numerics.draws import PURPOSE, uniform

#: Longest profile kept by weeks since the offer was made; it is constant after that.
LONGEST_PROFILE = 524


def by_delay(offer: Offer) -> np.ndarray:
    """Share of the amount paid d weeks after the offer was made, constant after the last entry."""
    window = offer.acceptance_window_weeks
    last = max(offer.early_weeks, 0)
    if offer.decline_per_week > 0:
        # A decline too slow to be seen takes longer than any profile: endless, where the quotient overflows.
        last += int(min(LONGEST_PROFILE, np.ceil((1.0 - offer.floor_share) / offer.decline_per_week))) + 1
    elif offer.decline_per_week < 0:
        last = LONGEST_PROFILE
    if window is not None:
        last = window
    delay = np.arange(min(last + 2, LONGEST_PROFILE))
    share = np.maximum(offer.floor_share, 1.0 - offer.decline_per_week * np.maximum(0, delay - offer.early_weeks))
    share = np.maximum(share, 0.0) + np.where(delay < offer.early_weeks, offer.early_bonus, 0.0)
    if window is not None:
        share = np.where(delay < window, share, 0.0)
    return share


def schedule(offer: Offer, weeks: int, discount: np.ndarray, closes: float) -> np.ndarray:
    """Shares of the amount now and, discounted, at best later.

    Parameters
    ----------
    offer
        The offer.
    weeks
        Weeks of the run (W).
    discount
        Weekly discount factors of the patience classes, shape (C,).
    closes
        First week in which it is closed to all, or `NO_LIMIT`.

    Returns
    -------
    ndarray, shape (W, C + 1, D)
        By week and by weeks since the offer was made to the household (the last entry serves all later
        delays): in plane c < C the discounted share of the best offer still to come, for that class of
        patience; in plane C the share on offer now.  Before the offer opens nobody knows of it.
    """
    profile = by_delay(offer)
    opens = max(0, int(offer.start_week))  # type: ignore[arg-type]
    shares = np.zeros((weeks, len(discount) + 1, len(profile)))
    if offer.amount_per_person > 0.0 and opens < min(closes, weeks):
        best_later(opens, closes, profile, discount, shares)
        shares[opens : int(min(closes, weeks)), -1] = profile
    return shares


@entry
def best_later(opens, closes, profile, discount, later):  # type: ignore[no-untyped-def]
    """Fill `later` with the recursion above: backwards from the week in which the offer closes.

    Where it does not close, the best is the same in every week, and found backwards from the longest delay on: the
    length of the run plays no part.
    """
    last = len(profile) - 1
    for c in range(len(discount)):
        best = np.zeros(last + 1)
        if closes < NO_LIMIT:
            for week in range(int(closes) - 2, opens - 1, -1):
                for d in range(last + 1):
                    e = min(d + 1, last)
                    best[d] = discount[c] * max(profile[e], best[e])
                for d in range(last + 1 if week < later.shape[0] else 0):
                    later[week, c, d] = best[d]
        else:
            best[last] = discount[c] * profile[last]
            for d in range(last - 1, -1, -1):
                best[d] = discount[c] * max(profile[d + 1], best[d + 1])
            for week in range(opens, later.shape[0]):
                for d in range(last + 1):
                    later[week, c, d] = best[d]


@rule
def household_amount(terms, adults: float, children: float, share: float) -> float:  # type: ignore[no-untyped-def]
    """A share of the amount of an offer to a household, GBP; no household gets more than the cap."""
    amount = terms.amount_per_person * (adults + terms.child_share * children) * share
    return min(amount, terms.household_cap)


@rule
def own_lot(key: int, household: int) -> float:
    """The lot of a household, 0–1."""
    return uniform(key, household, 0, PURPOSE.LOT)


@rule
def lot_of_site(key: int, site: int) -> float:
    """The lot of a site, 0–1."""
    return uniform(key, site, 0, PURPOSE.SITE_LOT)


@routine
def lot_for(key: int, terms, household: int, site: int) -> float:  # type: ignore[no-untyped-def]
    """The lot, 0–1, by which an offer for a share is open to a household or not: its own, or that of its site."""
    if terms.share_by == SHARE_BY.site:
        return lot_of_site(key, site)
    return own_lot(key, household)


@rule
def is_drawn(key: int, terms, household: int, site: int) -> bool:  # type: ignore[no-untyped-def]
    """Whether the lot makes an offer open to a household; where it is for all, nobody draws."""
    return terms.share >= 1.0 or lot_for(key, terms, household, site) < terms.share


@rule
def meets_conditions(terms, children: float, claimed: float, listed: float) -> bool:  # type: ignore[no-untyped-def]
    """Whether a household meets an offer's conditions on family, date of claim and the safe list."""
    if terms.families_only > 0.0 and children == 0.0:
        return False
    if claimed >= terms.claims_before_week:
        return False
    return terms.safe_origins_only == 0.0 or listed > 0.0
