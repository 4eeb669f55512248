"""A tornado: one input at a time from end to end of its range, and where the sign of an answer turns on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.question.factors import Factor
from experiments.statistics.intervals import Spread, differs, spread

Array = NDArray[np.float64]
#: Points, each a value by path (what is left out is at its reference), to values, shape (points, seeds).
Answer = Callable[[Sequence[Mapping[str, Any]]], Array]

#: How near a turn is looked for, as a share of the range.
NEAR = 1e-3


@dataclass(frozen=True)
class Bar:
    """What an input does by itself.

    Attributes
    ----------
    low, own, high
        Values of the input, in its unit; `own` is the reference.
    at_low, at_high
        The measure there, over the seeds.
    differ
        Whether the 90 % interval (Student's) of the difference between both ends, paired by seed, leaves zero out.
    """

    path: str
    low: float
    own: Any
    high: float
    at_low: Spread
    at_high: Spread
    differ: bool

    @property
    def swing(self) -> float:
        """The measure at the high end less that at the low end."""
        return self.at_high.mean - self.at_low.mean


@dataclass(frozen=True)
class Turn:
    """Where the mean over seeds changes its sign as an input rises.

    Attributes
    ----------
    value
        Of the input, in its unit.
    from_value, to_value
        Between these the 90 % interval of the mean holds zero, by straight lines between the points asked: the place of
        the turn is known no better.  The ends of the stretch where it does so throughout.
    rises
        Whether it is from below zero to above.
    outside_noise
        Whether at both ends of the stretch the interval leaves zero out.
    """

    path: str
    value: float
    from_value: float
    to_value: float
    rises: bool
    outside_noise: bool


def tornado(factors: Sequence[Factor], own: Mapping[str, Any], answer: Answer) -> list[Bar]:
    """Take each factor to both ends of its range, everything else at its reference; the widest bar first."""
    points = [{factor.path: factor.at(end)} for factor in factors for end in (0.0, 1.0)]
    values = answer(points)
    bars = []
    for position, factor in enumerate(factors):
        low, high = values[2 * position], values[2 * position + 1]
        bars.append(
            Bar(factor.path, factor.low, own[factor.path], factor.high, spread(low), spread(high), differs(high - low))
        )
    return sorted(bars, key=lambda bar: -abs(bar.swing))


def turns(factors: Sequence[Factor], bars: Sequence[Bar], centre: Array, answer: Answer) -> list[Turn]:
    """Where the sign turns, between an end and the reference or between both ends, in the order of the bars.

    A sign that turns twice within such a stretch is not seen.

    Parameters
    ----------
    centre
        The values at the reference, shape (seeds,).

    References
    ----------
    .. [1] R. P. Brent, "Algorithms for Minimization without Derivatives" (Prentice-Hall, 1973), ch. 4.
    """
    by_path = {factor.path: factor for factor in factors}
    found = []
    for bar in bars:
        known = {bar.low: bar.at_low, bar.high: bar.at_high}
        if isinstance(bar.own, int | float) and bar.low < bar.own < bar.high:
            known[float(bar.own)] = spread(centre)
        stops = sorted(known)
        for start, stop in pairwise(stops):
            if known[start].mean * known[stop].mean < 0.0:
                found.append(_turn(by_path[bar.path], start, stop, known, answer))
    return found


def _turn(factor: Factor, start: float, stop: float, known: Mapping[float, Spread], answer: Answer) -> Turn:
    from scipy.optimize import brentq

    asked = dict(known)

    def mean(value: float) -> float:
        at = round(value) if factor.declared.whole else value
        if float(at) not in asked:
            asked[float(at)] = spread(answer([{factor.path: at}])[0])
        return asked[float(at)].mean

    near = max(NEAR * (factor.high - factor.low), 0.5 if factor.declared.whole else 0.0)
    value = float(brentq(mean, start, stop, xtol=near))
    value = float(round(value)) if factor.declared.whole else value
    rises = asked[start].mean < 0.0
    certain = (asked[start], asked[stop]) if rises else (asked[stop], asked[start])
    from_value, to_value = _undecided(asked, value)
    return Turn(factor.path, value, from_value, to_value, rises, certain[0].mean_high < 0.0 < certain[1].mean_low)


def _undecided(asked: Mapping[float, Spread], value: float) -> tuple[float, float]:
    """The stretch around a turn in which zero lies in the interval of the mean, by straight lines between points."""
    places = np.array(sorted(asked))
    margins = np.array([max(asked[x].mean_low, -asked[x].mean_high) for x in places])  # above nought: zero is left out
    low, high = float(places[0]), float(places[-1])
    for (left, right), (a, b) in zip(pairwise(places), pairwise(margins), strict=True):
        if a * b < 0.0:
            crossing = float(left + (right - left) * a / (a - b))
            if crossing <= value:
                low = crossing if a > 0.0 else low
            elif b > 0.0:
                high = min(high, crossing)
    return min(low, value), max(high, value)
