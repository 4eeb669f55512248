"""The stages of a household and the columns that describe it.

State is one table of float64: a row per column below, an entry per household.  Whole numbers, flags
and stages are stored as floats (exact up to 2**53), so that the compiled week can work through a
column eight households at a time.
"""

from __future__ import annotations

from enum import IntEnum

#: "It has not happened": earlier than any week of any run.
NEVER = -1.0e6


class Stage(IntEnum):
    """Where a household stands; every household is in exactly one stage every week."""

    ABSENT = 0
    AWAITING = 1
    REFUSED = 2
    EXHAUSTED = 3
    ABSCONDED = 4
    PROTECTED = 5
    SETTLED = 6
    RETURNED_ASSISTED = 7
    RETURNED_UNASSISTED = 8
    REMOVED = 9


ABSENT, AWAITING, REFUSED, EXHAUSTED, ABSCONDED, PROTECTED, SETTLED, ASSISTED, UNASSISTED, REMOVED = map(float, Stage)
STAGES = tuple(stage.name for stage in Stage)
STAGE_COUNT = len(STAGES)


class Housing(IntEnum):
    """Where a household lives."""

    HOTEL = 0
    DISPERSAL = 1
    OWN = 2


HOTEL, DISPERSAL, OWN = map(float, Housing)


class Choice(IntEnum):
    """What a household that considers can choose."""

    STAY = 0
    ASSISTED_RETURN = 1
    UNASSISTED_RETURN = 2
    GO_IRREGULAR = 3


STAY, ASSISTED_RETURN, UNASSISTED_RETURN, GO_IRREGULAR = map(float, Choice)

#: On whose account a household's costs are booked: the caseload's, the pull factor's, re-entry's.
ORDINARY, INDUCED, REENTERED = 0.0, 1.0, 2.0

COLUMNS: dict[str, str] = {
    # who it is
    "ID": "identity, the coordinate of its draws",
    "ORIGIN": "country of origin, as a position in the setting's list",
    "SITE": "site where it is housed",
    "ADULTS": "adults",
    "CHILDREN": "children under 18",
    "SCHOOL": "children of school age",
    "PATIENCE": "patience class",
    "TASTE_RETURN": "lasting taste for returning",
    "TASTE_IRREGULAR": "lasting taste for irregularity",
    "NEWS_NOISE": "standard deviation of its weekly news on safety",
    "ABROAD": "ties abroad",
    # where it stands
    "STAGE": "stage",
    "SINCE": "week in which it entered the stage",
    "ARRIVED": "week of its (latest) arrival and claim",
    "HOUSING": "housing",
    "ACCOUNT": "account of its costs: 0 ordinary, 1 induced arrival, 2 re-entry",
    "WITHDRAWN": "1 if state support was withdrawn",
    "SUPPORT_END": "week from which support ends",
    "APPEALS": "1 if it appeals against its refusal",
    "REVIEW_DUE": "week in which its protection is due for review",
    "PROTECTED_AT": "week in which protection was granted",
    "VISITED": "week of the last adviser's visit",
    # the offers
    "OFFERED": "week in which the offer was made to it",
    "STANDING_OFFERED": "week in which the standing offer was made to it",
    "CLOSING": "week in which the offer (or its bonus) closes for it",
    # beliefs
    "SAFETY": "believed safety at home, 0–1",
    "REMOVAL": "believed chance of being removed within a year, 0–1",
    "PAYMENT": "believed chance that a later payment is made, 0–1",
    "ALERT": "added attention, 0–1",
    # peers
    "TIES": "ties to households in the country",
    "TIES_LEFT": "ties that left by choice",
    "TIES_REMOVED": "ties that were removed",
    "REPORTS": "unread news of ties that went home, each with a report on safety",
    "REPORTED": "sum of their reports on safety",
    "PAYMENTS": "unread reports on payment from returned ties",
    "PAID": "of them, that it was paid",
    "REMOVALS": "unread news of removed ties",
    # the week's working
    "NOTICE": "what happens to it this week (bits)",
    "CHOICE": "choice made this week",
    "CONSIDERED_AT": "week in which it last considered",
    # its history
    "RISK_FROM": "week from which its claim had failed for good",
    "LEFT_AT": "week of its first departure",
    "ROUTE": "stage it first left to",
    "LEFT_UNSAFE": "1 if it left for a country unsafe at that time",
    "ABSCONDED_AT": "week in which it first went out of contact",
    "REENTRIES": "times it came back",
    "RECEIVED": "pence paid to it by the offers",
}

(
    ID, ORIGIN, SITE, ADULTS, CHILDREN, SCHOOL, PATIENCE, TASTE_RETURN, TASTE_IRREGULAR, NEWS_NOISE, ABROAD,
    STAGE, SINCE, ARRIVED, HOUSING, ACCOUNT, WITHDRAWN, SUPPORT_END, APPEALS, REVIEW_DUE, PROTECTED_AT, VISITED,
    OFFERED, STANDING_OFFERED, CLOSING, SAFETY, REMOVAL, PAYMENT, ALERT,
    TIES, TIES_LEFT, TIES_REMOVED, REPORTS, REPORTED, PAYMENTS, PAID, REMOVALS, NOTICE, CHOICE, CONSIDERED_AT,
    RISK_FROM, LEFT_AT, ROUTE, LEFT_UNSAFE, ABSCONDED_AT, REENTRIES, RECEIVED,
) = range(len(COLUMNS))  # fmt: skip
COLUMN_COUNT = len(COLUMNS)
