"""A setting that changes no figure is told."""

from __future__ import annotations

import pytest

from experiments.question.idle import held_arrivals, idle_in_design, idle_settings
from experiments.question.question import ask
from experiments.question.study import lay_out


@pytest.mark.parametrize(("setting", "idle"), [
    ("offer.household_cap=900000", True),  # above every sum
    ("offer.acceptance_window_weeks=50", True),  # longer than the offer is open
    ("world.safety_week=9", True),  # of a shock that does not come
    ("offer.amount_per_person=20000", False),
    ("world.hotel_night=20", False),
])  # fmt: skip
def test_a_setting_without_effect_is_told(setting: str, idle: bool) -> None:
    cap = () if setting.startswith("offer.household_cap") else ("offer.household_cap=900000",)
    asked = ask(["uk-pilot-2026"], settings=[*cap, setting], replicates=2, weeks=52)
    told = list(idle_settings(asked.cases, asked.without, 1))
    assert any(line.startswith(f"{setting} changed no figure") for line in told) == idle


def test_a_pull_factor_that_is_held_is_told() -> None:
    settings = ["world.pull_elasticity=5", "world.support_worth=2500", "offer.household_cap=none",
                "offer.amount_per_person=50000"]  # fmt: skip
    far = ask(["uk-upfront-national"], settings=settings, replicates=2)
    near = ask(["uk-upfront-national"], settings=["world.pull_elasticity=0.5"], replicates=2)
    told = list(held_arrivals({"lasting": far.cases[1]}))
    assert told == ["lasting: the pull factor is held at 10 times the caseload's own arrivals."]
    assert list(held_arrivals({"lasting": near.cases[1]})) == []


def test_an_entry_of_a_design_without_effect_is_told() -> None:
    """A cap above every sum at every point, and one that binds at the largest amount only."""
    design = {"variants": ["uk-upfront-national"], "factors": {"offer.amount_per_person": [1_000, 20_000]}, "weeks": 60}
    high = lay_out(
        {**design, "set": {"offer.household_cap": 900_000, "world.safety_week": 5, "world.hotel_night": 9.0}}
    )
    told = [line.split(" ")[0] for line in idle_in_design(high)]
    assert "set.world.safety_week" in told
    assert "set.world.hotel_night" not in told
    assert "set.offer.household_cap" not in told  # without it the variant's own, lower, cap binds
