"""What happened, told apart by group and period: the events of the weekly series, and no bit of the run different."""

from __future__ import annotations

import numpy as np
import pytest

from abm import prepare
from abm.arrays.state import Event
from abm.inputs.parameters import InputError
from abm.model import Run

SERIES = {"assisted": "assisted", "unassisted": "unassisted", "removed": "removed", "disappeared": "absconded",
          "accepted": "accepted"}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Run:
    return prepare("uk-2002-2015", "uk-refused-2005", weeks=130, households=1_500).run(3)


def test_events_by_group_sum_to_the_series_week_by_week(run: Run) -> None:
    told = run.flows(["origin", "family", "housing"], every="week")
    for event in Event:
        weekly = told[told["event"] == event.name].groupby("period")["households"].sum()
        counted = run.series[SERIES[event.name]].to_numpy() * run.prepared.weight
        assert np.allclose(weekly.reindex(range(130), fill_value=0.0), counted), event.name
    persons = told[told["event"] == "assisted"]["persons"].sum()
    assert persons == pytest.approx(run.series["assisted_persons"].sum() * run.prepared.weight)
    children = told[told["event"] == "removed"]["children"].sum()
    assert children == pytest.approx(run.series["removed_children"].sum() * run.prepared.weight)


def test_counting_them_changes_no_bit_of_the_run(run: Run) -> None:
    counting = run.prepared.run(3, events=True)
    assert np.array_equal(counting.state.s, run.state.s)
    assert np.array_equal(counting.state.history, run.state.history)
    assert counting.values.tobytes() == run.values.tobytes()
    assert np.array_equal(counting.state.events, run.events)
    assert len(run.state.events) == 0


def test_quarters_sum_to_years_and_a_week_counts_where_it_begins(run: Run) -> None:
    years, quarters = run.flows(), run.flows(every="quarter")
    assert years["households"].sum() == pytest.approx(quarters["households"].sum())
    # 3 January 2005 plus 130 weeks: into July 2007.
    assert [day.isoformat() for day in sorted(set(years["period"]))] == ["2005-01-01", "2006-01-01", "2007-01-01"]
    assert len(set(quarters["period"])) == 10 + (max(quarters["period"]).isoformat() == "2007-07-01")


def test_what_cannot_be_told_is_refused(run: Run) -> None:
    with pytest.raises(InputError, match="any of origin, family, housing"):
        run.flows(["country"])
    with pytest.raises(InputError, match="one of week, quarter, year"):
        run.flows(every="month")  # type: ignore[arg-type]
    undated = run.prepared.caseload.model_copy(update={"date": ""})
    timeless = prepare("uk-2025", undated.model_copy(update={"inflow": {}}), weeks=2, households=20).run(0)
    with pytest.raises(InputError, match="the day on which week 0 begins"):
        timeless.flows()
    assert list(timeless.flows(every="week").columns) == ["period", "event", "households", "persons", "children"]


def test_the_constants_of_a_place_are_added_to_the_behaviours(run: Run) -> None:
    prepared = run.prepared
    world = prepared.caseload.world.with_values({"place_assisted": 0.5, "place_unassisted": -0.25})
    there = prepared.caseload.model_copy(update={"world": world})
    b = prepared.behaviour
    elsewhere = b.with_values({"assisted": b.assisted + 0.5, "unassisted": b.unassisted - 0.25})
    one = prepare(prepared.policy, there, b, weeks=60, households=500).run(1)
    other = prepare(prepared.policy, prepared.caseload, elsewhere, weeks=60, households=500).run(1)
    assert one.values.tobytes() == other.values.tobytes()
    assert np.array_equal(one.state.history, other.state.history)
