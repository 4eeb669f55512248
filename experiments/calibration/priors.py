"""What is believed of each free number before the record is looked at.

A declared plausible range is the central nine tenths of a normal distribution, or of a log-normal one where the number
is positive and its range spans a factor of three or more; hard bounds cut it off.  A point is a vector of standard
normal coordinates, one a free number: that is where the fit moves, and where the emulator looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import declarations
from abm.scenarios.overrides import known_paths
from experiments.calibration.history import History

Array = NDArray[np.float64]

#: The normal quantile of 0.95: a range of nine tenths is so many standard deviations to either side.
Z95 = 1.6448536269514722
#: A positive number whose range spans this factor or more varies on the log.
WIDE = 3.0
#: Spread of a year's counts about the model, on the log (see `experiments.calibration.discrepancy`).
YEAR = "discrepancy.year"
YEAR_LOW, YEAR_HIGH = 0.05, 0.32
#: Correlation of the shocks of two years that follow each other.
PERSISTENCE = "discrepancy.persistence"
PERSISTENCE_LOW, PERSISTENCE_HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Prior:
    """One free number.

    Attributes
    ----------
    name
        Its column in the table of draws: ``behaviour.money``, ``unknown.uk_stock_2005``, ``discrepancy.year``.
    low, high
        Central 90 %.
    on_log
        Whether its logarithm is normal.
    least, most
        Hard bounds; the coordinate is held between theirs.
    unit, meaning
        As declared.
    """

    name: str
    low: float
    high: float
    on_log: bool
    least: float = -np.inf
    most: float = np.inf
    unit: str = ""
    meaning: str = ""

    @property
    def _ends(self) -> tuple[float, float]:
        low, high = (np.log(self.low), np.log(self.high)) if self.on_log else (self.low, self.high)
        return float(0.5 * (low + high)), float((high - low) / (2.0 * Z95))

    def value(self, z: Array | float) -> Array:
        """The number at a coordinate."""
        middle, sd = self._ends
        raw = middle + sd * np.asarray(z, dtype=np.float64)
        return np.clip(np.exp(raw) if self.on_log else raw, self.least, self.most)

    def coordinate(self, value: Array | float) -> Array:
        """The coordinate of a number."""
        middle, sd = self._ends
        held = np.asarray(value, dtype=np.float64)
        return np.asarray(((np.log(np.maximum(held, 1e-300)) if self.on_log else held) - middle) / sd)

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest coordinate."""
        low = (
            self.coordinate(self.least) if np.isfinite(self.least) and (self.least > 0 or not self.on_log) else -np.inf
        )
        high = self.coordinate(self.most) if np.isfinite(self.most) else np.inf
        return float(low), float(high)


def behaviour_priors() -> list[Prior]:
    """A prior for every coefficient of the behaviour that has a plausible range."""
    made = []
    for name, told in declarations(Behaviour).items():
        if told.low is None or told.high is None or not told.low < told.high:
            continue
        on_log = told.low > 0.0 and told.high / told.low >= WIDE and told.ge is not None and told.ge >= 0.0
        least, most = (-np.inf if told.ge is None else told.ge), (np.inf if told.le is None else told.le)
        made.append(Prior(f"behaviour.{name}", told.low, told.high, on_log, least, most, told.unit, told.meaning))
    return made


def unknown_priors(histories: Sequence[History]) -> list[Prior]:
    """A prior for each unknown of some histories, in the order in which they come."""
    made: dict[str, Prior] = {}
    for history in histories:
        for name, told in history.unknown.items():
            declared = [known_paths()[path][1] for path in told.sets]
            least = max((d.ge for d in declared if d.ge is not None), default=-np.inf)
            most = min((d.le for d in declared if d.le is not None), default=np.inf)
            made.setdefault(
                name,
                Prior(f"unknown.{name}", told.low, told.high, told.on_log, least, most, declared[0].unit,
                      declared[0].meaning),
            )  # fmt: skip
    return list(made.values())


def discrepancy_priors() -> tuple[Prior, Prior]:
    """Of what parts record and model, and no run needs: the spread of a year's counts, and its persistence.

    The returns of one nationality differ from year to year by 0.32 on the log beyond sampling; those of a whole country
    by as much if its nationalities move together, by a fifth to a sixth of it if each moves for itself.  How long what
    the model leaves out lasts is nowhere on record: its range is wide (assumed).
    """
    spread = "spread of a country's yearly counts about the model"
    persistence = "correlation of that spread between a year and the next"
    return (
        Prior(YEAR, YEAR_LOW, YEAR_HIGH, True, 1e-3, 2.0, "log units", spread),
        Prior(PERSISTENCE, PERSISTENCE_LOW, PERSISTENCE_HIGH, False, 0.0, 0.98, "1", persistence),
    )


def drawn(prior: Prior, number: int, seed: int) -> float:
    """Draw `number` of a prior: a function of its name, the seed and the number only.

    A coordinate outside the bounds is drawn again.
    """
    from scipy.stats import truncnorm

    key = np.random.SeedSequence([seed, number, *prior.name.encode()])
    low, high = prior.bounds
    return float(prior.value(truncnorm.ppf(np.random.default_rng(key).random(), low, high)))


def as_columns(priors: Sequence[Prior], z: Array) -> Mapping[str, Array]:
    """The numbers at some points, by name; `z`: (points, priors)."""
    return {prior.name: prior.value(z[:, k]) for k, prior in enumerate(priors)}
