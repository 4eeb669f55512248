"""A constant world gives a flat history: the stock of week 0 is one that has been lived in."""

from __future__ import annotations

import numpy as np
import pytest

from abm import load_behaviour, load_caseload, load_policy, prepare


@pytest.fixture(scope="module")
def years() -> dict[str, np.ndarray]:
    """Departures and stock of four years under a constant policy, with an inflow that about keeps the stock.

    Without the weight of ties who left: those of the stock are all there in week 0, and their leaving is felt later.
    """
    people = load_caseload("uk-refused-2005").model_copy(update={"inflow": {}})
    people = people.with_values({"inflow_per_week": 460.0})
    policy = load_policy("uk-2005").with_values({"standing.amount_per_person": 500.0})
    alone = load_behaviour().with_values({"norm": 0.0})
    prepared = prepare(policy, people, alone, weeks=208, households=60_000)
    found: dict[str, list[np.ndarray]] = {}
    for seed in range(3):
        series = prepared.run(seed).series
        for name in ("assisted", "unassisted", "removed", "stock_exhausted"):
            found.setdefault(name, []).append(series[name].to_numpy().reshape(4, 52).sum(axis=1))
    return {name: np.mean(values, axis=0) for name, values in found.items()}


@pytest.mark.parametrize("way", ["assisted", "unassisted", "removed"])
def test_departures_of_each_kind_are_flat_over_four_years(years: dict[str, np.ndarray], way: str) -> None:
    """Per household of the stock, within 5 % of their mean; without regard to who stayed they fell by a third."""
    rates = years[way] / years["stock_exhausted"]
    assert rates == pytest.approx(np.full(4, rates.mean()), rel=0.05)
