"""Why a household stayed, left or disappeared: the terms of a decision, by name.

A run is a pure function of its inputs and seed, so nothing has to be recorded while it runs: the
explanation replays the run to the week in question and reads the decision from the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np

from abm.arrays.arrivals import is_arrival
from abm.arrays.state import State
from abm.household.decision import RETURN, Circumstances, Terms, Utilities, terms
from abm.household.decision import utilities as decision_utilities
from abm.household.offers import household_amount, is_drawn
from abm.household.stages import COL, NOTICE, TOLD, Choice, Housing, Stage, case_is_open, chooses
from abm.inputs.parameters import InputError
from abm.inputs.policy import SHARE_BY
from abm.inputs.shown import plain, table
from abm.model import Prepared, figure
from abm.numerics.calendar import limited
from abm.numerics.draws import key_of
from abm.week.considering import best_now, circumstances, consider, shocks_of
from abm.week.offering import could_have, is_open, offered_now
from abm.week.week import attend, the_state_acts

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
        Who they are, by name.
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

    def __repr__(self) -> str:
        """Who, when, and what was chosen, with the chance of each way out."""
        chances = ", ".join(f"{way} {_percent(chance)}" for way, chance in self.probabilities.items())
        return f"Explanation(household {self.household['id']}, week {self.week}: {self._chosen} Chances: {chances})"

    def _repr_html_(self) -> str:
        """What is weighed, as a table for notebooks: terms down, ways out across."""
        belongs = {name: {"return" if part in RETURN else part for part in parts} for name, parts in WAYS.values()}
        ways = [name for name in belongs if name in self.utilities]
        every = ("stay", *ways)
        rows: list[tuple[str, ...]] = []
        for term, value, applies in self.terms:
            cells = [f"{value:+.3f}" if applies in belongs[way] else "" for way in ways]
            if value and any(cells):
                rows.append((term, "", *cells))
        rows.append(("utility", *(f"{self.utilities[way]:+.3f}" for way in every)))
        rows.append(("chance of choosing it", *(_percent(self.probabilities[way]) for way in every)))
        rows.append(("drawn this week", *(f"{self.draws[way]:+.3f}" for way in every)))
        rows.append(("utility and draw", *(f"{self.utilities[way] + self.draws[way]:+.3f}" for way in every)))
        who = ", ".join(f"{name} {plain(value)}" for name, value in self.household.items() if name != "id")
        believed = ", ".join(f"{name} {figure(value)}" for name, value in self.beliefs.items())
        past = (
            [f"Until then: {'; '.join(f'week {week}, {what}' for week, what in self.history)}."] if self.history else []
        )
        notes = (
            f"{self._chosen} Staying has utility 0; the largest utility and draw is chosen. Terms that are zero are"
            " left out.",
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
        history += _events(state, row, past, before)
        before = int(state.s[COL.stage, row])
    changes = [(spell.week, f"the policy changes: {spell.title or 'other levers'}") for spell in prepared.spells[1:]]
    history = sorted([*(change for change in changes if change[0] <= week), *history], key=lambda event: event[0])
    the_state_acts(key_of(seed), week, prepared.plain_in(week), state)
    stage = int(state.s[COL.stage, row])
    if stage != before:
        history.append((week, f"the state: {Stage(stage).name.lower()}"))
    return explain_now(prepared, seed, state, household, week, history)


def explain_now(
    prepared: Prepared, seed: int, state: State, household: int, week: int, history: list[tuple[int, str]]
) -> Explanation:
    """Explain a decision in a state in which the state has acted in `week`, and households have not.

    The row of the household is used up; those of others stay as they are.

    Raises
    ------
    InputError
        If there is no such household, or it has no decision to make then.
    """
    row = row_of(state, household)
    key, x = key_of(seed), prepared.plain_in(week)
    stage = int(state.s[COL.stage, row])
    if not chooses(stage):
        told = f"a week in which household {household} decides; it is {Stage(stage).name.lower()} then"
        if stage == Stage.BOOKED:
            told += f", and accepted in week {state.s[COL.considered_at, row]:.0f}"
        raise InputError("week", week, told)
    attend(key, week, x, state, int(state.s[COL.origin, row]), row, row + 1)
    return _explained(prepared, key, week, state, row, history)


def _events(state: State, row: int, week: int, before: int) -> list[tuple[int, str]]:
    events = []
    if state.s[COL.considered_at, row] == week:
        choice = Choice(int(state.s[COL.choice, row])).name.lower().replace("_", " ")
        events.append((week, f"considers: {choice}"))
    after = int(state.s[COL.stage, row])
    if after != before:
        events.append((week, Stage(after).name.lower().replace("_", " ")))
    return events


def _explained(
    prepared: Prepared, key: int, week: int, state: State, row: int, history: list[tuple[int, str]]
) -> Explanation:
    s, x = state.s, prepared.plain_in(week)
    cash, which = best_now(x, state, row, week)
    told = circumstances(x, state, row, week, float(cash))
    v = terms(x.b, told)
    u = dict(zip(Utilities._fields, map(float, decision_utilities(v)), strict=True))
    if which < 0:
        del u["assisted"]
    if not case_is_open(s[COL.stage, row]):
        del u["irregular"]
    utilities = {"stay": 0.0} | {WAYS[way][0]: value for way, value in u.items()}
    weights = {name: float(np.exp(u)) for name, u in utilities.items()}
    total = sum(weights.values())
    considered = bool(int(s[COL.notice, row]) & NOTICE.CONSIDERS)
    stage = Stage(int(s[COL.stage, row])).name
    choice = "STAY"
    if considered:
        consider(key, week, x, state, row)
        choice = Choice(int(s[COL.choice, row])).name
    return Explanation(
        household=who(prepared, state, row),
        week=week,
        stage=stage,
        considered=considered,
        terms=_named(v),
        utilities=utilities,
        probabilities={name: weight / total for name, weight in weights.items()},
        draws=dict(zip(utilities, _errors(key, int(s[COL.id, row]), week, ("stay", *u)), strict=True)),
        choice=choice,
        history=history,
        beliefs=_beliefs(told),
        offers=_offers(prepared, week, state, row),
    )


def _offers(prepared: Prepared, week: int, state: State, row: int) -> dict[str, str]:
    """What each offer that the policy has is to a household this week."""
    x = prepared.plain_in(week)
    there = [k for k in range(len(x.offers)) if x.offers[k].amount_per_person > 0.0]
    return {prepared.offers[k]: _offer(prepared, week, state, row, k) for k in there}


def _offer(prepared: Prepared, week: int, state: State, row: int, k: int) -> str:
    s, x = state.s, prepared.plain_in(week)
    offer = x.offers[k]
    if not is_drawn(offer, s[COL.lot, row], s[COL.site_lot, row]):
        by_site = offer.share_by == SHARE_BY.site
        lot, whose = (s[COL.site_lot, row], "its site's") if by_site else (s[COL.lot, row], "its")
        return f"not drawn: {whose} lot is {lot:.3f}, and the offer is open to lots below {offer.share:g}"
    if not is_open(x, k, week):
        return f"not open before week {offer.start_week:.0f}" if week < offer.start_week else "closed"
    stage = int(s[COL.stage, row])
    if offer.open_to[stage] == 0.0:
        return f"not open to households {Stage(stage).name.lower()}"
    if not could_have(x, state, row, week, k):
        return "not for this household: origin, family, date of claim or safe list"
    share = offered_now(x, state, row, week, k)
    if share == 0.0:
        return "its time to accept is over" if limited(s[TOLD + k, row]) else "not made to it yet"
    amount = household_amount(offer, s[COL.adults, row], s[COL.children, row], share)
    return f"GBP {amount:,.0f}, made to it in week {s[TOLD + k, row]:.0f}"


def _named(v: Terms) -> list[tuple[str, float, str]]:
    """Every term by name, with its value and the way out that it belongs to."""
    return [
        (label, float(getattr(group, name)), "return" if place in RETURN else place)
        for place, group in v._asdict().items()
        for name, label in _labels(type(group)).items()
    ]


def _errors(key: int, household: int, week: int, ways: Iterable[str]) -> list[float]:
    shocks = shocks_of(key, household, week)._asdict()
    return [-float(np.log(shocks[way])) for way in ways]


def _beliefs(x: Circumstances) -> dict[str, float]:
    return {label: float(getattr(x, name)) for name, label in _labels(Circumstances).items()}


def who(prepared: Prepared, state: State, row: int) -> dict[str, Any]:
    """Who a household is, by name."""
    s = state.s
    return {
        "id": int(s[COL.id, row]),
        "origin": prepared.origins[int(s[COL.origin, row])],
        "adults": int(s[COL.adults, row]),
        "children": int(s[COL.children, row]),
        "school children": int(s[COL.school, row]),
        "housing": Housing(int(s[COL.housing, row])).name.lower(),
        "site": int(s[COL.site, row]),
        "arrived in week": int(s[COL.arrived, row]),
        "support withdrawn": bool(s[COL.withdrawn, row]),
        "ties": int(s[COL.ties, row]),
        "ties abroad": int(s[COL.abroad, row]),
        "times it came back": int(s[COL.reentries, row]),
    }
