"""The outcomes of a run: each with its definition, unit, window and denominator, written down once.

*At risk* are households whose claim has failed for good: appeal rights exhausted (in the stock, or in
the course of the run), or claim given up by leaving or going out of contact after a refusal.  A window
of twelve months starts for each of them in the week in which it came to be at risk (week 0 for the
stock); households with a shorter follow-up are left out of that rate, not counted as staying.

Totals (unit GBP, persons, households …) stand for the whole caseload, also when a sample of it is
simulated.  Money is discounted to week 0.  A measure that a run cannot have is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from abm.arithmetic import exp, log, routine, rule
from abm.decision import WEEKS_PER_YEAR
from abm.ledger import (
    ADVICE_LINE, DETENTION_LINE, ENFORCEMENT_LINE, INDUCED_LINE, LINE_COUNT, OFFER_LINE, REINTEGRATION_LINE,
    TRAVEL_LINE,
)  # fmt: skip
from abm.setting import Setting
from abm.stages import (
    ABSCONDED_AT, ACCOUNT, ASSISTED, INDUCED, LEFT_AT, LEFT_UNSAFE, REENTRIES, REMOVED, RISK_FROM, ROUTE,
)  # fmt: skip
from abm.state import (
    ARRIVALS_FLOW, CHILDREN_IN_LIMBO, FLOWS_AT, FLOW_COUNT, HOUSEHOLDS, INDUCED_FLOW, LEDGER_AT, REMOVED_CHILDREN,
    UNSAFE_PERSONS, UNSUPPORTED_PERSONS, State,
)  # fmt: skip

Group = Literal["firm", "fair", "compassionate", "public money"]


@dataclass(frozen=True)
class Measure:
    """What an outcome means.

    Attributes
    ----------
    id, title, unit, definition
        Name for files, name for people, unit, and definition with window and denominator.
    group
        Which concern it speaks to.
    better
        "lower" or "higher" where everybody agrees, else "".
    compared
        True if it needs a baseline.
    """

    id: str
    title: str
    unit: str
    definition: str
    group: Group
    compared: bool = False


def _measures(*rows: tuple[str, str, str, Group, str]) -> dict[str, Measure]:
    return {name: Measure(name, title, unit, definition, group) for name, title, unit, group, definition in rows}


MEASURES: dict[str, Measure] = _measures(
    ("assisted_return_rate_12m", "assisted return within 12 months", "share", "firm",
     "share of households at risk that took an assisted return within 52 weeks"),
    ("return_rate_12m", "return within 12 months", "share", "firm",
     "share of households at risk that left within 52 weeks by any route (assisted, unassisted, removed)"),
    ("return_rate_24m", "return within 24 months", "share", "firm", "the same within 104 weeks"),
    ("return_rate_60m", "return within 60 months", "share", "firm", "the same within 260 weeks"),
    ("caseload_end", "caseload awaiting removal at the end", "households", "firm",
     "households whose appeal rights are exhausted and who are in contact, in the last week"),
    ("median_weeks_to_departure", "median weeks to departure", "weeks", "firm",
     "Kaplan–Meier median of weeks from being at risk to departure by any route; those still there, settled or out "
     "of contact count as not yet departed at the end of their follow-up; NaN if fewer than half are seen to depart"),
    ("absconded_share", "ever out of contact", "share", "firm",
     "share of households at risk that ever went out of contact during the run"),
    ("removed_share", "removed by force", "share", "firm", "share of households at risk whose first departure was a removal"),
    ("assisted_share", "assisted return", "share", "firm", "share of households at risk whose first departure was an assisted return"),
    ("unassisted_share", "unassisted return", "share", "firm", "share of households at risk whose first departure was an unassisted return"),
    ("reentry_share", "came back", "share", "firm", "share of households that returned (assisted or unassisted) and came back with a new claim during the run"),
    ("departures", "departures", "households", "firm", "first departures by any route"),
    ("assisted_departures", "assisted departures", "households", "firm", "first departures by assisted return"),
    ("removals", "removals", "households", "firm", "first departures by removal"),
    ("cost_npv", "public cost", "GBP", "public money", "all lines of the account over the run, discounted"),
    ("offer_spend", "spent on the offers", "GBP", "public money", "payments under the offers over the run, discounted"),
    ("accommodation_spend", "spent on housing and subsistence", "GBP", "public money",
     "hotel, dispersal and subsistence lines over the run, discounted"),
    ("induced_spend", "spent on induced arrivals", "GBP", "public money", "everything spent on arrivals that the policy induced, discounted"),
    ("cost_per_departure", "spent on departures, per departure", "GBP/household", "public money",
     "offers, travel, help in kind, advice, enforcement and detention, discounted, divided by departures (induced arrivals aside, on both sides)"),
    ("child_years_in_limbo", "child-years in limbo", "child-years", "compassionate",
     "weeks that children spend awaiting, refused, exhausted or out of contact, in years"),
    ("children_removed", "children removed by force", "children", "compassionate", "children in enforced removals"),
    ("destitution_weeks", "person-weeks without support", "person-weeks", "compassionate",
     "weeks that persons spend out of contact, or exhausted after support was withdrawn"),
    ("unsafe_returns", "returns to an unsafe country", "persons", "compassionate",
     "persons who left, by any route, for a country whose true safety was below the world's unsafe_below at that time"),
    ("unsafe_share", "of departures, to an unsafe country", "share", "compassionate",
     "share of first departures to a country unsafe at that time"),
    ("arrivals", "arrivals", "households", "public money", "new households over the run, re-entries not counted"),
    ("induced_arrivals", "induced arrivals", "households", "public money", "of them, those that came because of the policy (pull factor)"),
    ("at_risk", "households at risk", "households", "firm", "households ever at risk: the denominator of the shares"),
)  # fmt: skip
IDS = tuple(MEASURES)

#: Outcomes of a comparison: they need a baseline run with the same seed.
COMPARED: dict[str, Measure] = {
    measure.id: measure
    for measure in (
        Measure("net_saving_npv", "net saving", "GBP", "public cost of the baseline less that of the variant, paired by seed",
                "public money", True),
        Measure("cost_per_additional_return", "cost per additional return", "GBP/household",
                "additional public cost divided by additional departures against the baseline (ratio of means); negative: each "
                "additional return saves; undefined without additional departures", "public money", True),
        Measure("break_even_offer", "break-even payment", "GBP/household",
                "payment per assisted departure at which the variant costs what the baseline costs, behaviour held as simulated",
                "public money", True),
    )
}  # fmt: skip


@rule
def at_risk(state: State, i: int) -> bool:
    """Whether household i was at risk at any time of the run."""
    return state.s[RISK_FROM, i] >= 0.0


@rule
def left_at_risk(state: State, i: int) -> bool:
    """Whether household i has left since it came to be at risk."""
    return state.s[LEFT_AT, i] >= 0.0 and state.s[LEFT_AT, i] >= state.s[RISK_FROM, i]


@routine
def left_within(state: State, weeks: float, window: float, route: float):  # type: ignore[no-untyped-def]
    """Share of households at risk that left within a window by a route (0: any), among those followed that long."""
    s = state.s
    followed, left = 0, 0
    for i in range(s.shape[1]):
        if at_risk(state, i) and s[RISK_FROM, i] + window <= weeks:
            followed += 1
            gone = left_at_risk(state, i) and s[LEFT_AT, i] < s[RISK_FROM, i] + window
            if gone and (route == 0.0 or s[ROUTE, i] == route):
                left += 1
    return left / followed if followed > 0 else np.nan


@routine
def median_to_departure(state: State, weeks: int):  # type: ignore[no-untyped-def]
    """Kaplan–Meier median of the weeks from being at risk to departure.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations",
       Journal of the American Statistical Association 53 (1958), 457–481.
    """
    s = state.s
    events = np.zeros(weeks + 1)
    leaving_sight = np.zeros(weeks + 1)
    total = 0.0
    for i in range(s.shape[1]):
        if at_risk(state, i):
            total += 1.0
            if left_at_risk(state, i):
                events[int(min(float(weeks), max(0.0, s[LEFT_AT, i] - s[RISK_FROM, i])))] += 1.0
            else:
                leaving_sight[int(max(0.0, weeks - s[RISK_FROM, i] - 1.0))] += 1.0
    survival = 1.0
    for duration in range(weeks + 1):
        if total <= 0.0:
            break
        survival *= 1.0 - events[duration] / total
        if survival <= 0.5:
            return duration + 1.0
        total -= events[duration] + leaving_sight[duration]
    return np.nan


@routine
def discounted(state: State, x: Setting):  # type: ignore[no-untyped-def]
    """Each line of the account in pounds, discounted to week 0, shape (lines,)."""
    lines = np.zeros(LINE_COUNT)
    weekly = exp(-log(1.0 + x.w.discount_rate) / WEEKS_PER_YEAR)
    factor = 1.0
    for week in range(state.history.shape[0]):
        for line in range(len(lines)):
            lines[line] += factor * (state.history[week, LEDGER_AT + line] / 100.0)
        factor *= weekly
    return lines


@rule
def ratio(part: float, whole: float):  # type: ignore[no-untyped-def]
    """A share, or NaN of nothing."""
    return part / whole if whole > 0.0 else np.nan


@routine
def measure(x: Setting, state: State, weight: float):  # type: ignore[no-untyped-def]
    """Every outcome of a finished run, in the order of `MEASURES`.

    Parameters
    ----------
    weight
        Households of the caseload for which one simulated household stands.

    Returns
    -------
    ndarray, shape (measures,)
    """
    s = state.s
    weeks = state.history.shape[0]
    risk, absconded, returned, back = 0.0, 0.0, 0.0, 0.0
    left, ordinary, unsafe = 0.0, 0.0, 0.0
    routes = np.zeros(3)
    risk_routes = np.zeros(3)
    for i in range(s.shape[1]):
        if at_risk(state, i):
            risk += 1.0
            if s[ABSCONDED_AT, i] >= 0.0:
                absconded += 1.0
            if left_at_risk(state, i):
                risk_routes[int(s[ROUTE, i]) - 7] += 1.0
        if s[LEFT_AT, i] >= 0.0:
            left += 1.0
            ordinary += 1.0 if s[ACCOUNT, i] != INDUCED else 0.0
            unsafe += s[LEFT_UNSAFE, i]
            routes[int(s[ROUTE, i]) - 7] += 1.0
            if s[ROUTE, i] != REMOVED:
                returned += 1.0
                if s[REENTRIES, i] > 0.0:
                    back += 1.0
    lines = discounted(state, x)
    cost = 0.0
    for line in range(len(lines)):
        cost += lines[line]
    leaving = (
        lines[OFFER_LINE] + lines[TRAVEL_LINE] + lines[REINTEGRATION_LINE] + lines[ADVICE_LINE]
        + lines[ENFORCEMENT_LINE] + lines[DETENTION_LINE]
    )  # fmt: skip
    flows = np.zeros(FLOW_COUNT)
    for week in range(weeks):
        for flow in range(len(flows)):
            flows[flow] += state.history[week, FLOWS_AT + flow]
    return np.array([
        left_within(state, weeks, 52.0, ASSISTED),
        left_within(state, weeks, 52.0, 0.0),
        left_within(state, weeks, 104.0, 0.0),
        left_within(state, weeks, 260.0, 0.0),
        state.counts[HOUSEHOLDS, 3] * weight,
        median_to_departure(state, weeks),
        ratio(absconded, risk),
        ratio(risk_routes[2], risk),
        ratio(risk_routes[0], risk),
        ratio(risk_routes[1], risk),
        ratio(back, returned),
        left * weight,
        routes[0] * weight,
        routes[2] * weight,
        cost * weight,
        lines[OFFER_LINE] * weight,
        (lines[0] + lines[1] + lines[2]) * weight,
        lines[INDUCED_LINE] * weight,
        ratio(leaving, ordinary),
        flows[CHILDREN_IN_LIMBO] / WEEKS_PER_YEAR * weight,
        flows[REMOVED_CHILDREN] * weight,
        flows[UNSUPPORTED_PERSONS] * weight,
        flows[UNSAFE_PERSONS] * weight,
        ratio(unsafe, left),
        flows[ARRIVALS_FLOW] * weight,
        flows[INDUCED_FLOW] * weight,
        risk * weight,
    ])  # fmt: skip
