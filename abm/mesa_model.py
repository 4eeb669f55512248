"""The model for Mesa users: `ReturnModel` and `Household`, views on the columns of a run.

Columns hold the state; a `Household` reads and writes its row.  Two drivers step the same rules and
give the same bits: ``"compiled"`` runs a week for all rows at once, ``"agents"`` calls every household
in turn through Mesa's AgentSet (hundreds of times slower, and easy to step through in a debugger).
Agents are made when somebody asks for them.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import mesa
import numpy as np
from mesa.discrete_space.cell_agent import HasCell

from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, LEDGER_AT, STOCKS_AT, State
from abm.household.stages import COL, NOTICE, STAGE, STAGES, TOLD, Choice, Column, Housing, Kind, Stage
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.model import offered_column, prepare
from abm.numerics.calendar import happened
from abm.numerics.draws import key_of
from abm.scenarios.overrides import levers_of
from abm.week.considering import consider
from abm.week.week import act, attend, has_effect, the_books_close, the_state_acts
from abm.why import Explanation, explain

Driver = Literal["compiled", "agents"]
#: What can be said of a `ReturnModel` besides levers.
OPTIONS = ("policy", "caseload", "behaviour", "households", "weeks", "rng", "driver")


def _number(column: Column) -> Any:
    """A property that reads and writes one column of the household's row."""
    kind = float if column.kind is Kind.NUMBER else int

    def read(self: Household) -> Any:
        return kind(self.model.state.s[column, self.row])

    def write(self: Household, value: float) -> None:
        self.model.state.s[column, self.row] = float(value)

    return property(read, write, doc=column.meaning)


class Household(mesa.Agent, HasCell):
    """One household deciding together: a view on one row of the model's columns.

    Its ``cell`` is None, unless its model places households in a space (`abm.browser.PlacedModel`).

    Parameters
    ----------
    model
        The model it lives in.
    row
        Its row.
    """

    model: ReturnModel

    def __init__(self, model: ReturnModel, row: int) -> None:
        super().__init__(model)
        self.row = row

    id = _number(Column.id)
    adults = _number(Column.adults)
    children = _number(Column.children)
    school_children = _number(Column.school)
    site = _number(Column.site)
    believed_safety = _number(Column.safety)
    believed_removal = _number(Column.removal)
    believed_payment = _number(Column.payment)
    alert = _number(Column.alert)
    ties = _number(Column.ties)
    ties_left = _number(Column.ties_left)
    left_at = _number(Column.left_at)  # far below zero: not yet

    @property
    def stage(self) -> str:
        """Name of its stage."""
        return STAGES[int(self.model.state.s[COL.stage, self.row])]

    @property
    def housing(self) -> str:
        """Name of its housing."""
        return Housing(int(self.model.state.s[COL.housing, self.row])).name

    @property
    def origin(self) -> str:
        """Name of its country of origin."""
        return self.model.prepared.origins[int(self.model.state.s[COL.origin, self.row])]

    @property
    def last_choice(self) -> str:
        """Name of the choice it made when it last considered its situation; empty before that."""
        s = self.model.state.s
        week = s[COL.considered_at, self.row]
        if not happened(week):
            return ""
        if week < 0.0:  # those who had accepted before the run began
            return Choice.ASSISTED_RETURN.name
        return Choice(int(s[COL.choice, self.row])).name

    @property
    def size(self) -> int:
        """Persons."""
        return int(self.adults + self.children)

    @property
    def neighbours(self) -> list[Household]:
        """Households it is tied to that have arrived."""
        state = self.model.state
        rows = state.ties[state.tie_start[self.row] : state.tie_start[self.row + 1]]
        known = self.model.by_row
        return [known[int(row)] for row in rows if int(row) in known]

    def step(self) -> None:
        """Take in the week's news and, if it considers its situation, choose."""
        model = self.model
        s = model.state.s
        origin = int(s[COL.origin, self.row])
        attend(model.key, model.week, model.plain, model.state, origin, self.row, self.row + 1)
        if int(s[COL.notice, self.row]) & NOTICE.CONSIDERS:
            consider(model.key, model.week, model.plain, model.state, self.row)

    def advance(self) -> None:
        """Let the choice, or what befell the household, take effect."""
        model = self.model
        if has_effect(model.state, self.row):
            act(model.key, model.week, model.plain, model.state, self.row)

    def why(self, week: int | None = None) -> Explanation:
        """The terms of its decision, by name, in a week or when it last considered its situation.

        Raises
        ------
        InputError
            If the week is not one in which it decides.
        """
        if week is None:
            last = self.model.state.s[:, self.row]
            week = int(max(0.0, last[COL.considered_at]))
        return explain(self.model.prepared, self.model.run_seed, self.id, week)


def households_in(stage: int, model: ReturnModel) -> int:
    """A model reporter (with its stage bound by `functools.partial`): households in a stage."""
    return int(model.state.counts[COUNT.households, stage])


def cost_to_date(model: ReturnModel) -> float:
    """Public cost so far, GBP, not discounted, of the simulated households."""
    return float(model.state.history[: model.week, LEDGER_AT:].sum()) / 100.0


class ReturnModel(mesa.Model):
    """Households with failed claims under one policy, one step a week.

    Parameters
    ----------
    policy, caseload, behaviour
        Validated objects, or names (or paths) of scenario files; the fitted behaviour by default.
    households
        Households simulated at the start (default: the caseload's, up to its ``default_sample``).
    weeks
        Length of the run; `running` becomes False at its end.
    rng
        The seed, a whole number (text from a form is read as one).
    driver
        ``"compiled"`` or ``"agents"``.
    **levers
        Any parameter, as in ``ReturnModel(offer__amount_per_person=5_000)`` or, by dotted path,
        ``ReturnModel(**{"offer.amount_per_person": 5_000})``.

    Raises
    ------
    InputError
        If an input is not valid.
    """

    def __init__(
        self,
        policy: Policy | str = "uk-2025",
        caseload: Caseload | str = "uk-families-2026",
        behaviour: Behaviour | str | None = None,
        *,
        households: int | None = None,
        weeks: int = 260,
        rng: Any = 0,
        driver: Driver = "compiled",
        **levers: Any,
    ) -> None:
        self.run_seed = _seed(rng)
        super().__init__(rng=self.run_seed)
        if driver not in ("compiled", "agents"):
            raise InputError("driver", driver, "one of compiled, agents")
        self.driver = driver
        self.prepared = prepare(
            policy, caseload, behaviour, weeks=weeks, households=households, levers=levers_of(None, levers, OPTIONS)
        )
        self.key = key_of(self.run_seed)
        self.state: State = self.prepared.begin(self.run_seed)
        self.week = 0
        self._plain = self.prepared.plain
        self.by_row: dict[int, Household] = {}
        self._watched = False
        self.datacollector = mesa.DataCollector(
            model_reporters={"week": "week"}
            | {stage.name.lower(): partial(households_in, int(stage)) for stage in Stage if stage != Stage.ABSENT}
            | {"cost": cost_to_date}
        )

    # -- agents, made when somebody asks for them

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            for row in np.flatnonzero(self.state.s[COL.stage] != STAGE.ABSENT):
                self._meet(int(row))

    def _meet(self, row: int) -> None:
        """Make the agent of a household that is there."""
        self.by_row[row] = Household(self, row)

    @property
    def agents(self) -> Any:
        """The households that have arrived (those who left stay among them, with their stage)."""
        self._watch()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """The households by agent class."""
        self._watch()
        return super().agents_by_type

    @property
    def agent_types(self) -> Any:
        """Agent classes."""
        self._watch()
        return super().agent_types

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns of the households, by name: arrays that live and change with the model."""
        told = {offered_column(name): self.state.s[TOLD + k] for k, name in enumerate(self.prepared.offers)}
        return {column.name: self.state.s[column] for column in Column} | told

    # -- time

    @property
    def plain(self) -> Setting:
        """The inputs of the week as the rules read them."""
        return self._plain

    def step(self) -> None:
        """One week."""
        if self.week >= self.prepared.weeks:
            self.running = False
            return
        self._plain = self.prepared.plain_in(self.week)
        if self.driver == "compiled":
            self.prepared.advance(self.run_seed, self.state, self.week, self.week + 1)
            self._meet_arrivals()
        else:
            households = self.agents
            the_state_acts(self.key, self.week, self.plain, self.state)
            self._meet_arrivals()
            households = self.agents
            households.do("step")
            households.do("advance")
            the_books_close(self.week, self.plain, self.state)
        self.week += 1
        self.running = self.week < self.prepared.weeks
        self.datacollector.collect(self)

    def _meet_arrivals(self) -> None:
        if self._watched:
            state = self.state
            first, last = state.arrival_start[self.week], state.arrival_start[self.week + 1]
            for row in state.arrival_rows[first:last]:
                self._meet(int(row))

    @property
    def stocks(self) -> dict[str, int]:
        """Households by stage at the end of the last week (before the first step: at the start)."""
        if self.week == 0:
            counts = self.state.counts[COUNT.households]
        else:
            counts = self.state.history[self.week - 1, STOCKS_AT : STOCKS_AT + len(STAGES)]
        return {name: int(n) for name, n in zip(STAGES, counts, strict=True)}

    @property
    def measures(self) -> dict[str, float]:
        """Outcomes of the finished run, by id.

        Raises
        ------
        InputError
            If the run is not finished.
        """
        if self.week < self.prepared.weeks:
            raise InputError("measures", f"week {self.week}", f"a finished run ({self.prepared.weeks} weeks)")
        return self.prepared.finished(self.run_seed, self.state).measures


def _seed(rng: Any) -> int:
    if isinstance(rng, str) and rng.strip().isdigit():
        return int(rng)
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return int(rng)
    raise InputError("rng", rng, "a whole number of at least 0")
