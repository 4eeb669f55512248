"""What is taken away gives the same numbers again."""

from __future__ import annotations

import csv
import io
import json
import shlex

import numpy as np
import pytest

from abm import load_policy, prepare
from abm.measures import MEASURES
from experiments.page.answer.wording import KEY_FIGURES, amount, in_short, table
from experiments.page.choices import Choices
from experiments.page.downloads import COLUMNS, command, figures_csv, policy_toml, series_csv
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


def test_the_edited_policy_comes_back_from_its_file(answer, tmp_path):
    file = tmp_path / "b.toml"
    file.write_text(policy_toml(ASKED, "b"), encoding="utf-8")
    again = prepare(load_policy(str(file)), ASKED.caseload, weeks=104, households=150)
    assert again.policy.offer == ASKED.shown.policies[1].offer
    assert again.identity(5) == answer.prepared[1].identity(5)
    assert np.array_equal(again.measures(5), answer.film.takes[1].run.values, equal_nan=True)


def test_compare_gives_the_figures_of_the_page(answer, tmp_path, monkeypatch, capsys):
    """The command that the page shows, with the file that it gives, prints the numbers that it gives."""
    cli = pytest.importorskip("experiments.cli.main")
    monkeypatch.chdir(tmp_path)
    policy = ASKED.shown.policies[1]
    (tmp_path / f"{policy.name}.toml").write_text(policy_toml(ASKED, "b"), encoding="utf-8")
    words = shlex.split(command(ASKED))
    assert words[0] == "returns"
    assert cli.main([*words[1:], "--json", "--out", str(tmp_path / "out")]) == 0
    printed = {
        (row["variant"], row["measure"]): row for row in json.loads(capsys.readouterr().out) if not row.get("group")
    }
    rows = list(csv.DictReader(io.StringIO(figures_csv(answer))))
    compared = 0
    for row in rows:
        if row["variant"] != policy.name or row["measure"] not in MEASURES:
            continue
        other = printed[policy.name, row["measure"]]
        for name in COLUMNS[3:]:
            if row[name]:
                assert float(row[name]) == pytest.approx(other[name], rel=1e-9, abs=1e-9), (row["measure"], name)
                compared += 1
    assert compared > 100


def test_series_hold_both_sides_week_by_week(answer):
    rows = list(csv.DictReader(io.StringIO(series_csv(answer))))
    assert len(rows) == 2 * 104
    assert float(rows[0]["stock_exhausted"]) == answer.film.takes[0].run.series["stock_exhausted"][0]


def test_what_was_taken_away_can_be_taken_again(answer):
    """A visitor may ask for the same file twice, and what she looks at stays as it was."""
    before = answer.film.takes[0].run.series.columns.tolist()
    for made in (series_csv, figures_csv):
        assert made(answer) == made(answer)
    assert answer.film.takes[0].run.series.columns.tolist() == before


def test_the_table_shows_every_measure_and_the_key_figures_first(answer):
    rows = table(answer)
    assert [row["id"] for row in rows[: len(KEY_FIGURES)]] == list(KEY_FIGURES)
    assert {row["id"] for row in rows} == set(MEASURES)


def test_sentences_name_both_sides_and_an_interval(answer):
    told = in_short(answer)
    assert len(told) == 3
    assert all("B" in sentence and "A" in sentence for sentence in told)
    assert any("nine runs in ten" in sentence for sentence in told)


def test_assumptions_are_counted_and_listed():
    told = trust(Choices().shown)
    assumed = next(mark["count"] for mark in told["marks"] if mark["mark"] == "assumed")
    assert assumed == len(told["assumed"]) > 50
    assert told["total"] == sum(mark["count"] for mark in told["marks"])
    assert "enforcement.announced_risk" in {row["path"] for row in told["assumed"]}


@pytest.mark.parametrize(
    ("value", "unit", "signed", "text"),
    [
        (0.0314, "share", False, "3.1 %"),
        (0.0314, "share", True, "+3.1"),
        (-0.00001, "share", True, "0.0"),
        (-1_380_000.0, "GBP", True, "−£1.38 m"),
        (12_345.0, "GBP", False, "£12.3 k"),
        (0.0, "children", False, "0"),
        (float("nan"), "weeks", False, "–"),
    ],
)
def test_numbers_are_written_for_people(value, unit, signed, text):
    assert amount(value, unit, signed=signed).replace("\u00a0", " ").replace("\u2060", "") == text


def test_charts_are_valid_and_differ_by_theme(answer):
    pytest.importorskip("altair")
    import altair as alt

    from experiments.page.answer.charts import board

    light, dark = board(answer, dark=False), board(answer, dark=True)
    assert [chart["id"] for chart in light] == ["stocks", "departures", "origins", "money"]
    assert light != dark
    for chart in light:
        for spec in chart["specs"]:
            alt.Chart.from_dict(spec, validate=True) if "layer" not in spec else alt.LayerChart.from_dict(
                spec, validate=True
            )
            assert spec["datasets"]["rows"]
