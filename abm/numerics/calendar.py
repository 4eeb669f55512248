"""Weeks: how many make a year, and how "it has not happened" and "no limit" are written in a column of weeks."""

from __future__ import annotations

from datetime import date

from abm.numerics.arithmetic import exp, rule

WEEKS_PER_YEAR = 365.25 / 7.0
MONTHS_PER_YEAR = 12.0

#: "It has not happened": earlier than any week of any run, the first of 16 bits.
NEVER = -32_768.0

#: "No limit", "not while the run lasts": larger than any week or number of weeks, persons or pounds.
NO_LIMIT = 1.0e9

#: How that is kept of a week: the last of 16 bits.
LAST = 32_767


@rule
def happened(week: float) -> bool:
    """Whether the week of an event is known: it is not `NEVER`.  Works on columns too."""
    return week > NEVER


@rule
def limited(week: float) -> bool:
    """Whether there is a limit: it is not `NO_LIMIT`, nor so many weeks after some other.  Works on columns too."""
    return week < LAST


@rule
def weekly_chance(per_year: float) -> float:
    """A rate per year as a chance per week: 1 − exp(−rate / 52.18)."""
    return 1.0 - exp(-per_year / WEEKS_PER_YEAR)


def week_of(day: date, first: date) -> int:
    """The week of a run in which a day lies, week 0 beginning on the day `first`; negative before it."""
    return (day - first).days // 7
