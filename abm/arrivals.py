"""Who arrives: a Poisson number of households each week, more of them if a policy pulls."""

from __future__ import annotations

from abm.arithmetic import routine
from abm.draws import Purpose, exponential
from abm.setting import Setting

#: Identities of arrivals start here: week w, k-th of the week is ARRIVALS + w * 2**20 + k.
ARRIVALS = 1 << 32
_WEEK_OF_ARRIVALS = 1 << 20

_INFLOW = int(Purpose.INFLOW)


@routine
def inflow_in(x: Setting, week: int) -> float:
    """Mean arrivals of a week under the policy: the pull factor works while the offer is open."""
    if x.offer.start_week <= week < x.offer.end_week:
        return x.rates.inflow_open
    return x.rates.inflow_closed


@routine
def count_arrivals(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """Number of arrivals over the run."""
    total = 0
    for week in range(int(x.rates.weeks)):
        k = 0
        level = 0.0
        while True:
            level += exponential(key, ARRIVALS + week * _WEEK_OF_ARRIVALS + k, 0, _INFLOW)
            if level > inflow_in(x, week):
                break
            k += 1
        total += k
    return total


@routine
def list_arrivals(key: int, x: Setting, identities, arrived, induced) -> None:  # type: ignore[no-untyped-def]
    """Identity, week and account of every arrival.

    The k-th candidate of a week comes if the sum of k + 1 exponential draws stays below the week's
    rate: a Poisson number, and a policy that pulls adds candidates without touching the others.
    """
    n = 0
    for week in range(int(x.rates.weeks)):
        k = 0
        level = 0.0
        while True:
            identity = ARRIVALS + week * _WEEK_OF_ARRIVALS + k
            level += exponential(key, identity, 0, _INFLOW)
            if level > inflow_in(x, week):
                break
            identities[n] = identity
            arrived[n] = week
            induced[n] = 1 if level > x.rates.inflow else 0
            n += 1
            k += 1
