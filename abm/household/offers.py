"""The schedule of an offer: what share of the amount is paid when, and the best that is still to come.

Each household looks ahead along its own path: in week t, d weeks after the offer was made to it,
the next week is (t + 1, d + 1).  The best later offer is found by working backwards from a horizon,

    L(t, d) = δ max( s(t + 1, d + 1), L(t + 1, d + 1) ),

where s is the share of the amount then on offer and δ the household's weekly discount factor.
"""

from __future__ import annotations

import numpy as np

from abm.inputs.policy import Offer
from abm.numerics.arithmetic import entry, rule

#: How far past the end of a run households look ahead, in weeks.
LOOK_AHEAD = 104

#: Longest profile kept by weeks since the offer was made; it is constant after that.
LONGEST_PROFILE = 524


def by_week(offer: Offer, weeks: int) -> np.ndarray:
    """1 in the weeks in which the offer is open to somebody, shape (weeks,)."""
    week = np.arange(weeks)
    end = weeks if offer.end_week is None else offer.end_week
    return ((week >= offer.start_week) & (week < end)).astype(np.float64)


def by_delay(offer: Offer) -> np.ndarray:
    """Share of the amount paid d weeks after the offer was made, constant after the last entry."""
    window = offer.acceptance_window_weeks
    last = max(offer.early_weeks, 0)
    if offer.decline_per_week > 0:
        last += int(np.ceil((1.0 - offer.floor_share) / offer.decline_per_week)) + 1
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


def schedule(offer: Offer, weeks: int, discount: np.ndarray) -> np.ndarray:
    """Shares of the amount now and, discounted, at best later.

    Parameters
    ----------
    offer
        The offer.
    weeks
        Weeks of the run (W).
    discount
        Weekly discount factors of the patience classes, shape (C,).

    Returns
    -------
    ndarray, shape (W, C + 1, D)
        By week and by weeks since the offer was made to the household (the last entry serves all later
        delays): in plane c < C the discounted share of the best offer still to come, for that class of
        patience; in plane C the share on offer now.  Before the offer opens nobody knows of it.
    """
    horizon = weeks + LOOK_AHEAD
    calendar, profile = by_week(offer, horizon), by_delay(offer)
    if offer.amount_per_person == 0.0:
        calendar[:] = 0.0
    shares = np.zeros((weeks, len(discount) + 1, len(profile)))
    best_later(calendar, profile, discount, offer.start_week, shares)
    shares[:, -1] = calendar[:weeks, None] * profile[None, :]
    return shares


@entry
def best_later(calendar, profile, discount, start_week, later):  # type: ignore[no-untyped-def]
    """Fill `later` with the recursion above, backwards from the horizon."""
    delays = len(profile)
    for c in range(len(discount)):
        best = np.zeros(delays)
        for week in range(len(calendar) - 2, start_week - 1, -1):
            for d in range(delays):
                e = min(d + 1, delays - 1)
                best[d] = discount[c] * max(calendar[week + 1] * profile[e], best[e])
            if week < later.shape[0]:
                later[week, c] = best


@rule
def household_amount(terms, adults: float, children: float, share: float) -> float:  # type: ignore[no-untyped-def]
    """A share of the amount of an offer to a household, GBP; no household gets more than the cap."""
    amount = terms.amount_per_person * (adults + terms.child_share * children) * share
    return min(amount, terms.household_cap)


@rule
def meets_conditions(terms, children: float, claimed: float, listed: float) -> bool:  # type: ignore[no-untyped-def]
    """Whether a household meets an offer's conditions on family, date of claim and origin."""
    if terms.families_only > 0.0 and children == 0.0:
        return False
    if claimed >= terms.claims_before_week:
        return False
    return terms.safe_origins_only == 0.0 or listed > 0.0
