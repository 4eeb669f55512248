"""Who leaves by choice and who is paid, household by household: what deadweight is found from.

A household has the same identity under every policy, so a payment under one can be held against what the same household
does under another, in the run of the same seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.household.stages import ACCOUNT, COL, went_home
from abm.numerics.calendar import WEEKS_PER_YEAR

if TYPE_CHECKING:
    from abm.model import Run


class Leaving(NamedTuple):
    """The households of a run that left by choice or were paid, those aside whom the policy induced to come.

    Attributes
    ----------
    household
        Identities, ascending.
    by_choice
        Whether it left by choice, assisted or unassisted, at any time in the run.
    paid
        What the offers paid it, GBP of the whole caseload, discounted to week 0 from the week of its first departure;
        what one that came back was paid on leaving again is in it.
    """

    household: NDArray[np.int64]
    by_choice: NDArray[np.bool_]
    paid: NDArray[np.float64]


class Paid(NamedTuple):
    """Payments of a run, GBP of the whole caseload, and how much of them is deadweight."""

    whole: float
    deadweight: float


def leaving(run: Run) -> Leaving:
    """Who left by choice, and who was paid, in a finished run."""
    s, prepared = run.state.s, run.prepared
    by_choice = went_home(s[COL.route])
    own = s[COL.account] != ACCOUNT.INDUCED
    rows = np.flatnonzero(own & (by_choice | (s[COL.received] > 0)))
    rows = rows[np.argsort(s[COL.id, rows])]
    years = s[COL.left_at, rows] / WEEKS_PER_YEAR
    factors = (1.0 + prepared.caseload.world.discount_rate) ** -years
    paid = s[COL.received, rows] / 100.0 * factors * prepared.weight
    return Leaving(s[COL.id, rows].astype(np.int64), by_choice[rows], paid)


def paid_anyway(variant: Leaving, baseline: Leaving) -> Paid:
    """What is paid under a policy, and what of it to households that leave by choice under the baseline as well."""
    anyway = np.isin(variant.household, baseline.household[baseline.by_choice])
    return Paid(float(variant.paid.sum()), float(variant.paid[anyway].sum()))
