"""One rule of every kind that the worked examples do not show."""

from __future__ import annotations

import numpy as np

from abm.rules import attention, column, event, measure, parameter, term, way_out


@way_out(
    leads_to="SETTLED",
    stages=("REFUSED", "EXHAUSTED", "ABSCONDED"),
    marriage=parameter(-3.0, unit="utility", ge=-60, le=60, low=-9, high=-2, meaning="constant of marrying a resident"),
)
def marries(marriage: float, years_here: float, adults: float) -> float:
    """Marry a resident."""
    return marriage + 0.1 * years_here - 60.0 * (adults - 1.0)


@column
def in_flat(u: float) -> float:
    """1 if it lives in a flat of its own."""
    return 1.0 if u < 0.4 else 0.0


@event(leads_to="ABSCONDED", stages=("EXHAUSTED",))
def raided(in_flat: float, weeks_in_stage: float) -> float:
    """Leaves after a raid on its block."""
    return 0.05 * in_flat if weeks_in_stage > 4.0 else 0.0


@attention(
    stages=("EXHAUSTED",),
    letter=parameter(0.5, unit="1", ge=0, le=1, low=0, high=1, meaning="attention that the letter of week 10 adds"),
    lost=parameter(0.0, unit="1", ge=0, le=1, low=0, high=0.5, meaning="share of letters that are lost; 1: a fault"),
)
def letter_of_week_ten(week: float, letter: float, lost: float) -> float:
    """A letter to everybody."""
    return letter / (1.0 - lost) if week == 10.0 else 0.0


@term(into="unassisted")
def festival(week: float) -> float:
    """Homecoming in the festival weeks."""
    return 0.7 if week % 52.0 >= 50.0 else 0.0


@measure("households that married a resident or were settled", unit="households", group="compassionate")
def ever_settled(run) -> float:  # type: ignore[no-untyped-def]
    """Households that end the run settled."""
    return float(np.sum(run.households["stage"] == "SETTLED") * run.prepared.weight)
