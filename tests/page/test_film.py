"""What the browser plays is what happened, and both sides are drawn in the same places."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from abm.arrays.state import STOCKS_AT
from abm.household.stages import STAGES, Stage
from abm.measures import IDS
from experiments.page.choices import Choices
from experiments.page.film import AFTER_WEEKS, film
from experiments.page.paired import answers
from experiments.page.pairs import outcome
from experiments.statistics.intervals import spread

ASKED = Choices(weeks=80, replicates=3, households=150)


@pytest.fixture(scope="module")
def shown():
    return film(ASKED.prepared("a"), ASKED.prepared("b"), ASKED.seed)


def unpacked(reel, count, weeks):
    """Stages of every household after each week, as the template unpacks them; row 0 is the start."""
    frames = np.zeros((weeks + 1, count), int)
    frames[0] = [ord(c) - ord("0") for c in reel["first"]]
    changes = np.frombuffer(base64.b64decode(reel["changes"]), "<u4")
    for week in range(weeks):
        frames[week + 1] = frames[week]
        now = changes[changes >> 21 == week]
        frames[week + 1, now >> 4 & 0x1FFFF] = now & 15
    return frames


@pytest.mark.parametrize("side", [0, 1])
def test_frames_hold_the_stocks_of_every_week(shown, side):
    count = shown.cast["count"]
    frames = unpacked(shown.reel(side), count, ASKED.weeks)
    history = shown.takes[side].run.state.history
    for stage in range(1, len(STAGES)):
        assert (frames[1:] == stage).sum(axis=1).tolist() == history[:, STOCKS_AT + stage].tolist()


def test_a_film_is_the_run_itself(shown):
    whole = ASKED.prepared("b").run(ASKED.seed)
    assert np.array_equal(shown.takes[1].run.state.s, whole.state.s, equal_nan=True)
    assert np.array_equal(shown.takes[1].run.values, whole.values, equal_nan=True)


def test_a_household_has_one_place_and_no_two_share_it(shown):
    xy = np.frombuffer(base64.b64decode(shown.cast["xy"]), "<u2").reshape(-1, 2)
    assert len(xy) == shown.cast["count"] == len(set(map(tuple, xy.tolist())))


def test_places_do_not_depend_on_the_policy():
    casts = [
        film(ASKED.prepared("a"), q.prepared("b"), 0).cast
        for q in (ASKED, ASKED.moved("b", "offer.amount_per_person", 0))
    ]
    assert casts[0] == casts[1]


def test_induced_arrivals_join_the_picture_of_both_sides():
    asked = ASKED.chosen("b", "uk-upfront-national").moved("both", "world.pull_elasticity", 1.3)
    both = film(asked.prepared("a"), asked.prepared("b"), 0)
    assert len(both.takes[1].ids) > len(both.takes[0].ids)
    assert both.cast["count"] == len(both.takes[1].ids)
    assert len(both.reel(0)["first"]) == both.cast["count"]


def test_ties_are_those_of_the_model(shown):
    ties = np.frombuffer(base64.b64decode(shown.cast["ties"]), "<u4").reshape(-1, 2)
    assert len(ties) == len(shown.takes[0].run.state.ties) // 2
    assert (ties[:, 0] < ties[:, 1]).all()


def test_the_sides_part_in_the_first_week_whose_frames_differ(shown):
    frames = [unpacked(shown.reel(side), shown.cast["count"], ASKED.weeks) for side in (0, 1)]
    apart = np.flatnonzero((frames[0] != frames[1]).any(axis=1))
    assert shown.parting == apart[0] - 1


def test_a_policy_against_itself_never_parts():
    same = ASKED.prepared("a")
    assert film(same, same, 0).parting is None


def test_those_who_come_later_have_a_band_of_their_own(shown):
    xy = np.frombuffer(base64.b64decode(shown.cast["xy"]), "<u2").reshape(-1, 2)
    came = np.frombuffer(base64.b64decode(shown.cast["came"]), "u1")
    assert (came == 0).sum() == 150
    assert np.array_equal(came == 2, shown.later)
    parted = [block for block in shown.cast["blocks"] if block["parted"] is not None]
    assert len(parted) > 3
    for block in parted:
        below = xy[:, 1] / 65_535 > block["parted"]
        mine = shown.origin == block["origin"]
        assert np.array_equal(below[mine], shown.later[mine])


def test_departures_after_a_ties_departure_are_counted_as_defined():
    """Reckoned again household by household from the histories; removals count as departures, never as following."""
    asked = Choices(caseload="uk-refused-2025", b="uk-upfront-national", weeks=120, households=300)
    shown = film(asked.prepared("a"), asked.prepared("b"), 0)
    ties = np.frombuffer(base64.b64decode(shown.cast["ties"]), "<u4").reshape(-1, 2)
    for side in (0, 1):
        take = shown.takes[side]
        home, decided = {}, {}
        for household in take.ids.tolist():
            history = shown.history(side, household)
            for (week, stage), before in zip(history[1:], history[:-1], strict=True):
                if stage in (Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED):
                    home.setdefault(household, []).append(week)
                    decided[household, week] = before[0] if before[1] == Stage.BOOKED else week
        near = {}
        for one, other in shown.ids[ties].tolist():
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
        left_at = zip(take.ids[take.row[take.left]].tolist(), take.week[take.left].tolist(), strict=True)
        expected = [
            any(
                0 < decided.get((household, week), -10) - left <= AFTER_WEEKS
                for tie in near.get(household, ())
                for left in home.get(tie, ())
            )
            for household, week in left_at
        ]
        assert take.after_tie.tolist() == expected
        assert 0 < sum(expected) < len(expected)
        assert len(expected) == take.run.series[["assisted", "unassisted", "removed"]].to_numpy().sum()


def test_last_decision_is_the_week_it_left(shown):
    found = shown.takes[0]
    took = found.stage == Stage.RETURNED_ASSISTED
    left = np.flatnonzero(took & (found.first[found.row] == Stage.EXHAUSTED))
    assert len(left)
    for k in left[:5]:
        household, week = int(found.ids[found.row[k]]), int(found.week[k])
        if len(shown.history(0, household)) == 2:
            assert shown.last_decision(0, household, ASKED.weeks - 1) == week


def test_answers_grow_and_their_intervals_are_those_of_the_runs():
    *_, last = answers(ASKED)
    assert last.complete
    direct = [[ASKED.prepared(side, r).measures(ASKED.seed + r) for r in range(3)] for side in "ab"]
    at = IDS.index("cost_npv")
    assert last.tally.measure(1, "cost_npv").tolist() == [values[at] for values in direct[1]]
    difference = np.array([b[at] - a[at] for a, b in zip(*direct, strict=True)])
    assert last.tally.difference("cost_npv") == spread(difference)
    assert last.tally.vectors.tolist() == [0, 1, 2]


def test_lines_of_the_account_sum_to_the_public_cost():
    run = ASKED.prepared("b").run(4)
    kept = outcome(run)
    assert kept.lines.sum() == pytest.approx(run.measures["cost_npv"], rel=1e-9)
    assert kept.departures[-1].sum() >= run.measures["departures"]


def test_rates_by_origin_are_those_of_the_run():
    run = ASKED.prepared("b").run(4)
    followed, left = outcome(run).by_origin
    told = run.by("origin")
    for name, row in told.iterrows():
        k = run.prepared.origins.index(name)
        if np.isnan(row["return_rate"]):  # nobody of them was seen for so long
            assert followed[k] == 0.0
            continue
        assert left[k] / followed[k] == pytest.approx(row["return_rate"])
        assert followed[k] == row["households"] * run.prepared.weight


def test_a_stopped_visitor_is_not_answered_further():
    told = list(answers(ASKED, stopped=lambda: True))
    assert told == []
