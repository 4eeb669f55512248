"""Where rules of one's own act in a week: on attention, on what befalls a household, on its choice and its offers.

See `abm.arrays.own` for how they are found.  They act from week 0 on: what a household of the stock was before, and
which tastes it must have had to be still there, is told by the model's own terms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba.extending import overload

from abm.arrays.own import added, applied, drawn, in_turn, key_for, set_of
from abm.arrays.setting import Setting
from abm.arrays.state import FLOW, State, enter, is_at_risk, note, there
from abm.arrays.table import set_own
from abm.household.beliefs import raised
from abm.household.decision import GROUPS, RETURN, Circumstances, Terms, Utilities, utilities
from abm.household.stages import COL, STAGE, STAGES, Choice, was_refused
from abm.inputs.registry import Attention, Event, RuleSet, Shape, Term, WayOut, Weekly, known, offer_of
from abm.numerics.arithmetic import exp, log, routine, rule
from abm.week.departures import go_irregular, leave

#: What terms and ways out are handed besides what is always there.
WEIGHED = Circumstances._fields
#: Where rules can lead from where, by the stage that is entered.
LEADS_TO = {
    "SETTLED": ("AWAITING", "REFUSED", "EXHAUSTED", "ABSCONDED", "PROTECTED"),
    "ABSCONDED": ("AWAITING", "REFUSED", "EXHAUSTED"),
    "RETURNED_UNASSISTED": ("AWAITING", "REFUSED", "EXHAUSTED", "ABSCONDED", "PROTECTED"),
}
#: Ways of one's own are numbered from here on.
FIRST_OWN = float(len(Choice))


# ---- the decision ----------------------------------------------------------------------------------


def weighed(x: Setting, state: State, i: int, week: int, c: Circumstances, v: Terms) -> Utilities:
    """The utility of each of the model's ways out, with the terms that rules add or replace."""
    found: Utilities = _weighing(set_of(x).mark)(x, state, i, week, c, v)
    return found


@overload(weighed)
def _weighed(x, state, i, week, c, v):  # type: ignore[no-untyped-def]
    return _weighing(set_of(x).mark)


@cache
def _weighing(mark: str) -> Callable[..., Any]:
    rules = known(mark)
    own = rules.of(Term)
    if not own:

        def as_they_are(x, state, i, week, c, v):  # type: ignore[no-untyped-def]
            return utilities(v)

        return as_they_are
    into = {way: added([of_term(term, rules) for term in own if term.into == way]) for way in WAYS}
    assisted, unassisted, irregular, returning = (into[way] for way in WAYS)
    replaced = {name for term in own for name in term.replaces}
    kept = {group: tuple(f"{group}.{name}" not in replaced for name in kind._fields) for group, kind in GROUPS.items()}
    of_assisted, of_unassisted, of_irregular = (_kept(kept[way]) for way in Utilities._fields)
    of_home, of_here, of_leaving = (_kept(kept[group]) for group in RETURN)

    def with_them(x, state, i, week, c, v):  # type: ignore[no-untyped-def]
        s = state.s
        both = of_home(v.home) + of_here(v.here) + of_leaving(v.leaving) + returning(x, s, i, week, c)
        return Utilities(
            of_assisted(v.assisted) + assisted(x, s, i, week, c) + both,
            of_unassisted(v.unassisted) + unassisted(x, s, i, week, c) + both,
            of_irregular(v.irregular) + irregular(x, s, i, week, c),
        )

    return with_them


#: The ways out that a term can enter.
WAYS = (*Utilities._fields, "return")


def _kept(which: tuple[bool, ...]) -> Callable[[Any], Any]:
    """The sum of those terms of a group that no rule replaces."""
    found: Callable[[Any], Any] = _none_of
    for place, stays in enumerate(which):
        if stays:
            found = _and_of(found, place)
    return found


@rule
def _none_of(group: Any) -> Any:
    return 0.0


def _and_of(others: Callable[[Any], Any], place: int) -> Callable[[Any], Any]:
    @rule
    def total(group: Any) -> Any:
        return others(group) + group[place]

    return total


def of_term(term: Term, rules: RuleSet) -> Callable[..., Any]:
    """The value of a term of one's own: a function of (setting, columns, row, week, circumstances)."""
    return applied(term.function, rules, WEIGHED, term.name)


def of_way(way: WayOut, rules: RuleSet) -> Callable[..., Any]:
    """The utility of a way of one's own."""
    return applied(way.function, rules, WEIGHED, way.name)


def shock_of(way: WayOut) -> Callable[..., Any]:
    """The error of a way of one's own: an exponential number of mean one by key, household and week."""
    draw = drawn(key_for(way))

    @rule
    def shock(key, household, week):  # type: ignore[no-untyped-def]
        return -log(draw(key, household, week))

    return shock


def first_of_own(
    key: int, week: int, x: Setting, state: State, i: int, c: Circumstances, choice: float, first: float
) -> float:
    """The choice once the ways that rules add have run in the race too; `first`: when the choice so far was reached."""
    found: float = _racing(set_of(x).mark)(key, week, x, state, i, c, choice, first)
    return found


@overload(first_of_own)
def _first_of_own(key, week, x, state, i, c, choice, first):  # type: ignore[no-untyped-def]
    return _racing(set_of(x).mark)


@cache
def _racing(mark: str) -> Callable[..., Any]:
    rules = known(mark)

    @rule
    def alone(key, week, x, state, i, c, choice, first):  # type: ignore[no-untyped-def]
        return choice, first

    race: Callable[..., Any] = alone
    for number, way in enumerate(rules.of(WayOut)):
        race = _runner(race, rules, way, FIRST_OWN + number)

    def chosen(key, week, x, state, i, c, choice, first):  # type: ignore[no-untyped-def]
        return race(key, week, x, state, i, c, choice, first)[0]

    return chosen


def _runner(before: Callable[..., Any], rules: RuleSet, way: WayOut, number: float) -> Callable[..., Any]:
    utility, shock, is_open = of_way(way, rules), shock_of(way), _in_stages(way.stages)

    @rule
    def race(key, week, x, state, i, c, choice, first):  # type: ignore[no-untyped-def]
        choice, first = before(key, week, x, state, i, c, choice, first)
        if is_open(state.s[COL.stage, i]):
            reached = shock(key, int(state.s[COL.id, i]), week) * exp(-utility(x, state.s, i, week, c))
            if reached < first:
                choice, first = number, reached
        return choice, first

    return race


def _in_stages(names: tuple[str, ...]) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = _nowhere
    for name in names:
        found = _or_in(found, getattr(STAGE, name))
    return found


@rule
def _nowhere(stage: Any) -> Any:
    return False


def _or_in(others: Callable[[Any], Any], here: float) -> Callable[[Any], Any]:
    @rule
    def inside(stage: Any) -> Any:
        return others(stage) | (stage == here)

    return inside


def take_own(key: int, week: int, x: Setting, state: State, i: int, choice: float) -> None:
    """Household i goes the way of one's own that it chose."""
    _taking(set_of(x).mark)(key, week, x, state, i, choice)


@overload(take_own)
def _take_own(key, week, x, state, i, choice):  # type: ignore[no-untyped-def]
    return _taking(set_of(x).mark)


@cache
def _taking(mark: str) -> Callable[..., Any]:
    @routine
    def nowhere(key, week, x, state, i, choice):  # type: ignore[no-untyped-def]
        pass

    take: Callable[..., Any] = nowhere
    for number, way in enumerate(known(mark).of(WayOut)):
        take = _taken(take, FIRST_OWN + number, getattr(STAGE, way.leads_to))

    def taken(key, week, x, state, i, choice):  # type: ignore[no-untyped-def]
        take(key, week, x, state, i, choice)

    return taken


def _taken(others: Callable[..., Any], number: float, stage: float) -> Callable[..., Any]:
    @routine
    def take(key, week, x, state, i, choice):  # type: ignore[no-untyped-def]
        if choice == number:
            go_to(key, week, x, state, i, stage)
        else:
            others(key, week, x, state, i, choice)

    return take


@routine
def go_to(key: int, week: int, x: Setting, state: State, i: int, stage: float) -> None:
    """Household i goes to a stage to which rules may lead (`LEADS_TO`)."""
    if stage == STAGE.SETTLED:
        if was_refused(state.s[COL.stage, i]):
            is_at_risk(state, i, week)
            note(state, week, FLOW.regularised, 1)
        else:
            note(state, week, FLOW.settled, 1)
        enter(state, i, stage, week)
    elif stage == STAGE.ABSCONDED:
        go_irregular(week, state, i)
    else:
        leave(key, week, x, state, i, stage)


# ---- what is told of a decision --------------------------------------------------------------------


def own_terms(
    rules: RuleSet, x: Setting, state: State, i: int, week: int, c: Circumstances
) -> list[tuple[str, float, str]]:
    """The terms that rules add, by label, with their value and the way out that they belong to."""
    told = [(term.label, of_term(term, rules), term.into) for term in rules.of(Term)]
    told += [(way.label, of_way(way, rules), way.label) for way in rules.of(WayOut)]
    return [(label, float(value(x, state.s, i, week, c)), into) for label, value, into in told]


def ways_now(rules: RuleSet, x: Setting, state: State, i: int, week: int, c: Circumstances) -> dict[WayOut, float]:
    """The ways that rules add and that are open to household i, with their utilities."""
    here = STAGES[int(state.s[COL.stage, i])]
    ways = [way for way in rules.of(WayOut) if here in way.stages]
    return {way: float(of_way(way, rules)(x, state.s, i, week, c)) for way in ways}


def choice_name(rules: RuleSet, choice: float) -> str:
    """The name of a choice, those that rules add among them."""
    number = int(choice)
    return Choice(number).name if number < len(Choice) else str(rules.of(WayOut)[number - len(Choice)].name.upper())


# ---- attention, and what befalls a household ---------------------------------------------------------


def own_news(key: int, week: int, x: Setting, state: State) -> None:
    """Rules of one's own act, if there are any: on their columns, on attention, on whom something befalls."""
    _acting(set_of(x).mark)(key, week, x, state)


@overload(own_news)
def _own_news(key, week, x, state):  # type: ignore[no-untyped-def]
    return _acting(set_of(x).mark)


@cache
def _acting(mark: str) -> Callable[..., None]:
    rules = known(mark)
    steps = [
        *(_changing(change, rules) for change in rules.of(Weekly)),
        *(_alerting(alert, rules) for alert in rules.of(Attention)),
        *(_befalling(event, rules) for event in rules.of(Event)),
    ]
    act = in_turn(steps)
    if act is None:

        def nothing(key, week, x, state):  # type: ignore[no-untyped-def]
            pass

        return nothing

    def acted(key, week, x, state):  # type: ignore[no-untyped-def]
        act(key, week, x, state)

    return acted


def _changing(change: Weekly, rules: RuleSet) -> Callable[..., None]:
    value, inside, draw = applied(change.function, rules, ("u",)), _in_stages(change.stages), drawn(key_for(change))
    place = rules.columns.index(change.column)

    @routine
    def step(key, week, x, state):  # type: ignore[no-untyped-def]
        s = state.s
        for i in range(there(state)):
            if inside(s[COL.stage, i]):
                set_own(s, place, i, value(x, s, i, week, (draw(key, int(s[COL.id, i]), week),)))

    return step


def _alerting(alert: Attention, rules: RuleSet) -> Callable[..., None]:
    value, inside = applied(alert.function, rules), _in_stages(alert.stages)

    @routine
    def step(key, week, x, state):  # type: ignore[no-untyped-def]
        s = state.s
        for i in range(there(state)):
            if inside(s[COL.stage, i]):
                s[COL.alert, i] = raised(s[COL.alert, i], min(1.0, max(0.0, value(x, s, i, week, (0.0,)))))

    return step


def _befalling(event: Event, rules: RuleSet) -> Callable[..., None]:
    chance, inside, draw = applied(event.function, rules), _in_stages(event.stages), drawn(key_for(event))
    stage = getattr(STAGE, event.leads_to)

    @routine
    def step(key, week, x, state):  # type: ignore[no-untyped-def]
        s = state.s
        for i in range(there(state)):
            if inside(s[COL.stage, i]) and draw(key, int(s[COL.id, i]), week) < chance(x, s, i, week, (0.0,)):
                go_to(key, week, x, state, i, stage)

    return step


# ---- offers ----------------------------------------------------------------------------------------


def shaped(x: Setting, state: State, i: int, week: int, k: int, amount: float) -> float:
    """What an amount of offer k, in a shape of one's own, counts for in the decision of household i, GBP."""
    found: float = _shaping(set_of(x).mark)(x, state, i, week, k, amount)
    return found


@overload(shaped)
def _shaped(x, state, i, week, k, amount):  # type: ignore[no-untyped-def]
    return _shaping(set_of(x).mark)


def paid_out(key: int, week: int, x: Setting, state: State, i: int, k: int, amount: float) -> float:
    """What household i is to be paid of it, by its draw in the week of accepting, GBP."""
    found: float = _paying(set_of(x).mark)(key, week, x, state, i, k, amount)
    return found


@overload(paid_out)
def _paid_out(key, week, x, state, i, k, amount):  # type: ignore[no-untyped-def]
    return _paying(set_of(x).mark)


@cache
def _shaping(mark: str) -> Callable[..., Any]:
    rules = known(mark)

    @rule
    def itself(x, state, i, week, k, amount):  # type: ignore[no-untyped-def]
        return amount

    worth: Callable[..., Any] = itself
    for shape in rules.of(Shape):
        worth = _worth(worth, rules, shape)

    def found(x, state, i, week, k, amount):  # type: ignore[no-untyped-def]
        return worth(x, state, i, week, k, amount)

    return found


def _worth(others: Callable[..., Any], rules: RuleSet, shape: Shape) -> Callable[..., Any]:
    value, place = applied(shape.function, rules, ("amount",)), rules.names.index(offer_of(shape))

    @rule
    def worth(x, state, i, week, k, amount):  # type: ignore[no-untyped-def]
        if float(k) == x.own.values[place]:
            return value(x, state.s, i, week, (amount,))
        return others(x, state, i, week, k, amount)

    return worth


@cache
def _paying(mark: str) -> Callable[..., Any]:
    rules = known(mark)

    @routine
    def all_of_it(key, week, x, state, i, k, amount):  # type: ignore[no-untyped-def]
        return amount

    pay: Callable[..., Any] = all_of_it
    for shape in rules.of(Shape):
        pay = _paid(pay, rules, shape)

    def found(key, week, x, state, i, k, amount):  # type: ignore[no-untyped-def]
        return pay(key, week, x, state, i, k, amount)

    return found


def _paid(others: Callable[..., Any], rules: RuleSet, shape: Shape) -> Callable[..., Any]:
    value = applied(shape.paid or shape.function, rules, ("amount", "u"))
    place, draw = rules.names.index(offer_of(shape)), drawn(key_for(shape))

    @routine
    def pay(key, week, x, state, i, k, amount):  # type: ignore[no-untyped-def]
        if float(k) == x.own.values[place]:
            u = draw(key, int(state.s[COL.id, i]), week)
            return max(0.0, value(x, state.s, i, week, (amount, u)))
        return others(key, week, x, state, i, k, amount)

    return pay
