"""The charts of the answer: their numbers are those of the runs, their pictures valid, their sentences careful."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("altair")
pytest.importorskip("vl_convert")

import altair as alt
import vl_convert

pytest.importorskip("solara", reason="not installed: solara (pip install -e '.[browser]')")

from experiments.page.answer.charts import board, words
from experiments.page.answer.charts.figure import ENOUGH, rounded_up
from experiments.page.answer.charts.origins import FEWEST, groups
from experiments.page.answer.charts.times import weeks_shown, year_of
from experiments.page.choices import Choices
from experiments.page.paired import Answer, Tally, answers

WEEKS = 104
ASKED = (
    Choices(weeks=WEEKS, replicates=3, households=120, seed=5)
    .moved("b", "offer.amount_per_person", 15_000)
    .moved("b", "offer.household_cap", 60_000)
    .moved("b", "offer.end_week", 60)
    .moved("b", "offer.acceptance_window_weeks", 26)
)


@pytest.fixture(scope="module")
def few() -> Answer:
    *_, last = answers(ASKED)
    return last


@pytest.fixture(scope="module")
def many(few) -> Answer:
    """As many runs as a claim needs: the same three, again and again, each with something added to tell them apart."""
    pairs = list(zip(*few.tally.outcomes, strict=True))
    tally = Tally(members=1)
    for k in range(ENOUGH):
        a, b = pairs[k % len(pairs)]
        tally = tally.added((a, b._replace(departures=b.departures + k, lines=b.lines)))
    return Answer(few.choices, few.prepared, few.film, tally)


def chart(answer, name, *, dark=False):
    return next(found for found in board(answer, dark=dark) if found["id"] == name)


def whole(found):
    """The saved picture with its rows, as the browser puts them together."""
    return found["saved"] | {"datasets": found["saved"]["datasets"] | found["rows"]}


def test_every_specification_is_valid_and_the_dark_ones_differ_in_colours_only(few):
    light, dark = board(few, dark=False), board(few, dark=True)
    assert [found["id"] for found in light] == ["departures", "stocks", "money", "origins", "everybody"]
    for one, other in zip(light, dark, strict=True):
        assert one["rows"] == other["rows"]
        assert one["saved"] == other["saved"]
        for a, b in zip(one["panels"], other["panels"], strict=True):
            assert a["wide"] != b["wide"]
            assert set(a["wide"]) == set(b["wide"])
            for spec in filter(None, (a["wide"], a["narrow"])):
                alt.Chart.from_dict(spec, validate=True)
        alt.Chart.from_dict(whole(one), validate=True)


def test_departures_are_those_of_the_tally(many):
    found, tally = chart(many, "departures"), many.tally
    for side, name in enumerate("ab"):
        told = tally.departures(side)
        for row in found["rows"][f"departures_{name}"]:
            if row["route"] == "all routes":
                assert row["households"] == pytest.approx(told[0, row["week"]].sum(), abs=1e-3)
            assert row["year"] == year_of(row["week"])
    change = [b.departures[-1].sum() - a.departures[-1].sum() for a, b in zip(*tally.outcomes, strict=True)]
    last = found["rows"]["departures_change"][-1]
    assert last["week"] == WEEKS - 1
    assert last["year"] == 2.0
    assert last["households"] == pytest.approx(np.mean(change), abs=1e-3)
    assert (last["run_p05"], last["run_p95"]) == pytest.approx(np.percentile(change, (5, 95)), abs=1e-3)
    assert f"{round(np.mean(change))} more households have left under B" in found["title"]


def test_money_ends_with_the_difference_of_the_key_figures_and_is_sorted_by_size(many):
    *lines, total = chart(many, "money")["rows"]["money"]
    cost = many.tally.difference("cost_npv")
    assert total["kind"] == "sum"
    assert total["difference"] == pytest.approx(cost.mean, abs=0.01)
    assert (total["run_p05"], total["run_p95"]) == pytest.approx((cost.run_p05, cost.run_p95), abs=0.01)
    assert sum(row["difference"] for row in lines) == pytest.approx(cost.mean, abs=0.1)
    sizes = [abs(row["difference"]) for row in lines]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0
    assert total["difference_text"].startswith(words.amount(cost.mean, signed=True)[:3])


def test_stocks_end_with_the_measure_of_all_runs_and_its_band(many):
    rows = chart(many, "stocks")["rows"]
    for side, name in enumerate("AB"):
        *_, last = (row for row in rows["stocks"] if row["side"] == name)
        assert last["households"] == pytest.approx(many.tally.spread(side, "caseload_end").mean, abs=1e-3)
    change, last = many.tally.difference("caseload_end"), rows["stocks_change"][-1]
    assert [last[key] for key in ("households", "run_p05", "run_p95")] == pytest.approx(
        [change.mean, change.run_p05, change.run_p95], abs=1e-3
    )


def test_origins_with_few_households_are_told_together_and_all_of_them_as_in_the_key_figures(many):
    *alone, others, every = groups(many)
    assert all(group.households >= FEWEST for group in alone)
    assert others.name.startswith("others (")
    assert every.households == pytest.approx(sum(group.households for group in (*alone, others)))
    change = many.tally.difference("return_rate_12m")
    assert every.rates == pytest.approx([many.tally.spread(side, "return_rate_12m").mean for side in (0, 1)])
    assert every.change == pytest.approx((change.mean, change.run_p05, change.run_p95))
    assert f"{alone[0].name} · {round(alone[0].households)}" in {
        row["origin"] for row in chart(many, "origins")["rows"]["origins"]
    }


def test_before_there_are_enough_runs_there_is_no_interval_and_it_is_said(few):
    for found in board(few, dark=False):
        rows = [row for data in found["rows"].values() for row in data]
        assert all(row.get(key) is None for row in rows for key in ("run_p05", "run_p95"))
        if found["id"] != "everybody":  # that one has one run, and says so
            assert found["title"].endswith("(3 runs only)")
    half = Answer(Choices(replicates=30), few.prepared, few.film, few.tally)
    assert words.so_far(half) == "so far, 3 of 30 runs"


def test_a_saved_picture_says_what_it_is(many):
    found = chart(many, "departures")
    svg = vl_convert.vegalite_to_svg(whole(found))
    policies = many.question.policies
    for text in (
        found["title"][:40], "assisted return", "years since the start", "household-returns", "20 of 3 runs",
        *(f"{side}: {policy.title}" for side, policy in zip("AB", policies, strict=True)), "?caseload=",
    ):  # fmt: skip
        assert text in svg, text
    assert svg.count("<text") > 30  # text stays text
    assert found["stem"] == f"departures-{policies[1].name}-against-{policies[0].name}"


def test_while_runs_arrive_only_rows_change(few, many):
    """So the browser changes numbers, and does not draw anew."""
    more = Answer(many.choices, many.prepared, many.film, many.tally.added(tuple(o[1] for o in many.tally.outcomes)))
    for one, other in zip(board(many, dark=False), board(more, dark=False), strict=True):
        specs = [json.dumps([panel["wide"] for panel in found["panels"]]) for found in (one, other)]
        assert specs[0] == specs[1], one["id"]


def test_tables_are_short(many):
    for found in board(many, dark=False):
        assert 2 <= len(found["table"]["body"]) <= 30
        assert {len(row) for row in found["table"]["body"]} == {len(found["table"]["head"])}


def test_rounded_numbers_do_not_contradict_each_other():
    assert words.agree(64.4, 67.3, 2.9, 0)
    assert not words.agree(64.6, 67.4, 2.8, 0)  # 65 and 67, but 3 more
    assert words.agree(64.6, 67.4, 2.8, 1)
    assert words.amounts(275.4e6, 273.1e6, -2.3e6) == ("£275.4m", "£273.1m", "−£2.3m")
    assert words.amounts(280.53e6, 275.16e6, -5.37e6) == ("£280.53m", "£275.16m", "−£5.37m")
    assert words.amounts(2.404e6, 2.384e6, -19_915.0) == ("£2.4m", "£2.4m", "−£19.9k")


@pytest.mark.parametrize("weeks", [26, 52, 78, 104, 260, 520])
def test_the_last_week_of_every_year_is_drawn(weeks):
    shown = weeks_shown(weeks).tolist()
    assert {*range(51, weeks, 52), weeks - 1} <= set(shown)
    assert len(shown) <= 75


@pytest.mark.parametrize(("value", "end"), [(0, 1), (7, 8), (64, 80), (80, 80), (81, 100), (1_010, 1_200)])
def test_an_axis_ends_at_a_round_number(value, end):
    assert rounded_up(value) == pytest.approx(end)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (words.count(7.4), "7"), (words.count(7.4, decimals=1), "7.4"), (words.count(-0.26, signed=True), "−0.3"),
        (words.count(0.01, signed=True), "0"), (words.count(0.97, signed=True), "+1"),
        (words.amount(-5_120_000, signed=True), "−£5.1m"), (words.amount(34_800, signed=True), "+£34.8k"),
        (words.amount(275_388_422.0), "£275.4m"),
        (words.amount(0.0, signed=True), "£0"), (words.points(0.0158), "+1.6"),
        (words.reach(-7.1e6, -184_500.0, words.amount), "−£7.1m to −£0.2m"),
        (words.reach(-7.1e6, -1_500.0, words.amount), "−£7.1m to £0"),
        (words.reach(40.0, 250.0, words.amount), "+£40 to +£250"),
        (words.reach(-3.2, 19.4), "−3 to +19"), (words.reach(0, 0), "0"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(text, told):
    assert text == told
