"""Why a household stayed, left or disappeared: the terms of a decision, by name.

A run is a pure function of its inputs and seed, so nothing has to be recorded while it runs: the
explanation replays the run to the week in question and reads the decision from the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np

import abm.week.compiled as compiled
from abm.arrays.arrivals import is_arrival
from abm.arrays.setting import Setting
from abm.arrays.state import State
from abm.household.beliefs import CLOSING_SOON
from abm.household.decision import RETURN, Circumstances, Terms, Utilities, terms
from abm.household.stages import COL, NOTICE, Stage, case_is_open, chooses
from abm.inputs.parameters import InputError
from abm.inputs.registry import RuleSet, Term
from abm.inputs.shown import figure, plain, table
from abm.model import Prepared
from abm.numerics.calendar import NO_LIMIT
from abm.numerics.draws import PURPOSE, key_for_entries, key_of, uniform
from abm.week.considering import best_offers, circumstances, consider, shocks_of
from abm.week.own import choice_name, own_terms, shock_of, ways_now, weighed
from abm.week.week import attend, the_state_acts
from abm.why_state import offers_of, who

#: A utility at which nobody chooses a way out, whatever they draw.
_NEVER_CHOSEN = -600.0
#: The weekly chances of what nobody chooses.
_FATES = ("regularised", "detected", "onward", "hotel_exit", "returning", "returning_unsafe")
#: The ways out but staying: name for people, and the groups of terms that are weighed for it.
WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "assisted": ("assisted return", ("assisted", *RETURN)),
    "unassisted": ("unassisted return", ("unassisted", *RETURN)),
    "irregular": ("go irregular", ("irregular",)),
}


def _labels(group: type) -> dict[str, str]:
    """What the fields of a named tuple are called for people, where they are called anything."""
    hints = get_type_hints(group, include_extras=True)
    return {name: get_args(hint)[1] for name, hint in hints.items() if get_origin(hint) is Annotated}


@dataclass(frozen=True, repr=False)
class Explanation:
    """One household's decision in one week.

    Attributes
    ----------
    household
        Who they are that week, by name.
    week, stage
        When, and where they stood.
    considered
        Whether they considered their situation that week; if not, the terms say what they would have
        weighed.
    terms
        (name, value, way out that it belongs to: assisted, unassisted, return (both), irregular).
    utilities, probabilities
        By way out; staying has utility 0.
    draws
        The extreme-value error of each way out; the largest utility plus error is chosen.
    choice
        What they chose ("STAY" if they did not consider).
    history
        (week, what happened) up to that week.
    offers
        What each offer of the policy is to the household in that week, or why it is none.
    attention, attention_draw
        The chance that they consider their situation that week, and the number drawn, evenly from 0 to 1: they
        consider if it is below the chance.
    picks
        The same for what they choose once they consider: an even number from 0 to 1 for each way out, which is
        chosen if its number is below its chance (see `_picks`).
    """

    household: dict[str, Any]
    week: int
    stage: str
    considered: bool
    terms: list[tuple[str, float, str]]
    utilities: dict[str, float]
    probabilities: dict[str, float]
    draws: dict[str, float]
    choice: str
    history: list[tuple[int, str]]
    beliefs: dict[str, float]
    offers: dict[str, str] = field(default_factory=dict)
    attention: float = math.nan
    attention_draw: float = math.nan
    picks: dict[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Who, when, and what was chosen, with the chance of each way out."""
        chances = ", ".join(f"{way} {_percent(chance)}" for way, chance in self.probabilities.items())
        return f"Explanation(household {self.household['id']}, week {self.week}: {self._chosen} Chances: {chances})"

    def _repr_html_(self) -> str:
        """What is weighed, as a table for notebooks: terms down, ways out across."""
        belongs = {name: {"return" if part in RETURN else part for part in parts} for name, parts in WAYS.values()}
        belongs |= {name: {name} for name in self.utilities if name not in belongs and name != "stay"}
        ways = [name for name in belongs if name in self.utilities]
        every = ("stay", *ways)
        rows: list[tuple[str, ...]] = []
        for term, value, applies in self.terms:
            cells = [f"{value:+.3f}" if applies in belongs[way] else "" for way in ways]
            if value and any(cells):
                rows.append((term, "", *cells))
        rows.append(("utility", *(f"{self.utilities[way]:+.3f}" for way in every)))
        rows.append(("chance of choosing it", *(_percent(self.probabilities[way]) for way in every)))
        rows.append(("number drawn: chosen if below", *(_percent(self.picks[way]) for way in every)))
        rows.append(("the same as an error", *(f"{self.draws[way]:+.3f}" for way in every)))
        rows.append(("utility and error", *(f"{self.utilities[way] + self.draws[way]:+.3f}" for way in every)))
        who = ", ".join(f"{name} {plain(value)}" for name, value in self.household.items() if name != "id")
        believed = ", ".join(f"{name} {figure(value)}" for name, value in self.beliefs.items())
        past = (
            [f"Until then: {'; '.join(f'week {week}, {what}' for week, what in self.history)}."] if self.history else []
        )
        notes = (
            f"{self._chosen} Staying has utility 0; the largest utility and error is chosen. Terms that are zero are"
            " left out.",
            f"Chance that it considers in this week: {_percent(self.attention)}; it does if the number drawn"
            f" ({_percent(self.attention_draw)}) is below.",
            f"Who they are: {who}.", f"What they see and believe: {believed}.", *past,
        )  # fmt: skip
        title = f"Household {self.household['id']} in week {self.week}"
        return table(title, ("what is weighed", *every), rows, notes, numbers=range(1, len(every) + 1))

    @property
    def _chosen(self) -> str:
        stage = self.stage.lower().replace("_", " ").capitalize()
        if not self.considered:
            return f"{stage}; it did not consider its situation that week, and stays as it is."
        return f"{stage}; it considered its situation and chose: {self.choice.lower().replace('_', ' ')}."


@dataclass(frozen=True)
class Standing:
    """A week in which a household has no decision to make.

    Attributes
    ----------
    household, week, history
        As an `Explanation` has them.
    stage
        Where it stands once the state has acted.
    since
        The week in which it entered that stage.
    """

    household: dict[str, Any]
    week: int
    stage: Stage
    since: int
    history: list[tuple[int, str]]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 else f"{share:.3%}"


def row_of(state: State, household: int) -> int:
    """The row of a household.

    Raises
    ------
    InputError
        If no household of the run has that identity.
    """
    rows = np.flatnonzero(state.s[COL.id] == household)
    if len(rows) == 0:
        known = int(np.sum(~is_arrival(state.s[COL.id])))
        raise InputError("household", household, f"0 to {known - 1} (the stock), or the identity of an arrival")
    return int(rows[0])


def explain(prepared: Prepared, seed: int, household: int, week: int | None = None) -> Explanation:
    """Replay a run and explain one household's decision.

    Parameters
    ----------
    household
        Its identity (0 to households − 1 for the stock).
    week
        The week; by default the last one in which it considered its situation (week 0 if it never did).

    Raises
    ------
    InputError
        If there is no such household or week, or it has no decision to make then.
    """
    state = prepared.begin(seed)
    row = row_of(state, household)
    if week is None:
        prepared.advance(seed, state, 0, prepared.weeks)
        week = int(max(0, state.s[COL.considered_at, row], state.s[COL.arrived, row]))
        state = prepared.begin(seed)
    if not 0 <= week < prepared.weeks:
        raise InputError("week", week, f"a week of the run, 0 to {prepared.weeks - 1}")
    history = []
    before = int(state.s[COL.stage, row])
    for past in range(week):
        prepared.advance(seed, state, past, past + 1)
        history += _events(prepared, state, row, past, before)
        before = int(state.s[COL.stage, row])
    changes = [(spell.week, f"the policy changes: {spell.title or 'other levers'}") for spell in prepared.spells[1:]]
    history = sorted([*(change for change in changes if change[0] <= week), *history], key=lambda event: event[0])
    return explain_from(prepared, seed, state, household, week, history)


def explain_from(
    prepared: Prepared, seed: int, state: State, household: int, week: int, history: Iterable[tuple[int, str]] = ()
) -> Explanation:
    """Explain one household's decision in a state that stands before `week`; the state is used up.

    Parameters
    ----------
    state
        The run up to the end of the week before.
    history
        What the explanation tells of the weeks before.

    Raises
    ------
    InputError
        If there is no such household, or it has no decision to make then.
    """
    return _decided(household, _of_week(prepared, key_of(seed), week, state, row_of(state, household), list(history)))


def explain_now(prepared: Prepared, seed: int, state: State, household: int, week: int) -> Explanation:
    """Explain a decision in a state in which the state has acted in `week`, and households have not.

    The row of the household is used up; those of others stay as they are.

    Raises
    ------
    InputError
        If there is no such household, or it has no decision to make then.
    """
    row = row_of(state, household)
    return _decided(household, _attended(prepared, key_of(seed), week, state, row, [], int(state.s[COL.stage, row])))


def _decided(household: int, found: Explanation | Standing) -> Explanation:
    if isinstance(found, Standing):
        told = f"a week in which household {household} decides; it is {found.stage.name.lower()} then"
        if found.stage is Stage.BOOKED:
            told += f", and accepted in week {found.since}"
        raise InputError("week", found.week, told)
    return found


def explain_every(
    prepared: Prepared, seed: int, household: int, weeks: Iterable[int]
) -> Iterator[Explanation | Standing]:
    """Replay a run once and tell of one household in several of its weeks: what `explain` tells, or where it stands.

    Parameters
    ----------
    weeks
        Weeks of the run, from early to late.

    Raises
    ------
    InputError
        If there is no such household.
    """
    state = prepared.begin(seed)
    yield from _replayed(prepared, seed, state, row_of(state, household), weeks)


def _replayed(
    prepared: Prepared, seed: int, state: State, row: int, weeks: Iterable[int]
) -> Iterator[Explanation | Standing]:
    """Advance a run from its beginning, and tell of a row in some weeks, each on a copy of that week's state."""
    history: list[tuple[int, str]] = []
    before, reached = int(state.s[COL.stage, row]), 0
    changes = [(spell.week, f"the policy changes: {spell.title or 'other levers'}") for spell in prepared.spells[1:]]
    for week in weeks:
        for past in range(reached, week):
            prepared.advance(seed, state, past, past + 1)
            history += _events(prepared, state, row, past, before)
            before = int(state.s[COL.stage, row])
        reached = week
        known = sorted([*(c for c in changes if c[0] <= week), *history], key=lambda event: event[0])
        found = _of_week_compiled(prepared, seed, week, state, row, known)
        yield found or _of_week(prepared, key_of(seed), week, _copy(state), row, known)


def _copy(state: State) -> State:
    return State(*(part.copy() for part in state))


def _of_week(
    prepared: Prepared, key: int, week: int, state: State, row: int, history: list[tuple[int, str]]
) -> Explanation | Standing:
    """What a row has to decide in a week; `state` is that of its beginning, and is used up."""
    before = int(state.s[COL.stage, row])
    the_state_acts(key, week, prepared.plain_in(week), state)
    return _attended(prepared, key, week, state, row, history, before)


def _attended(
    prepared: Prepared, key: int, week: int, state: State, row: int, history: list[tuple[int, str]], before: int
) -> Explanation | Standing:
    """What a row decides once the state has acted in a week; its columns are used up."""
    s, x = state.s, prepared.plain_in(week)
    attention = _attention(x, week, s[COL.alert, row], s[COL.closing, row])
    if chooses(s[COL.stage, row]):
        attend(key, week, x, state, row)
    return _told(prepared, key, week, state, row, history, before, attention)


def _of_week_compiled(
    prepared: Prepared, seed: int, week: int, state: State, row: int, history: list[tuple[int, str]]
) -> Explanation | Standing | None:
    """The same by the compiled driver, a hundred times as fast; None if only `_of_week` can tell.

    It runs the week on a copy in which nothing takes effect: nobody chooses to go, meets a fate or departs, and what
    draws attention is not forgotten.  So the row is left as it stands when it chooses, unless its support ends or it is
    rehoused.
    """
    if prepared.rules:  # what they do to others cannot be held still
        return None
    spell = next(spell for spell in reversed(prepared.spells) if spell.week <= week)
    x, copy = spell.setting, _copy(state)
    still = x._replace(
        b=_changed(x.b, {"alert_memory": 1.0} | dict.fromkeys(Utilities._fields, _NEVER_CHOSEN)),
        frame=_changed(x.frame, dict.fromkeys(_FATES, 0.0)),
    )
    copy.s[COL.departs_at] = NO_LIMIT
    compiled.advance(key_for_entries(seed), still, copy, week, week + 1)
    housed = (COL.housing, COL.withdrawn, COL.support_end)
    if any(copy.s[column, row] != state.s[column, row] for column in housed):
        return None
    attention = _attention(spell.plain, week, copy.s[COL.alert, row], copy.s[COL.closing, row])
    return _told(prepared, key_of(seed), week, copy, row, history, int(state.s[COL.stage, row]), attention)


def _changed(record: Any, values: Mapping[str, float]) -> Any:
    """A copy of one of the setting's records with some other numbers; uncompiled it is a named tuple."""
    if hasattr(record, "_replace"):
        return record._replace(**values)
    again = record.copy()
    for name, value in values.items():
        again[name] = value
    return again


def _told(
    prepared: Prepared,
    key: int,
    week: int,
    state: State,
    row: int,
    history: list[tuple[int, str]],
    before: int,
    attention: float,
) -> Explanation | Standing:
    """What is told of a row that has attended to its week, or that has nothing to attend to."""
    stage = int(state.s[COL.stage, row])
    if stage != before:
        history = [*history, (week, f"the state: {Stage(stage).name.lower()}")]
    if not chooses(stage):
        since = int(state.s[COL.since, row])
        return Standing(who(prepared, state, row, week), week, Stage(stage), since, history)
    return _explained(prepared, key, week, state, row, history, attention)


def _attention(x: Setting, week: int, alert: float, closing: float) -> float:
    """The chance that a household considers, as `abm.household.beliefs.considers` has it."""
    soon = x.b.alert_closing if 0.0 < closing - week <= CLOSING_SOON else 0.0
    return float(1.0 - (1.0 - x.b.consider) * (1.0 - alert) * (1.0 - soon))


def _events(prepared: Prepared, state: State, row: int, week: int, before: int) -> list[tuple[int, str]]:
    events = []
    if state.s[COL.considered_at, row] == week:
        choice = choice_name(prepared.rules, state.s[COL.choice, row]).lower().replace("_", " ")
        events.append((week, f"considers: {choice}"))
    after = int(state.s[COL.stage, row])
    if after != before:
        events.append((week, Stage(after).name.lower().replace("_", " ")))
    return events


def _explained(
    prepared: Prepared,
    key: int,
    week: int,
    state: State,
    row: int,
    history: list[tuple[int, str]],
    attention: float,
) -> Explanation:
    s, x = state.s, prepared.plain_in(week)
    cash, which, to_come = best_offers(key, week, x, state, row)
    told = circumstances(x, state, row, week, float(cash), float(to_come))
    v = terms(x.b, told)
    u = dict(zip(Utilities._fields, map(float, weighed(x, state, row, week, told, v)), strict=True))
    if which < 0:
        del u["assisted"]
    if not case_is_open(s[COL.stage, row]):
        del u["irregular"]
    own = ways_now(prepared.rules, x, state, row, week, told)
    utilities = {"stay": 0.0} | {WAYS[way][0]: value for way, value in u.items()}
    utilities |= {way.label: value for way, value in own.items()}
    weights = {name: float(np.exp(u)) for name, u in utilities.items()}
    total = sum(weights.values())
    considered = bool(int(s[COL.notice, row]) & NOTICE.CONSIDERS)
    stage = Stage(int(s[COL.stage, row])).name
    choice = "STAY"
    if considered:
        consider(key, week, x, state, row)
        choice = choice_name(prepared.rules, s[COL.choice, row])
    errors = shocks_of(key, int(s[COL.id, row]), week)._asdict()
    shocks = {name: float(errors[way]) for name, way in zip(utilities, ("stay", *u), strict=False)}
    shocks |= {way.label: float(shock_of(way)(key, int(s[COL.id, row]), week)) for way in own}
    return Explanation(
        household=who(prepared, state, row, week),
        week=week,
        stage=stage,
        considered=considered,
        terms=[*_named(v, prepared.rules), *own_terms(prepared.rules, x, state, row, week, told)],
        utilities=utilities,
        probabilities={name: weight / total for name, weight in weights.items()},
        draws={name: -float(np.log(shock)) for name, shock in shocks.items()},
        choice=choice,
        history=history,
        beliefs=_beliefs(told),
        offers=offers_of(prepared, key, week, state, row),
        attention=attention,
        attention_draw=float(uniform(key, int(s[COL.id, row]), week, PURPOSE.CONSIDER)),
        picks=_picks(weights, shocks),
    )


def _picks(weights: dict[str, float], shocks: dict[str, float]) -> dict[str, float]:
    """The draw of each way out as one even number from 0 to 1: a way is chosen if it is below the way's chance.

    The choice is a race (`abm.household.decision.choose`): way k arrives at e_k / w_k, with e_k exponential of mean
    one and w_k = exp(V_k).  The first of the others arrives at y / W, W being the sum of their weights and y again
    exponential of mean one.  So e_k / (e_k + y) is uniform, and way k is first if it is below w_k / (w_k + W).
    """
    found = {}
    for way, shock in shocks.items():
        others = [other for other in shocks if other != way]
        first = min(shocks[other] / weights[other] for other in others)
        found[way] = shock / (shock + first * sum(weights[other] for other in others))
    return found


def _named(v: Terms, rules: RuleSet) -> list[tuple[str, float, str]]:
    """Every term of the model that no rule replaces, by name, with its value and the way out that it belongs to."""
    replaced = {name for term in rules.of(Term) for name in term.replaces}
    return [
        (label, float(getattr(group, name)), "return" if place in RETURN else place)
        for place, group in v._asdict().items()
        for name, label in _labels(type(group)).items()
        if f"{place}.{name}" not in replaced
    ]


def _beliefs(x: Circumstances) -> dict[str, float]:
    return {label: float(getattr(x, name)) for name, label in _labels(Circumstances).items()}
