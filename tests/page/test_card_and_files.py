"""What the numbers rest on is counted as the command counts it."""

from __future__ import annotations

import pytest

from experiments.page.choices import Choices
from experiments.page.evidence.trust import trust
from experiments.page.paired import answers

ASKED = (
    Choices(weeks=104, replicates=4, households=150, seed=5)
    .moved("b", "offer.amount_per_person", 15_000)
    .moved("b", "offer.household_cap", 60_000)
    .moved("b", "offer.end_week", 60)
    .moved("b", "offer.acceptance_window_weeks", 26)
)


@pytest.fixture(scope="module")
def answer():
    *_, last = answers(ASKED)
    return last


def test_assumptions_are_counted_and_listed():
    told = trust(Choices().shown)
    assumed = next(mark["count"] for mark in told["marks"] if mark["mark"] == "assumed")
    assert assumed == len(told["assumed"]) > 50
    assert told["total"] == sum(mark["count"] for mark in told["marks"])
    assert "enforcement.announced_risk" in {row["path"] for row in told["assumed"]}
