"""How much of a comparison rests on what has a source, and how much on what is assumed."""

from __future__ import annotations

from experiments.question.question import ask
from experiments.report.marks import marks


def test_assumed_inputs_are_counted() -> None:
    count = marks(ask(["uk-upfront-national", "danish-2021"]))
    assert count["assumed"] > 10
    assert count["primary"] + count["press"] + count["inferred"] > 10
