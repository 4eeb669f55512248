"""The analysis from end to end: reference, screening, shares of variance, tornado, turns of the sign."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from experiments.question.factors import Factor
from experiments.running.progress import Progress, Silent
from experiments.sensitivity.answers import Answers
from experiments.sensitivity.indices import Decomposition, Screening, decompose, screen
from experiments.sensitivity.inquiry import Inquiry, Settings
from experiments.sensitivity.tornado import Bar, Turn, tornado, turns

Array = NDArray[np.float64]
#: Points and a number of seeds to values, shape (points, seeds).
Asked = Callable[[Sequence[Settings], int], Array]


@dataclass(frozen=True)
class Sensitivity:
    """What came out.

    Attributes
    ----------
    centre
        The measure at the reference, a value a seed.
    screening
        Effects of all factors, in the order of the inquiry.
    kept
        Factors that were decomposed, by their `mu_star`, the largest first.
    shares
        Of the variance, in the order of `kept`.
    bars, turns
        The tornado of the factors kept, and where it passes zero (differences alone).
    runs
        Runs of the model.
    """

    inquiry: Inquiry
    centre: Array
    screening: Screening
    kept: tuple[Factor, ...]
    shares: Decomposition
    bars: tuple[Bar, ...]
    turns: tuple[Turn, ...]
    runs: int
    seconds: float

    @property
    def idle(self) -> tuple[str, ...]:
        """Paths whose effects were nought, to the last bit, at every step of the screening."""
        return tuple(f.path for f, e in zip(self.inquiry.factors, self.screening.mu_star, strict=True) if e == 0.0)

    @property
    def left_out(self) -> dict[str, float]:
        """`mu_star` of the factors that have an effect and were not decomposed, by path, the largest first."""
        kept = {factor.path for factor in self.kept}
        found = {
            f.path: float(e)
            for f, e in zip(self.inquiry.factors, self.screening.mu_star, strict=True)
            if e > 0.0 and f.path not in kept
        }
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def seeds_variance(self) -> float:
        """Variance over seeds of one run (or pair of runs) at the reference, in the square of the measure's unit."""
        return float(self.centre.var(ddof=1))


def analyse(
    inquiry: Inquiry, *, workers: int | None = None, progress: Progress | None = None, answer: Asked | None = None
) -> Sensitivity:
    """Analyse how a measure depends on its inputs.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The results do not depend on it.
    answer
        What stands in for the model: points and a number of seeds to values, shape (points, seeds).

    Raises
    ------
    InputError
        If some runs do not have the measure, if it does not vary, or if inputs do not go together.
    KeyboardInterrupt
        On Ctrl-C, once no new run will be started.
    """
    begun, told = time.perf_counter(), progress or Silent()
    model = Answers(inquiry, workers, told)
    asked = answer or model
    factors, count = inquiry.factors, len(inquiry.factors)
    kept_at_most = min(inquiry.most, count)
    points = inquiry.trajectories * (count + 1) + inquiry.points * (kept_at_most + 2)
    at_ends = inquiry.at_ends * (1 + 2 * kept_at_most)
    model.expected = len(inquiry.cases) * (inquiry.replicates * points + at_ends)
    told.start(model.expected, 0, f"{model.workers} threads")
    try:
        centre = asked([{}], inquiry.at_ends)[0]
        screening = screen(
            count, _over(factors, asked, inquiry.replicates), trajectories=inquiry.trajectories, seed=inquiry.seed
        )
        order = sorted(range(count), key=lambda i: (-screening.mu_star[i], i))
        kept = tuple(factors[i] for i in order[: inquiry.most] if screening.mu_star[i] > 0.0)
        if not kept:
            raise _does_not_vary(inquiry, screening.points, centre)
        try:
            shares = decompose(
                len(kept), _over(kept, asked, inquiry.replicates), points=inquiry.points, seed=inquiry.seed
            )
        except ZeroDivisionError:
            raise _does_not_vary(inquiry, inquiry.points * (len(kept) + 2), centre) from None

        def at_ends_of(points: Sequence[Settings]) -> Array:
            return asked(points, inquiry.at_ends)

        bars = tornado(kept, inquiry.own, at_ends_of)
        found = turns(kept, bars, centre, at_ends_of) if inquiry.paired else []
    finally:
        told.end()
    return Sensitivity(
        inquiry, centre, screening, kept, shares, tuple(bars), tuple(found), model.runs, time.perf_counter() - begun
    )


def _over(factors: Sequence[Factor], asked: Asked, seeds: int) -> Callable[[Array], Array]:
    """The answers as a function of points of the unit cube, a dimension a factor."""

    def answer(laid: Array) -> Array:
        points = [{f.path: f.at(float(share)) for f, share in zip(factors, row, strict=True)} for row in laid]
        return asked(points, seeds)

    return answer


def _does_not_vary(inquiry: Inquiry, points: int, centre: Array) -> InputError:
    return InputError(
        "--measure", inquiry.measure.id,
        f"a measure that varies over the inputs: it is {float(centre.mean()):.6g} at the reference and the same at all"
        f" {points:,} points; other inputs (--over), more weeks or households, or another measure",
    )  # fmt: skip
