"""The public account: lines, unit prices in whole pence, and who is charged to which line.

All money inside a run is counted in whole pence (64-bit integers), so that sums are exact and do not
depend on the order in which households act; the books balance to the penny.
"""

from __future__ import annotations

from typing import NamedTuple

from abm.arithmetic import rule
from abm.decision import WEEKS_PER_YEAR
from abm.stages import ORDINARY, REENTERED
from abm.world import World

LINES: dict[str, str] = {
    "hotel": "hotel accommodation",
    "dispersal": "dispersal accommodation",
    "subsistence": "subsistence payments",
    "casework": "initial decisions, status reviews and keeping cases open",
    "appeals": "appeals",
    "advice": "advisers' visits",
    "offer": "payments under the offers",
    "travel": "travel and processing of assisted returns",
    "reintegration": "help in kind after return",
    "enforcement": "removal attempts, documents and escorts",
    "detention": "detention before removal",
    "induced_arrivals": "everything spent on arrivals that the policy induced",
    "re_entry": "everything spent on households that came back",
}
(
    HOTEL_LINE, DISPERSAL_LINE, SUBSISTENCE_LINE, CASEWORK_LINE, APPEALS_LINE, ADVICE_LINE, OFFER_LINE, TRAVEL_LINE,
    REINTEGRATION_LINE, ENFORCEMENT_LINE, DETENTION_LINE, INDUCED_LINE, REENTRY_LINE,
) = range(len(LINES))  # fmt: skip
LINE_COUNT = len(LINES)


class Prices(NamedTuple):
    """Unit costs in whole pence."""

    hotel_week: int
    dispersal_week: int
    subsistence_week: int
    hotel_subsistence_week: int
    decision: int
    appeal: int
    review: int
    case_week: int
    visit: int
    travel: int
    attempt: int
    removal: int
    detention: int
    detention_family: int
    reintegration: int


def pence(pounds: float) -> int:
    """Pounds as whole pence."""
    return round(pounds * 100.0)


def prices(world: World, reintegration: float) -> Prices:
    """Unit costs of a world, per person, case, visit or attempt as the name says."""
    return Prices(
        hotel_week=pence(7.0 * world.hotel_night),
        dispersal_week=pence(7.0 * world.dispersal_night),
        subsistence_week=pence(world.subsistence_week),
        hotel_subsistence_week=pence(world.hotel_subsistence_week),
        decision=pence(world.decision_case),
        appeal=pence(world.appeal_case),
        review=pence(world.review_case),
        case_week=pence(world.casework_year / WEEKS_PER_YEAR),
        visit=pence(world.visit),
        travel=pence(world.travel_person),
        attempt=pence(world.enforcement_attempt),
        removal=pence(world.enforcement_success),
        detention=pence(world.detention_day * world.detention_days),
        detention_family=pence(world.detention_day * world.detention_days_family),
        reintegration=pence(reintegration),
    )


@rule
def line_for(line: int, account: float) -> int:
    """The line that is charged: its own for the caseload, one line for induced arrivals and re-entries."""
    if account == ORDINARY:
        return line
    if account == REENTERED:
        return REENTRY_LINE
    return INDUCED_LINE


@rule
def charge(ledger, line: int, account: float, amount: int) -> None:  # type: ignore[no-untyped-def]
    """Book an amount in pence to a week's account (one entry a line)."""
    ledger[line_for(line, account)] += amount
