"""Settings of one policy that are compared: each with each, under names that say them, the baseline untouched."""

from __future__ import annotations

from typing import Any

import pytest

from abm.inputs.parameters import InputError, read
from experiments.question.idle import idle_settings
from experiments.question.question import Question, ask
from experiments.report.names import named, names_of

SMALL: dict[str, Any] = {"weeks": 30, "replicates": 2, "households": 40}


def varied(*vary: str, variants: tuple[str, ...] = ("uk-pilot-2026",), **changes: Any) -> Question:
    return ask(variants, vary=vary, **(SMALL | changes))


def test_each_value_is_a_policy_under_a_name_that_says_it_and_the_baseline_is_untouched() -> None:
    question = varied("offer.amount_per_person=3000,10000")
    assert question.labels == ("uk-2025", "uk-pilot-2026, amount £3,000", "uk-pilot-2026, amount £10,000")
    assert [read(policy, "offer.amount_per_person") for policy in question.policies[1:]] == [3_000.0, 10_000.0]
    assert question.policies[0] == ask(["uk-2025"], **SMALL).policies[0]
    assert question.policies[1].title == "United Kingdom, pilot of March 2026, amount £3,000"
    assert names_of(question) == ("the standing offer (2025)", "amount £3,000", "amount £10,000")
    assert named(question) == "pilot of March 2026"


def test_the_long_form_of_a_lever_does_as_well() -> None:
    short, long = (
        varied(f"{path}=3000,10000") for path in ("offer.amount_per_person", "offers.offer.amount_per_person")
    )
    assert [policy.offers for policy in short.policies] == [policy.offers for policy in long.policies]


def test_several_levers_are_compared_each_value_with_each() -> None:
    question = varied("offer.amount_per_person=3000,10000", "support.families=continue,end_after")
    assert question.variants == tuple(
        f"uk-pilot-2026, amount £{amount}, support families {rule}"
        for amount in ("3,000", "10,000")
        for rule in ("continue", "end after")
    )


def test_a_setting_holds_for_every_value() -> None:
    question = varied("offer.amount_per_person=3000,10000", settings=["offer.early_bonus=0.25"])
    assert [read(policy, "offer.early_bonus") for policy in question.policies] == [0.0, 0.25, 0.25]


@pytest.mark.parametrize(
    ("vary", "told"),
    [
        ("offer.amount_per_person", "path=value,value"),
        ("offer.amount_per_person=3000,,4000", "path=value,value"),
        ("uk-pilot-2026:offer.amount_per_person=3000", "path=value,value"),
        ("offer.amount_per_persn=3000", "offer.amount_per_person"),
        ("world.hotel_night=90,100", "a lever of the policy"),
        ("offer.amount_per_person=3000,3000.0", "each value once"),
        ("offer.amount_per_person=-1,3000", "from 0"),
        ("offer.amount_per_person=3000,90000", "household_cap"),
        ("offer.amount_per_person=" + ",".join(map(str, range(1, 14))), "at most 12 settings (13 is 13)"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(vary: str, told: str) -> None:
    with pytest.raises(InputError) as fault:
        varied(vary)
    assert told in str(fault.value)


def test_a_lever_is_varied_once_and_not_set_as_well() -> None:
    with pytest.raises(InputError, match=r"offer\.amount_per_person once"):
        varied("offer.amount_per_person=1,2", "offer.amount_per_person=3,4")
    with pytest.raises(InputError, match="is set as well"):
        varied("offer.amount_per_person=1,2", settings=["offer.amount_per_person=3"])


@pytest.mark.parametrize("variants", [(), ("uk-pilot-2026", "danish-2021")])
def test_one_policy_is_varied_not_several(variants: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"one variant to vary it in, not (none|2)"):
        varied("offer.amount_per_person=1,2", variants=variants)


def test_a_value_without_effect_is_told_and_the_policys_own_is_not() -> None:
    """The pilot's offer closes to all in its first week, however long each may think it over."""
    question = varied("offer.acceptance_window_weeks=1,52")
    own = read(ask(["uk-pilot-2026"], **SMALL).policies[1], "offer.acceptance_window_weeks")
    assert own == 1
    (told,) = idle_settings(question.cases, question.without, question.seed)
    assert told.startswith("offer.acceptance_window_weeks=52 changed no figure")
