"""Making the households of a run: who is there in week 0 and who arrives, drawn household by household.

Each attribute of a household is a draw keyed by its identity, so that household 17 is the same family
whatever the size of the population and whatever the policy.  Rows are grouped by origin; within an
origin the stock comes first (by site), then arrivals that come under any policy, then induced ones.
"""

from __future__ import annotations

import math

import numpy as np

from abm.arrivals import count_arrivals, list_arrivals
from abm.arithmetic import exp, log, routine, rule
from abm.beliefs import within_a_year
from abm.draws import Purpose, exponential, normal, uniform
from abm.setting import FAMILIES, LEVEL, PATIENCE_CLASSES, SHARE, Setting
from abm.stages import (
    ABROAD, ABSCONDED, ABSCONDED_AT, ABSENT, ACCOUNT, ADULTS, APPEALS, ARRIVED, AWAITING, CHILDREN, CLOSING,
    COLUMN_COUNT, CONSIDERED_AT, DISPERSAL, EXHAUSTED, HOTEL, HOUSING, ID, INDUCED, LEFT_AT, NEVER, NEWS_NOISE,
    OFFERED, ORIGIN, OWN, PATIENCE, PAYMENT, PROTECTED, PROTECTED_AT, REFUSED, REMOVAL, REVIEW_DUE, RISK_FROM,
    SAFETY, SCHOOL, SINCE, SITE, STAGE, STANDING_OFFERED, SUPPORT_END, TASTE_IRREGULAR, TASTE_RETURN, VISITED,
)  # fmt: skip

_NO_LIMIT = 1.0e9

_ORIGIN, _FAMILY, _ADULTS, _CHILDREN, _SCHOOL, _STAGE, _HOUSING, _ARRIVED, _WAITED = (
    int(Purpose.ORIGIN), int(Purpose.FAMILY), int(Purpose.ADULTS), int(Purpose.CHILDREN), int(Purpose.SCHOOL),
    int(Purpose.STAGE), int(Purpose.HOUSING), int(Purpose.ARRIVED), int(Purpose.WAITED),
)  # fmt: skip
_PATIENCE, _TASTE_RETURN, _TASTE_IRREGULAR, _SAFETY, _PAYMENT, _SITE, _ABROAD, _APPEALS = (
    int(Purpose.PATIENCE), int(Purpose.TASTE_RETURN), int(Purpose.TASTE_IRREGULAR), int(Purpose.BELIEF_SAFETY),
    int(Purpose.BELIEF_PAYMENT), int(Purpose.SITE), int(Purpose.TIES_ABROAD), int(Purpose.APPEALS),
)  # fmt: skip


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
def place(u: float, x: Setting) -> int:
    """Position of an origin from one uniform."""
    last = x.origins.shape[1] - 1
    for o in range(last):
        if u < x.origins[SHARE, o]:
            return o
    return last


@rule
def housing_of(u: float, x: Setting) -> float:
    """Housing from one uniform."""
    if u < x.housing.hotel:
        return HOTEL
    if u < x.housing.hotel + x.housing.dispersal:
        return DISPERSAL
    return OWN


@rule
def stage_of(u: float, x: Setting) -> float:
    """Stage at the start from one uniform."""
    m = x.stages
    if u < m.awaiting:
        return AWAITING
    if u < m.awaiting + m.refused:
        return REFUSED
    if u < m.awaiting + m.refused + m.exhausted:
        return EXHAUSTED
    if u < m.awaiting + m.refused + m.exhausted + m.protected:
        return PROTECTED
    return ABSCONDED


@rule
def given_row(key: int, identity: int, x: Setting) -> int:
    """Which of the households given one by one this is.

    All of them in order, and more by lot; a smaller sample takes one by lot from each stretch of the table.
    """
    rows = x.given.shape[0]
    stock = int(x.rates.households)
    if identity < stock and stock < rows:
        return min(rows - 1, int((identity + uniform(key, identity, 0, _ORIGIN)) * rows / stock))
    if identity < rows:
        return identity
    return min(rows - 1, int(uniform(key, identity, 0, _ORIGIN) * rows))


@rule
def origin_of(key: int, identity: int, x: Setting) -> int:
    """Position of a household's origin."""
    if x.given.shape[0] > 0:
        return int(x.given[given_row(key, identity, x), 0])
    return place(uniform(key, identity, 0, _ORIGIN), x)


@rule
def site_of(key: int, identity: int, x: Setting) -> int:
    """Site where a household is housed."""
    return int(uniform(key, identity, 0, _SITE) * x.rates.sites)


@routine
def compose(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Adults and children."""
    c = x.composition
    s[ADULTS, i] = 1.0
    if uniform(key, identity, 0, _FAMILY) < x.origins[FAMILIES, int(s[ORIGIN, i])]:
        s[ADULTS, i] += 1.0 if uniform(key, identity, 0, _ADULTS) < c.second_adult else 0.0
        more = poisson(c.extra_children, uniform(key, identity, 0, _CHILDREN))
        s[CHILDREN, i] = min(c.max_children, 1.0 + more)
        for child in range(int(s[CHILDREN, i])):
            s[SCHOOL, i] += 1.0 if uniform(key, identity, child, _SCHOOL) < c.school_share else 0.0


@routine
def character(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Lasting tastes, patience and initial beliefs."""
    b = x.b
    s[PATIENCE, i] = math.floor(uniform(key, identity, 0, _PATIENCE) * PATIENCE_CLASSES)
    s[TASTE_RETURN, i] = b.taste_return * normal(key, identity, 0, _TASTE_RETURN)
    s[TASTE_IRREGULAR, i] = b.taste_irregular * normal(key, identity, 0, _TASTE_IRREGULAR)
    s[ABROAD, i] = poisson(x.network.abroad, uniform(key, identity, 0, _ABROAD))
    s[NEWS_NOISE, i] = b.news_noise / math.sqrt(1.0 + s[ABROAD, i])
    believed = x.origins[LEVEL, int(s[ORIGIN, i])] + b.safety_spread * normal(key, identity, 0, _SAFETY)
    s[SAFETY, i] = min(1.0, max(0.0, believed))
    s[REMOVAL, i] = within_a_year(x.rates.credibility_family if s[CHILDREN, i] > 0.0 else x.rates.credibility)
    power = (1.0 - b.payment_belief) / max(1e-9, b.payment_belief)  # U ** power has mean payment_belief
    s[PAYMENT, i] = exp(power * log(uniform(key, identity, 0, _PAYMENT)))


@routine
def history(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Stage and past of a household that is there in week 0."""
    d = x.durations
    waited = exponential(key, identity, 0, _WAITED)
    before = exponential(key, identity, 0, _ARRIVED) * d.before_exhausted_weeks
    stage = stage_of(uniform(key, identity, 0, _STAGE), x)
    if stage == AWAITING:
        weeks, before = waited * d.awaiting_weeks, 0.0
    elif stage == REFUSED:
        weeks = waited * d.refused_weeks
    elif stage == PROTECTED:
        weeks = waited * d.protected_weeks
    else:
        weeks = waited * d.exhausted_weeks
    s[HOUSING, i] = housing_of(uniform(key, identity, 0, _HOUSING), x)
    settle_in(s, key, i, identity, x, stage, -math.floor(weeks), -math.floor(weeks) - math.floor(before) - 1.0)


@routine
def settle_in(s, key: int, i: int, identity: int, x: Setting, stage: float, since: float, arrived: float) -> None:  # type: ignore[no-untyped-def]
    """Enter a household of the stock in its stage."""
    s[STAGE, i] = stage
    s[SINCE, i] = since
    s[ARRIVED, i] = arrived
    if stage == REFUSED:
        s[APPEALS, i] = 1.0 if uniform(key, identity, 0, _APPEALS) < x.procedure.appeal_share else 0.0
    if stage == EXHAUSTED or stage == ABSCONDED:
        s[RISK_FROM, i] = 0.0
    if stage == ABSCONDED:
        s[HOUSING, i] = OWN
    if stage == PROTECTED:
        s[PROTECTED_AT, i] = since
        past = max(1.0, x.rates.review_weeks)
        s[REVIEW_DUE, i] = since + past * math.ceil((1.0 - since) / past)


@routine
def as_given(s, key: int, i: int, identity: int, x: Setting) -> None:  # type: ignore[no-untyped-def]
    """Take a household as its row gives it."""
    row = given_row(key, identity, x)
    s[ADULTS, i], s[CHILDREN, i], s[SCHOOL, i] = x.given[row, 1], x.given[row, 2], x.given[row, 3]
    s[HOUSING, i] = x.given[row, 5]
    weeks = math.floor(x.given[row, 6])
    settle_in(s, key, i, identity, x, x.given[row, 4], -weeks, -max(weeks + 1.0, math.floor(x.given[row, 7])))


@routine
def blank(s, i: int, identity: int, origin: int, site: int) -> None:  # type: ignore[no-untyped-def]
    """A row before anything is known of it."""
    s[ID, i] = float(identity)
    s[ORIGIN, i] = float(origin)
    s[SITE, i] = float(site)
    for column in (SINCE, RISK_FROM, LEFT_AT, ABSCONDED_AT, VISITED, CONSIDERED_AT, PROTECTED_AT):
        s[column, i] = NEVER
    for column in (SUPPORT_END, REVIEW_DUE, OFFERED, STANDING_OFFERED, CLOSING):
        s[column, i] = _NO_LIMIT


@routine
def populate(key: int, x: Setting):  # type: ignore[no-untyped-def]
    """Make every household of a run.

    Returns
    -------
    table : float64 array, shape (columns, rows)
        The households.
    segments : int64 array, shape (origins + 1,)
        Rows of origin o are segments[o] : segments[o + 1].
    stock_rows : int64 array, shape (households,)
        Rows of the stock.
    site_rows : int64 array, shape (households, 2)
        For each stock household, in the order of `stock_rows`, the rows of its own origin and site.
    arrivals : int64 arrays, shapes (A,) and (weeks + 1,)
        Rows of arrivals in order of week, and where each week starts.
    """
    stock = int(x.rates.households)
    weeks = int(x.rates.weeks)
    sites = int(x.rates.sites)
    origins = x.origins.shape[1]
    coming = count_arrivals(key, x)
    identities = np.empty(coming, np.int64)
    arrived = np.empty(coming, np.int64)
    induced = np.empty(coming, np.int64)
    list_arrivals(key, x, identities, arrived, induced)

    # group by origin: stock by site, then arrivals of every policy, then induced ones
    groups = sites + 2
    group = np.empty(stock + coming, np.int64)
    for k in range(stock):
        group[k] = origin_of(key, k, x) * groups + site_of(key, k, x)
    for k in range(coming):
        group[stock + k] = origin_of(key, identities[k], x) * groups + sites + induced[k]
    start = np.zeros(origins * groups + 1, np.int64)
    for g in group:
        start[g + 1] += 1
    for g in range(origins * groups):
        start[g + 1] += start[g]
    filled = start.copy()

    table = np.zeros((COLUMN_COUNT, stock + coming))
    stock_rows = np.empty(stock, np.int64)
    site_rows = np.empty((stock, 2), np.int64)
    for k in range(stock):
        g = group[k]
        i = filled[g]
        filled[g] += 1
        stock_rows[k] = i
        site_rows[k, 0], site_rows[k, 1] = start[g], start[g + 1]
        blank(table, i, k, g // groups, g % groups)
        if x.given.shape[0] > 0:
            as_given(table, key, i, k, x)
        else:
            compose(table, key, i, k, x)
            history(table, key, i, k, x)
        character(table, key, i, k, x)

    arrival_rows = np.empty(coming, np.int64)
    arrival_start = np.zeros(weeks + 1, np.int64)
    for k in range(coming):
        g = group[stock + k]
        i = filled[g]
        filled[g] += 1
        arrival_rows[k] = i
        arrival_start[arrived[k] + 1] += 1
        blank(table, i, identities[k], g // groups, site_of(key, identities[k], x))
        table[STAGE, i] = ABSENT
        table[ARRIVED, i] = float(arrived[k])
        table[ACCOUNT, i] = INDUCED if induced[k] == 1 else 0.0
        table[HOUSING, i] = housing_of(uniform(key, identities[k], 0, _HOUSING), x)
        if x.given.shape[0] > 0:
            row = given_row(key, identities[k], x)
            table[ADULTS, i], table[CHILDREN, i], table[SCHOOL, i] = x.given[row, 1], x.given[row, 2], x.given[row, 3]
        else:
            compose(table, key, i, identities[k], x)
        character(table, key, i, identities[k], x)
    for week in range(weeks):
        arrival_start[week + 1] += arrival_start[week]

    segments = np.empty(origins + 1, np.int64)
    for o in range(origins + 1):
        segments[o] = start[o * groups]
    return table, segments, stock_rows, site_rows, arrival_rows, arrival_start
