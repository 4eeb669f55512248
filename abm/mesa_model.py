"""The model for Mesa users: `ReturnModel`, whose agents are views on the columns of a run.

Columns hold the state; a `Household` reads its row.  Two drivers step the same rules and give the same bits:
``"compiled"`` runs a week for all rows at once, ``"agents"`` calls every household in turn (hundreds of times slower,
and easy to step through in a debugger).  Agents are made when somebody asks for them.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import mesa
import networkx as nx
import numpy as np

from abm.arrays.setting import Setting
from abm.arrays.state import COUNT, STOCKS_AT, State
from abm.frames import offered_column
from abm.household.stages import COL, STAGE, STAGES, Column
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.inputs.registry import check_shapes
from abm.mesa_agent import WRITABLE, Household, checked_class
from abm.mesa_network import check_drawn, graph_of, own_ties
from abm.mesa_reporters import collector, cost_to_date, households_in
from abm.mesa_run import OwnRun, Written, checked_inputs, explained, passed_on, seed_of
from abm.model import Prepared, prepare
from abm.numerics.draws import key_of
from abm.scenarios.overrides import levers_of
from abm.scenarios.scenario import load_policy
from abm.week.week import the_books_close, the_state_acts
from abm.why import Explanation

__all__ = ["Household", "ReturnModel", "cost_to_date", "households_in"]

Driver = Literal["compiled", "agents"]
#: What can be said of a `ReturnModel` besides levers.
OPTIONS = ("policy", "caseload", "behaviour", "households", "weeks", "rng", "driver", "agent_class", "network")


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
        The seed, a whole number (text from a form is read as one); None: a fresh one.  Whatever else NumPy makes a
        generator of gives a seed too.  The seed of the run is `run_seed`, and a column of what is collected.
    driver
        ``"compiled"`` or ``"agents"``.
    agent_class
        `Household`, or a subclass of it, made with (model, row).  One with a step of its own needs the driver
        ``"agents"``.
    network
        A networkx graph whose nodes are the households at the start, 0 to households − 1: who knows whom, in the place
        of ties that are drawn.  Those who arrive later draw theirs as ever.
    **kwargs
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
        rng: Any = None,
        driver: Driver = "compiled",
        agent_class: type[Household] = Household,
        network: nx.Graph | None = None,
        **kwargs: Any,  # pages of Mesa's take no other name for parameters that are not listed
    ) -> None:
        if "seed" in kwargs:
            raise InputError("seed", kwargs["seed"], "given as rng=…, which is Mesa's word for it")
        self.run_seed = seed_of(rng)
        super().__init__(rng=self.run_seed)
        if driver not in ("compiled", "agents"):
            raise InputError("driver", driver, "one of compiled, agents")
        self.driver = driver
        self.agent_class = checked_class(agent_class, driver)
        checked_inputs(policy, caseload, behaviour)
        if households is None and isinstance(network, nx.Graph):
            households = len(network)
        told = levers_of(None, kwargs, OPTIONS)
        packed = prepare(policy, caseload, behaviour, weeks=weeks, households=households, levers=told)
        check_shapes([packed.policy])
        ties = None if network is None else own_ties(network, packed.households)
        self._prepared = OwnRun.of(packed, ties)
        self._written: list[Written] = []
        self.key = key_of(self.run_seed)
        self.state: State = self._prepared.begin(self.run_seed)
        if network is not None:
            check_drawn(told, self.state)
        self.week = 0
        self._plain = self._prepared.plain
        self.by_row: dict[int, Household] = {}
        self.meeting: int | None = None
        self._watched = False
        self._stepping = False
        self.datacollector = collector()
        self.datacollector.collect(self)

    def __repr__(self) -> str:
        """What is run, with which seed, and how far it has come."""
        p = self._prepared
        return (
            f"{type(self).__name__}({p.policy.name!r} on {p.caseload.name!r}, seed {self.run_seed}, week {self.week:,}"
            f" of {p.weeks:,}, {p.households:,} households at the start, driver {self.driver!r})"
        )

    def __getstate__(self) -> dict[str, Any]:
        """All but the packed inputs of the week, whose types are made as they are needed."""
        return {name: value for name, value in self.__dict__.items() if name != "_plain"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._plain = self._prepared.plain_in(self.week)

    @property
    def prepared(self) -> Prepared:
        """The inputs of the run, with all that is needed to run it again."""
        return self._own_run()

    def _own_run(self) -> OwnRun:
        if len(self._written) != len(self._prepared.written):
            self._prepared = self._prepared.with_written(self._written)
        return self._prepared

    # -- agents, made when somebody asks for them

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            for row in np.flatnonzero(self.state.s[COL.stage] != STAGE.ABSENT):
                self._meet(int(row))

    def _meet(self, row: int) -> None:
        """Make the agent of a household that is there."""
        self.meeting = row
        self.by_row[row] = self.agent_class(self, row)
        self.meeting = None

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
        """The columns of the households, by name: arrays that live and change with the model.

        Those of beliefs and attention can be written (`why` then has nothing to tell); the others are read-only.  Weeks
        stand in 16 bits (the first is `NEVER`, the last `NO_LIMIT`), counts in 32, codes and numbers of persons in 8:
        ``.astype(float)`` before reckoning with them.  What few households have (payments, returns) is a copy.
        """
        # Without those of rules of one's own, which come after these.
        names = [*(column.name for column in Column), *map(offered_column, self._prepared.offers)]
        columns = {name: self.state.s.row(number) for number, name in enumerate(names)}
        for name in columns.keys() - {column.name for column in WRITABLE}:
            columns[name].flags.writeable = False
        return columns

    def write(self, row: int, column: int, value: float) -> None:
        """Write a belief of a household, and keep that it was written: what its properties do when they are set.

        Raises
        ------
        InputError
            If it is not a number from 0 to 1.
        """
        name = Column(column).name
        if isinstance(value, bool | str) or not 0.0 <= float(value) <= 1.0 or math.isnan(float(value)):
            raise InputError(name, value, "a number from 0 to 1")
        self.state.s[column, row] = float(value)
        if not self._stepping:  # what is written in the midst of a week cannot be replayed
            self._written.append(Written(self.week, int(self.state.s[COL.id, row]), column, float(value)))

    def graph(self) -> nx.Graph:
        """The households that have arrived and their ties, as a networkx graph; those who left stay in it.

        Nodes are identities (`Household.id`) with ``origin``, ``stage``, ``housing``, ``site``, ``adults``,
        ``children`` and ``in_country``; ties have ``same_origin`` and ``same_site``.
        """
        return graph_of(self._prepared, self.state)

    # -- time

    @property
    def plain(self) -> Setting:
        """The inputs of the week as the rules read them."""
        return self._plain

    def step(self) -> None:
        """One week."""
        if self.week >= self._prepared.weeks:
            self.running = False
            return
        self._plain = self._prepared.plain_in(self.week)
        if self.driver == "compiled":
            self._prepared.advance(self.run_seed, self.state, self.week, self.week + 1)
            self._meet_arrivals()
        else:
            self._watch()
            the_state_acts(self.key, self.week, self.plain, self.state)
            self._meet_arrivals()
            self._stepping = True
            for household in self.by_row.values():  # whoever shuffles or takes from `agents` changes nothing
                household.step()
            for household in self.by_row.values():
                household.advance()
            self._stepping = False
            the_books_close(self.week, self.plain, self.state)
        self.week += 1
        self.running = self.week < self._prepared.weeks
        self.datacollector.collect(self)
        if not self.running and not hasattr(self.datacollector, "_collection_steps"):
            # batch_run of Mesa 3.3 takes the number of steps for that of rows collected, and would leave out the last.
            self.steps += 1

    def _meet_arrivals(self) -> None:
        if self._watched:
            state = self.state
            for row in range(*state.arrivals[self.week : self.week + 2].tolist()):
                if state.s[COL.stage, row] != STAGE.ABSENT:  # nor kept away
                    self._meet(row)

    def set_policy(self, policy: Policy | str, *, from_week: int | None = None) -> None:
        """Put another policy in force from a week on, as an announcement that nobody expected.

        The run goes on as if the policy of the start had had it as a regime: `prepared.policy` says so, and `why` tells
        it.  An offer of both policies that stays as it is goes on; others open in that week, or later if they say so.
        Levers given at the start belong to the policy of the start.

        Parameters
        ----------
        policy
            A policy, or the name (or path) of a file.
        from_week
            Its first week; by default the one that the next step runs.

        Raises
        ------
        InputError
            If the week is past or after the end of the run, or the policy is not valid.
        """
        week = self.week if from_week is None else from_week
        last = self._prepared.weeks - 1
        if isinstance(week, bool) or not isinstance(week, int | np.integer) or not self.week <= week <= last:
            allowed = f"a week still to be run, {self.week} to {last}" if self.running else "a run that goes on"
            raise InputError("from_week", week, allowed)
        checked_inputs(policy)
        if isinstance(policy, str):
            policy = load_policy(policy)
        before = self._own_run()
        after = before.with_policy(policy, int(week))
        state = passed_on(before, after, self.run_seed, self.state, self.week)
        rows = {int(identity): row for row, identity in enumerate(state.s[COL.id])}
        met = {rows[household.id]: household for household in self.by_row.values()}
        self._prepared, self.state = after, state
        for row, household in met.items():
            household._row = row
        self.by_row = met

    def why(self, household: int, week: int | None = None) -> Explanation:
        """The terms of a household's decision in a week, by default the one in which it last considered its situation.

        The run is replayed as it was run: with ties of its own, the policy then in force, and beliefs that were
        written.

        Raises
        ------
        InputError
            If there is no such household, the week is not one in which it decides, or the run is not what a replay
            gives: an agent class has rules of its own, or columns were written.
        """
        return explained(self._own_run(), self.run_seed, self.state, self.week, household, week)

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
        if self.week < self._prepared.weeks:
            raise InputError("measures", f"week {self.week}", f"a finished run ({self._prepared.weeks} weeks)")
        return self._own_run().finished(self.run_seed, self.state).measures
