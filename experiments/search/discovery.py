"""Where in the uncertain world a policy fails its goal: points laid, boxes found, and tried on other points."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError
from abm.model import checked_seed
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_VARIANTS
from experiments.running.progress import Progress
from experiments.search.boxes import Box, Half, find_boxes
from experiments.search.defaults import BOXES, MOST, POINTS, SEEDS
from experiments.search.goals import amount
from experiments.search.worlds import Answer, Worlds
from experiments.sensitivity.inquiry import Inquiry, inquire

Array = NDArray[np.float64]

LEAST_POINTS, MOST_POINTS = 40, 100_000

_GOAL = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(.+)")
_MEETS: dict[str, Callable[[Array, float], NDArray[np.bool_]]] = {
    ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal,
}  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """A question of where a policy fails, loaded and checked.

    Attributes
    ----------
    inquiry
        The cases, the measure and what varies, as `returns sensitivity` names them.
    sign, bound
        The goal: the mean of the measure over the seeds of a point is to be that.
    points
        In all: half of them find the boxes, half try them.
    most, boxes
        Inputs of a box and boxes at most.
    """

    inquiry: Inquiry
    sign: str
    bound: float
    points: int = POINTS
    most: int = MOST
    boxes: int = BOXES

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not LEAST_POINTS <= self.points <= MOST_POINTS or self.points % 2:
            raise InputError("--points", self.points, f"an even number from {LEAST_POINTS} to {MOST_POINTS:,}")
        for name, value in (("--most", self.most), ("--boxes", self.boxes)):
            if not 1 <= value <= 10:
                raise InputError(name, value, "a whole number from 1 to 10")
        checked_seed(self.inquiry.seed + self.points * self.inquiry.replicates)

    @property
    def goal(self) -> str:
        """The goal as it is written."""
        return f"{self.inquiry.measure.id} {self.sign} {self.bound:,.12g}"

    def fails(self, values: Array) -> NDArray[np.bool_]:
        """Which values do not meet the goal."""
        return ~_MEETS[self.sign](values, self.bound)


@dataclass(frozen=True)
class Discovery:
    """What came out.

    Attributes
    ----------
    x
        Value of each input at each point, shape (points, inputs): those that find first, then those that try.
    values
        The measure at each point and seed, shape (points, seeds).
    boxes
        Those found, the first the most telling.
    runs
        Runs of the model.
    """

    doubt: Doubt
    x: Array
    values: Array
    boxes: tuple[Box, ...]
    runs: int
    seconds: float

    @property
    def means(self) -> Array:
        """The measure at each point, over its seeds."""
        return self.values.mean(axis=1)

    @property
    def fails(self) -> NDArray[np.bool_]:
        """Whether the policy fails its goal at each point."""
        return self.doubt.fails(self.means)

    @property
    def half(self) -> int:
        """How many points find the boxes."""
        return len(self.x) // 2

    @property
    def base_rate(self) -> float:
        """Share of all points at which the policy fails."""
        return float(self.fails.mean())

    @property
    def divided(self) -> float:
        """Share of the points at which some seeds fail and some do not: there luck decides."""
        single = self.doubt.fails(self.values)
        return float((single.any(axis=1) & ~single.all(axis=1)).mean())


def doubt(
    variant: str = DEFAULT_VARIANTS[0],
    *,
    goal: str,
    against: str | None = DEFAULT_BASELINE,
    points: int = POINTS,
    replicates: int = SEEDS,
    most: int = MOST,
    boxes: int = BOXES,
    **told: Any,
) -> Doubt:
    """Load and check the question.

    Parameters
    ----------
    goal
        ``MEASURE>NUMBER`` (or ``>=``, ``<``, ``<=``), of the difference from `against` if there is one.
    told
        `caseload`, `weeks`, `households`, `seed`, `settings`, `over`, `levers` of `inquire`.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    parts = _GOAL.fullmatch(goal)
    if parts is None:
        raise InputError("--goal", goal, "MEASURE>NUMBER, MEASURE>=NUMBER, MEASURE<NUMBER or MEASURE<=NUMBER")
    name, sign, text = parts.groups()
    bound = amount(text, goal, "--goal")
    try:
        inquiry = inquire(variant, measure=name, against=against, replicates=replicates, **told)
    except InputError as fault:
        if fault.field != "--measure":
            raise
        raise InputError("--goal", fault.value, fault.allowed, nearest=fault.nearest) from None
    return Doubt(inquiry, sign, bound, points, most, boxes)


def discover(
    asked: Doubt, *, workers: int | None = None, progress: Progress | None = None, answer: Answer | None = None
) -> Discovery:
    """Find the boxes of the uncertain world in which the policy fails its goal.

    Two Latin hypercubes over the ranges: one finds the boxes, the other tries them.  Every point has seeds of its own,
    so that the luck of a few seeds does not stand in for a world.

    Parameters
    ----------
    workers
        Threads; without a number, one a core.  The results do not depend on it.
    answer
        What stands in for the model.

    Raises
    ------
    InputError
        If some runs do not have the measure, or inputs do not go together.
    KeyboardInterrupt
        On Ctrl-C, once no new run will be started.
    """
    begun, inquiry = time.perf_counter(), asked.inquiry
    laid = [point for number in (0, 1) for point in lay(asked, number)]
    model = Worlds(inquiry, workers, progress)
    values = (answer or model)(laid, inquiry.replicates)
    x = np.array([[point[factor.path] for factor in inquiry.factors] for point in laid], dtype=np.float64)
    fails, half = asked.fails(values.mean(axis=1)), asked.points // 2
    boxes = find_boxes(Half(x[:half], fails[:half]), Half(x[half:], fails[half:]), most=asked.most, boxes=asked.boxes)
    return Discovery(asked, x, values, tuple(boxes), model.runs, time.perf_counter() - begun)


def lay(asked: Doubt, number: int) -> list[dict[str, Any]]:
    """The points of a half, one in each stratum of each input (McKay, Beckman and Conover, 1979)."""
    from scipy.stats import qmc

    factors = asked.inquiry.factors
    rng = np.random.default_rng([asked.inquiry.seed, number])
    shares = qmc.LatinHypercube(len(factors), rng=rng).random(asked.points // 2)
    return [{f.path: f.at(float(share)) for f, share in zip(factors, row, strict=True)} for row in shares]
