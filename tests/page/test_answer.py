"""The answer of the page: the numbers and sentences of `returns compare`, written so that they agree."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex

import numpy as np
import pytest

pytest.importorskip("solara", reason="not installed: solara (pip install -e '.[browser]')")

from abm import load_policy, prepare
from abm.inputs.parameters import InputError
from abm.measures import COMPARED, MEASURES
from experiments.compare.comparing import compare
from experiments.compare.paired import KEYS, rows
from experiments.page.answer.cards import CARDS, cards, economics, facts, first_look
from experiments.page.answer.differing import differing
from experiments.page.answer.table import KEY_FIGURES, table
from experiments.page.answer.turning import PULL, seeds, shown, turning, turns
from experiments.page.answer.waiting import shipped, waiting
from experiments.page.answer.wording import written
from experiments.page.choices import USUAL_REPLICATES, Choices
from experiments.page.downloads import command, figures_csv, policy_toml, series_csv
from experiments.page.evidence.trust import trust
from experiments.page.paired import answers
from experiments.page.strip import savings, sentences
from experiments.page.view import View
from experiments.report.marks import marks
from experiments.report.shipped import REFERENCE
from experiments.report.verdict import verdict
from experiments.sensitivity.tornado import Bar
from experiments.statistics.intervals import spread

ASKED = (
    Choices(weeks=60, replicates=3, households=60, seed=5)
    .moved("b", "offer.amount_per_person", 15_000)
    .moved("b", "offer.household_cap", 60_000)
    .moved("b", "offer.end_week", 40)
    .moved("b", "offer.acceptance_window_weeks", 26)
    .moved("both", "world.hotel_night", 200.0)
)
#: A lasting offer draws arrivals if the pull factor is on, and there are runs enough for a claim.
LASTING = Choices(b="uk-upfront-national", weeks=60, replicates=20, households=30)


def last_of(choices):
    *_, last = answers(choices)
    return last


@pytest.fixture(scope="module")
def answer():
    return last_of(ASKED)


@pytest.fixture(scope="module")
def lasting():
    return last_of(LASTING)


def plain(text):
    return text.replace("\u00a0", " ").replace("\u2060", "")


# ---- the same as the command ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["answer", "lasting"])
def test_rows_and_sentences_are_those_of_a_comparison_to_the_last_bit(name, request):
    found = request.getfixturevalue(name)
    comparison = compare(found.question)
    theirs = [row for row in rows(comparison) if not row["group"]]
    assert len(found.rows) == len(theirs) > 100
    for own, other in zip(found.rows, theirs, strict=True):
        for key in KEYS:
            same = own[key] == other[key] or (own[key] != own[key] and other[key] != other[key])
            assert same, (own["measure"], key, own[key], other[key])
    assert found.verdict == verdict(comparison, theirs)


def test_the_command_that_is_shown_prints_the_same_numbers(answer, tmp_path, monkeypatch, capsys):
    cli = pytest.importorskip("experiments.cli.main")
    monkeypatch.chdir(tmp_path)
    policy = ASKED.shown.policies[1]
    (tmp_path / f"{policy.name}.toml").write_text(policy_toml(ASKED, "b"), encoding="utf-8")
    words = shlex.split(command(ASKED))
    assert cli.main([*words[1:], "--json", "--out", str(tmp_path / "out")]) == 0
    printed = {
        (row["role"], row["measure"]): row for row in json.loads(capsys.readouterr().out) if not row.get("group")
    }
    own = list(csv.DictReader(io.StringIO(figures_csv(answer))))
    assert len(own) == len(printed)
    for row in own:
        other = printed[row["role"], row["measure"]]
        for key in ("mean", "run_p05", "mean_low", "difference", "difference_run_p95"):
            assert (float(row[key]) if row[key] else None) == other[key], (row["measure"], key)
    given = {row["measure"] for row in own if row["mean"] and row["role"] == "variant"}
    assert {"net_saving_npv_with_pull", "break_even_offer", "deadweight", "induced_arrivals_with_pull"} <= given


def test_inputs_are_counted_as_the_command_counts_them(answer, tmp_path):
    """Of the command's own question, with the edited policy from its file."""
    from experiments.question.question import ask

    policy = ASKED.shown.policies[1]
    file = tmp_path / f"{policy.name}.toml"
    file.write_text(policy_toml(ASKED, "b"), encoding="utf-8")
    asked = ask([str(file)], households=60, weeks=60, replicates=3, settings=["world.hotel_night=200"])
    told = trust(answer.question)
    assert {mark["mark"]: mark["count"] for mark in told["marks"] if mark["count"]} == dict(marks(asked))
    default = trust(Choices().question)
    assert default["total"] == sum(marks(ask(["uk-pilot-2026"])).values())


# ---- what is told -----------------------------------------------------------------------------------


def test_until_twenty_runs_nothing_is_claimed(answer):
    told = " ".join(sentences(answer))
    assert "3 runs" in told
    assert "%" not in told
    assert all(bar["between"] == "" and not bar["apart"] for card in cards(answer) for bar in card["bars"])
    assert all(not row["d"]["apart"] and not row["d"]["interval"] for row in table(answer))
    assert savings(answer)["off"]["between"] == ""
    assert facts(answer)[0]["value"] == "–"


def test_from_twenty_runs_on_the_sentences_are_the_command_s(lasting):
    assert sentences(lasting) == lasting.verdict
    assert "of 20 runs" in lasting.verdict[0]


def test_the_saving_is_told_with_the_pull_factor_off_and_on_and_a_turn_in_words(lasting):
    told, finding = savings(lasting), lasting.finding
    assert told["off"]["word"] == ("saves" if finding.saving > 0 else "costs")
    assert told["on"]["word"] == ("saves" if finding.saving_with_pull > 0 else "costs")
    assert finding.saving_with_pull < finding.saving  # who is drawn costs money
    assert bool(told["turns"]) == finding.turns
    assert lasting.row("induced_arrivals_with_pull")["mean"] > 0


def test_where_nobody_is_drawn_it_is_said_why_in_place_of_the_same_figure_twice(answer, lasting):
    pilot = last_of(Choices(weeks=26, replicates=1, households=10))  # closed to claims made later
    assert (
        savings(pilot)["on"]["why"]
        == "Those who come later cannot take B's offer, so nobody is drawn: the same figure."
    )
    assert [bar["title"] for bar in cards(pilot)[2]["bars"]] == ["pull factor off or on: nobody is drawn"]
    assert savings(lasting)["on"]["why"] == ""
    assert savings(lasting)["off"]["title"] == "Pull factor off: offers draw nobody"
    asked = Choices(b="uk-upfront-national", weeks=26, replicates=1, households=10)
    on = last_of(asked.moved("both", PULL, 1.3))
    assert savings(on)["on"]["why"] == "It is on already: the same figure."
    assert savings(on)["off"]["title"] == "Pull factor as you set it (elasticity 1.3)"
    assert [bar["title"] for bar in cards(on)[2]["bars"]] == ["pull factor 1.3, as you set it"]


def test_the_shipped_answer_stands_until_the_usual_question_is_run_and_for_no_other(tmp_path):
    told = waiting(Choices(replicates=6))
    assert told["shipped"]["runs"] == 100
    rows = {row["title"]: row for row in told["shipped"]["rows"]}
    lines = csv.DictReader((REFERENCE / "headline.csv").read_text(encoding="utf-8").splitlines())
    held = {(row["variant"], row["measure"]): row for row in lines if not row["group"]}
    saving = float(held["uk-pilot-2026", "net_saving_npv"]["difference"])
    assert number_of(rows["Net saving of B against A"]["mean"].lstrip("+")) == pytest.approx(saving / 1e6, abs=0.05)
    for other in (Choices(weeks=52), Choices(households=60), Choices(b="danish-2021"),
                  Choices().moved("both", "world.hotel_night", 200.0)):  # fmt: skip
        assert waiting(other)["shipped"] == {}
    assert shipped(Choices(), tmp_path) == {}
    assert waiting(ASKED, fault=True)["policies"] == []
    broken = Choices().moved("b", "offer.household_cap", 100)  # less than one adult gets: it cannot be run
    assert [told["side"] for told in waiting(broken)["policies"]] == ["a", "b"]


def test_each_card_shows_numbers_that_subtract(lasting):
    made = cards(lasting)
    assert [card["id"] for card in made] == [name for name, *_ in CARDS]
    for card in made:
        a, b, d = (number_of(text) for text in (card["a"], card["b"], card["bars"][0]["mean"]))
        assert b - a == pytest.approx(d, abs=1e-9), card
        assert 0 <= card["zero"] <= 100
        for bar in card["bars"]:
            assert bar["low"] <= bar["high"]
            assert "B less A is" in bar["words"]
    assert [bar["title"] for bar in made[2]["bars"]] == ["pull factor off", "pull factor on (1.3)"]


def number_of(text):
    cleaned = plain(text).replace("−", "-").replace("£", "").replace(",", "").replace(" %", "")
    return float(cleaned.rstrip("mkbn"))


@pytest.mark.parametrize(
    ("unit", "levels", "change", "texts"),
    [
        # 6.44 − 4.86 = 1.58: beside +1.6 these would not add up; the digit more says that levels are rounded.
        ("share", (0.0486, 0.0644), 0.0158, ("4.9 %", "6.4 %", "+1.58")),
        ("share", (0.059828, 0.066055), 0.006227, ("6.0 %", "6.6 %", "+0.6")),
        ("share", (0.062228, 0.063654), 0.001426, ("6.2 %", "6.4 %", "+0.14")),
        ("households", (3481.4, 3457.7), -23.7, ("3,481", "3,458", "−23.7")),
        # 18.7 million would be lost in billions.
        ("GBP", (13.6500e9, 13.6687e9), 18.7e6, ("£13,650.0m", "£13,668.7m", "+£18.7m")),
        ("GBP", (191.9e6, 186.4e6), -5.5e6, ("£191.9m", "£186.4m", "−£5.5m")),
        ("GBP", (77_000.0, 99_400.0), 22_400.0, ("£77k", "£99k", "+£22k")),
        ("households", (38.0, 49.0), 11.0, ("38", "49", "+11")),
        ("households", (0.0, 0.0), 0.0, ("0", "0", "0")),
        ("weeks", (math.nan, math.nan), math.nan, ("–", "–", "–")),
    ],
)
def test_levels_and_difference_are_written_so_that_they_agree(unit, levels, change, texts):
    put = written(unit, levels, [change], agree=True)
    assert tuple(map(plain, (*map(put.level, levels), put.change(change)))) == texts


@pytest.mark.parametrize(
    ("unit", "levels", "change", "error", "texts"),
    [
        # 41 households stand behind each one simulated: four runs do not tell 12,437 from 12,400.  To hundreds these
        # would be 12,500 apart; the digit more says that levels are rounded.
        ("households", (39_647.0, 52_084.0), 12_437.0, 523.0, ("39,600", "52,100", "+12,440")),
        ("households", (39_620.0, 52_050.0), 12_430.0, 523.0, ("39,620", "52,050", "+12,430")),
        ("weeks", (9_902.0, 10_296.0), 394.0, 80.0, ("9,902", "10,296", "+394")),
        ("GBP", (284.2e6, 282.1e6), -2.1e6, 0.4e6, ("£284.2m", "£282.1m", "−£2.1m")),
        ("households", (59.2, 61.8), 2.6, 0.5, ("59.2", "61.8", "+2.6")),
        ("households", (39_647.0, 52_084.0), 12_437.0, math.nan, ("40,000", "52,000", "+12,000")),  # of one run
    ],
)
def test_no_more_digits_are_written_than_the_runs_support(unit, levels, change, error, texts):
    put = written(unit, levels, [change], agree=True, error=error)
    assert tuple(map(plain, (*map(put.level, levels), put.change(change)))) == texts


def test_the_table_has_every_measure_of_a_comparison_and_the_key_figures_first(answer):
    told = table(answer)
    assert [row["id"] for row in told[: len(KEY_FIGURES)]] == list(KEY_FIGURES)
    known = {row["measure"] for row in answer.rows}
    assert {row["id"] for row in told} == known
    assert known > set(MEASURES) | set(COMPARED)
    assert all(row["definition"].endswith(".") for row in told)


def test_a_first_look_says_who_is_there_who_comes_and_what_stands_on_offer(lasting):
    told = first_look(lasting)
    assert told[0].startswith("150 households whose claim has failed are there now")
    assert f"about {lasting.row('caseload_end', 0)['mean']:,.0f} await removal at the end" in told[0]
    assert "standing offer of £3,000 a person" in told[1]
    assert "the same 2 offers as A; and an offer of £10,000 a person (at most £40,000 a household)" in told[2]


def test_levers_that_differ_are_listed_with_dated_changes():
    told = {row["path"]: row for row in differing(ASKED)}
    assert told["offer.amount_per_person"]["b"] == "£15,000 a person"
    assert told["offer.amount_per_person"]["b_mark"] == "yours"
    assert told["offer.amount_per_person"]["a"] == "no such offer"
    assert differing(Choices(b="uk-2025")) == []
    dated = [row for row in differing(Choices(caseload="denmark-2009", a="danish-2020", b="danish-2010-2022"))
             if row["path"] == "regime"]  # fmt: skip
    assert len(dated) == len(load_policy("danish-2010-2022").regimes)
    assert all(row["a"] == "no change" and row["b"] for row in dated)


def test_the_economics_are_of_the_same_runs(lasting):
    told = economics(lasting)
    # Quarters of the plane share out all runs; at a worth of nought B is the better where it saves.
    assert sum(float(row["share"].rstrip(" %")) for row in told["quadrants"]) == pytest.approx(100, abs=2)
    saves = lasting.row("chance_of_saving")["mean"]
    same = float((lasting.tally.measure(1, "cost_npv") == lasting.tally.measure(0, "cost_npv")).mean())
    assert float(told["worths"][0]["share"].rstrip(" %")) == pytest.approx(100 * (saves + same / 2), abs=0.51)
    assert len(told["payers"]) == 7


# ---- what turns it ----------------------------------------------------------------------------------


def test_what_turns_it_begins_with_the_pull_factor_and_is_stopped_when_nobody_waits():
    choices = Choices(b="uk-upfront-national", weeks=26, households=10, replicates=1)
    steps = iter(turning(choices, lambda: True))
    assert not next(steps).complete
    assert list(steps) == []
    *before, found = turning(choices, lambda: False)
    assert [step.done for step in before] == sorted(step.done for step in before)
    told = shown(found)
    assert told["rows"][0]["path"] == PULL
    assert len(told["rows"]) == 20
    assert told["seeds"] == 12  # the answer has one run: no figure rests on fewer than twelve
    assert f"each figure is a mean of {told['seeds']} runs" in told["note"]
    pictures = [shown(step) for step in before if step.bars]
    assert [one["seeds"] for one in pictures if one["rows"]] == sorted(one["seeds"] for one in pictures)
    assert pictures[0]["seeds"] == 4
    assert pictures[0]["lead"].startswith("So far, 4 of 12 runs each")
    for row in told["rows"]:
        assert "." not in row["name"]
        numbers = re.findall(r"\d[\d.]*", row["range"].replace(",", ""))
        assert max(map(len, numbers)) <= 5  # no digits that say nothing
        assert 0 <= min(row["at_low"], row["at_high"]) <= max(row["at_low"], row["at_high"]) <= 100
    assert list(turning(choices, lambda: False)) == [found]  # the same question has the same answer


def test_a_sign_turns_for_sure_only_where_the_interval_of_the_end_leaves_zero_out():
    def bar(*values):
        ends = [spread(np.array(one)) for one in values]
        return Bar(PULL, 0.0, 0.0, 1.3, *ends, differ=True)

    # Student's interval of four values with mean 2 and deviation 2.6 is 2 ± 3.0; of those with 5.5 and 0.6, 5.5 ± 0.7.
    assert turns(bar([5.0, 3.0, 1.0, -1.0], [5.0, 5.0, 6.0, 6.0]), -4.0) == "yes"
    assert turns(bar([5.0, 3.0, 1.0, -1.0], [-4.0, -5.0, -6.0, -5.0]), -4.0) == "maybe"
    assert turns(bar([1.0, 2.0], [3.0, 4.0]), 2.0) == ""


def test_as_many_seeds_as_the_answer_has_but_at_least_twelve():
    assert [seeds(Choices(replicates=count)) for count in (2, 12, 20, 200)] == [12, 12, 20, USUAL_REPLICATES]


def test_the_same_policy_twice_has_nothing_that_turns():
    with pytest.raises(InputError):
        list(turning(Choices(b="uk-2025", weeks=26, households=10), lambda: False))


# ---- files ------------------------------------------------------------------------------------------


def test_the_edited_policy_comes_back_from_its_file(answer, tmp_path):
    file = tmp_path / "b.toml"
    file.write_text(policy_toml(ASKED, "b"), encoding="utf-8")
    again = prepare(load_policy(str(file)), ASKED.shown.caseload, weeks=60, households=60)
    assert again.policy.offer == ASKED.shown.policies[1].offer
    assert again.identity(5) == answer.prepared[1].identity(5)
    assert np.array_equal(again.measures(5), answer.film.takes[1].run.values, equal_nan=True)


def test_series_hold_both_sides_week_by_week(answer):
    told = list(csv.DictReader(io.StringIO(series_csv(answer))))
    assert len(told) == 2 * 60
    assert float(told[0]["stock_exhausted"]) == answer.film.takes[0].run.series["stock_exhausted"][0]


def test_what_was_taken_away_can_be_taken_again(answer):
    """A visitor may ask for the same file twice, and what she looks at stays as it was."""
    before = answer.film.takes[0].run.series.columns.tolist()
    for made in (series_csv, figures_csv):
        assert made(answer) == made(answer)
    assert answer.film.takes[0].run.series.columns.tolist() == before


def test_the_report_is_that_of_the_command_and_leaves_nothing_behind(tmp_path, monkeypatch):
    pytest.importorskip("vl_convert")
    from experiments.page.answer.making import question_of, report
    from experiments.report.compare_files import inputs

    monkeypatch.chdir(tmp_path)
    choices = Choices(weeks=60, households=30, replicates=2).moved("both", "world.hotel_night", 200.0)
    assert all(not step.html for step in report(choices, quick=True, stopped=lambda: True))
    *before, last = report(choices, quick=True, stopped=lambda: False)
    assert any("runs" in step.told or "section" in step.told for step in before)
    assert last.html.startswith("<!DOCTYPE html>") or "<html" in last.html[:200]
    assert "returns report uk-pilot-2026" in last.html
    assert list(tmp_path.iterdir()) == []
    from experiments.question.question import ask

    asked = ask(["uk-pilot-2026"], weeks=60, households=30, replicates=2, settings=["world.hotel_night=200"])
    assert inputs(question_of(choices)) == inputs(asked)


def test_a_view_without_an_answer_has_an_empty_strip():
    from experiments.page.place import Place
    from experiments.page.strip import strip

    view = View(ASKED, None, Place(), True, "", False, lambda change: None, lambda place: None)
    assert strip(view) == {"sentences": [], "savings": None, "runs": {"done": 0, "of": 3}, "fault": "", "others": ""}
