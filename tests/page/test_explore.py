"""Looks along levers: the page's numbers are those of `returns sweep`, and what is said of them is so."""

from __future__ import annotations

import csv
import io
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from abm.measures import MEASURES
from experiments.page.choices import SIDES, Choices, ensemble
from experiments.page.downloads import policy_toml
from experiments.page.explore import files
from experiments.page.explore.found import Whole, told_swings
from experiments.page.explore.numeric import levers, numeric, with_effect
from experiments.page.explore.plan import PULL, Plan, ends, line, plane
from experiments.page.explore.running import explored, kept
from experiments.page.explore.shown import line_shown
from experiments.report.sweep_reading import read
from experiments.sweep import sweep
from experiments.sweep.pairing import OF_RUNS

AMOUNT = "offer.amount_per_person"
SMALL = Choices(b="uk-upfront-national", households=30, weeks=60, replicates=3)


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch):
    """A sweep would read all draws of the posterior again for each test."""
    draws = ensemble()[0]
    monkeypatch.setattr("experiments.question.case.load_behaviour_draws", lambda: draws)


def found(plan: Plan) -> Whole:
    *_, last = explored(plan)
    assert last.complete
    assert last.done == last.total
    return Whole(last)


def swept(plan: Plan, folder):
    """What `returns sweep` makes of the design that the page lets people take away."""
    file = folder / files.file_name(plan)
    file.write_text(files.design_toml(plan), encoding="utf-8")
    for side in files.beside(plan):
        name = files.names(plan)["ba".index(side)]
        (folder / name).write_text(policy_toml(plan.choices, side), encoding="utf-8")
    done = sweep(file, out=folder / "out", workers=2)
    assert done.complete
    assert not done.failed
    return done


PLANS = {
    "a line": lambda: line(SMALL, AMOUNT),
    "the pull factor on": lambda: line(SMALL, AMOUNT, pulled=True),
    "a figure of the world, under which A differs too": lambda: line(SMALL, "world.hotel_night"),
    "a coefficient of behaviour": lambda: line(SMALL.chosen("replicates", 2), "behaviour.consider"),
    "a map": lambda: plane(SMALL.chosen("replicates", 2), AMOUNT, "offer.start_week"),
    "one at a time": lambda: ends(SMALL, [AMOUNT, "support.families", "enforcement.include_families"], 2),
    "A and B both moved": lambda: line(
        SMALL.moved("a", AMOUNT, 2_000).moved("b", "offer.child_share", 0.4).moved("both", "world.hotel_night", 130),
        AMOUNT,
    ),
    "the same policy twice, A moved": lambda: line(
        Choices(a="uk-2025", b="uk-2025", households=30, weeks=60, replicates=2).moved("a", AMOUNT, 2_000), AMOUNT
    ),
    "one at a time from a policy that was moved": lambda: ends(
        SMALL.moved("b", AMOUNT, 4_000).moved("b", "offer.child_share", 0.4), [AMOUNT, "offer.child_share"], 2
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_design_taken_away_gives_the_same_numbers_to_the_last_bit(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = PLANS[name]()
    mine, done = found(plan), swept(plan, tmp_path)
    assert done.total == mine.found.total <= plan.runs
    summary = done.results("summary")
    for measure in (*MEASURES, *OF_RUNS):
        theirs, own = summary[summary["measure"] == measure], mine.reading(measure).rows
        for column in ("mean", "difference", "difference_run_p05", "difference_run_p95", "difference_mean_low"):
            np.testing.assert_array_equal(own[column].to_numpy(float), theirs[column].to_numpy(float), measure)


def test_break_even_is_that_of_the_sweep(tmp_path, monkeypatch):
    """Without the pull factor the offer saves, with all of it it costs: in between it turns."""
    monkeypatch.chdir(tmp_path)
    plan = line(SMALL, PULL)
    mine, done = found(plan), swept(plan, tmp_path)
    theirs = read(done.folder)
    own = mine.reading("net_saving_npv").break_even(PULL, "b")
    assert own == theirs.break_even(PULL, "uk-upfront-national")
    assert own, "nothing to compare: the saving does not pass zero here"


def test_setting_b_to_a_point_keeps_the_line():
    """What B stands at on the lever looked along is no part of the question."""
    assert line(SMALL, AMOUNT).key == line(SMALL.moved("b", AMOUNT, 4_000), AMOUNT).key
    assert line(SMALL, AMOUNT).key != line(SMALL.moved("b", "offer.child_share", 0.4), AMOUNT).key
    assert line(SMALL, AMOUNT).key != line(SMALL.moved("a", AMOUNT, 4_000), AMOUNT).key


def test_a_point_is_what_the_page_answers_once_b_is_set_to_it():
    whole = found(line(SMALL, AMOUNT))
    row = whole.reading("net_saving_npv").rows.iloc[3]
    moved = SMALL.moved("b", AMOUNT, float(row[AMOUNT]))
    cost = [
        np.mean([moved.prepared(side, r).run(moved.seed + r).measures["cost_npv"] for r in range(3)]) for side in SIDES
    ]
    assert row["value"] == pytest.approx(cost[0] - cost[1], rel=1e-12)


def test_runs_that_are_there_are_not_run_again(monkeypatch):
    plan = line(SMALL, "offer.child_share")
    found(plan)
    monkeypatch.setattr("experiments.page.explore.running.Runner.__call__", None)
    assert len(list(explored(plan))) == 2  # the first replicate of all points, and the whole


def test_a_stopped_look_goes_on_where_it_was():
    plan = line(SMALL, "reintegration.per_household")
    asked = iter([False] * 5)
    assert list(explored(plan, lambda: next(asked, True))) == []
    first = next(explored(plan))
    assert first.done == first.total // plan.replicates


def test_others_take_their_turn_in_between(monkeypatch):
    """With room for one run at a time, whoever waits gets the next turn or the one after."""
    turns = threading.BoundedSemaphore(1)
    monkeypatch.setattr("experiments.page.explore.running.TURNS", turns)
    plan = line(SMALL.chosen("seed", 7).chosen("weeks", 260), AMOUNT)  # long enough for five turns
    thread = threading.Thread(target=lambda: list(explored(plan)))
    thread.start()
    waited = []
    while len(waited) < 5 and thread.is_alive():
        before = len(kept(plan).measures)
        with turns:
            waited.append(len(kept(plan).measures) - before)
        time.sleep(0.02)
    thread.join()
    assert len(waited) == 5
    assert max(waited) <= 3


def test_a_lever_that_changes_nothing_is_told():
    """A bonus for those who leave early is none where no week is early."""
    assert levers()["offer.early_weeks"].value(SMALL) == 0
    whole = found(line(SMALL, "offer.early_bonus"))
    assert whole.idle
    assert whole.sentences("departures")[0].startswith("No difference at any point")


def test_levers_and_their_ends_are_told_in_plain_words():
    asked = replace(SMALL, replicates=20, weeks=26)
    whole = found(ends(asked, ["support.families", "housing.hotel_exit_per_week"], 20))
    (told,) = whole.sentences("net_saving_npv")
    assert told.startswith("Net saving hangs most on “Support of refused families”: ")
    assert told.endswith(" at ends after some weeks.")
    ends_of = {row["factor"]: {row["least_at"], row["most_at"]} for row in told_swings(whole.reading("net_saving_npv"))}
    assert ends_of["housing.hotel_exit_per_week"] == {"0 % a week", "5 % a week"}


def test_where_the_pull_factor_changes_nothing_there_is_one_line_and_it_is_said():
    """The pilot is closed to those who claim later; an offer to all is not."""
    for asked, same in ((SMALL.chosen("b", "uk-pilot-2026"), True), (SMALL, False)):
        off, on = (found(line(asked, AMOUNT, pulled=pulled)) for pulled in (False, True))
        assert on.same_as(off) is same
        told = line_shown(asked, "departures", off, on, dark=False)
        assert any("all is the same: no offer here draws anybody" in text for text in told["sentences"]) is same
        assert len(told["table"]["heads"]) == (3 if same else 5)


def test_nothing_is_claimed_from_few_runs():
    whole = found(line(SMALL, AMOUNT))
    (told,) = whole.sentences("net_saving_npv")
    assert told.startswith("From 3 runs a point: no interval")
    assert {
        row["cells"][1] for row in line_shown(SMALL, "net_saving_npv", whole, None, dark=False)["table"]["rows"]
    } == {"not yet"}
    assert "£" not in told


def test_points_whose_values_do_not_go_together_are_left_out_and_told():
    moved = SMALL.moved("b", "offer.household_cap", 5_000)
    whole = found(line(moved, AMOUNT))
    assert 0 < len(whole.cells) < 11
    assert "offer.household_cap" in whole.left_out()[0]


def test_levers_of_an_offer_that_b_does_not_make_have_no_effect():
    told = {lever.path for lever in with_effect(SMALL.moved("b", "standing.amount_per_person", 0.0))}
    assert AMOUNT in told
    assert "offer.child_share" in told
    assert "standing.amount_per_person" in told
    assert "standing.child_share" not in told
    assert not any(path.startswith(("world.", "behaviour.")) for path in told)


def test_every_lever_with_an_effect_has_two_ends_and_all_of_them_can_be_laid_out():
    choices = Choices(households=20, weeks=52)
    paths = [lever.path for lever in with_effect(choices)]
    plan = ends(choices, paths, 2)
    assert min(len(values) for values in plan.factors.values()) >= 2
    assert plan.study.design.factors.keys() == set(paths)
    assert "offer.origins" not in paths  # free text


def test_a_range_reaches_to_where_b_stands():
    assert numeric()[AMOUNT].levels(SMALL, 11) == [float(2_000 * k) for k in range(11)]
    assert numeric()[AMOUNT].levels(SMALL.moved("b", AMOUNT, 40_000), 11)[-1] == 40_000
    weeks = levers()["offer.start_week"].levels(SMALL, 11)
    assert all(isinstance(week, int) for week in weeks)
    assert len(set(weeks)) == len(weeks)


def test_the_points_as_csv():
    whole = found(line(SMALL, AMOUNT))
    rows = list(csv.DictReader(io.StringIO(files.points_csv({"pull factor off": whole}))))
    own = whole.reading("departures").rows
    told = [row for row in rows if row["measure"] == "departures"]
    assert [float(row[AMOUNT]) for row in told] == own[AMOUNT].tolist()
    assert [float(row["difference"]) for row in told] == own["value"].tolist()
