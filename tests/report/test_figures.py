"""The figures: a colour for each policy wherever it is shown, words for those who cannot see them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question.question import Question, ask
from experiments.report.comparison_figures import pictures
from experiments.report.figures import BASELINE, COLOURS, OWN, looks

SMALL: dict[str, Any] = {"weeks": 60, "replicates": 3, "households": 60, "uncertainty": "seeds"}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(ask(["uk-upfront-national", "settle-all"], **SMALL))


def asked(*variants: str, **changes: Any) -> Question:
    return ask(variants, **(SMALL | changes))


def test_a_policy_has_the_same_colour_whatever_it_is_shown_with() -> None:
    sets = (["uk-pilot-2026", "danish-2021"], ["danish-2021", "settle-all", "uk-pilot-2026"], ["uk-pilot-2026"])
    seen: dict[str, set[Any]] = {}
    for variants in sets:
        for label, look in zip(variants, looks(asked(*variants)), strict=True):
            seen.setdefault(label, set()).add(look)
    assert all(len(found) == 1 for found in seen.values())
    assert len({colour for found in seen.values() for colour, _ in found}) == 3


def test_policies_of_one_figure_are_told_apart_and_never_look_like_the_baseline() -> None:
    names = ["irish-2025", "danish-2020", "uk-2005", "uk-2010", "danish-as-reported", "dutch-2015-2022", *list(OWN)[:4]]
    found = looks(asked(*names))
    assert len(set(found)) == len(names)
    assert BASELINE not in {colour for colour, _ in found}
    assert len({colour for colour, _ in found}) == len(COLOURS)


def test_settings_of_a_policy_go_from_dark_to_light() -> None:
    found = looks(asked("uk-pilot-2026", vary=["offer.amount_per_person=1000,2000,3000,4000"]))
    light = [sum(colour[:3]) for colour, _ in found]
    assert light == sorted(light)
    assert len(set(light)) == 4


def test_a_figure_says_what_it_finds_and_shows_in_words(comparison: Comparison) -> None:
    drawn = pictures(comparison, rows(comparison))
    assert set(drawn) == {"differences", "pull-factor", "departures"}
    for picture in drawn.values():
        assert picture.figure.get_figwidth() == 7.0
        words = " ".join(text.get_text() for text in picture.figure.texts)
        assert picture.title in re.sub(r"\s+", " ", words)
        for name in ("the pilot's amounts for everybody, lasting", "Leave to stay for all with a failed claim"):
            assert name in picture.alt
    assert "Of 2 policies" in drawn["differences"].title or "All 2 policies" in drawn["differences"].title


def test_signs_in_a_title_are_drawn_as_they_are_written(comparison: Comparison, tmp_path: Path) -> None:
    q = comparison.question
    policy = q.policies[1].model_copy(update={"title": "pay_$5k_to_$10k {x} \\frac"})
    cases = (q.cases[0], replace(q.cases[1], policy=policy), *q.cases[2:])
    held = replace(comparison, question=replace(q, cases=cases))
    drawn = pictures(held, rows(held))["departures"]
    for form in ("svg", "pdf", "png"):
        drawn.save(tmp_path / f"f.{form}")
    assert "$5k" in (tmp_path / "f.svg").read_text(encoding="utf-8")
