"""Inputs of behaviour grouped by meaning: what one study could find out together.

Declared once, here: every coefficient of `abm.inputs.behaviour.Behaviour` belongs to exactly one group (a test asks for
all of them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import read

#: All of them together.
EVERYTHING = "everything about behaviour"

GROUPS: dict[str, tuple[str, ...]] = {
    "readiness to leave at all, by each way": (
        "assisted", "unassisted", "irregular", "irregular_children", "taste_return", "taste_irregular",
    ),
    "attention without an offer": ("consider", "alert_refusal", "alert_memory"),
    "publicity of offers and advice": ("alert_offer", "alert_closing", "alert_visit"),
    "weight of money, and trust in payment": (
        "money", "anticipation", "discounting", "discounting_spread", "present_bias", "payment_belief",
        "in_kind_value", "visit_trust",
    ),
    "threat of removal": (
        "removal_risk", "removal_risk_irregular", "announcement_trust", "fear", "removal_strength", "alert_removal",
        "learning_removal", "credibility_memory",
    ),
    "peers": ("norm", "information", "report_strength", "alert_departure"),
    "safety and income at home": (
        "origin", "safety", "home_income", "learning_safety", "news_noise", "list_trust", "safety_spread",
    ),
    "conditions in the host country": (
        "host_ties", "ties_years", "school", "hope", "hotel", "lost_support_return", "lost_support_irregular",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A group of inputs that vary, and their values.

    Attributes
    ----------
    inputs
        Names of those that vary.
    values
        Shape (draws, inputs).
    """

    title: str
    inputs: tuple[str, ...]
    values: NDArray[np.float64]


def varying(behaviours: Sequence[Behaviour]) -> list[Group]:
    """The groups of which some input varies over the behaviours, and first all of them together; empty if none does."""
    found = []
    for title, names in GROUPS.items():
        table = np.array([[float(read(behaviour, name)) for name in names] for behaviour in behaviours])
        moving = np.flatnonzero(np.ptp(table, axis=0) > 0.0)
        if len(moving):
            found.append(Group(title, tuple(names[k] for k in moving), table[:, moving]))
    if not found:
        return []
    every = tuple(name for group in found for name in group.inputs)
    return [Group(EVERYTHING, every, np.column_stack([group.values for group in found])), *found]
