"""Advice: what follows from a goal, on tables whose answer is known, and on a small run of the real question."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abm.inputs.parameters import InputError
from abm.measures import IDS
from experiments.cli.main import main
from experiments.compare.comparing import Comparison, Runs
from experiments.economics import advice as advising
from experiments.economics.advice import GOALS, NOTHING, Option, advise, inquire
from experiments.report.advised import advice_rows, caveats, sentences

AMOUNTS = ("£1 a person", "£2 a person", "£3 a person")
OPTIONS = (NOTHING, *(Option((("amount", words),), ()) for words in AMOUNTS))


def _runs(cost: list[float], left: list[float]) -> Runs:
    measures = np.zeros((len(cost), len(IDS)))
    measures[:, IDS.index("cost_npv")] = cost
    measures[:, IDS.index("departures")] = left
    return Runs("", 1.0, 1, measures, np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 1, 1), np.int64), [])


def _comparison(runs: list[Runs]) -> Comparison:
    asked = inquire(amounts=[1_000.0], windows=[None], audiences=["all"], moments=["exhausted"], replicates=4)
    return Comparison(replace(asked.question, replicates=4), runs, runs, 0.0)


def test_the_best_mean_is_recommended_and_its_chance_of_error_counted() -> None:
    # Cost under none 10 in each run.  Savings: first 2 2 2 2; second 6 6 −1 −1 (mean 2.5, worse than none in half of
    # the runs); third 1 1 1 1.  The second is best on average; another is better in the two runs in which it loses,
    # by 3 each: forgone on average (0 + 0 + 3 + 3) / 4.
    base = _runs([10.0] * 4, [0.0] * 4)
    first, second, third = (
        _runs(cost, left)
        for cost, left in (
            ([8.0] * 4, [1.0] * 4),
            ([4.0, 4.0, 11.0, 11.0], [5.0, 5.0, 1.0, 1.0]),
            ([9.0] * 4, [2.0] * 4),
        )
    )
    found = _comparison([base, first, second, third])
    saves = advising._saves(found.runs)
    assert saves.tolist() == [0.0, 1.0, 0.5, 1.0]
    money = advising._recommend(GOALS[0], False, found, OPTIONS, saves)
    assert (money.best, money.mean, money.wrong, money.worse, money.loss) == (2, 2.5, 0.5, 0.5, 1.5)
    assert {words: mean for _, words, mean in money.levels} == dict(zip(AMOUNTS, (2.0, 2.5, 1.0), strict=True))
    # Of those that save in nine runs of ten, the third has most departures; the second has more and is not one of them.
    prudent = advising._recommend(GOALS[3], False, found, OPTIONS, saves)
    assert (prudent.best, prudent.mean, prudent.wrong, prudent.alike) == (3, 2.0, 0.0, ())


def test_where_every_offer_loses_none_is_recommended() -> None:
    base = _runs([10.0] * 4, [0.0] * 4)
    dear = [_runs([11.0 + k] * 4, [1.0] * 4) for k in range(3)]
    found = _comparison([base, *dear])
    for goal, best in ((GOALS[0], 0), (GOALS[3], 0)):
        told = advising._recommend(goal, False, found, OPTIONS, advising._saves(found.runs))
        assert told.best == best
        assert told.loss == 0.0
    # More departures are to be had all the same: that goal takes an offer.
    assert advising._recommend(GOALS[1], False, found, OPTIONS, advising._saves(found.runs)).best == 1


@pytest.fixture(scope="module")
def small() -> Any:
    asked = inquire(amounts=[3_000.0, 20_000.0], windows=[None], audiences=["families", "all"], moments=["exhausted"],
                    replicates=20, weeks=52, households=40)  # fmt: skip
    return advise(asked, workers=2)


def test_offers_that_are_the_same_on_a_caseload_are_run_once_and_told(small: Any) -> None:
    # The pilot's caseload has families only.
    assert [option.label for option in small.options] == [
        "no new offer", "£3,000 a person, no deadline, families, after appeals",
        "£20,000 a person, no deadline, families, after appeals",
    ]  # fmt: skip
    assert [pair[0].split(", ")[2] for pair in small.same] == ["all refused"] * 2
    assert any("2 more offers are the same" in line for line in caveats(small))


def test_every_goal_has_an_answer_with_and_without_the_pull_factor(small: Any) -> None:
    rows = advice_rows(small)
    assert [row["goal"] for row in rows] == [goal.name for goal in GOALS] * 2
    for told, row in zip(small.recommended, rows, strict=True):
        assert 0.0 <= row["wrong"] <= 1.0
        assert row["loss"] >= 0.0
        assert all(sentences(small, told))
    most = small.recommended[1]
    reached = small.comparison.runs[most.best].measure("departures") - small.comparison.runs[0].measure("departures")
    assert most.mean == pytest.approx(reached.mean())
    assert most.mean > 0.0
    assert not any("too few" in line for line in caveats(small))
    few = replace(small, comparison=_comparison([_runs([1.0], [0.0])] * 2))
    assert next(iter(caveats(few))).endswith("too few to rely on.")
    assert small.worth
    assert all(one.value >= 0.0 for one in small.worth)


def test_the_command_writes_its_tables_and_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "--amounts 20000 --windows none --to all --when exhausted --replicates 2 --weeks 10 --households 20 --json"
    assert main(["advise", *asked.split(), "--out", str(tmp_path / "a")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["advice"]) == 8
    assert {path.name for path in (tmp_path / "a").iterdir()} >= {
        "advice.csv",
        "answers.csv",
        "options.csv",
        "manifest.json",
    }


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"amounts": [0.0]}, "--amounts"), ({"amounts": []}, "--amounts"), ({"audiences": ["everyone"]}, "--to"),
        ({"moments": ["refused", "refused"]}, "--when"), ({"windows": [1, 1]}, "--windows"),
    ],
)  # fmt: skip
def test_what_makes_no_question_is_refused(told: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        inquire(**told)
