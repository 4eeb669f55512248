"""What varies, over what, and what is refused before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from abm.inputs.parameters import InputError
from abm.scenarios.overrides import known_paths
from experiments.sensitivity import Inquiry, inquire


def asked(**told: Any) -> Inquiry:
    return inquire("uk-pilot-2026", **{"measure": "cost_npv", **told})


def by_path(inquiry: Inquiry) -> dict[str, tuple[float, float]]:
    return {factor.path: (factor.low, factor.high) for factor in inquiry.factors}


def test_every_input_with_a_range_varies_and_no_lever() -> None:
    inquiry = asked()
    found = by_path(inquiry)
    with_range = {
        path for path, (_, declared) in known_paths().items()
        if declared.low is not None and path.startswith(("world.", "caseload.", "behaviour."))
    }  # fmt: skip
    assert with_range <= set(found) | set(inquiry.held)
    assert all(low < high for low, high in found.values())
    assert all(path.startswith(("world.", "caseload.", "behaviour.")) for path in found)


def test_the_range_of_a_figure_in_a_file_wins_over_the_declaration() -> None:
    declared = known_paths()["caseload.inflow_per_week"][1]
    assert by_path(asked())["caseload.inflow_per_week"] == (0.0, 4.0) != (declared.low, declared.high)


def test_what_has_no_range_is_told() -> None:
    assert {"world.safety_path", "caseload.procedure.grant_rate"} <= set(asked().without_range)


def test_inputs_that_cannot_vary_by_themselves_are_held_and_told_why() -> None:
    held = asked().held
    assert "shares that sum to 1" in held["caseload.housing.hotel"]
    assert "same_site" in held["caseload.network.same_origin"]


def test_what_is_set_is_held_unless_it_is_asked_for() -> None:
    inquiry = asked(settings=["world.hotel_night=130"])
    assert inquiry.held["world.hotel_night"] == "set by you"
    assert "world.hotel_night" not in by_path(inquiry)
    again = asked(settings=["world.hotel_night=130"], over=["world.hotel_night"])
    assert again.own == {"world.hotel_night": 130.0}


def test_levers_vary_when_asked_for() -> None:
    assert by_path(asked(levers=True))["offer.amount_per_person"] == (0.0, 20_000.0)
    assert by_path(asked(over=["offer"])).keys() >= {"offer.amount_per_person", "offer.paid_at_departure"}


def test_levers_of_offers_that_a_policy_does_not_make_do_not_vary_with_the_others() -> None:
    inquiry = inquire("uk-2025", measure="cost_npv", levers=True)
    assert not any(path.startswith("offer.") for path in by_path(inquiry))
    assert "standing.amount_per_person" in by_path(inquiry)
    assert by_path(inquire("uk-2025", measure="cost_npv", over=["offer.amount_per_person"]))


def test_groups_paths_and_ranges_of_ones_own() -> None:
    found = by_path(asked(over=["behaviour", "world.hotel_night=100:120"]))
    assert found["world.hotel_night"] == (100.0, 120.0)
    assert {path.partition(".")[0] for path in found} == {"behaviour", "world"}


@pytest.mark.parametrize(("over", "told"), [
    ("behaviour.mony", "Did you mean 'behaviour.money'?"),
    ("behaviour.mony=0:1", "Did you mean 'behaviour.money'?"),
    ("behaviour.money=0", "PATH=low:high, two numbers"),
    ("behaviour.money=a:b", "a number from 0 to 20"),
    ("behaviour.money=2:1", "low is below its high"),
    ("behaviour.money=0:99", "a number from 0 to 20"),
    ("world.price_year", "no plausible range is declared"),
    ("caseload.housing.hotel", "shares that sum to 1"),
])  # fmt: skip
def test_a_mistake_in_over_is_told_in_one_sentence(over: str, told: str) -> None:
    with pytest.raises(InputError) as refusal:
        asked(over=[over])
    assert told in str(refusal.value)
    assert "factors." not in str(refusal.value)


@pytest.mark.parametrize(("measure", "told"), [
    ("net_saving", "Did you mean 'net_saving"),
    ("net_saving_npv", "--against"),
    ("cost_per_additional_return", "a ratio of means over runs"),
    ("net_saving_without_money", "needs the variant without its money"),
])  # fmt: skip
def test_a_measure_that_cannot_be_looked_at_is_refused(measure: str, told: str) -> None:
    with pytest.raises(InputError, match=r"--measure") as refusal:
        asked(measure=measure)
    assert told in str(refusal.value)


@pytest.mark.parametrize(("number", "value", "option"), [
    ("replicates", 1, "--replicates"), ("trajectories", 1, "--trajectories"), ("points", 48, "--points"),
    ("most", 0, "--most"), ("at_ends", 1, "--tornado-replicates"), ("seed", -1, "seed"),
])  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(number: str, value: int, option: str) -> None:
    with pytest.raises(InputError, match=option):
        asked(**{number: value})


def test_a_policy_is_not_compared_with_itself() -> None:
    with pytest.raises(InputError, match="--against"):
        asked(against="uk-pilot-2026")
