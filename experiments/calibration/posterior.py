"""The posterior as a table: draws of the behaviour, of what histories leave open, and of the spread of a year.

`abm/evidence/posterior.csv` has a row a draw, all of equal weight, and a column a free number.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import DRAWS, behaviour_draws, load_behaviour
from experiments.calibration.history import History
from experiments.calibration.priors import Prior, discrepancy_priors, drawn, unknown_priors

#: Seed of what is drawn from a prior because no fit has a say on it.
PRIOR_SEED = 7


@dataclass(frozen=True)
class Draw:
    """One draw of everything that is free.

    Attributes
    ----------
    behaviour
        Coefficients of the household's decision.
    year, persistence
        Spread of a country's yearly counts about the model, on the log, and its correlation from year to year.
    fitted
        What histories leave open, by name, as far as the fit has a draw of it.
    """

    behaviour: Behaviour
    year: float
    persistence: float
    fitted: Mapping[str, float] = field(default_factory=dict)

    def unknowns(self, history: History, number: int) -> dict[str, float]:
        """What a history leaves open: the fit's draw of it, or else draw `number` of its range."""
        found = {}
        for prior in unknown_priors([history]):
            name = prior.name.removeprefix("unknown.")
            found[name] = self.fitted[name] if name in self.fitted else drawn(prior, number, PRIOR_SEED)
        return found


def load_draws(path: Path = DRAWS) -> list[Draw]:
    """The draws of a posterior; without a table, the one behaviour that there is.

    Raises
    ------
    InputError
        If a column is unknown or a value is not allowed.
    """
    if not path.exists():
        year, persistence = (float(prior.value(0.0)) for prior in discrepancy_priors())
        return [Draw(load_behaviour(), year, persistence)]
    with path.open(encoding="utf-8", newline="") as lines:
        return draws_of(list(csv.DictReader(lines)), file=str(path))


def draws_of(table: Sequence[Mapping[str, Any]], *, file: str = "") -> list[Draw]:
    """The draws of a posterior's rows, columns by name.

    Raises
    ------
    InputError
        If a column is unknown or a value is not allowed.
    """
    made = []
    for member, row in zip(behaviour_draws(table, file=file), table, strict=True):
        fitted = {
            name.removeprefix("unknown."): _number(name, text, file)
            for name, text in row.items()
            if name.startswith("unknown.")
        }
        year, persistence = (_within(prior, row.get(prior.name), file) for prior in discrepancy_priors())
        made.append(Draw(member, year, persistence, fitted))
    return made


def _within(prior: Prior, told: Any, file: str) -> float:
    """A number of the discrepancy: the middle of its prior where a table has none."""
    if told is None or told == "":
        return float(prior.value(0.0))
    value = _number(prior.name, told, file)
    if not prior.least <= value <= prior.most:
        raise InputError(prior.name, told, f"a number from {prior.least:g} to {prior.most:g}", file=file)
    return value


def _number(name: str, told: Any, file: str) -> float:
    with suppress(TypeError, ValueError):
        if math.isfinite(value := float(told)):
            return value
    raise InputError(name, told, "a finite number", file=file)
