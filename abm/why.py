"""Why a household stayed, left or disappeared: the terms of a decision, by name.

A run is a pure function of its inputs and seed, so nothing has to be recorded while it runs: the
explanation replays the run to the week in question and reads the decision from the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.decision import Circumstances, Terms, irregular_utility, return_utility, terms
from abm.draws import key_of
from abm.model import Prepared
from abm.parameters import InputError
from abm.stages import (
    ABROAD, ABSCONDED, ADULTS, ARRIVED, CHILDREN, CHOICE, CONSIDERED_AT, HOUSING, ID, NOTICE, ORIGIN, REENTRIES,
    SCHOOL, SITE, STAGE, TIES, WITHDRAWN, Choice, Housing, Stage,
)  # fmt: skip
from abm.state import State
from abm.considering import best_now, circumstances, consider, shocks_of
from abm.week import attend_rows, the_state_acts

#: Which ways out a term belongs to, and what it is called.
TERM_NAMES: dict[str, tuple[str, str]] = {
    "assisted_constant": ("constant of assisted return", "assisted"),
    "incentive": ("the offer, against income at home", "assisted"),
    "waiting": ("the best offer still to come", "assisted"),
    "unassisted_constant": ("constant of unassisted return", "unassisted"),
    "safety": ("safety at home, as believed", "return"),
    "home_income": ("income at home", "return"),
    "peers_left": ("peers who left", "return"),
    "host_ties": ("ties to the host country", "return"),
    "school": ("children at school", "return"),
    "hope": ("hope of being allowed to stay", "return"),
    "hotel": ("life in a hotel", "return"),
    "lost_support": ("support withdrawn", "return"),
    "removal_risk": ("risk of removal, as believed", "return"),
    "taste": ("lasting taste for returning", "return"),
    "irregular_constant": ("constant of going irregular", "irregular"),
    "irregular_removal_risk": ("risk of removal, as believed", "irregular"),
    "irregular_lost_support": ("support withdrawn", "irregular"),
    "irregular_children": ("having children", "irregular"),
    "irregular_taste": ("lasting taste for irregularity", "irregular"),
}


@dataclass(frozen=True)
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
        (name, value, ways out it belongs to: assisted, unassisted, return (both), irregular).
    utilities, probabilities
        By way out; staying has utility 0.
    draws
        The extreme-value error of each way out; the largest utility plus error is chosen.
    choice
        What they chose ("STAY" if they did not consider).
    history
        (week, what happened) up to that week.
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


def row_of(state: State, household: int) -> int:
    """The row of a household.

    Raises
    ------
    InputError
        If no household of the run has that identity.
    """
    rows = np.flatnonzero(state.s[ID] == household)
    if len(rows) == 0:
        known = int(np.sum(state.s[ID] < 2**32))
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
        week = int(max(0, state.s[CONSIDERED_AT, row], state.s[ARRIVED, row]))
        state = prepared.begin(seed)
    if not 0 <= week < prepared.weeks:
        raise InputError("week", week, f"a week of the run, 0 to {prepared.weeks - 1}")
    history = []
    before = int(state.s[STAGE, row])
    for past in range(week):
        prepared.advance(seed, state, past, past + 1)
        history += _events(state, row, past, before)
        before = int(state.s[STAGE, row])
    key, x = key_of(seed), prepared.plain
    the_state_acts(key, week, x, state)
    stage = int(state.s[STAGE, row])
    if stage != before:
        history.append((week, f"the state: {Stage(stage).name.lower()}"))
    if not 1 <= stage <= ABSCONDED:
        raise InputError(
            "week", week, f"a week in which household {household} decides; it is {Stage(stage).name.lower()} then"
        )
    attend_rows(key, week, x, state, int(state.s[ORIGIN, row]), row, row + 1)
    return _explained(prepared, key, week, state, row, history)


def _events(state: State, row: int, week: int, before: int) -> list[tuple[int, str]]:
    events = []
    if state.s[CONSIDERED_AT, row] == week:
        choice = Choice(int(state.s[CHOICE, row])).name.lower().replace("_", " ")
        events.append((week, f"considers: {choice}"))
    after = int(state.s[STAGE, row])
    if after != before:
        events.append((week, Stage(after).name.lower().replace("_", " ")))
    return events


def _explained(
    prepared: Prepared, key: int, week: int, state: State, row: int, history: list[tuple[int, str]]
) -> Explanation:
    s, x = state.s, prepared.plain
    cash, which = best_now(x, state, row, week)
    v: Terms = terms(x.b, circumstances(x, state, row, week, float(cash)))
    home = float(return_utility(v))
    utilities = {
        "stay": 0.0,
        "assisted return": float(v.assisted_constant + v.incentive + v.waiting) + home,
        "unassisted return": float(v.unassisted_constant) + home,
        "go irregular": float(irregular_utility(v)),
    }
    if which == 0:
        del utilities["assisted return"]
    if s[STAGE, row] == ABSCONDED:
        del utilities["go irregular"]
    weights = {name: float(np.exp(u)) for name, u in utilities.items()}
    total = sum(weights.values())
    considered = bool(int(s[NOTICE, row]) & 1)
    stage = Stage(int(s[STAGE, row])).name
    choice = "STAY"
    if considered:
        consider(key, week, x, state, row)
        choice = Choice(int(s[CHOICE, row])).name
    told = circumstances(x, state, row, week, float(cash))
    return Explanation(
        household=who(prepared, state, row),
        week=week,
        stage=stage,
        considered=considered,
        terms=[(TERM_NAMES[name][0], float(value), TERM_NAMES[name][1]) for name, value in v._asdict().items()],
        utilities=utilities,
        probabilities={name: weight / total for name, weight in weights.items()},
        draws=dict(zip(utilities, _errors(key, int(s[ID, row]), week, utilities), strict=True)),
        choice=choice,
        history=history,
        beliefs=_beliefs(told),
    )


def _errors(key: int, household: int, week: int, ways: Iterable[str]) -> list[float]:
    shocks = shocks_of(key, household, week)._asdict()
    return [-float(np.log(shocks[way.removeprefix("go ").split()[0]])) for way in ways]


def _beliefs(x: Circumstances) -> dict[str, float]:
    return {
        "offer now, worth per head (GBP)": float(x.cash_now),
        "best offer to come, worth per head (GBP)": float(x.cash_later),
        "income at home per head (GBP a year)": float(x.income),
        "safety at home (0–1)": float(x.safety),
        "share of peers who left": float(x.peers_left),
        "years in the country": float(x.years_here),
        "chance of being allowed to stay": float(x.hope),
        "chance of removal within a year": float(x.removal),
    }


def who(prepared: Prepared, state: State, row: int) -> dict[str, Any]:
    """Who a household is, by name."""
    s = state.s
    return {
        "id": int(s[ID, row]),
        "origin": prepared.origins[int(s[ORIGIN, row])],
        "adults": int(s[ADULTS, row]),
        "children": int(s[CHILDREN, row]),
        "school children": int(s[SCHOOL, row]),
        "housing": Housing(int(s[HOUSING, row])).name.lower(),
        "site": int(s[SITE, row]),
        "arrived in week": int(s[ARRIVED, row]),
        "support withdrawn": bool(s[WITHDRAWN, row]),
        "ties": int(s[TIES, row]),
        "ties abroad": int(s[ABROAD, row]),
        "times it came back": int(s[REENTRIES, row]),
    }
