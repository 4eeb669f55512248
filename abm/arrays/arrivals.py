"""Who arrives: a Poisson number of households each week, more of them if a policy pulls, fewer if it deters.

The line before the offices does not begin in week 0: those who claimed before it, and whose claim is not decided yet,
are arrivals of the weeks before (the *pipeline*), as many as the caseload's own inflow and the length of its procedure
make them.  So the backlog agrees with the procedure (Little's law), whatever the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.arrays.origins import ORIGIN
from abm.arrays.setting import GIVEN, INFLOW, Setting
from abm.household.stages import STAGE
from abm.numerics.arithmetic import routine, rule
from abm.numerics.draws import PURPOSE, exponential, uniform

if TYPE_CHECKING:
    import numpy as np

#: Identities of arrivals start here: week w, k-th of the week is ARRIVALS + w * 2**20 + k.
ARRIVALS = 1 << 32
#: … and those of the pipeline here, counting the weeks before week 0.
PIPELINE = 1 << 33
_WEEK_OF_ARRIVALS = 1 << 20

#: Which stage and week of a claim: it was decided before the run, and does not concern it.
CLOSED = STAGE.ABSENT


@rule
def is_arrival(identity: float) -> bool:
    """Whether a household is not of the stock, told by its identity; works on columns too."""
    return identity >= ARRIVALS


@rule
def position(u: float, cumulative: Any) -> int:
    """Which of some cumulative shares a uniform number falls under; the last serves all that is left."""
    last = len(cumulative) - 1
    for k in range(last):
        if u < cumulative[k]:
            return k
    return last


@rule
def given_row(key: int, identity: int, x: Setting) -> int:
    """Which of the households given one by one this is.

    All of them in order, and more by lot; a smaller sample takes one by lot from each stretch of the table.
    """
    rows = x.given.shape[0]
    stock = int(x.frame.households)
    if identity < stock and stock < rows:
        return min(rows - 1, int((identity + uniform(key, identity, 0, PURPOSE.ORIGIN)) * rows / stock))
    if identity < rows:
        return identity
    return min(rows - 1, int(uniform(key, identity, 0, PURPOSE.ORIGIN) * rows))


@rule
def origin_of(key: int, identity: int, x: Setting) -> int:
    """Position of a household's origin."""
    if x.given.shape[0] > 0:
        return int(x.given[given_row(key, identity, x), GIVEN.origin])
    return position(uniform(key, identity, 0, PURPOSE.ORIGIN), x.origins[ORIGIN.share])


@rule
def identity_in(week: int, k: int) -> int:
    """Identity of the k-th candidate of a week."""
    return (ARRIVALS + week * _WEEK_OF_ARRIVALS if week >= 0 else PIPELINE - week * _WEEK_OF_ARRIVALS) + k


@rule
def procedure_so_far(key: int, identity: int, x: Setting, waited: int) -> float:
    """Stage in week 0 of a household that claimed so many weeks before, under the caseload's own speed."""
    procedure = x.caseload.procedure
    since = waited - procedure.decision_weeks
    if since <= 0.0:
        return STAGE.AWAITING
    if uniform(key, identity, 0, PURPOSE.DECISION) < x.origins[ORIGIN.grant, origin_of(key, identity, x)]:
        return CLOSED
    appeals = uniform(key, identity, 0, PURPOSE.APPEALS) < procedure.appeal_share
    lasts = procedure.appeal_weeks if appeals else procedure.appeal_window_weeks
    return STAGE.REFUSED if since <= lasts else CLOSED


@routine
def find_arrivals(key: int, x: Setting, identities: np.ndarray, arrived: np.ndarray, kinds: np.ndarray) -> int:
    """Identity, week and kind of every candidate; returns how many (and counts only, if the arrays are empty).

    The k-th candidate of a week comes if the sum of k + 1 exponential draws stays below the week's rate: a Poisson
    number.  A policy that pulls adds candidates (kind 1), one that deters keeps some away (kind −1); neither touches
    the others.
    """
    n, before = 0, int(x.frame.pipeline)
    for week in range(-before, int(x.frame.weeks)):
        own, now = x.inflow[INFLOW.own, before + week], x.inflow[INFLOW.now, before + week]
        most = own if week < 0 else max(own, now)
        k = 0
        level = 0.0
        while True:
            identity = identity_in(week, k)
            k += 1
            level += exponential(key, identity, 0, PURPOSE.INFLOW)
            if level > most:
                break
            if week < 0 and procedure_so_far(key, identity, x, -week) == CLOSED:
                continue
            if len(identities) > 0:
                identities[n] = identity
                arrived[n] = week
                kinds[n] = 1 if level > own else -1 if week >= 0 and level > now else 0
            n += 1
    return n
