"""What a comparison tells besides the measures of its runs: chances of saving, and deadweight.

Chances are shares of runs; each run has chance and, with ``parameters``, a draw of the behaviour of its own.  Their
Monte-Carlo standard error is by parameter vector, as that of any mean.
"""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from abm.measures import COMPARED, MEASURES, Group, Measure, Ratio, difference
from experiments.statistics.intervals import Array

if TYPE_CHECKING:
    from experiments.compare.comparing import Runs

#: Measures of a variant and its baseline that need their runs; in the order in which the rows give them.
FURTHER: dict[str, Measure] = {}
#: Group of a row that tells the chance of saving at least so many GBP.
AT_LEAST = "at_least={:.12g}"

Function = Callable[["Runs", "Runs"], "Array | Ratio"]


def _further(title: str, *, unit: str, group: Group, ratio: bool = False, absent: str = "") -> Callable[..., Function]:
    def declare(function: Function) -> Function:
        definition = " ".join(inspect.cleandoc(function.__doc__ or "").split()).removesuffix(".")
        definition = definition[:1].lower() + definition[1:]
        FURTHER[function.__name__] = Measure(
            function.__name__, title, unit, definition, group, compared=True, ratio=ratio, absent=absent, of=function
        )
        return function

    return declare


@_further("chance of saving", unit="share", group="public money")
def chance_of_saving(run: Runs, base: Runs) -> Array:
    """Share of runs that cost less than the same run under the baseline."""
    return np.asarray(_saving(run, base) > 0.0, dtype=np.float64)


@_further("paid to those who would go anyway", unit="GBP", group="public money")
def deadweight(run: Runs, base: Runs) -> Array:
    """Payments of the offers, discounted, to households that leave by choice in the same run of the baseline as well.

    Also called deadweight.  By choice is assisted or unassisted, at any time in the run: a household that the offer
    moves to leave earlier is among them.  What the baseline's own offer pays it is in it too: the difference from the
    baseline, all of whose payments are of this kind, is what more is paid to them.  Payments to households that came
    back are among them; "spent on the offers" leaves those to a line of their own, and can so be the smaller.
    """
    return np.array([paid.deadweight for paid in run.paid_anyway(base)])


@_further("the same, of all payments", unit="share", group="public money", ratio=True, absent="nothing is paid")
def deadweight_share(run: Runs, base: Runs) -> Ratio:
    """Payments to those who would go anyway, divided by all payments of the offers (ratio of means).

    Of both, what is paid to arrivals that the policy induced is left aside.
    """
    both = run.paid_anyway(base)
    return Ratio(np.array([paid.deadweight for paid in both]), np.array([paid.whole for paid in both]))


#: Every measure that a row may tell of, by id.
TOLD_OF: Mapping[str, Measure] = ChainMap(MEASURES, COMPARED, FURTHER)


def saved_at_least(run: Runs, base: Runs, amount: float) -> Array:
    """For each run, 1 if it saves at least an amount of GBP against the baseline, else 0."""
    return np.asarray(_saving(run, base) >= amount, dtype=np.float64)


def _saving(run: Runs, base: Runs) -> Array:
    return np.asarray(difference("net_saving_npv", run.outcomes, base.outcomes))
