"""The stages of a household and the columns that describe it.

To the rules every entry of a column is a float: whole numbers, flags and stages too.  How it is kept in memory
(`Held`) is a matter of the table (`abm.arrays.table`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, Flag, auto
from typing import Any

import numpy as np

from abm.numerics.arithmetic import rule
from abm.numerics.calendar import happened, limited
from abm.numerics.literals import literals
from abm.numerics.named import Named, numbers


class Holds(Flag):
    """What can hold in a stage; the rules ask for these, never for a stage's number."""

    IN_COUNTRY = auto()
    IN_LIMBO = auto()  # without a lasting answer
    CHOOSES = auto()  # may consider its situation, and choose
    FOLLOWS_NEWS = auto()  # takes in news on safety and on removals
    CASE_IS_OPEN = auto()  # the state works on it, and may house and pay it
    WAS_REFUSED = auto()  # whoever leaves or disappears from here has given up a refused claim
    AT_RISK = auto()  # its claim has failed for good
    WENT_HOME = auto()  # by choice: it tells its ties, and may come back
    GONE = auto()


_NOTHING = Holds(0)
_OPEN = Holds.IN_COUNTRY | Holds.IN_LIMBO | Holds.CHOOSES | Holds.FOLLOWS_NEWS | Holds.CASE_IS_OPEN
_WAITS_TO_LEAVE = Holds.IN_COUNTRY | Holds.IN_LIMBO | Holds.FOLLOWS_NEWS | Holds.CASE_IS_OPEN
_OUT_OF_SIGHT = Holds.IN_COUNTRY | Holds.IN_LIMBO | Holds.CHOOSES | Holds.FOLLOWS_NEWS | Holds.WAS_REFUSED


class Stage(Named):
    """Where a household stands; every household is in exactly one stage every week."""

    ABSENT = "not arrived yet"
    AWAITING = "first decision still to come", _OPEN
    REFUSED = "an appeal is possible or pending", _OPEN | Holds.WAS_REFUSED
    EXHAUSTED = "appeal rights exhausted", _OPEN | Holds.WAS_REFUSED | Holds.AT_RISK
    ABSCONDED = "out of contact with the state", _OUT_OF_SIGHT | Holds.AT_RISK
    BOOKED = "has accepted an offer, and waits to leave", _WAITS_TO_LEAVE
    PROTECTED = "protection granted", Holds.IN_COUNTRY | Holds.FOLLOWS_NEWS | Holds.CHOOSES
    SETTLED = "leave to stay for good", Holds.IN_COUNTRY
    RETURNED_ASSISTED = "left with assistance", Holds.GONE | Holds.WENT_HOME
    RETURNED_UNASSISTED = "left without assistance", Holds.GONE | Holds.WENT_HOME
    REMOVED = "removed by force", Holds.GONE

    def __init__(self, meaning: Any, holds: Holds = _NOTHING) -> None:
        self.holds = holds


STAGE = numbers(Stage, float)
STAGES = tuple(stage.name for stage in Stage)
#: The stages in which a household has left, in the order in which tables and charts give them.
ROUTES = tuple(stage for stage in Stage if Holds.GONE in stage.holds)


def holding(what: Holds) -> Callable[[Any], Any]:
    """A rule that tells whether something holds in a stage (or in each of an array of stages).

    Stages that follow each other are told by two comparisons: what the vectorised loops need.
    """
    places = [int(stage) for stage in Stage if what in stage.holds]
    runs: list[tuple[float, float]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], float(place))
        else:
            runs.append((float(place), float(place)))
    found = _between(*runs[0])
    for run in runs[1:]:
        found = _either(found, _between(*run))
    return found


def _between(first: float, last: float) -> Callable[[Any], Any]:
    @rule
    def between(stage: Any) -> Any:
        return (stage >= first) & (stage <= last)

    return between


def _either(one: Callable[[Any], Any], other: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @rule
    def either(stage: Any) -> Any:
        return one(stage) | other(stage)

    return either


in_country = holding(Holds.IN_COUNTRY)
in_limbo = holding(Holds.IN_LIMBO)
chooses = holding(Holds.CHOOSES)
follows_news = holding(Holds.FOLLOWS_NEWS)
case_is_open = holding(Holds.CASE_IS_OPEN)
was_refused = holding(Holds.WAS_REFUSED)
at_risk = holding(Holds.AT_RISK)
went_home = holding(Holds.WENT_HOME)
gone = holding(Holds.GONE)


class Housing(Named):
    """Where a household lives."""

    HOTEL = "hotel"
    DISPERSAL = "dispersal housing"
    OWN = "own arrangements"


HOUSING = numbers(Housing, float)


class Choice(Named):
    """What a household that considers can choose."""

    STAY = "stay"
    ASSISTED_RETURN = "go home with assistance"
    UNASSISTED_RETURN = "go home without"
    GO_IRREGULAR = "go out of contact"


CHOICE = numbers(Choice, float)


class Account(Named):
    """On whose account a household's costs are booked."""

    ORDINARY = "the caseload's own"
    INDUCED = "arrivals that the policy induced"
    REENTERED = "households that came back"


ACCOUNT = numbers(Account, float)


class Notice(Named):
    """What a week brings a household; several at once are added up, so each is a bit of its own."""

    CONSIDERS = "it considers its situation"
    FATE = "what nobody chooses: regularisation, detection, re-migration"
    SUPPORT_ENDS = "its support ends"
    MOVES = "it is moved from a hotel to dispersal housing"
    DEPARTS = "the departure that it accepted has come"


NOTICE = numbers(Notice, lambda place: 1 << place)


class Kind(Enum):
    """What the entries of a column are."""

    NUMBER = auto()
    WHOLE = auto()
    PAST = auto()  # a week, or NEVER
    COMING = auto()  # a week, or NO_LIMIT
    WORKING = auto()  # of use within a week only


class Held(Enum):
    """As what a column is kept: as little as holds all that it can be."""

    REAL = "float64"
    WHOLE = "int32"  # counts, and places
    SHORT = "int16"  # weeks, `NEVER` and `NO_LIMIT` among them
    SMALL = "uint8"  # a stage, another code, a flag, or persons
    RARE = "float64, of few"  # what few households have: nought for all the others, who take no room for it


_HELD = {
    Kind.NUMBER: Held.REAL, Kind.WHOLE: Held.WHOLE, Kind.PAST: Held.SHORT, Kind.COMING: Held.SHORT,
    Kind.WORKING: Held.SMALL,
}  # fmt: skip


class Column(Named):
    """What is known of a household: a row of the table."""

    # who it is
    id = "identity, the coordinate of its draws", Kind.WHOLE, Held.REAL
    origin = "country of origin, as a position in the setting's list", Held.SHORT
    site = "site where it is housed", Kind.WHOLE
    adults = "adults", Kind.WHOLE, Held.SMALL
    children = "children under 18", Kind.WHOLE, Held.SMALL
    school = "children of school age", Kind.WHOLE, Held.SMALL
    patience = "patience class", Held.SMALL
    taste_return = "lasting taste for returning"
    taste_irregular = "lasting taste for irregularity"
    abroad = "ties abroad, who report on home", Held.SMALL
    first_housing = "housing at the start, or on arrival", Held.SMALL
    # where it stands
    stage = "stage", Held.SMALL
    since = "week in which it entered the stage", Kind.PAST
    arrived = "week of its (latest) arrival and claim", Held.SHORT
    housing = "housing", Held.SMALL
    account = "account of its costs", Held.SMALL
    kept_away = "1 if the policy keeps it away", Held.SMALL
    withdrawn = "1 if state support was withdrawn", Held.SMALL
    support_end = "week from which support ends", Kind.COMING
    appeals = "1 if it appeals against its refusal", Held.SMALL
    review_due = "week in which its protection is due for review", Kind.COMING
    protected_at = "week in which protection was granted", Kind.PAST
    visited = "week of the last adviser's visit", Kind.PAST
    departs_at = "week of the departure that it accepted", Kind.COMING
    booked_from = "stage in which it accepted", Held.SMALL
    booked_amount = "GBP that it accepted", Held.RARE
    booked_share = "share of it that is paid at departure", Held.RARE
    closing = "week in which an announced offer (or its bonus) closes for it", Kind.COMING
    # beliefs
    safety = "believed safety at home, 0–1"
    removal = "believed chance of being removed within a year, 0–1"
    payment = "believed chance that a later payment is made, 0–1"
    alert = "added attention, 0–1"
    # peers
    ties = "ties to households in the country", Kind.WHOLE
    ties_left = "ties that left by choice", Kind.WHOLE
    ties_removed = "ties that were removed", Kind.WHOLE
    unread = "place, from 1, of its unread news among those who have any", Kind.WORKING, Held.WHOLE
    # the week's working
    notice = "what happens to it this week (bits)", Kind.WORKING
    choice = "choice made this week", Kind.WORKING
    considered_at = "week in which it last considered", Kind.PAST
    # its history
    risk_from = "week from which its claim had failed for good", Kind.PAST
    left_at = "week of its first departure", Kind.PAST
    route = "stage it first left to", Held.SMALL
    left_unsafe = "1 if it left for a country unsafe at that time", Held.SMALL
    absconded_at = "week in which it first went out of contact", Kind.PAST
    reentries = "times it came back", Kind.WHOLE, Held.RARE
    received = "pence paid to it by the offers", Held.RARE

    def __init__(self, meaning: Any, *facts: Kind | Held) -> None:
        self.kind = next((fact for fact in facts if isinstance(fact, Kind)), Kind.NUMBER)
        self.held = next((fact for fact in facts if isinstance(fact, Held)), _HELD[self.kind])

    def shown(self, values: np.ndarray) -> np.ndarray:
        """Entries as a table for people has them: weeks that never came, or never come, as NaN."""
        if self.kind is Kind.WHOLE:
            return values.astype(np.int64)
        if self.kind is Kind.PAST:
            return np.where(happened(values), values, np.nan)  # type: ignore[arg-type]
        if self.kind is Kind.COMING:
            return np.where(limited(values), values, np.nan)  # type: ignore[arg-type]
        return values


COL = literals(Column)
#: Below its columns the table goes on with a row an offer (the week in which offer k was made, or `NO_LIMIT`), and a
#: row a column of one's own.
TOLD = len(Column)
