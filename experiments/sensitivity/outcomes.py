"""What is shared out: a measure of a run, people awaiting departure on a day, or a count between two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from abm.arrays.setting import day_of
from abm.arrays.state import COUNT, FLOWS_AT, Flow
from abm.household.stages import Stage
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import COMPARED, IDS, MEASURES
from abm.model import MOST_WEEKS, Prepared
from abm.numerics.calendar import week_of

STOCK = "stock"
#: How a measure may be asked for, for messages.
FORMS = "a measure (returns list measures), stock:DATE, or a weekly count as in assisted_persons:DATE..DATE"


@dataclass(frozen=True)
class Outcome:
    """Something that a run comes to.

    Attributes
    ----------
    id, title, unit
        As it was asked for, what it is called for people, and its unit; for the whole caseload.
    column
        A weekly count (`abm.arrays.state.Flow`), ``stock``, or a measure.
    first, last
        Weeks first … last − 1 that a weekly count is added over; a stock is that after week last − 1; a measure is of
        the whole run (last 0).
    """

    id: str
    title: str
    unit: str
    column: str
    first: int = 0
    last: int = 0


def outcome(text: str, caseload: Caseload) -> Outcome:
    """What a text asks for: ``cost_npv``, ``stock:2022-12-31``, ``assisted_persons:2006-01-02..2007-01-01``.

    Days may be weeks of the run as well; the second of two is the first that does not count any more.

    Raises
    ------
    InputError
        If there is no such thing, or a day is before the run.
    """
    column, colon, when = text.strip().partition(":")
    if not colon:
        if column not in MEASURES:
            compared = (
                "a level that each situation has: the change itself is shared out, so ask for cost_npv or departures"
            )
            near = nearest_spelling(column, [*MEASURES, STOCK, *(flow.name for flow in Flow)])
            raise InputError("--measure", text, compared if column in COMPARED else FORMS, nearest=near)
        told = MEASURES[column]
        return Outcome(column, told.title, told.unit, column)
    if column == STOCK:
        last = _weeks_until(when, caseload, text)
        return Outcome(text, f"persons awaiting departure, {when}", "persons", STOCK, 0, last)
    names = [flow.name for flow in Flow]
    begins, dots, ends = when.partition("..")
    if column not in names or not dots:
        raise InputError("--measure", text, FORMS, nearest=nearest_spelling(column, [STOCK, *names]))
    first, last = _weeks_until(begins, caseload, text), _weeks_until(ends, caseload, text)
    if first >= last:
        raise InputError("--measure", text, "a first day at least a week before the second")
    unit = next((word for word in ("persons", "children") if word in column), "households")
    return Outcome(text, f"{column.replace('_', ' ')}, {begins} to {ends}", unit, column, first, last)


def _weeks_until(when: str, caseload: Caseload, text: str) -> int:
    """Whole weeks from the start of the run to a day (or a number of weeks)."""
    when = when.strip()
    try:
        weeks = int(when) if when.lstrip("-").isdigit() else week_of(date.fromisoformat(when), _day(caseload, text))
    except ValueError as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError("--measure", text, "a day such as 2022-12-31, or a number of weeks") from None
    if not 0 <= weeks <= MOST_WEEKS:
        raise InputError("--measure", text, f"a day in the run, which begins on {caseload.date or 'week 0'}")
    return weeks


def _day(caseload: Caseload, text: str) -> date:
    day = day_of(caseload)
    if day is None:
        raise InputError("--measure", text, f"weeks in place of dates: {caseload.name} has no date")
    return day


def horizon(outcomes: Sequence[Outcome], weeks: int | None, usual: int) -> int:
    """Weeks to run: those asked for, or the usual number where a measure is of the whole run, and as many as it takes.

    Raises
    ------
    InputError
        If the weeks asked for are fewer than a day asks for.
    """
    least = max(found.last for found in outcomes)
    if weeks is None:
        return max(least, 1 if all(found.last for found in outcomes) else usual)
    if weeks < least:
        raise InputError("--weeks", weeks, f"at least {least:,}, which the days of --measure ask for")
    return weeks


def found_in(prepared: Prepared, seed: int, outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Run once; what it comes to, in the order of the outcomes, shape (outcomes,); NaN where a run has none."""
    state, weight, now = prepared.begin(seed), prepared.weight, 0
    stocks: dict[int, float] = {}
    for week in sorted({found.last for found in outcomes if found.column == STOCK}):
        prepared.advance(seed, state, now, week)
        now = week
        waiting = state.counts[COUNT.persons, [Stage.EXHAUSTED, Stage.BOOKED]]
        stocks[week] = float(waiting.sum()) * weight
    values = np.zeros(0)
    if any(found.column != STOCK for found in outcomes):
        prepared.advance(seed, state, now, prepared.weeks)
        if any(not found.last for found in outcomes):
            values = prepared.finished(seed, state).values

    def value(asked: Outcome) -> float:
        if asked.column == STOCK:
            return stocks[asked.last]
        if asked.last:
            counts = state.history[asked.first : asked.last, FLOWS_AT + Flow[asked.column]]
            return float(counts.sum()) * weight
        return float(values[IDS.index(asked.column)])

    return np.array([value(asked) for asked in outcomes])
