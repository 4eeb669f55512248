"""What the model is held against: the rows of ``abm/evidence/targets.csv``, and those that a fit may use as moments."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np

from abm.evidence.figures import EVIDENCE


@dataclass(frozen=True)
class Moment:
    """One calibration target as a moment of the model.

    Attributes
    ----------
    id
        Row of ``targets.csv``.
    value, low, high
        Target, and the range that the fit treats as its central nine tenths.
    meaning
        What is compared with it.
    weight
        1 if the fit uses it; 0 if it is shown only.
    """

    id: str
    value: float
    low: float
    high: float
    meaning: str
    weight: float = 1.0

    @property
    def sigma(self) -> float:
        """Standard deviation on the log scale that the range stands for."""
        return max(0.05, float(np.log(self.high / max(self.low, 1e-3)) / 3.29))


@cache
def target_rows() -> dict[str, dict[str, str]]:
    """The rows of targets.csv by id."""
    with (EVIDENCE / "targets.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def _moment(
    name: str, meaning: str, low: float | None = None, high: float | None = None, weight: float = 1.0
) -> Moment:
    row = target_rows()[name]
    if row["use"] != "calibrate":
        raise ValueError(f"{name} is kept for validation and must not be fitted to")
    value = float(row["value"])
    low = float(row["low"]) if low is None else low
    high = float(row["high"]) if high is None else high
    return Moment(name, value, low, high, meaning, weight)


#: The stock of 2004 is known to within 155,000–283,500; levels over it share that uncertainty.
_STOCK_LOW, _STOCK_HIGH = 0.0095 / 0.013, 0.0175 / 0.013


@cache
def moments() -> tuple[Moment, ...]:
    """The targets that the fit uses or shows.

    The count of families out of contact, 32 of 116, carries its binomial error.  Where the evidence gives no range,
    the count of 2005 and 2006 gets that of the stock it is taken from, and flows and the ratio get ±10 %, assumed.
    """
    before, during = (float(target_rows()[f"UK_AVR_{year}"]["value"]) for year in (2005, 2006))
    ratio = during / before
    return (
        _moment("UK_AVR_HAZARD_2004", "assisted persons in a year over the stock, offer of GBP 500"),
        Moment(
            "UK_AVR_2006/2005", ratio, 0.9 * ratio, 1.1 * ratio, "the year of the larger offer over the year before"
        ),
        _moment("UK_COHORT_ASSISTED", "assisted departures of the cohort within 8.5 years"),
        _moment("UK_COHORT_VOLUNTARY", "assisted and unassisted departures of the cohort within 8.5 years"),
        _moment("S9_ABSCOND", "families out of contact 60 weeks after losing support", 0.21, 0.35),
        _moment("UK_AVR_2005", "assisted persons in 2005", before * _STOCK_LOW, before * _STOCK_HIGH, 0.0),
        _moment("UK_AVR_2006", "assisted persons in 2006", during * _STOCK_LOW, during * _STOCK_HIGH, 0.0),
        _moment("UK_COHORT_ENFORCED", "removals of the cohort within 8.5 years", weight=0.0),
        _moment("S9_REMOVED", "families that left within 60 weeks of losing support", 0.0, 0.009, weight=0.0),
        _moment("UK_VOL_FLOW_2023", "voluntary departures of persons in a year", 3_600, 4_400, weight=0.0),
        _moment("UK_ENF_FLOW_2023", "removals of persons in a year", 1_680, 2_050, weight=0.0),
        _moment("UK_ENF_CHILDREN", "children removed in a year", weight=0.0),
    )
