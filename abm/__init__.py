"""household-returns: who goes home when a government offers families money to go, when, and at what cost.

>>> from abm import simulate
>>> run = simulate("uk-pilot-2026", "uk-families-2026", seed=1)
>>> run.measures["return_rate_12m"]  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.inputs.parameters import Figure, InputError
from abm.measures import COMPARED, MEASURES, Measure
from abm.model import MODEL_VERSION, Prepared, Run, model_version, prepare, simulate
from abm.scenarios.scenario import (
    caseload_from,
    caseload_names,
    load_behaviour,
    load_caseload,
    load_policy,
    policy_names,
)
from abm.version import VERSION as __version__

if TYPE_CHECKING:
    from abm.mesa_model import Household, ReturnModel

__all__ = [
    "COMPARED", "MEASURES", "MODEL_VERSION", "Figure", "Household", "InputError", "Measure", "Prepared",
    "ReturnModel", "Run", "__version__", "caseload_from", "caseload_names", "load_behaviour", "load_caseload",
    "load_policy", "model_version", "policy_names", "prepare", "simulate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Mesa takes most of a second to import, and a headless sweep does not need it.
    if name in ("Household", "ReturnModel"):
        import abm.mesa_model

        return getattr(abm.mesa_model, name)
    raise AttributeError(f"module 'abm' has no attribute {name!r}")
