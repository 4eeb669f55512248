"""For Mesa 4: `ScenarioModel`, a `ReturnModel` made of a `mesa` scenario, whose weeks a data recorder keeps.

Mesa 4 says what is run with a `Scenario`, keeps what happened with a data recorder, and runs many scenarios with its
own runner, which makes ``Model(scenario=…)``, calls ``run_until`` and reads ``data_recorder``.  Its classes are
experimental: this is tried against the pre-release 4.0.0a0.  Rules, draws and figures are those of `ReturnModel`.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from abm.inputs.parameters import InputError
from abm.mesa_model import ReturnModel
from abm.mesa_run import seed_of

if int(mesa.__version__.partition(".")[0]) < 4:
    raise ImportError(
        f"abm.mesa_scenario needs Mesa 4 (pip install --pre 'mesa[network]>=4.0.0a0'); here is {mesa.__version__},"
        " whose batch_run takes a ReturnModel as it is"
    )

from mesa.experimental.data_collection import DataRecorder
from mesa.experimental.mesa_signals import ModelSignals
from mesa.experimental.scenarios import Scenario

__all__ = ["ReturnScenario", "ScenarioModel", "Weeks", "seed_of_scenario"]


class ReturnScenario(Scenario):
    """What `ReturnModel` is given, as a scenario; any other parameter by its path, such as ``offer__early_bonus=500``.

    A plain `Scenario`, as Mesa makes of the rows of a data frame, serves a `ScenarioModel` as well.
    """

    policy: Any = "uk-2025"
    caseload: Any = "uk-families-2026"
    behaviour: Any = None
    households: int | None = None
    weeks: int = 260


def seed_of_scenario(scenario: Scenario) -> int:
    """The seed that a scenario's generator gives in the state in which it was made.

    It is the same for every model made of that scenario, here or in another process, whatever was drawn meanwhile; and
    that of ``ReturnModel(rng=numpy.random.default_rng(rng))`` where the scenario was made with ``rng``.
    """
    if hasattr(scenario, "seed_sequence"):  # Mesa after 4.0.0a0
        return seed_of(scenario.seed_sequence)
    first = scenario.initial_rng_state
    bits = getattr(np.random, first["bit_generator"])()
    bits.state = first
    return seed_of(np.random.Generator(bits))


class Weeks:
    """A data set for Mesa's recorders: the row that the model's data collector has collected last."""

    def __init__(self, model: ReturnModel, name: str = "weeks") -> None:
        self.name = name
        self._model: ReturnModel | None = model

    @property
    def data(self) -> dict[str, Any]:
        """The week, households by stage, the cost so far, the seed, and reporters of one's own.

        Raises
        ------
        RuntimeError
            If it was closed.
        """
        if self._model is None:
            raise RuntimeError(f"data set {self.name!r} is closed")
        return {name: values[-1] for name, values in self._model.datacollector.model_vars.items()}

    def close(self) -> None:
        """Let go of the model."""
        self._model = None

    def record(self, recorder: Any, configuration: Any = None) -> Weeks:
        """Have a recorder keep it."""
        recorder.add_dataset(self, configuration=configuration)
        return self


class ScenarioModel(ReturnModel):
    """A `ReturnModel` as Mesa 4 makes one: of a scenario.

    `data_recorder` keeps ``"weeks"``, a row for the start and one a week; other data sets are added in Mesa's ways.
    Once the last week is run the recording ends, however far Mesa is told to go.

    Parameters
    ----------
    scenario
        A `ReturnScenario` or any other scenario of Mesa's with parameters of `ReturnModel`, or a class of them.  Whole
        numbers may be written as floats, as in an array of experiments.
    rng
        With a class: what its scenario is made with.

    Raises
    ------
    InputError
        If it is no scenario, or has parameters that `ReturnModel` does not take.
    """

    def __init__(self, scenario: Scenario | type[Scenario] = ReturnScenario, *, rng: Any = None) -> None:
        if isinstance(scenario, type) and issubclass(scenario, Scenario):
            scenario = scenario(rng=rng)
        elif rng is not None:
            raise InputError("rng", rng, "left out: the scenario has its own, Scenario(rng=…)")
        if not isinstance(scenario, Scenario):
            raise InputError("scenario", scenario, "a scenario of Mesa's, such as ReturnScenario(policy=…, rng=…)")
        super().__init__(**{name: _whole(value) for name, value in scenario}, rng=seed_of_scenario(scenario))
        self.scenario = scenario
        self.data_recorder = DataRecorder(self)
        self.data_registry.add_dataset(Weeks(self))
        self.data_registry["weeks"].record(self.data_recorder)

    def step(self) -> None:
        """One week; after the last the recorders are told that the run has ended."""
        over = not self.running
        super().step()
        if self.running or over:
            return
        self.notify("model", ModelSignals.RUN_ENDED)
        for name in self.data_recorder.configs:
            self.data_recorder.disable_dataset(name)


def _whole(value: Any) -> Any:
    """A whole number as one, where a table knows only floats."""
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else value
