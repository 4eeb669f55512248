"""Who arrives: a Poisson number of households each week, more of them if a policy pulls."""

from __future__ import annotations

from abm.arrays.setting import Setting
from abm.numerics.arithmetic import routine, rule
from abm.numerics.draws import PURPOSE, exponential

#: Identities of arrivals start here: week w, k-th of the week is ARRIVALS + w * 2**20 + k.
ARRIVALS = 1 << 32
_WEEK_OF_ARRIVALS = 1 << 20


@rule
def is_arrival(identity: float) -> bool:
    """Whether a household arrives in the course of the run, told by its identity; works on columns too."""
    return identity >= ARRIVALS


@routine
def count_arrivals(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """Number of arrivals over the run."""
    total = 0
    for week in range(int(x.frame.weeks)):
        k = 0
        level = 0.0
        while True:
            level += exponential(key, ARRIVALS + week * _WEEK_OF_ARRIVALS + k, 0, PURPOSE.INFLOW)
            if level > x.inflow[week]:
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
    for week in range(int(x.frame.weeks)):
        k = 0
        level = 0.0
        while True:
            identity = ARRIVALS + week * _WEEK_OF_ARRIVALS + k
            level += exponential(key, identity, 0, PURPOSE.INFLOW)
            if level > x.inflow[week]:
                break
            identities[n] = identity
            arrived[n] = week
            induced[n] = 1 if level > x.frame.inflow else 0
            n += 1
            k += 1
