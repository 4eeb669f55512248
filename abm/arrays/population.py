"""Making the households of a run: who is there in week 0 and who arrives, drawn household by household.

Each attribute of a household is a draw keyed by its identity, so that household 17 is the same family
whatever the size of the population and whatever the policy.  Rows are in order of arrival: first the
stock, then week by week whoever comes, so that those who have come are always the first rows, and nobody passes over
the rest.  Those whom a policy keeps away have a row as well, for what others are must not depend on them.

It is done in two steps, and ties are drawn between them: so the memory that drawing them takes is free again when the
table needs it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.arrays.arrivals import find_arrivals, given_row, is_arrival, origin_of, position, procedure_so_far
from abm.arrays.origins import ORIGIN
from abm.arrays.own import draw_columns, own_columns
from abm.arrays.setting import GIVEN, MIX, PATIENCE_CLASSES, Setting
from abm.arrays.table import Table, new_table, nothing_yet, rows_in
from abm.household.beliefs import within_a_year
from abm.household.decision import Circumstances, terms, utilities
from abm.household.stages import ACCOUNT, COL, HOUSING, STAGE, at_risk
from abm.numerics.arithmetic import exp, log, maker, routine, rule
from abm.numerics.calendar import MONTHS_PER_YEAR, NEVER, NO_LIMIT, WEEKS_PER_YEAR, limited
from abm.numerics.draws import PURPOSE, exponential, normal, uniform

#: Pairs of tastes drawn for a household of the stock until one would have stayed; the last is kept.
MOST_DRAWS = 32


@rule
def poisson(mean: float, u: float) -> float:
    """Poisson number by inversion of one uniform (for small means)."""
    p = exp(-mean)
    cumulative = p
    k = 0.0
    while u > cumulative and k < 1_000.0:
        k += 1.0
        p = p * mean / k
        cumulative += p
    return k


@rule
def housing_of(u: float, x: Setting) -> float:
    """Housing from one uniform."""
    return x.mixes.housing[MIX.what, position(u, x.mixes.housing[MIX.share])]


@rule
def weeks_between_reviews(x: Setting) -> float:
    """Weeks from one review of protection to the next."""
    months: Any = x.policy.status.review_interval_months  # a number here, also where there is none
    return months / MONTHS_PER_YEAR * WEEKS_PER_YEAR if limited(months) else NO_LIMIT


@rule
def next_review(x: Setting, granted: float, week: int) -> float:
    """Week of the first review after a week of protection granted before it, where reviews follow each other evenly."""
    between = max(1.0, weeks_between_reviews(x))
    return math.ceil(granted + between * math.ceil((week + 1.0 - granted) / between))


@rule
def stage_of(u: float, x: Setting) -> float:
    """Stage at the start from one uniform."""
    return x.mixes.stages[MIX.what, position(u, x.mixes.stages[MIX.share])]


@rule
def site_of(key: int, identity: int, x: Setting) -> int:
    """Site where a household is housed."""
    return int(uniform(key, identity, 0, PURPOSE.SITE) * x.frame.sites)


@routine
def compose(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Adults and children."""
    c = x.caseload.composition
    s[COL.adults, i] = 1.0
    if uniform(key, identity, 0, PURPOSE.FAMILY) < x.origins[ORIGIN.families, int(s[COL.origin, i])]:
        s[COL.adults, i] += 1.0 if uniform(key, identity, 0, PURPOSE.ADULTS) < c.second_adult else 0.0
        more = poisson(c.extra_children, uniform(key, identity, 0, PURPOSE.CHILDREN))
        s[COL.children, i] = min(c.max_children, 1.0 + more)
        for child in range(int(s[COL.children, i])):
            s[COL.school, i] += 1.0 if uniform(key, identity, child, PURPOSE.SCHOOL) < c.school_share else 0.0


@routine
def past_chances(s, i: int, x: Setting, weeks: float) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Weekly chance that household i, with its tastes, accepted the offer of the past, and that it went in any way.

    What it weighed is taken at its mean over its weeks in the stage, without removals and hope.  It must not depend on
    the policy: the stock is the same under all.
    """
    b, d, origin = x.b, x.caseload.durations, int(s[COL.origin, i])
    past = b.present_bias * b.payment_belief * d.past_offer
    family = s[COL.children, i] > 0.0
    at_school = 1.0 if s[COL.school, i] > 0.0 else 0.0
    in_hotel = 1.0 if s[COL.housing, i] == HOUSING.HOTEL else 0.0
    lost_support, has_children = 0.0 if family else d.past_unsupported, 1.0 if family else 0.0
    u = utilities(
        terms(
            b,
            Circumstances(
                cash_now=past,
                cash_later=past,
                income=x.origins[ORIGIN.income, origin],
                safety=x.origins[ORIGIN.safety, origin],
                safety_before=x.origins[ORIGIN.safety, origin],
                origin=x.origins[ORIGIN.effect, origin],
                peers_left=0.0,
                years_here=max(0.0, -s[COL.arrived, i] - 0.5 * weeks) / WEEKS_PER_YEAR,
                at_school=at_school,
                hope=0.0,
                in_hotel=in_hotel,
                lost_support=lost_support,
                removal=0.0,
                has_children=has_children,
                taste_return=s[COL.taste_return, i],
                taste_irregular=s[COL.taste_irregular, i],
            ),
        )
    )
    assisted = exp(u.assisted) if past > 0.0 else 0.0
    away = assisted + exp(u.unassisted) + exp(u.irregular)
    return b.consider * assisted / (1.0 + away), b.consider * away / (1.0 + away)


@routine
def character(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Lasting tastes, patience and initial beliefs.

    Whoever is still there has stayed: the tastes of the stock are those of households that would have neither left nor
    disappeared in so many weeks.
    """
    b = x.b
    weeks = -s[COL.since, i] if s[COL.stage, i] == STAGE.EXHAUSTED else 0.0
    s[COL.patience, i] = math.floor(uniform(key, identity, 0, PURPOSE.PATIENCE) * PATIENCE_CLASSES)
    accepted = 0.0
    for draw in range(MOST_DRAWS):
        s[COL.taste_return, i] = b.taste_return * normal(key, identity, draw, PURPOSE.TASTE_RETURN)
        s[COL.taste_irregular, i] = b.taste_irregular * normal(key, identity, draw, PURPOSE.TASTE_IRREGULAR)
        if weeks <= 0.0:
            break
        accepted, away = past_chances(s, i, x, weeks)
        if uniform(key, identity, draw, PURPOSE.STAYED) < exp(-weeks * away):
            break
    # As many are booked to leave as accepted in the time that a departure takes.
    waits = x.world.processing_weeks
    u, chance = uniform(key, identity, 0, PURPOSE.BOOKED), accepted * waits
    if u < chance:
        s[COL.departs_at, i] = math.floor(u / chance * waits)
        s[COL.considered_at, i] = s[COL.departs_at, i] - math.ceil(waits)
        s[COL.booked_from, i] = s[COL.stage, i]
        s[COL.booked_amount, i] = x.caseload.durations.past_offer * (s[COL.adults, i] + s[COL.children, i])
        s[COL.stage, i] = STAGE.BOOKED
    s[COL.abroad, i] = poisson(x.caseload.network.abroad, uniform(key, identity, 0, PURPOSE.TIES_ABROAD))
    believed = x.origins[ORIGIN.safety, int(s[COL.origin, i])] + b.safety_spread * normal(
        key, identity, 0, PURPOSE.BELIEF_SAFETY
    )
    s[COL.safety, i] = min(1.0, max(0.0, believed))
    seen = x.frame.credibility_family if s[COL.children, i] > 0.0 else x.frame.credibility
    s[COL.removal, i] = within_a_year(seen)
    power = (1.0 - b.payment_belief) / max(1e-9, b.payment_belief)  # U ** power has mean payment_belief
    s[COL.payment, i] = exp(power * log(uniform(key, identity, 0, PURPOSE.BELIEF_PAYMENT)))


@routine
def history(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Stage and past of a household that is there in week 0."""
    d = x.caseload.durations
    waited = exponential(key, identity, 0, PURPOSE.WAITED)
    before = exponential(key, identity, 0, PURPOSE.ARRIVED) * d.before_exhausted_weeks
    stage = stage_of(uniform(key, identity, 0, PURPOSE.STAGE), x)
    if stage == STAGE.AWAITING:
        weeks, before = waited * d.awaiting_weeks, 0.0
    elif stage == STAGE.REFUSED:
        weeks = waited * d.refused_weeks
    elif stage == STAGE.PROTECTED:
        weeks = waited * d.protected_weeks
    else:
        weeks = waited * d.exhausted_weeks
    settle_in(s, key, i, identity, x, stage, -math.floor(weeks), -math.floor(weeks) - math.floor(before) - 1.0)


@routine
def settle_in(s, key: int, i: int, identity: int, x: Setting, stage: float, since: float, arrived: float) -> None:  # type: ignore[no-untyped-def]
    """Enter a household of the stock in its stage."""
    s[COL.stage, i] = stage
    s[COL.since, i] = since
    s[COL.arrived, i] = arrived
    if stage == STAGE.REFUSED:
        appeals = uniform(key, identity, 0, PURPOSE.APPEALS) < x.caseload.procedure.appeal_share
        s[COL.appeals, i] = 1.0 if appeals else 0.0
    if at_risk(stage):
        s[COL.risk_from, i] = 0.0
    if stage == STAGE.ABSCONDED:
        s[COL.housing, i] = HOUSING.OWN
    if stage == STAGE.PROTECTED:
        s[COL.protected_at, i] = since
        s[COL.review_due, i] = next_review(x, since, 0)


@routine
def in_procedure(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Enter a household that claimed before week 0 and whose claim is not decided for good."""
    arrived = s[COL.arrived, i]
    stage = procedure_so_far(key, identity, x, int(-arrived))
    since = arrived if stage == STAGE.AWAITING else math.ceil(arrived + x.caseload.procedure.decision_weeks)
    settle_in(s, key, i, identity, x, stage, since, arrived)


@routine
def as_given(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Take a household as its row gives it."""
    row = given_row(key, identity, x)
    weeks = math.floor(x.given[row, GIVEN.weeks_in_stage])
    arrived = -max(weeks + 1.0, math.floor(x.given[row, GIVEN.weeks_in_country]))
    settle_in(s, key, i, identity, x, x.given[row, GIVEN.stage], -weeks, arrived)


@rule
def people_of(s, i: int, x: Setting, row: int) -> None:  # type: ignore[no-untyped-def]
    """Adults and children of a household given by its row."""
    s[COL.adults, i] = x.given[row, GIVEN.adults]
    s[COL.children, i] = x.given[row, GIVEN.children]
    s[COL.school, i] = x.given[row, GIVEN.school]


@rule
def register(s, key: int, i: int, identity: int, x: Setting, arrived: int, kind: int) -> None:  # type: ignore[no-untyped-def]
    """Write down who household i is, and when it comes: the columns of `abm.arrays.table.WHO`."""
    s[COL.id, i] = float(identity)
    s[COL.origin, i] = float(origin_of(key, identity, x))
    s[COL.site, i] = float(site_of(key, identity, x))
    s[COL.stage, i] = STAGE.ABSENT
    s[COL.arrived, i] = float(arrived)
    s[COL.account, i] = ACCOUNT.INDUCED if kind == 1 else ACCOUNT.ORDINARY
    s[COL.kept_away, i] = 1.0 if kind < 0 else 0.0


@maker
def who_comes(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """Who there is in a run, and when they come.

    Returns
    -------
    table : Table
        The households, of which no more is known than `abm.arrays.table.WHO`.
    arrivals : int64 array, shape (weeks + 1,)
        Rows of those who arrive in week w are arrivals[w] : arrivals[w + 1]; those before are there at the start.
    """
    stock, weeks = int(x.frame.households), int(x.frame.weeks)
    nobody = np.empty(0, np.int64)
    coming = find_arrivals(key, x, nobody, nobody, nobody)
    identities, arrived, kinds = np.empty(coming, np.int64), np.empty(coming, np.int64), np.empty(coming, np.int64)
    find_arrivals(key, x, identities, arrived, kinds)

    table = new_table(stock + coming, len(x.offers), own_columns(x))
    for i in range(stock):
        register(table, key, i, i, x, int(NEVER), 0)
    arrivals = np.zeros(weeks + 1, np.int64)
    arrivals[0] = stock
    for k in range(coming):
        arrivals[max(0, arrived[k] + 1)] += 1
        register(table, key, stock + k, identities[k], x, arrived[k], kinds[k])
    for week in range(weeks):
        arrivals[week + 1] += arrivals[week]
    return table, arrivals


@maker
def populate(key: int, x: Setting, table: Table) -> None:
    """Draw what every household of a run is, and what was before the run."""
    nothing_yet(table)
    for i in range(rows_in(table)):
        identity = int(table[COL.id, i])
        stock, given = not is_arrival(identity), x.given.shape[0] > 0
        if given:
            people_of(table, i, x, given_row(key, identity, x))
        else:
            compose(table, key, i, identity, x)
        if stock and given:
            table[COL.housing, i] = x.given[given_row(key, identity, x), GIVEN.housing]
        else:
            table[COL.housing, i] = housing_of(uniform(key, identity, 0, PURPOSE.HOUSING), x)
        if stock and given:
            as_given(table, key, i, identity, x)
        elif stock:
            history(table, key, i, identity, x)
        elif table[COL.arrived, i] < 0.0:
            in_procedure(table, key, i, identity, x)
        table[COL.first_housing, i] = table[COL.housing, i]
        character(table, key, i, identity, x)
    draw_columns(key, x, table)
