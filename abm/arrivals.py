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
def count_arrivals(key: int, x: Setting, rate: float):  # type: ignore[no-untyped-def]
    """Number of arrivals over the run at `rate` a week."""
    total = 0
    for week in range(int(x.rates.weeks)):
        k = 0
        level = 0.0
        while True:
            level += exponential(key, ARRIVALS + week * _WEEK_OF_ARRIVALS + k, 0, _INFLOW)
            if level > rate:
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
    most = max(x.rates.inflow, x.rates.inflow_policy)
    n = 0
    for week in range(int(x.rates.weeks)):
        k = 0
        level = 0.0
        while True:
            identity = ARRIVALS + week * _WEEK_OF_ARRIVALS + k
            level += exponential(key, identity, 0, _INFLOW)
            if level > most:
                break
            if level <= x.rates.inflow_policy:
                identities[n] = identity
                arrived[n] = week
                induced[n] = 1 if level > x.rates.inflow else 0
                n += 1
            k += 1
