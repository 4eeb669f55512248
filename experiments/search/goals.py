"""What a policy is to be good at, and what it may not exceed; and how its runs are summed up into one figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import COMPARED, IDS, MEASURES, Measure, difference
from experiments.statistics.intervals import CONFIDENCE, RESAMPLES, RESAMPLING_SEED, spread, vector_means

Array = NDArray[np.float64]
Vectors = NDArray[np.int64]

Robust = Literal["mean", "worst-decile"]
#: How each is called in a table.
ROBUST: Mapping[str, str] = {"mean": "mean", "worst-decile": "mean of the worst tenth"}
#: Runs from which a tenth is at least one.
LEAST_FOR_A_TENTH = 10

MAXIMISE, MINIMISE = "max", "min"
#: The direction in which a goal is pursued unless one is given: that of the declared purpose of such policies.
DIRECTIONS: Mapping[str, str] = {
    **dict.fromkeys((name for name in COMPARED if name.startswith("net_saving")), MAXIMISE),
    **dict.fromkeys(("departures", "assisted_departures", "departed_persons"), MAXIMISE),
    **dict.fromkeys(
        (name for name in MEASURES if name.startswith(("return_rate_", "assisted_return_rate_"))), MAXIMISE
    ),
    **dict.fromkeys((name for name in MEASURES if name.startswith("cost_") or name.endswith("_spend")), MINIMISE),
    **dict.fromkeys(("child_years_in_limbo", "children_removed", "destitution_weeks", "absconded_share"), MINIMISE),
    **dict.fromkeys(("unsafe_returns", "unsafe_share", "reentry_share", "caseload_end"), MINIMISE),
}
#: Letters after an amount.
TIMES: Mapping[str, float] = {"k": 1e3, "m": 1e6, "bn": 1e9}


@dataclass(frozen=True)
class Goal:
    """A measure to be as large, or as small, as can be: its difference from the baseline on the same seeds."""

    measure: Measure
    maximise: bool

    @property
    def name(self) -> str:
        """Id of its measure."""
        return self.measure.id

    @property
    def told(self) -> str:
        """What is sought, in words."""
        what = self.measure.title if self.measure.compared else f"additional {self.measure.title}"
        return f"{'most' if self.maximise else 'least'} {what}"

    def values(self, runs: Array, base: Array) -> Array:
        """The difference from the baseline, one a run.

        Parameters
        ----------
        runs, base
            Measures of the runs of the policy and of the baseline on the same seeds, shape (runs, measures).
        """
        return differences(self.name, runs, base)


@dataclass(frozen=True)
class Limit:
    """A measure that may not go beyond a bound: the policy's own level, or a difference where it is one."""

    measure: Measure
    most: bool
    bound: float

    def __str__(self) -> str:
        """As it was asked."""
        return f"{self.measure.id}{'<=' if self.most else '>='}{self.bound:.12g}"

    def values(self, runs: Array, base: Array) -> Array:
        """The values that are held against the bound, one a run."""
        name = self.measure.id
        return differences(name, runs, base) if name in COMPARED else runs[:, IDS.index(name)]

    def excess(self, value: float) -> float:
        """By what share of the bound a figure breaks the limit; not above zero where it keeps it."""
        over = value - self.bound if self.most else self.bound - value
        return over / max(abs(self.bound), 1.0)


def differences(name: str, runs: Array, base: Array) -> Array:
    """A measure's difference from the baseline, one a run."""
    ours, theirs = ({one: table[:, k] for k, one in enumerate(IDS)} for table in (runs, base))
    return np.asarray(difference(name, ours, theirs))


def parse_goal(text: str) -> Goal:
    """A goal as ``--goal`` gives it: ``MEASURE``, ``MEASURE:max`` or ``MEASURE:min``.

    Raises
    ------
    InputError
        If there is no such measure, a run does not have it by itself, or no direction goes without saying.
    """
    name, _, way = text.strip().partition(":")
    measure = measure_of(name, "--goal")
    way = way or DIRECTIONS.get(name, "")
    if way not in (MAXIMISE, MINIMISE):
        raise InputError("--goal", text, f"{name}:max or {name}:min: which of the two does not go without saying")
    return Goal(measure, way == MAXIMISE)


def parse_limit(text: str) -> Limit:
    """A limit as ``--limit`` gives it: ``MEASURE<=NUMBER`` or ``MEASURE>=NUMBER``; 5m is five million.

    Raises
    ------
    InputError
        If it is not of that form.
    """
    for sign in ("<=", ">="):
        name, there, bound = text.partition(sign)
        if there:
            return Limit(measure_of(name.strip(), "--limit"), sign == "<=", amount(bound, text, "--limit"))
    raise InputError("--limit", text, "MEASURE<=NUMBER or MEASURE>=NUMBER, such as offer_spend<=5m")


def amount(text: str, whole: str, option: str) -> float:
    """A number as people write it: 5m, £250k, -0.2bn, 1,000.

    Raises
    ------
    InputError
        If it is none.
    """
    word = text.strip().lower().replace(",", "").replace("£", "")
    times = next((factor for letters, factor in TIMES.items() if word.endswith(letters)), 1.0)
    try:
        value = float(word.rstrip("kmbn") if times != 1.0 else word) * times
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(option, whole, "a number at the end, such as 250000, 250k or 5m")
    return value


def measure_of(name: str, option: str) -> Measure:
    """A measure that every pair of runs has by itself.

    Raises
    ------
    InputError
        If it is unknown, or a ratio over all runs, or needs further runs.
    """
    known = MEASURES | COMPARED
    if name not in known:
        near = nearest_spelling(name, known)
        raise InputError(option, name, "a measure that returns list measures prints", nearest=near)
    found = known[name]
    if found.ratio or found.control:
        why = "a ratio of means over runs" if found.ratio else "one that needs the variant without its money"
        raise InputError(option, name, f"a measure that each run has by itself: this is {why}")
    return found


# ---- many runs, one figure ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """A mean (or a mean of the worst tenth) with its 90 % interval."""

    value: float
    low: float
    high: float


def summed(values: Array, vectors: Vectors, robust: Robust, *, worst_is_low: bool) -> float:
    """One figure of many runs: their mean, or the mean of the worst tenth of the draws of the posterior.

    Parameters
    ----------
    values, vectors
        One a run, and the draw that each has; runs of one draw are averaged first.

    References
    ----------
    .. [1] R. T. Rockafellar, S. Uryasev, "Optimization of conditional value-at-risk" (Journal of Risk 2, 2000, 21–41).
    """
    means = vector_means(values, vectors)
    return float(_statistic(robust, worst_is_low)(means, axis=-1))


def figure(values: Array, vectors: Vectors, robust: Robust, *, worst_is_low: bool) -> Figure:
    """The same with its interval: Student's of a mean, the bootstrap over draws of a worst tenth."""
    if robust == "mean":
        told = spread(values, vectors)
        return Figure(told.mean, told.mean_low, told.mean_high)
    value = summed(values, vectors, robust, worst_is_low=worst_is_low)
    statistic = _statistic(robust, worst_is_low)
    return Figure(value, *_bootstrap(statistic, vector_means(values, vectors)))


def told_apart(one: Array, other: Array, vectors: Vectors, robust: Robust, *, worst_is_low: bool) -> bool:
    """Whether two policies differ in a goal, on the same seeds: the 90 % interval of the difference excludes zero."""
    if np.array_equal(one, other):
        return False
    if robust == "mean":
        told = spread(one - other, vectors)
        return told.mean_low > 0 or told.mean_high < 0
    statistic = _statistic(robust, worst_is_low)

    def between(a: Array, b: Array, axis: int = -1) -> Array:
        return np.asarray(statistic(a, axis=axis) - statistic(b, axis=axis))

    low, high = _bootstrap(between, vector_means(one, vectors), vector_means(other, vectors))
    return low > 0 or high < 0


def _statistic(robust: Robust, worst_is_low: bool) -> Callable[..., Array]:
    if robust == "mean":
        return np.mean

    def worst_tenth(values: Array, axis: int = -1) -> Array:
        count = max(1, round(values.shape[axis] / 10))
        ordered = np.sort(values if worst_is_low else -values, axis=axis)
        found = np.take(ordered, range(count), axis=axis).mean(axis=axis)
        return np.asarray(found if worst_is_low else -found)

    return worst_tenth


def _bootstrap(statistic: Callable[..., Array], *samples: Array) -> tuple[float, float]:
    """Percentile-bootstrap interval over whole draws, pairs kept; the value itself where all are alike."""
    if all(np.ptp(sample) == 0.0 for sample in samples):
        value = float(statistic(*samples, axis=-1))
        return value, value
    from scipy.stats import bootstrap

    found = bootstrap(
        samples, statistic, paired=len(samples) > 1, vectorized=True, n_resamples=RESAMPLES, method="percentile",
        confidence_level=CONFIDENCE, rng=np.random.default_rng(RESAMPLING_SEED),
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def undominated(values: Array, maximise: Sequence[bool]) -> NDArray[np.bool_]:
    """Which rows no other row beats: none is at least as good in every goal and better in one.

    Parameters
    ----------
    values
        Shape (policies, goals).
    maximise
        Whether more is better, one a goal.
    """
    better = np.where(np.asarray(maximise), values, -values)
    as_good = (better[:, None, :] >= better[None, :, :]).all(axis=2)
    beats = as_good & (better[:, None, :] > better[None, :, :]).any(axis=2)
    return np.asarray(~beats.any(axis=0))
