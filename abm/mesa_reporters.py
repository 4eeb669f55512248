"""What a `ReturnModel` collects: a row for the start, and one for each week that was run."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import mesa

from abm.arrays.state import COUNT, LEDGER_AT, State
from abm.household.stages import Stage


class Reported(Protocol):
    """What is reported of."""

    state: State
    week: int


def households_in(stage: int, model: Reported) -> int:
    """A model reporter (with its stage bound by `functools.partial`): households in a stage."""
    return int(model.state.counts[COUNT.households, stage])


def cost_to_date(model: Reported) -> float:
    """Public cost so far, GBP, not discounted, of the simulated households."""
    return float(model.state.history[: model.week, LEDGER_AT:].sum()) / 100.0


def collector() -> Any:
    """A data collector with the week, households by stage, the cost so far and the seed of the run."""
    stages = {stage.name.lower(): partial(households_in, int(stage)) for stage in Stage if stage != Stage.ABSENT}
    return mesa.DataCollector(
        model_reporters={"week": "week"} | stages | {"cost": cost_to_date, "run_seed": "run_seed"}
    )
