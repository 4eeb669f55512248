"""What the evidence tab tells equals the command's count, the shipped tables and the page made from them."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("solara", reason="not installed: solara (pip install -e '.[browser]')")

from abm.evidence.figures import EVIDENCE
from abm.scenarios.scenario import load_policy
from experiments.page.choices import Choices
from experiments.page.downloads import policy_toml
from experiments.page.evidence.record import place_on_chart, record, record_sources
from experiments.page.evidence.tab import rests_of
from experiments.page.evidence.trust import NO_SOURCE, inputs, sources, trust
from experiments.question.question import ask
from experiments.report.marks import marks


def asked_on_the_command_line(choices, folder):
    """The question that the command printed by the page asks."""
    variant = choices.b
    if choices.levers_b:
        file = folder / "b.toml"
        file.write_text(policy_toml(choices, "b"), encoding="utf-8")
        variant = load_policy(str(file))
    return ask([variant], baseline=choices.a, caseload=choices.caseload, settings=choices.shared)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "b.offer.amount_per_person=5000&b.offer.early_weeks=3&world.pull_elasticity=0.5",
        "caseload=uk-refused-2025&b=uk-upfront-national",
    ],
)
def test_assumptions_are_counted_as_by_the_command(query, tmp_path):
    choices = Choices.from_query(query)[0]
    count, shown = marks(asked_on_the_command_line(choices, tmp_path)), trust(choices.shown)
    assert {row["mark"]: row["count"] for row in shown["marks"] if row["count"]} == dict(count)
    assert shown["total"] == sum(count.values())
    assert len(shown["assumed"]) == count["assumed"]
    for mark, number in count.items():
        assert sum(row["mark"] == mark for row in inputs(choices.shown)) == number


def test_an_input_in_which_a_and_b_differ_shows_both_values():
    rows = {row["path"]: row for row in inputs(Choices().shown)}
    amount, standing = rows["offer.amount_per_person"], rows["standing.amount_per_person"]
    assert (amount["a"], amount["b"]) == ("£0 a person", "£10,000 a person")
    assert standing["a"] == standing["b"] == "£3,000 a person"
    assert [one["side"] for one in amount["from"]] == ["A", "B"]
    assert rows["enforcement.announced_risk"]["low_high"] == "0 % a year to 100 % a year"


def test_every_input_is_backed_by_a_source_or_told_to_have_none():
    found = sources(Choices().shown)
    assert len({row["name"] for row in found}) == len(found)
    assert {name for row in found for name in row["inputs"]} == {row["name"] for row in inputs(Choices().shown)}
    assert found[-1]["name"] != found[0]["name"]
    assert all(row["document"] for row in found[:-2])
    audit = next(row for row in found if row["name"] == "National Audit Office 2005")
    assert audit["inputs"] == ["An attempt at removal", "Papers and escort of a removal"]
    assert any(row["name"] == NO_SOURCE for row in found)


def test_a_policy_with_a_timeline_has_names_for_what_comes_later():
    rows = {
        row["path"]: row for row in inputs(Choices(a="uk-2002-2015", b="uk-2010", caseload="uk-refused-2005").shown)
    }
    later = rows["regime.0.standing.amount_per_person"]
    assert later["name"] == "Amount for each adult (standing offer), from announcement 1 on"
    assert (later["a"], later["b"]) == ("£1,000 a person", "–")


def test_the_inputs_are_told_also_where_levers_contradict_each_other():
    broken = Choices().moved("b", "offer.household_cap", 100)
    assert rests_of(broken)["told"] == rests_of(Choices())["told"]


def test_fit_and_held_out_rows_are_counted_as_on_the_page_made_from_the_tables():
    shown, page = record(), (EVIDENCE / "VALIDATION.md").read_text(encoding="utf-8")
    met, of = map(int, re.search(r"(\d+) of (\d+) fitted rows", page).groups())
    assert (shown["fit"]["met"], len(shown["fit"]["rows"])) == (met, of)
    hit, held = map(int, re.search(r"(\d+) of (\d+) rows that no fit has read", page).groups())
    assert (shown["held"]["met"], len(shown["held"]["rows"])) == (hit, held)
    for place in shown["held"]["places"]:
        assert f"{place['place']} {place['met']} of {place['of']}" in page
    assert shown["held"]["little"] == page.count("hit, says little")
    assert len(shown["left_out"]) == int(re.search(r"(\d+) figures of the record cannot be represented", page)[1])
    names = re.search(r"\*\*Not identified\*\*.*?: (.*)\.\n", page)[1].split(", ")
    assert len(shown["unidentified"]) == len(names)
    assert "Fear after an acquaintance's removal" in shown["unidentified"]


def test_every_miss_has_its_cause():
    shown = record()
    missed = [row for part in ("fit", "held") for row in shown[part]["rows"] if not row["met"]]
    assert len(missed) == 2 + 9
    assert all(row["why"] and "not known" not in row["why"] for row in missed)


def test_a_dot_stands_in_its_bar_exactly_if_the_figure_is_met():
    for part in ("fit", "held"):
        for row in record()[part]["rows"]:
            assert row["low"] <= row["high"]
            if 0 < row["at"] < 100:
                assert (row["low"] <= row["at"] <= row["high"]) == row["met"], row["id"]
    assert place_on_chart(5.0, 5.0) == 50.0
    assert place_on_chart(50.0, 5.0) == 100.0
    assert place_on_chart(0.0, 5.0) == 0.0


def test_without_the_tables_nothing_is_claimed(tmp_path):
    assert record(tmp_path) == {"there": False}


def test_the_record_has_sources():
    found = record_sources()
    assert sum(row["count"] for row in found) > 150
    assert all(url.startswith("http") for row in found for url in row["urls"])


def test_assumptions_are_counted_and_listed():
    told = trust(Choices().shown)
    assumed = next(mark["count"] for mark in told["marks"] if mark["mark"] == "assumed")
    assert assumed == len(told["assumed"]) > 50
    assert told["total"] == sum(mark["count"] for mark in told["marks"])
    assert "enforcement.announced_risk" in {row["path"] for row in told["assumed"]}
