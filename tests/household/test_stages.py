"""What holds in a stage is said once, in the enumeration; the rules' predicates are it, compiled or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from abm.household import stages
from abm.household.stages import COL, ROUTES, STAGE, STAGES, TOLD, Column, Holds, Kind, Stage, holding
from abm.numerics.calendar import NEVER, NO_LIMIT

#: The predicate of each thing that can hold goes by its name: IN_COUNTRY is told by `in_country`.
PREDICATES = [(what, getattr(stages, what.name.lower())) for what in Holds]

predicates = pytest.mark.parametrize(("what", "predicate"), PREDICATES, ids=[what.name for what in Holds])


@predicates
@pytest.mark.parametrize("stage", Stage)
def test_a_predicate_is_membership(what: Holds, predicate: Callable[[Any], Any], stage: Stage) -> None:
    assert bool(predicate(float(stage))) == (what in stage.holds)
    assert bool(predicate(stage)) == (what in stage.holds)


@predicates
def test_a_predicate_tells_of_each_of_a_column(what: Holds, predicate: Callable[[Any], Any]) -> None:
    expected = [what in stage.holds for stage in Stage]
    for column in (np.array(STAGE), np.arange(len(Stage))):
        found = predicate(column)
        assert found.dtype == bool
        assert found.tolist() == expected


@predicates
def test_a_compiled_predicate_tells_the_same(what: Holds, predicate: Callable[[Any], Any]) -> None:
    @njit
    def told(column: np.ndarray) -> np.ndarray:
        found = np.zeros(len(column), np.bool_)
        for i in range(len(column)):
            found[i] = predicate(column[i])
        return found

    assert told(np.array(STAGE)).tolist() == [what in stage.holds for stage in Stage]


@pytest.mark.parametrize("places", [(0,), (9,), (1, 2, 3), (0, 2, 4), (1, 2, 5, 7, 8, 9), tuple(range(10))])
def test_any_set_of_stages_can_be_told(places: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in Stage:
        monkeypatch.setattr(stage, "holds", Holds.GONE if int(stage) in places else Holds(0))
    told = holding(Holds.GONE)
    assert [place for place in range(len(Stage)) if told(float(place))] == list(places)


def test_what_holds_together() -> None:
    """What the rules take for granted of every stage."""
    for stage in Stage:
        holds = stage.holds
        assert not (Holds.GONE in holds and Holds.IN_COUNTRY in holds)
        assert (Holds.GONE in holds) or (Holds.IN_COUNTRY in holds) or stage is Stage.ABSENT
        assert Holds.IN_COUNTRY in holds or not holds & (Holds.IN_LIMBO | Holds.CHOOSES | Holds.CASE_IS_OPEN)
        assert Holds.IN_COUNTRY in holds or not holds & (Holds.FOLLOWS_NEWS | Holds.AT_RISK | Holds.WAS_REFUSED)
        assert Holds.GONE in holds or Holds.WENT_HOME not in holds
        assert Holds.WAS_REFUSED in holds or Holds.AT_RISK not in holds
    assert ROUTES == (Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED, Stage.REMOVED)
    assert tuple(Stage.__members__) == STAGES


def test_weeks_that_never_came_are_shown_as_none() -> None:
    weeks = np.array([NEVER, -3.0, 7.0])
    assert np.isnan(Column.left_at.shown(weeks)).tolist() == [True, False, False]
    coming = np.array([NO_LIMIT, 7.0, 3.0 + NO_LIMIT])
    assert np.isnan(Column.closing.shown(coming)).tolist() == [True, False, True]
    assert Column.id.shown(np.array([3.0])).dtype == np.int64
    assert Column.safety.shown(np.array([0.25])).tolist() == [0.25]


def test_the_table_holds_a_row_a_column_and_then_a_row_an_offer() -> None:
    assert len(Column) == TOLD == COL.received + 1
    kinds = {kind: {column.name for column in Column if column.kind is kind} for kind in Kind}
    assert kinds[Kind.WORKING] == {"unread", "notice", "choice"}
    assert {"since", "left_at", "risk_from", "visited", "considered_at"} <= kinds[Kind.PAST]
    assert kinds[Kind.COMING] == {"support_end", "review_due", "closing", "departs_at"}
