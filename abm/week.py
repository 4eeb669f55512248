"""One week for everybody: the state acts, households attend and choose, choices take effect, books close.

The functions here are plain Python on arrays.  Mesa's driver calls them household by household; the
compiled driver (`abm.compiled`) runs the same source over all rows.  A week is synchronous: everybody
chooses on the state of the world at the same moment, and only then do the choices take effect.
"""

from __future__ import annotations

from abm.arithmetic import loop, routine, rule
from abm.beliefs import (
    Attention, after_reports, notice_of, raised, removal_after_news, safety_after_news, within_a_year,
)  # fmt: skip
from abm.considering import best_now, consider
from abm.draws import Purpose, identity_of, uniform
from abm.enforcement import removals
from abm.ledger import CASEWORK_LINE, DISPERSAL_LINE, HOTEL_LINE, SUBSISTENCE_LINE, charge
from abm.moves import announce, arrive, come_back, follow_the_list, leave, make_offers, offered_now, pay
from abm.offers import household_amount
from abm.parameters import NO_LIMIT
from abm.procedure import appeals, initial_decisions, reviews, visits
from abm.setting import Setting
from abm.stages import (
    ABSCONDED, ADULTS, ALERT, ASSISTED, ASSISTED_RETURN, CHILDREN, CHOICE, CLOSING, DISPERSAL, EXHAUSTED,
    GO_IRREGULAR, HOTEL, HOUSING, ID, NEWS_NOISE, NOTICE, ORIGIN, OWN, PAID, PAYMENT, PAYMENTS, REFUSED, REMOVAL,
    REMOVALS, REPORTED, REPORTS, RISK_FROM, SAFETY, SETTLED, SINCE, STAGE, STAGE_COUNT, STAY, SUPPORT_END,
    UNASSISTED, WITHDRAWN,
)  # fmt: skip
from abm.state import (
    ABSCONDED_FLOW, CASES, CHILDREN_IN_LIMBO, DETECTED_FLOW, HOUSED, HOUSEHOLDS, LEDGER_AT, LISTED,
    PERSONS_IN_HOTELS, REGULARISED_FLOW, SINGLE, STOCKS_AT, SUPPORT_ENDED_FLOW, TRUE_SAFETY, UNREAD, UNSUPPORTED,
    UNSUPPORTED_PERSONS, YOUNG, State, enter, note, rehouse,
)  # fmt: skip

_FATE = int(Purpose.FATE)
_NOT_YET = -1.0e5


@routine
def the_state_acts(key: int, week: int, x: Setting, state: State) -> None:
    """Everything that happens before households choose."""
    arrive(x, state, week)
    initial_decisions(key, week, x, state)
    appeals(key, week, x, state)
    reviews(key, week, x, state)
    removals(key, week, x, state)
    visits(key, week, x, state)
    follow_the_list(x, state, week)
    if week == int(x.offer.start_week) and x.offer.amount_per_person > 0.0:
        announce(x, state, week)
    read_news(x, state)


@routine
def read_news(x: Setting, state: State) -> None:
    """Attention and beliefs take in what happened to ties since last week."""
    s, b = state.s, x.b
    for h in range(state.counts[SINGLE, UNREAD]):
        i = state.heard[h]
        for _ in range(int(s[REPORTS, i])):
            s[ALERT, i] = raised(s[ALERT, i], b.alert_departure)
        for _ in range(int(s[REMOVALS, i])):
            s[ALERT, i] = raised(s[ALERT, i], b.alert_removal)
        heard = b.information * s[REPORTS, i]
        s[SAFETY, i] = after_reports(s[SAFETY, i], b.report_strength, heard, b.information * s[REPORTED, i])
        heard = b.information * s[PAYMENTS, i]
        s[PAYMENT, i] = after_reports(s[PAYMENT, i], b.report_strength, heard, b.information * s[PAID, i])
        heard = b.fear * s[REMOVALS, i]
        s[REMOVAL, i] = after_reports(s[REMOVAL, i], b.removal_strength, heard, heard)
        for column in (REPORTS, REPORTED, PAYMENTS, PAID, REMOVALS):
            s[column, i] = 0.0
    state.counts[SINGLE, UNREAD] = 0


@rule
def believed_removal(x: Setting, seen: float) -> float:
    """The risk of removal within a year that households drift to: what is seen, and part of what is announced."""
    yearly = within_a_year(seen)
    return yearly + x.b.announcement_trust * max(0.0, x.enforcement.announced_risk - yearly)


@rule
def return_fate(x: Setting, safety: float) -> float:
    """Weekly chance that a returned household comes back."""
    return x.rates.returning_unsafe if safety < x.w.unsafe_below else x.rates.returning


@rule
def attend(  # type: ignore[no-untyped-def]
    b: Attention, key, week, truth, listed, single, family, limbo_fate, absconded_fate, returned_fate,
    hotel_exit,
    identity, stage, children, alert, closing, support_end, housing, noise, safety, removal, notice,
) -> None:  # fmt: skip
    """A week's news and attention for the households of one origin (columns, changed in place)."""
    for i in range(len(notice)):
        who = identity_of(identity[i])
        here = stage[i]
        notice[i] = notice_of(
            b, key, who, week, here, alert[i], closing[i], support_end[i], housing[i],
            limbo_fate, absconded_fate, returned_fate, hotel_exit,
        )  # fmt: skip
        safety[i] = safety_after_news(b, key, who, week, safety[i], here, noise[i], truth, listed)
        removal[i] = removal_after_news(b, removal[i], here, children[i], single, family)
        alert[i] = alert[i] * b.alert_memory


@rule
def attend_rows(key: int, week: int, x: Setting, state: State, origin: int, first: int, last: int) -> None:
    """A week's news and attention for rows first … last − 1, all of one origin."""
    s = state.s
    truth = state.lands[TRUE_SAFETY, week, origin]
    b = x.b
    attend(
        Attention(
            b.consider, b.alert_closing, b.alert_memory, b.learning_safety, b.list_trust, b.learning_removal
        ),
        key, week, truth, state.lands[LISTED, week, origin],
        believed_removal(x, state.credibility[0]), believed_removal(x, state.credibility[1]),
        x.rates.regularised, min(1.0, x.rates.regularised + x.rates.detected), return_fate(x, truth),
        x.rates.hotel_exit,
        s[ID, first:last], s[STAGE, first:last], s[CHILDREN, first:last], s[ALERT, first:last], s[CLOSING, first:last],
        s[SUPPORT_END, first:last], s[HOUSING, first:last], s[NEWS_NOISE, first:last], s[SAFETY, first:last],
        s[REMOVAL, first:last], s[NOTICE, first:last],
    )  # fmt: skip


@routine
def act(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """What household i chose, or what befell it, takes effect."""
    s = state.s
    notice = int(s[NOTICE, i])
    choice = s[CHOICE, i] if notice & 1 else STAY
    if choice == ASSISTED_RETURN:
        accept(key, week, x, state, i)
    elif choice != STAY:
        if choice == GO_IRREGULAR:
            go_irregular(week, state, i)
        else:
            leave(key, week, x, state, i, UNASSISTED)
    else:
        if notice & 2:
            fate(key, week, x, state, i)
        if notice & 4 and s[STAGE, i] == EXHAUSTED:
            rehouse(state, i, OWN, 1.0)
            s[SUPPORT_END, i] = NO_LIMIT
            s[ALERT, i] = raised(s[ALERT, i], x.b.alert_refusal)
            note(state, week, SUPPORT_ENDED_FLOW, 1)
        if notice & 8 and s[HOUSING, i] == HOTEL:
            rehouse(state, i, DISPERSAL, s[WITHDRAWN, i])


@routine
def accept(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Household i takes the better offer and goes home."""
    s = state.s
    _, which = best_now(x, state, i, week)
    offer = x.standing if which == 2 else x.offer
    share = offered_now(x, state, i, week, which == 2)
    full = household_amount(offer, s[ADULTS, i], s[CHILDREN, i], share)
    pay(key, week, x, state, i, full, offer.paid_at_departure)
    leave(key, week, x, state, i, ASSISTED)


@routine
def go_irregular(week: int, state: State, i: int) -> None:
    """Household i goes out of contact."""
    s = state.s
    if s[RISK_FROM, i] < _NOT_YET and s[STAGE, i] >= REFUSED:
        s[RISK_FROM, i] = float(week)
    enter(state, i, ABSCONDED, week)
    s[SUPPORT_END, i] = NO_LIMIT
    note(state, week, ABSCONDED_FLOW, 1)


@routine
def fate(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Regularisation, detection or re-migration, by the draw that decided that one of them happens."""
    s = state.s
    u = uniform(key, int(s[ID, i]), week, _FATE)
    if s[STAGE, i] == EXHAUSTED or s[STAGE, i] == ABSCONDED:
        if u < x.rates.regularised:
            enter(state, i, SETTLED, week)
            note(state, week, REGULARISED_FLOW, 1)
        else:
            if s[RISK_FROM, i] < _NOT_YET:
                s[RISK_FROM, i] = float(week)
            enter(state, i, EXHAUSTED, week)
            rehouse(state, i, OWN, 1.0)
            make_offers(x, state, i, week)
            note(state, week, DETECTED_FLOW, 1)
    else:
        banned = week - s[SINCE, i] < x.rates.ban_weeks
        chance = return_fate(x, state.lands[TRUE_SAFETY, week, int(s[ORIGIN, i])])
        if not banned or u < chance * x.w.ban_effect:
            come_back(key, week, x, state, i)


@routine
def the_books_close(week: int, x: Setting, state: State) -> None:
    """Book the week's support, and write down the stocks."""
    counts, history = state.counts, state.history[week]
    for account in range(3):
        hotel, dispersal = counts[HOUSED + account, 0], counts[HOUSED + account, 1]
        subsistence = hotel * x.prices.hotel_subsistence_week + dispersal * x.prices.subsistence_week
        ledger = history[LEDGER_AT:]
        charge(ledger, HOTEL_LINE, float(account), hotel * x.prices.hotel_week)
        charge(ledger, DISPERSAL_LINE, float(account), dispersal * x.prices.dispersal_week)
        charge(ledger, SUBSISTENCE_LINE, float(account), subsistence)
        charge(ledger, CASEWORK_LINE, float(account), counts[SINGLE, CASES + account] * x.prices.case_week)
        note(state, week, PERSONS_IN_HOTELS, hotel)
    for stage in range(STAGE_COUNT):
        history[STOCKS_AT + stage] = counts[HOUSEHOLDS, stage]
    note(state, week, UNSUPPORTED_PERSONS, counts[SINGLE, UNSUPPORTED])
    for stage in range(1, 5):
        note(state, week, CHILDREN_IN_LIMBO, counts[YOUNG, stage])


@routine
def one_week(key: int, week: int, x: Setting, state: State) -> None:
    """One week for everybody."""
    the_state_acts(key, week, x, state)
    for origin in range(len(state.segments) - 1):
        attend_rows(key, week, x, state, origin, state.segments[origin], state.segments[origin + 1])
    households_choose(key, week, x, state)
    the_books_close(week, x, state)


@loop
def households_choose(key: int, week: int, x: Setting, state: State) -> None:
    """Those who consider choose, all on the same state of the world; then what was chosen takes effect."""
    s = state.s
    noticed = 0
    for i in range(s.shape[1]):
        if s[NOTICE, i] != 0.0:
            state.queue[noticed] = i
            noticed += 1
    for q in range(noticed):
        if int(s[NOTICE, state.queue[q]]) & 1:
            consider(key, week, x, state, state.queue[q])
    for q in range(noticed):
        i = state.queue[q]
        if s[NOTICE, i] != 1.0 or s[CHOICE, i] != STAY:
            act(key, week, x, state, i)
