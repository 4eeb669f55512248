"""What `abm.why` tells of a week: the state of that week, its draws, and the same by the compiled driver."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from abm import InputError, load_caseload, load_policy, prepare
from abm.household.stages import COL, Stage, chooses, in_country
from abm.why import Explanation, Standing, explain, explain_every, row_of
from abm.why_words import WORDS


@pytest.fixture(scope="module")
def prepared():
    return prepare(load_policy("uk-pilot-2026"), load_caseload("uk-families-2026"), weeks=80, households=60)


@pytest.fixture(scope="module")
def singles():
    """A caseload in which support ends and people are removed: what the compiled driver cannot tell by itself."""
    return prepare(load_policy("uk-2025"), load_caseload("uk-refused-2025"), weeks=60, households=120)


@pytest.mark.parametrize("which", ["prepared", "singles"])
def test_several_weeks_at_once_are_told_as_each_by_itself(which, request):
    """`explain` reads the rules as plain Python; `explain_every` runs the week compiled: the same to the last bit."""
    case, standing, differing = request.getfixturevalue(which), 0, set()
    run = case.run(3).state.s
    gone = [int(one) for one in run[COL.id][(run[COL.left_at] >= 0) & (run[COL.id] < case.households)]]
    for household in [*range(0, case.households, 20), *gone[:1]]:
        weeks = range(household % 4, case.weeks, 9)
        for week, found in zip(weeks, explain_every(case, 3, household, weeks), strict=True):
            if isinstance(found, Standing):
                standing += 1
                with pytest.raises(InputError, match=found.stage.name.lower()):
                    explain(case, 3, household, week)
            else:
                assert asdict(found) == asdict(explain(case, 3, household, week)), (household, week)
                differing.add(found.considered)
    assert differing == {True, False}
    assert standing > 0


def test_a_week_in_which_support_ends_is_told_too(singles):
    state = singles.begin(3)
    for week in range(singles.weeks):
        ends = [
            int(state.s[COL.id, row])
            for row in range(state.s.shape[1])
            if state.s[COL.stage, row] == Stage.EXHAUSTED and state.s[COL.support_end, row] <= week
        ]
        for household in ends[:1]:
            (found,) = explain_every(singles, 3, household, [week])
            assert asdict(found) == asdict(explain(singles, 3, household, week))
            assert found.household["support withdrawn"] is False  # it ends after the decision
            return
        singles.advance(3, state, week, week + 1)
    raise AssertionError("nobody's support ends")


def test_draws_fall_below_the_chance_of_what_happens(prepared):
    """One even number says whether it considers, one for each way what it then picks."""
    considered = picked = 0
    for household in range(24):
        for found in explain_every(prepared, 3, household, range(0, 80, 3)):
            if not isinstance(found, Explanation):
                continue
            assert found.considered == (found.attention_draw < found.attention)
            best = max(found.utilities, key=lambda way, f=found: f.utilities[way] + f.draws[way])
            assert [way for way, draw in found.picks.items() if draw < found.probabilities[way]] == [best]
            considered += found.considered
            picked += best != "stay"
    assert considered > 20
    assert picked > 0


def test_picks_are_even_numbers(prepared):
    """Of some hundreds of numbers that are even between 0 and 1, a tenth lies below 0.1 and a half below 0.5."""
    draws = [
        found.picks["unassisted return"]
        for household in range(24)
        for found in explain_every(prepared, 5, household, range(0, 80, 4))
        if isinstance(found, Explanation)
    ]
    assert len(draws) > 400
    for share in (0.1, 0.5, 0.9):
        spread = (share * (1 - share) / len(draws)) ** 0.5
        assert abs(sum(draw < share for draw in draws) / len(draws) - share) < 4 * spread


def test_ties_are_those_of_the_week(prepared):
    """Ties come with arrivals; those in the country and those gone are counted in the week, not at the end."""
    run, changed = prepared.run(3), 0
    state = prepared.begin(3)
    prepared.advance(3, state, 0, 20)
    for household in range(prepared.households):
        if not chooses(state.s[COL.stage, row_of(state, household)]):
            continue
        (found,) = explain_every(prepared, 3, household, [20])
        if isinstance(found, Standing):
            continue
        row = row_of(state, household)
        known = state.ties[state.tie_start[row] : state.tie_start[row + 1]]
        before, after = state.s[COL.ties, row], run.state.s[COL.ties, row]
        assert before <= found.household["ties"] <= after
        came = int(found.household["ties"] - before)  # arrivals of the week itself
        assert found.household["ties still in the country"] <= sum(in_country(state.s[COL.stage, known])) + came
        changed += found.household["ties"] != after
    assert changed > 10


def test_every_term_has_words(prepared):
    names = {name for name, _, _ in explain(prepared, 3, 0, 0).terms}
    assert names == set(WORDS)
