"""How much of a comparison rests on what has a source, and how much on what is assumed."""

from __future__ import annotations

from abm import load_policy
from experiments.question.question import ask
from experiments.report.marks import assumptions, marks


def test_assumed_inputs_are_counted() -> None:
    count = marks(ask(["uk-upfront-national", "danish-2021"]))
    assert count["assumed"] > 10
    assert count["primary"] + count["press"] + count["inferred"] > 10


def test_how_to_see_them_is_a_command_that_works() -> None:
    """A shipped scenario goes by its name; one of a file is shown by its file, wherever that is."""
    told = assumptions(ask(["danish-2021"]))
    assert "returns show danish-2021 --mark assumed; and so on with uk-families-2026," in told
    own = load_policy({"name": "mine", "extends": "danish-2021"})
    assert "returns show FILE --mark assumed; and so on with uk-families-2026," in assumptions(ask([own]))
