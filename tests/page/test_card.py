"""The household card: both sides in one week, as `returns why` tells it; what policy changed and chance decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from abm import InputError
from abm.household.stages import Stage
from abm.why import Explanation, explain
from abm.why_words import Over, chance_in_week, chance_over, compared, household_story, percent, story
from experiments.page.choices import Choices
from experiments.page.paired import answers
from experiments.page.watch.card import card, cards, spans
from experiments.page.watch.fates import neighbours, parted

PILOT, NATIONAL = "replicates=1", "replicates=1&b=uk-upfront-national"


@pytest.fixture(scope="module")
def asked():
    """The first answer to each question, with everything else that is asked of it."""
    found = {}
    for query in (PILOT, NATIONAL):
        *_, found[query] = answers(Choices.from_query(query)[0])
    return found


def told(answer, k, household, week):
    """What `returns why` tells, or None where the household has no decision."""
    try:
        return explain(answer.prepared[k], answer.choices.seed, household, week)
    except InputError:
        return None


@pytest.mark.parametrize("query", [PILOT, NATIONAL])
def test_both_sides_are_those_of_why_in_one_week(asked, query):
    """Every household of the stock that differs, and twenty others: to the last bit."""
    answer = asked[query]
    differ = [household for week, household in parted(answer.film) if household < 150]
    others = [household for household in range(3, 150, 7) if household not in differ][:20]
    assert differ
    assert len(others) == 20
    decided = 0
    for household in differ + others:
        shown = card(answer, household, 51 if household in others else 259, whole=False)
        for k, side in enumerate("ab"):
            found = told(answer, k, household, shown["at"])
            assert shown["sides"][k]["decides"] == (found is not None)
            assert f"In week {shown['at']} " in shown["sides"][k]["did"]
            if found is None:
                assert all(row[side] is None for row in [*shown["every"], *shown["chances"], *shown["beliefs"]])
                continue
            decided += 1
            assert shown["sides"][k]["household"] == found.household
            assert [(t["term"], t[side], t["part"]) for t in shown["every"]] == found.terms
            chances = {row["way"]: row[side] for row in shown["chances"] if row[side] is not None}
            assert chances == found.probabilities
            assert {row["name"]: row[side] for row in shown["beliefs"]} == found.beliefs
            thinks, picks, both = shown["draws"]
            assert (thinks[side], thinks[f"{side}_draw"]) == (found.attention, found.attention_draw)
            assert picks[f"{side}_draw"] == found.picks[shown["way"]]
            assert both[side] == chance_in_week(found, shown["way"])
    assert decided > 30


def test_the_week_told_of_is_where_the_fates_part(asked):
    answer = asked[NATIONAL]
    assert {household: week for week, household in parted(answer.film)}[8] == 63
    assert card(answer, 8, 40, whole=False)["at"] == 40
    for week in (63, 64, 259, 10_000):
        assert card(answer, 8, week, whole=False)["at"] == 63
    later = card(answer, 8, 100, in_view=True, whole=False)
    assert later["at"] == 100
    assert later["sides"][1]["did"] == "In week 100 it is gone: it left in week 72 by assisted return."
    assert later["sides"][0]["decides"]
    both = spans(answer, 8, 100, "assisted return")[0]["name"]
    assert both == "in one of the 64 weeks up to then in which it had a decision under both"
    waiting = card(answer, 8, 70, in_view=True, whole=False)["sides"][1]["did"]
    assert waiting == "In week 70 it has nothing to decide: it accepted an offer in week 63 and waits to leave."


def test_someone_who_is_not_there_yet_has_no_decision(asked):
    answer = asked[NATIONAL]
    comes = next(
        household
        for household in answer.film.ids.tolist()
        if [stage for week, stage in answer.film.history(0, household) if week < 5] == [Stage.ABSENT]
    )
    shown = card(answer, comes, 0)
    assert [side["did"] for side in shown["sides"]] == ["In week 0 it is not here yet."] * 2
    assert shown["draws"] == shown["spans"] == []


def test_fates_part_where_histories_first_differ(asked):
    film = asked[NATIONAL].film
    expected = []
    for household in film.ids.tolist():
        a, b = (dict(film.history(k, household)) for k in (0, 1))
        weeks = [week for week in sorted({*a, *b}) if a.get(week) != b.get(week)]
        expected += [(weeks[0], household)] if weeks else []
    assert list(parted(film)) == sorted(expected)
    order = parted(film)
    for k, (_, household) in enumerate(order):
        near = neighbours(order, household, 0)
        assert (near["previous"] or {}).get("household") == (order[k - 1][1] if k else None)
        assert (near["next"] or {}).get("household") == (order[k + 1][1] if k + 1 < len(order) else None)
    alike = neighbours(order, 3, 62)  # between week 10 and week 63
    assert (alike["previous"]["week"], alike["next"]["week"]) == (10, 63)


def test_it_says_what_the_policy_changed_and_what_chance_decided(asked):
    """Household 82 thought about leaving under B only, since the offer drew its attention; the rest was the draw."""
    shown = card(asked[NATIONAL], 82, 51)
    a, b = (told(asked[NATIONAL], k, 82, 0) for k in (0, 1))
    assert not a.considered
    assert b.considered
    first, second, third = (line.replace("\u00a0", " ") for line in shown["story"])
    assert first.startswith(
        "Unlikely under both, and more likely under B: in week 0 the chance of assisted return was "
    )
    chances = [percent(chance_in_week(found, "assisted return")).replace("\u00a0", " ") for found in (b, a)]
    assert f"{chances[0]} under B and {chances[1]} under A" in first
    assert second.startswith("What parted them is that it thought about leaving under B and not under A: drawn ")
    assert third.startswith("Chance decided the rest: it chose assisted return, the draw for assisted return was ")
    assert "With the same draw it would have chosen assisted return under A too" in third
    assert a.picks["assisted return"] < a.probabilities["assisted return"]


def test_the_chance_over_all_weeks_is_that_of_each_week(asked):
    answer = asked[PILOT]
    shown = card(answer, 111, 51)
    assert shown["at"] == 10
    row, offered = shown["spans"]
    assert row["name"] == "in one of the 11 weeks up to then"
    assert offered["name"].endswith("(week 0)")  # the pilot was open for one week
    for k, side in enumerate("ab"):
        weeks = [told(answer, k, 111, week) for week in range(11)]
        stays = 1.0
        for week in weeks:
            stays *= 1.0 - week.attention * week.probabilities[shown["way"]]
        assert row[side] == 1.0 - stays == chance_over(weeks, shown["way"])
        assert offered[side] == 1.0 - (1.0 - chance_in_week(weeks[0], shown["way"]))
    assert "over the 11 weeks up to then" in shown["story"][0]


def test_terms_come_by_what_differs_then_by_what_pushes(asked):
    shown = card(asked[NATIONAL], 8, 100, whole=False)
    assert len(shown["terms"]) == 5
    money, later = (t["name"] for t in shown["terms"][:2])
    assert (money, later) == ("The money on offer", "A better offer may come, or this one lasts")
    apart = [abs(t["b"] - t["a"]) for t in shown["terms"]]
    same = [abs(t["b"]) for t, gap in zip(shown["terms"], apart, strict=True) if gap < 0.005]
    assert same == sorted(same, reverse=True)
    assert not any(t["constant"] for t in shown["terms"])
    constants = [t for t in shown["every"] if t["constant"]]
    assert len(constants) == 3
    assert all(t["name"] == "What is not explained by the terms (fitted constant)" for t in constants)


def explained(asked, **changed):
    return replace(explain(asked[NATIONAL].prepared[1], 0, 82, 0), **changed)


def test_one_run_alone_is_told_in_the_same_words(asked):
    answer = asked[NATIONAL]
    told = household_story(answer.prepared[1], answer.choices.seed, 82, 0)
    found = explain(answer.prepared[1], answer.choices.seed, 82, 0)
    assert told[0] == "In week 0 it thought about leaving, and chose assisted return."
    assert percent(found.probabilities["assisted return"]) in told[2]
    assert "this household's own leaning to return +1.43" in told[3]
    assert "fitted constant" not in told[3]
    gone = household_story(answer.prepared[1], answer.choices.seed, 8, 100)
    assert gone == ["In week 100 it is gone: it left in week 72 by assisted return."]


def test_fates_may_part_and_end_alike(asked):
    from experiments.page.watch.card import _verdict

    assert _verdict(["left in week 9 without assistance"] * 2, 3) == (
        "Left in week 9 without assistance, under both in the end; its fates part in week 3."
    )
    assert _verdict(["never came"] * 2, None) == "Never came, under both."


def test_how_much_the_policy_changed_is_said_by_rule(asked):
    chances = {"stay": 0.2, "assisted return": 0.8}
    a = explained(asked, attention=1.0, probabilities={"stay": 0.9, "assisted return": 0.1})
    b = explained(asked, attention=1.0, probabilities=chances)
    assert story(a, b)[0].startswith(
        "In week 0 the chance of assisted return was 80\u00a0% under B and 10\u00a0% under A"
    )
    for after, much in ((0.8, "nearly everything"), (0.2, "much"), (0.12, "little")):
        over = Over(1, 0.1, after)
        assert story(a, b, over=over)[0].startswith(f"The policy changed {much}: in week 0")
    assert story(b, b, over=Over(1, 0.8, 0.8))[0].startswith("The policy changed nothing here")


def test_a_chance_of_two_weeks(asked):
    """Half a chance to think of it, half a chance to pick it: 1 − (3/4)² = 7/16."""
    week = explained(asked, attention=0.5, probabilities={"stay": 0.5, "assisted return": 0.5})
    assert chance_over([week, week], "assisted return") == 7 / 16
    assert chance_over([week], "go irregular") == 0.0


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.00024, "0.024 %"), (0.0196, "2.0 %"), (0.5, "50 %"), (0.985, "98.5 %"),
        (0.9976, "99.8 %"), (0.99996, "99.996 %"), (1e-9, "under 0.0001 %"), (1 - 1e-9, "over 99.9999 %"),
        (0.0996, "10.0 %"), (0.8996, "90 %"),
    ],
)  # fmt: skip
def test_a_chance_is_never_nought_or_certain_that_is_not(share, text):
    assert percent(share).replace("\u00a0", " ") == text


def test_a_draw_is_told_apart_from_what_it_is_held_against():
    assert compared(0.106_64, 0.106_92, 0.100_2) == ("10.66\u00a0%", "10.69\u00a0%", "10.02\u00a0%")
    assert compared(0.5, 0.1) == ("50\u00a0%", "10\u00a0%")


@pytest.mark.parametrize("week", [-1, 0, 50, 10_000])
def test_any_week_of_any_household_has_a_card(asked, week):
    for household in asked[PILOT].film.ids[::60]:
        assert card(asked[PILOT], int(household), week, whole=False)["verdict"]


def test_a_household_that_nobody_knows_is_answered_in_words(asked):
    with pytest.raises(InputError, match="0 to 149"):
        card(asked[PILOT], 123_456, 5)
    (found,) = cards(asked[PILOT], 123_456, 5)
    assert found["problem"].startswith("There is no household 123456: the first 150 have numbers 0 to 149.")
    assert found["near"]["place"].endswith(" differ")


def test_the_state_of_the_week_is_not_that_of_the_end(asked):
    """What the end of the run has of ties is the value of other weeks."""
    answer, changed = asked[PILOT], 0
    state = answer.film.takes[0].run.state
    from abm.household.stages import COL
    from abm.why import row_of

    for household in range(0, 150, 30):
        shown = card(answer, household, 5, whole=False)["sides"][0]
        found = told(answer, 0, household, 5)
        if isinstance(found, Explanation):
            assert shown["household"]["ties"] == found.household["ties"]
            changed += found.household["ties"] != state.s[COL.ties, row_of(state, household)]
    assert changed
