"""`Household`: an agent of Mesa's that is a view on one row of a model's columns."""

from __future__ import annotations

from typing import Any, Protocol

import mesa
from mesa.discrete_space.cell_agent import HasCell

from abm.arrays.setting import Setting
from abm.arrays.state import State
from abm.household.stages import COL, NOTICE, STAGES, TOLD, Choice, Column, Housing, Kind
from abm.inputs.parameters import InputError
from abm.model import Prepared
from abm.numerics.calendar import happened
from abm.week.considering import consider
from abm.week.own import choice_name
from abm.week.week import act, attend, has_effect
from abm.why import Explanation

#: The columns that a user may write: nothing is counted or paid by them, and each is a number from 0 to 1.
WRITABLE = (Column.safety, Column.removal, Column.payment, Column.alert)


class Lived(Protocol):
    """What a household needs of its model."""

    state: State
    key: int
    week: int
    by_row: dict[int, Household]
    meeting: int | None

    @property
    def plain(self) -> Setting:
        """The inputs of the week."""

    @property
    def prepared(self) -> Prepared:
        """The inputs of the run."""

    def why(self, household: int, week: int | None = None) -> Explanation:
        """The terms of a decision."""

    def write(self, row: int, column: int, value: float) -> None:
        """Write a belief."""


def _number(column: Column) -> Any:
    """A property that reads one column of the household's row."""
    kind = float if column.kind is Kind.NUMBER else int
    return property(lambda self: kind(self.model.state.s[column, self.row]), doc=column.meaning)


def _belief(column: Column) -> Any:
    """The same, which may also be written."""

    def write(self: Household, value: float) -> None:
        self.model.write(self.row, column, value)

    return _number(column).setter(write)


class Household(mesa.Agent, HasCell):
    """One household deciding together: a view on one row of the model's columns.

    What is counted, paid or drawn by is read-only; beliefs and attention can be written, with numbers from 0 to 1.
    A subclass (``ReturnModel(agent_class=…)``) may add what it likes.  Its ``cell`` is None, unless its model places
    households in a space (`abm.browser.PlacedModel`).

    Parameters
    ----------
    model
        The model it lives in, which makes it when it arrives.
    row
        Its row.

    Raises
    ------
    InputError
        If it is not the model that makes it.
    """

    model: Lived

    def __init__(self, model: Any, row: int) -> None:
        if getattr(model, "meeting", None) != row:
            allowed = "made by the model itself, as households arrive: another agent of a row would be counted twice"
            raise InputError("row", row, allowed)
        super().__init__(model)
        self._row = row

    id = _number(Column.id)
    adults = _number(Column.adults)
    children = _number(Column.children)
    school_children = _number(Column.school)
    site = _number(Column.site)
    believed_safety = _belief(Column.safety)
    believed_removal = _belief(Column.removal)
    believed_payment = _belief(Column.payment)
    alert = _belief(Column.alert)
    ties = _number(Column.ties)
    ties_left = _number(Column.ties_left)
    left_at = _number(Column.left_at)  # far below zero: not yet

    def __getattr__(self, name: str) -> float:
        """A column that rules of one's own add (`abm.rules.column`)."""
        prepared = self.__dict__["model"].prepared if "model" in self.__dict__ else None
        if prepared is None or name not in prepared.rules.columns:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        place = TOLD + len(prepared.plain.offers) + prepared.rules.columns.index(name)
        return float(self.model.state.s[place, self.row])

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute; one that the model keeps says why it cannot be set."""
        known = getattr(type(self), name, None)
        if isinstance(known, property) and known.fset is None:
            raise AttributeError(
                f"{name} = {value!r} is not accepted: {name} of a household is read-only, since counts, the account or"
                " later draws follow from it; believed_safety, believed_removal, believed_payment and alert can be"
                " written, and who households are is the caseload's to say."
            )
        super().__setattr__(name, value)

    def remove(self) -> None:
        """Refused: a household leaves by the rules, and stays among the agents with its stage.

        Raises
        ------
        InputError
            Always: the account and its ties would go on as if it were there.
        """
        allowed = (
            "left to the rules: households leave by a way out, by removal or by disappearing, and stay in model.agents"
            " with their stage; model.agents.select(…) takes those that you want"
        )
        raise InputError("remove", f"household {self.id}", allowed)

    @property
    def row(self) -> int:
        """Its row in the model's columns."""
        return self._row

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
        return choice_name(self.model.prepared.rules, s[COL.choice, self.row])

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
        attend(model.key, model.week, model.plain, model.state, self.row)
        if int(model.state.s[COL.notice, self.row]) & NOTICE.CONSIDERS:
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
            If the week is not one in which it decides, or the run is not what the rules alone made of it.
        """
        return self.model.why(self.id, week)


def checked_class(agent_class: Any, driver: str) -> type[Household]:
    """An agent class that a model can use with a driver.

    Raises
    ------
    InputError
        If it is no subclass of `Household`, or has a step of its own that the driver would never call.
    """
    if not (isinstance(agent_class, type) and issubclass(agent_class, Household)):
        raise InputError("agent_class", agent_class, "Household, or a class that inherits from it")
    own = [name for name in ("step", "advance") if getattr(agent_class, name) is not getattr(Household, name)]
    if own and driver != "agents":
        name = f"{agent_class.__name__}.{own[0]}"
        raise InputError(
            "driver", driver, f'driver="agents" with that agent_class: the compiled week never calls {name}'
        )
    return agent_class
