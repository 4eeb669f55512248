"""What the watch tab tells in words: events with their chance, who is drawn, what is dated."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="not installed: solara (pip install -e '.[browser]')")

from abm.household.stages import ROUTES, Stage
from abm.why import explain
from abm.why_words import percent
from experiments.page.choices import Choices
from experiments.page.film import film
from experiments.page.paired import Answer, Tally
from experiments.page.watch.events import LINES, MAIN, Kept, events, looked_up, near
from experiments.page.watch.tab import opening
from experiments.page.watch.words import numbers, parting, windows

ASKED = Choices(weeks=60, replicates=1)


def answered(asked: Choices) -> Answer:
    a, b = asked.prepared("a"), asked.prepared("b")
    return Answer(asked, (a, b), film(a, b, asked.seed), Tally())


@pytest.fixture(scope="module")
def answer():
    return answered(ASKED)


def looked(answer, around):
    *_, last = looked_up(answer, around, lambda: False, {})
    return last


def test_events_are_the_changes_of_the_film_once_for_both_sides(answer):
    every = events(answer.film, everything=True)
    assert sum(len(event.sides) for event in every) == sum(len(take.week) for take in answer.film.takes)
    assert [event.week for event in every] == sorted(event.week for event in every)
    main = events(answer.film)
    assert {event for event in every if event.stage in MAIN} <= set(main)
    for event in main:
        for side in event.sides:
            assert (event.week, int(event.stage)) in answer.film.history(side, event.household)


def test_the_chance_of_an_event_is_that_of_why(answer):
    """Household 111 leaves in week 10 under B only; its card, `returns why` and this line say the same."""
    found = next(e for e in looked(answer, events(answer.film)) if (e.household, e.week) == (111, 10))
    assert found.stage is Stage.RETURNED_UNASSISTED
    assert found.sides == (1,)
    why = explain(answer.prepared[1], ASKED.seed, 111, 10)
    assert f"{percent(why.attention * why.probabilities['unassisted return'])} a week, drawn" in found.after
    assert f"0 of the {why.household['ties']} households it knows here had left" in found.after
    assert found.told(answer.film)["text"] == "Albania, 1 + 3 · left unassisted under B only"


def test_every_chance_looked_up_in_one_replay_is_that_of_why(answer):
    ways = {Stage.BOOKED: "assisted return", Stage.RETURNED_UNASSISTED: "unassisted return"}
    checked = 0
    for event in looked(answer, events(answer.film)):
        if event.stage in ways and event.before is not Stage.BOOKED:
            why = explain(answer.prepared[event.sides[0]], ASKED.seed, event.household, event.week)
            assert f"{percent(why.attention * why.probabilities[ways[event.stage]])} a week" in event.after
            checked += 1
    assert checked > 3


def test_a_departure_that_was_booked_tells_when_it_was_accepted(answer):
    booked = [e for e in looked(answer, events(answer.film)) if e.before is Stage.BOOKED]
    assert booked
    for event in booked:
        history = answer.film.history(event.sides[0], event.household)
        accepted = [week for week, stage in history if stage == Stage.BOOKED and week < event.week]
        assert event.after.startswith(f"had accepted in week {accepted[-1]}")
        assert ("10 % of those who accept withdraw" in event.after.replace("\u00a0", " ")) == (
            event.stage is Stage.EXHAUSTED
        )


@pytest.mark.parametrize("week", [-1, 20, 59])
def test_events_near_a_week_hold_those_of_that_week(answer, week):
    every = events(answer.film, everything=True)
    around = near(every, week)
    assert len(around) == LINES
    assert {event for event in every if event.week == week} <= set(around)


def test_a_stopped_look_up_ends(answer):
    assert len(list(looked_up(answer, events(answer.film), lambda: True, {}))) == 1


def test_the_feed_keeps_whom_the_maps_keep(answer):
    shown, every = answer.film, events(answer.film)
    assert Kept.told({"show": "nonsense", "came": "", "origin": -1}).of(shown, every) == every
    left = Kept.told({"show": "left", "origin": -1, "came": "all"}).of(shown, every)
    assert left == [event for event in every if event.stage in ROUTES]
    origin = int(shown.origin[shown.ids == left[0].household][0])
    mine = set(shown.ids[shown.origin == origin].tolist())
    of_origin = Kept(origin=origin).of(shown, every)
    assert of_origin == [event for event in every if event.household in mine]
    assert 0 < len(of_origin) < len(every)
    parts = [Kept(came=came).of(shown, every) for came in ("start", "later")]
    assert sorted(map(repr, [*parts[0], *parts[1]])) == sorted(map(repr, every))
    assert {event.household for event in Kept(came="stock").of(shown, every)} <= set(range(150))
    assert all(event.apart for event in Kept(show="differ").of(shown, every))
    assert {event.stage for event in Kept(show="out").of(shown, every)} <= {Stage.ABSCONDED}


def test_the_opening_week_is_the_first_in_which_they_differ(answer):
    assert opening(answer.film) == answer.film.parting == 0
    assert parting(answer.film) == "A and B first part in week 0."
    same = film(answer.prepared[0], answer.prepared[0], 0)
    assert opening(same) == -1
    assert "never part" in parting(same)


def test_who_is_drawn_is_said_and_adds_up(answer):
    told = numbers(answer)
    later, drawn = int(answer.film.later.sum()), len(answer.film.ids)
    assert told[0] == (
        f"150 families whose claim had failed are there at the start; {drawn - 150 - later} more are still waiting for "
        f"a decision or an appeal then; {later} come in 60 weeks: {drawn} drawn."
    )
    assert told[1] == "One drawn stands for one of the caseload's 150."


@pytest.mark.parametrize(
    ("households", "words"),
    [
        (1_000, "Each of the caseload's 150 families is simulated about 6.7 times."),
        (60, "One drawn stands for 2.5 of the caseload's 150."),
    ],
)
def test_nobody_stands_for_less_than_one(households, words):
    assert numbers(answered(Choices(weeks=2, replicates=1, households=households)))[1] == words


def test_what_is_dated_is_told(answer):
    assert windows(0, answer.prepared[0]) == []
    assert windows(1, answer.prepared[1]) == [{"side": "b", "from": 0, "to": 0, "text": "offer open in week 0"}]
    moved = ASKED.moved("b", "offer.start_week", 5).moved("b", "offer.end_week", 20).prepared("b")
    assert windows(1, moved) == [{"side": "b", "from": 5, "to": 19, "text": "offer open weeks 5–19"}]
    dated = Choices(caseload="uk-cohort-2010", a="uk-2002-2015", b="danish-2010-2022").prepared("b")
    spells = [spell.week for spell in dated.spells[1:] if spell.week < dated.weeks]
    assert len(spells) > 1
    assert [row["from"] for row in windows(1, dated) if row["from"] == row["to"]] == spells
