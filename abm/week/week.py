"""One week for everybody: the state acts, households attend and choose, choices take effect, books close.

=========  ================================  ==========================================  =======================
when       who                               chance, or how many                         what
=========  ================================  ==========================================  =======================
1 state    all                               in the week in which a policy comes into force   `come_into_force`
           those who come                    Poisson, drawn beforehand                   `arrive`
           awaiting, refused, protected      capacity of the queue, outcome drawn        `procedure`
           exhausted, out of contact         capacity, feasible origins, success drawn   `removals`
           refused, exhausted                advisers' capacity, by lot                  `visits`
           all who can have it               in the week in which an offer is announced  `announce`
           those whom rules of one's own name  as they say                               `own_news`
2 attend   in the country                    every week                                  news, beliefs, attention
           awaiting … out of contact         1 − (1 − c)(1 − alert)(1 − closing soon)    considers
           refused … out of contact          regularised; moves on; found again           `fate`
           gone home by choice               comes back                                  `fate`
3 choose   those who consider                multinomial logit                           `consider`
4 act      those with something noticed      –                                           `act`
5 close    everybody on support              –                                           `the_books_close`
=========  ================================  ==========================================  =======================

The functions here are plain Python on arrays.  Mesa's driver calls them household by household; the
compiled driver (`abm.week.compiled`) runs the same source over all rows.  A week is synchronous: everybody
chooses on the state of the world at the same moment, and only then do the choices take effect.
"""

from __future__ import annotations

from abm.arrays.ledger import LINE, UPKEEP, charge, support_week
from abm.arrays.setting import Setting
from abm.arrays.state import (
    BLOCK,
    COUNT,
    EVENT,
    FLOW,
    KIN,
    LAND,
    LEDGER_AT,
    NEWS,
    SEAT,
    STOCKS_AT,
    UPKEEP_AT,
    State,
    enter,
    is_at_risk,
    note,
    record,
    rehouse,
    there,
)  # fmt: skip
from abm.household.beliefs import (
    Attention,
    Fates,
    after_reports,
    comes_back,
    considers,
    falls_due,
    is_moved,
    meets_fate,
    raised,
    removal_after_news,
    safety_after_news,
)  # fmt: skip
from abm.household.offers import household_amount
from abm.household.stages import (
    ACCOUNT,
    CHOICE,
    COL,
    HOUSING,
    NOTICE,
    STAGE,
    at_risk,
    case_is_open,
    in_limbo,
    was_refused,
)
from abm.inputs.policy import SUPPORT
from abm.numerics.arithmetic import exp, nearest, normal_quantile, normal_quantiles, routine, rule
from abm.numerics.calendar import NO_LIMIT, WEEKS_PER_YEAR
from abm.numerics.draws import PURPOSE, identity_of, normal, uniform
from abm.week.arriving import arrive, come_back
from abm.week.considering import best_offers, choose_together, sit_down
from abm.week.departures import go_irregular, leave, pay
from abm.week.enforcement import removals
from abm.week.offering import (
    announce,
    come_into_force,
    follow_the_list,
    list_countries,
    make_offers,
    next_to_close,
    offered_now,
)
from abm.week.own import own_news, paid_out, take_own
from abm.week.procedure import appeals, initial_decisions, reviews, visits


@routine
def the_state_acts(key: int, week: int, x: Setting, state: State) -> None:
    """Everything that happens before households choose."""
    list_countries(x, state, week)
    come_into_force(x, state, week)
    arrive(key, week, x, state)
    initial_decisions(key, week, x, state)
    appeals(key, week, x, state)
    reviews(key, week, x, state)
    removals(key, week, x, state)
    visits(key, week, x, state)
    follow_the_list(key, week, x, state)
    announce(key, week, x, state)
    next_to_close(x, state, week)
    read_news(x, state)
    own_news(key, week, x, state)


@routine
def read_news(x: Setting, state: State) -> None:
    """Attention and beliefs take in what happened to ties since last week."""
    s, b, news = state.s, x.b, state.news
    for h in range(state.counts[COUNT.unread, 0]):
        i = state.heard[h]
        for _ in range(int(news[NEWS.reports, h])):
            s[COL.alert, i] = raised(s[COL.alert, i], b.alert_departure)
        for _ in range(int(news[NEWS.removals, h])):
            s[COL.alert, i] = raised(s[COL.alert, i], b.alert_removal)
        heard, said = b.information * news[NEWS.reports, h], b.information * news[NEWS.reported, h]
        s[COL.safety, i] = after_reports(s[COL.safety, i], b.report_strength, heard, said)
        heard, said = b.information * news[NEWS.payments, h], b.information * news[NEWS.paid, h]
        s[COL.payment, i] = after_reports(s[COL.payment, i], b.report_strength, heard, said)
        heard = b.fear * news[NEWS.removals, h]
        s[COL.removal, i] = after_reports(s[COL.removal, i], b.removal_strength, heard, heard)
        s[COL.unread, i] = 0.0
    state.counts[COUNT.unread, 0] = 0


@rule
def fates_of(x: Setting) -> Fates:
    """Weekly chances of what nobody chooses."""
    return Fates(
        refused=x.frame.onward,
        exhausted=min(1.0, x.frame.regularised + x.frame.onward),
        absconded=min(1.0, x.frame.regularised + x.frame.detected),
        returned=x.frame.returning,
        returned_unsafe=x.frame.returning_unsafe,
        unsafe_below=x.world.unsafe_below,
        hotel_exit=x.frame.hotel_exit,
    )


@rule
def attention_of(x: Setting) -> Attention:
    """The coefficients that every household needs every week."""
    b = x.b
    return Attention(
        consider=b.consider,
        alert_closing=b.alert_closing,
        alert_memory=b.alert_memory,
        learning_safety=b.learning_safety,
        list_trust=b.list_trust,
        learning_removal=b.learning_removal,
    )


@rule
def news_of(key: int, household: int, week: int) -> float:
    """A household's draw for the noise of the week's news."""
    return uniform(key, household, week, PURPOSE.NEWS)


@rule
def attend(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """A week's news and attention for household i."""
    s, attention, fates = state.s, attention_of(x), fates_of(x)
    who, here, origin = int(s[COL.id, i]), s[COL.stage, i], int(s[COL.origin, i])
    truth = float(state.lands[LAND.true_safety, week, origin])
    listed = float(state.lands[LAND.listed, week, origin])
    single, family = float(state.credibility[1, KIN.single]), float(state.credibility[1, KIN.family])
    alert = s[COL.alert, i]
    notice = falls_due(week, here, s[COL.support_end, i], s[COL.departs_at, i])
    notice += meets_fate(fates, key, who, week, here, truth)
    notice += considers(attention, key, who, week, here, alert, s[COL.closing, i])
    if fates.hotel_exit > 0.0:
        notice += is_moved(fates, key, who, week, here, s[COL.housing, i])
    s[COL.notice, i] = notice
    news = float(state.noise[int(s[COL.abroad, i])]) * normal_quantile(news_of(key, who, week))
    s[COL.safety, i] = safety_after_news(attention, s[COL.safety, i], here, news, truth, listed)
    s[COL.removal, i] = removal_after_news(attention, s[COL.removal, i], here, s[COL.children, i], single, family)
    s[COL.alert, i] = alert * attention.alert_memory


# ---- several at a time -----------------------------------------------------------------------------


@rule
def attend_together(key: int, week: int, x: Setting, state: State, first: int, last: int) -> None:
    """A week's news and attention for a block of rows, as `attend` has it.

    The compiler works through the columns several households at a time only if what a loop reads of the setting is
    taken out of it into plain numbers, and if what is read at a place that another column names is laid out on the
    bench beforehand.  A test looks at the machine's instructions.  Short loops are quicker than one long loop, in which
    the processor waits for one polynomial after another.  Where nobody is moved from hotels, nobody draws for it.
    """
    s, attention, fates = state.s, attention_of(x), fates_of(x)
    single, family = state.credibility[1, KIN.single], state.credibility[1, KIN.family]
    truth, listed = state.bench[SEAT.truth], state.bench[SEAT.listed]
    news, spare = state.bench[SEAT.news], state.bench[SEAT.spare]
    look_home(week, state, first, last)
    for i in range(first, last):
        who, here, alert = identity_of(s[COL.id, i]), s[COL.stage, i], s[COL.alert, i]
        due = falls_due(week, here, s[COL.support_end, i], s[COL.departs_at, i])
        due += meets_fate(fates, key, who, week, here, truth[i - first])
        s[COL.notice, i] = due + considers(attention, key, who, week, here, alert, s[COL.closing, i])
        s[COL.removal, i] = removal_after_news(attention, s[COL.removal, i], here, s[COL.children, i], single, family)
        s[COL.alert, i] = alert * attention.alert_memory
    for i in range(first, last):
        news[i - first] = news_of(key, identity_of(s[COL.id, i]), week)
    normal_quantiles(news[: last - first], spare[: last - first])
    for i in range(first, last):
        news[i - first] *= state.noise[int(s[COL.abroad, i])]
    for i in range(first, last):
        home, on_list, here = truth[i - first], listed[i - first], s[COL.stage, i]
        s[COL.safety, i] = safety_after_news(attention, s[COL.safety, i], here, news[i - first], home, on_list)
    if fates.hotel_exit > 0.0:
        for i in range(first, last):
            who, here = identity_of(s[COL.id, i]), s[COL.stage, i]
            s[COL.notice, i] += is_moved(fates, key, who, week, here, s[COL.housing, i])


@rule
def look_home(week: int, state: State, first: int, last: int) -> None:
    """Lay out on the bench how safe home is for each of a block of rows, and whether it is on the list."""
    truth, listed = state.bench[SEAT.truth], state.bench[SEAT.listed]
    for i in range(first, last):
        origin = int(state.s[COL.origin, i])
        truth[i - first] = state.lands[LAND.true_safety, week, origin]
        listed[i - first] = state.lands[LAND.listed, week, origin]


@rule
def has_effect(state: State, i: int) -> bool:
    """Whether anything is to happen to household i this week: something noticed, and not only that it stays."""
    notice = state.s[COL.notice, i]
    return notice != 0.0 and (notice != float(NOTICE.CONSIDERS) or state.s[COL.choice, i] != CHOICE.STAY)


@routine
def act(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """What household i chose, or what befell it, takes effect."""
    s = state.s
    notice = int(s[COL.notice, i])
    choice = s[COL.choice, i] if notice & NOTICE.CONSIDERS else CHOICE.STAY
    if choice == CHOICE.ASSISTED_RETURN:
        accept(key, week, x, state, i)
    elif choice != CHOICE.STAY:
        if choice == CHOICE.GO_IRREGULAR:
            go_irregular(week, state, i)
        elif choice == CHOICE.UNASSISTED_RETURN:
            leave(key, week, x, state, i, STAGE.RETURNED_UNASSISTED)
        else:
            take_own(key, week, x, state, i, choice)
    elif notice & NOTICE.DEPARTS:
        depart(key, week, x, state, i)
    else:
        if notice & NOTICE.FATE:
            fate(key, week, x, state, i)
        if notice & NOTICE.SUPPORT_ENDS and s[COL.stage, i] == STAGE.EXHAUSTED:
            rehouse(state, i, HOUSING.OWN, 1.0)
            s[COL.support_end, i] = NO_LIMIT
            s[COL.alert, i] = raised(s[COL.alert, i], x.b.alert_refusal)
            note(state, week, FLOW.support_ended, 1)
        if notice & NOTICE.MOVES and s[COL.housing, i] == HOUSING.HOTEL:
            rehouse(state, i, HOUSING.DISPERSAL, s[COL.withdrawn, i])


@routine
def accept(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Household i takes the best offer; it leaves when papers and a flight are there.

    Whoever is protected has no case and no housing of the state to wait in, and counts as gone at once.
    """
    s = state.s
    _, k, _ = best_offers(key, week, x, state, i)
    offer = x.offers[k]
    share = offered_now(key, week, x, state, i, k)
    if was_refused(s[COL.stage, i]):
        is_at_risk(state, i, week)
    s[COL.booked_from, i] = s[COL.stage, i]
    amount = household_amount(offer, s[COL.adults, i], s[COL.children, i], share)
    s[COL.booked_amount, i] = paid_out(key, week, x, state, i, k, amount)
    s[COL.booked_share, i] = offer.paid_at_departure
    waits = processing_weeks(key, int(s[COL.id, i]), week, x)
    s[COL.departs_at, i] = week + (waits if s[COL.stage, i] != STAGE.PROTECTED else 0.0)
    note(state, week, FLOW.accepted, 1)
    record(state, week, EVENT.accepted, i)
    if s[COL.departs_at, i] == float(week):
        depart(key, week, x, state, i)
    else:
        enter(state, i, STAGE.BOOKED, week)


@rule
def processing_weeks(key: int, identity: int, week: int, x: Setting) -> float:
    """Weeks from accepting to leaving: log-normal, to the nearest whole week."""
    spread = exp(x.world.processing_spread * normal(key, identity, week, PURPOSE.PROCESSING))
    return nearest(x.world.processing_weeks * spread)


@routine
def depart(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """A household that accepted leaves, and is paid; or it has changed its mind and goes on from where it was.

    Who had been refused has given up an appeal by accepting.
    """
    s = state.s
    accepted = int(s[COL.considered_at, i])
    s[COL.departs_at, i] = NO_LIMIT
    stays = uniform(key, int(s[COL.id, i]), accepted, PURPOSE.WITHDRAWAL) < x.world.withdrawal
    if s[COL.stage, i] == STAGE.BOOKED and stays:
        enter(state, i, STAGE.EXHAUSTED if was_refused(s[COL.booked_from, i]) else STAGE.AWAITING, week)
        if s[COL.booked_from, i] == STAGE.ABSCONDED:
            back_in_contact(x, state, i)
        note(state, week, FLOW.withdrawn, 1)
        return
    pay(key, week, x, state, i, s[COL.booked_amount, i], s[COL.booked_share, i])
    leave(key, week, x, state, i, STAGE.RETURNED_ASSISTED)


@routine
def back_in_contact(x: Setting, state: State, i: int) -> None:
    """Household i, out of contact until now, is supported where the policy's support does not end."""
    s = state.s
    kind = x.policy.support.families if s[COL.children, i] > 0.0 else x.policy.support.singles
    if kind == SUPPORT.continue_ and s[COL.first_housing, i] != HOUSING.OWN:
        rehouse(state, i, s[COL.first_housing, i], 0.0)
    else:
        rehouse(state, i, HOUSING.OWN, 1.0)


@routine
def fate(key: int, week: int, x: Setting, state: State, i: int) -> None:
    """Regularisation, moving on, detection or re-migration, by the draw that decided that one of them happens."""
    s = state.s
    u = uniform(key, int(s[COL.id, i]), week, PURPOSE.FATE)
    if case_is_open(s[COL.stage, i]) or s[COL.stage, i] == STAGE.ABSCONDED:
        if at_risk(s[COL.stage, i]) and u < x.frame.regularised:
            enter(state, i, STAGE.SETTLED, week)
            note(state, week, FLOW.regularised, 1)
        elif s[COL.stage, i] != STAGE.ABSCONDED:
            go_irregular(week, state, i)
            note(state, week, FLOW.moved_on, 1)
        else:
            is_at_risk(state, i, week)
            enter(state, i, STAGE.EXHAUSTED, week)
            back_in_contact(x, state, i)
            make_offers(key, week, x, state, i, True)
            note(state, week, FLOW.detected, 1)
    else:
        banned = week - s[COL.since, i] < x.policy.entry.reentry_ban_years * WEEKS_PER_YEAR
        chance = comes_back(fates_of(x), state.lands[LAND.true_safety, week, int(s[COL.origin, i])])
        if not banned or u < chance * x.world.ban_effect:
            come_back(key, week, x, state, i)


@routine
def the_books_close(week: int, x: Setting, state: State) -> None:
    """Book the week's support, and write down the stocks and the upkeep."""
    history = state.history[week]
    ledger = history[LEDGER_AT:]
    for account in range(len(ACCOUNT)):
        hotel, dispersal = state.counts[COUNT.hotel, account], state.counts[COUNT.dispersal, account]
        subsistence = hotel * x.prices.hotel_subsistence_week + dispersal * x.prices.subsistence_week
        charge(ledger, LINE.hotel, float(account), hotel * x.prices.hotel_week)
        charge(ledger, LINE.dispersal, float(account), dispersal * x.prices.dispersal_week)
        charge(ledger, LINE.subsistence, float(account), subsistence)
        charge(ledger, LINE.casework, float(account), state.counts[COUNT.cases, account] * x.prices.case_week)
        note(state, week, FLOW.persons_in_hotels, hotel)
        note(state, week, FLOW.unsupported_persons, state.counts[COUNT.unsupported, account])
    for stage in range(len(STAGE)):
        history[STOCKS_AT + stage] = state.counts[COUNT.households, stage]
        if in_limbo(float(stage)):
            note(state, week, FLOW.children_in_limbo, state.counts[COUNT.children, stage])
    persons = state.counts[COUNT.persons]
    note(state, week, FLOW.lasting_persons, persons[int(STAGE.PROTECTED)] + persons[int(STAGE.SETTLED)])
    for kept in range(len(UPKEEP)):
        hotel, dispersal = state.counts[COUNT.from_hotels, kept], state.counts[COUNT.from_dispersal, kept]
        history[UPKEEP_AT + kept] = support_week(x.prices, hotel, dispersal)


@routine
def one_week(key: int, week: int, x: Setting, state: State) -> None:
    """One week for everybody."""
    the_state_acts(key, week, x, state)
    for first in range(0, there(state), BLOCK):
        attend_together(key, week, x, state, first, min(first + BLOCK, there(state)))
    households_choose(key, week, x, state)
    the_books_close(week, x, state)


@routine
def households_choose(key: int, week: int, x: Setting, state: State) -> None:
    """Those who consider choose, all on the same state of the world; then what was chosen takes effect."""
    s = state.s
    noticed = 0
    for i in range(there(state)):
        state.queue[noticed] = i  # and written over, where nothing is noticed: a condition would cost more
        noticed += 1 if s[COL.notice, i] != 0.0 else 0
    seated = 0
    for q in range(noticed):
        if int(s[COL.notice, state.queue[q]]) & NOTICE.CONSIDERS:
            sit_down(key, week, x, state, state.queue[q], seated)
            seated += 1
            if seated == BLOCK:
                choose_together(key, week, x, state, seated)
                seated = 0
    choose_together(key, week, x, state, seated)
    for q in range(noticed):
        i = state.queue[q]
        if has_effect(state, i):
            act(key, week, x, state, i)
