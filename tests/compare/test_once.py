"""No run of a comparison is made twice, and what several share is what each would have had."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import abm
from abm.inputs.world import World
from abm.model import Prepared, Run
from experiments.compare.comparing import Comparison, compare
from experiments.compare.paired import rows
from experiments.question import content as content_module
from experiments.question.content import FOR_ARRIVALS, Content
from experiments.question.idle import idle_settings
from experiments.question.question import Question, ask

SMALL: dict[str, Any] = {"weeks": 30, "replicates": 3, "households": 40}
#: Three elasticities by three worths of support.
GRID = 9


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each run is made, by its identity."""
    found: Counter[str] = Counter()
    run = Prepared.run

    def counted(self: Prepared, seed: int = 0, *, events: bool = False) -> Run:
        found[self.identity(seed)] += 1
        return run(self, seed, events=events)

    monkeypatch.setattr(Prepared, "run", counted)
    return found


def unshared(question: Question, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """The comparison in which every run is made for itself."""
    numbers = count()
    with monkeypatch.context() as patch:
        patch.setattr(Content, "of", lambda self, replicate, seed: next(numbers).to_bytes(8, "big"))
        return compare(question)


# A policy's runs are those of it, of it without its money, of it with the pull factor, and of nine more strengths.
@pytest.mark.parametrize(("variants", "wanted"), [
    (["uk-pilot-2026"], 3),  # nobody is drawn: the standing offer, the pilot, the pilot without its money
    (["uk-2025", "uk-pilot-2026"], 3),  # the baseline among the variants
    (["uk-upfront-national"], 3 + GRID),  # of the grid one is the pull factor at its upper bound, as shown anyway
])  # fmt: skip
def test_a_run_is_made_once(
    variants: list[str], wanted: int, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ask(variants, **SMALL)
    shared = compare(question)
    assert set(made.values()) == {1}
    assert len(made) == wanted * SMALL["replicates"]
    made.clear()
    each = unshared(question, monkeypatch)
    assert sum(made.values()) == (2 * len(question.cases) + 1 + GRID * len(question.cases)) * SMALL["replicates"]
    assert repr(rows(each)) == repr(rows(shared))
    assert each.identity == shared.identity
    for one, other in zip([*each.runs, *each.pulled], [*shared.runs, *shared.pulled], strict=True):
        assert repr(one) == repr(other)


def test_runs_of_a_question_before_are_taken(made: Counter[str]) -> None:
    question, kept = ask(["uk-pilot-2026"], **SMALL), {}
    compare(replace(question, replicates=2), made=kept)
    found = compare(question, made=kept)
    assert set(made.values()) == {1}
    assert len(made) == 3 * 3
    assert repr(rows(found)) == repr(rows(compare(question)))


def test_what_a_setting_does_is_found_with_no_run_made_twice(made: Counter[str]) -> None:
    question = ask(["uk-pilot-2026"], settings=["offer.household_cap=900000", "world.pull_elasticity=0.5"], **SMALL)
    known = compare(question).known()
    told = list(idle_settings(question.cases, question.without, question.seed, known))
    assert [line.split("=")[0] for line in told] == ["offer.household_cap", "world.pull_elasticity"]
    assert set(made.values()) == {1}


def test_a_run_reads_arrivals_and_not_what_they_follow_from() -> None:
    package = Path(abm.__file__).parent
    for wing in ("household", "arrays", "week"):
        for path in (package / wing).glob("*.py"):
            found = [name for name in FOR_ARRIVALS if name in path.read_text(encoding="utf-8")]
            assert not found or path.name == "pull.py", f"{path} reads {found}"
    assert set(World.model_fields) >= FOR_ARRIVALS


@pytest.mark.parametrize(("path", "value"), [
    ("offer.amount_per_person", 9.0), ("offer.start_week", 2), ("world.hotel_night", 9.0),
    ("world.discount_rate", 0.07), ("caseload.inflow_per_week", 9.0), ("behaviour.money", 2.9),
])  # fmt: skip
def test_what_a_run_reads_is_its_content(path: str, value: float) -> None:
    case = ask(["uk-upfront-national"], **SMALL, uncertainty="seeds").cases[1]
    other = case.with_settings({path: value})
    assert Content(case).of(0, 1) != Content(other).of(0, 1)
    assert Content(case).of(0, 1) != Content(case).of(0, 2)
    assert Content(replace(case, weeks=29)).of(0, 1) != Content(case).of(0, 1)
    assert Content(replace(case, households=41)).of(0, 1) != Content(case).of(0, 1)


def test_another_name_is_no_other_run() -> None:
    case = ask(["uk-upfront-national"], **SMALL).cases[1]
    other = replace(case, policy=case.policy.model_copy(update={"name": "x", "title": "y", "describes": "z"}))
    assert Content(case).of(0, 1) == Content(other).of(0, 1)


def test_rules_of_ones_own_may_read_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    case = ask(["uk-pilot-2026"], **SMALL).cases[1]
    drawn = case.with_settings({"world.pull_elasticity": 1.3})
    assert Content(case).of(0, 1) == Content(drawn).of(0, 1)

    class Own:
        mark = "own"

    monkeypatch.setattr(content_module, "active", Own)
    assert Content(case).of(0, 1) != Content(drawn).of(0, 1)
