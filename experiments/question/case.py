"""A case: one policy, on one caseload, with one or more behaviours, for so long.  The one way to a prepared run.

Whatever asks something of the model (a command, a design, a fit, the page) makes cases, and runs them with seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

import abm
from abm.arrays.pull import pull_over
from abm.arrays.setting import day_of
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.inputs.registry import active
from abm.model import Prepared
from abm.scenarios.overrides import apply_settings
from abm.scenarios.scenario import load_behaviour, load_behaviour_draws, load_caseload, load_policy
from experiments.question.defaults import DEFAULT_CASELOAD, WEEKS

Uncertainty = Literal["parameters", "seeds"]


@dataclass(frozen=True)
class Case:
    """Everything that determines some runs but their seeds.

    Attributes
    ----------
    members
        Behavioural vectors, one or an ensemble: replicate r has number r modulo their count.
    weeks
        Horizon.
    households
        Households simulated at the start; None: all, up to the caseload's ``default_sample``.
    """

    policy: Policy
    caseload: Caseload
    members: tuple[Behaviour, ...]
    weeks: int = WEEKS
    households: int | None = None

    @property
    def size(self) -> int:
        """Households simulated at the start."""
        return self.households or min(self.caseload.households, self.caseload.default_sample)

    def with_settings(self, settings: Mapping[str, Any], *, file: str = "--set") -> Case:
        """The case with some dotted paths changed; those of the behaviour in every member.

        Parameters
        ----------
        settings
            Value by path; a text is read according to the declaration of its path.
        file
            How messages call the place where the settings were given.

        Raises
        ------
        InputError
            If a path is unknown, a value is not allowed, or values contradict each other.
        """
        if not settings:
            return self
        policy, caseload, first = apply_settings(self.policy, self.caseload, self.members[0], settings, file=file)
        own = {path: value for path, value in settings.items() if path.startswith("behaviour.")}
        rest = (apply_settings(policy, caseload, member, own, file=file)[2] for member in self.members[1:])
        return replace(self, policy=policy, caseload=caseload, members=(first, *rest))

    @property
    def weight(self) -> float:
        """Households of the caseload for which one simulated household stands."""
        return self.caseload.households / self.size

    def pull(self, replicate: int = 0) -> np.ndarray:
        """Arrivals of each week as a multiple of the caseload's own, with the behaviour of a replicate."""
        member = self.members[replicate % len(self.members)]
        return pull_over(self.policy.timeline(day_of(self.caseload)), self.caseload, member, self.weeks)

    def prepared(self, replicate: int = 0) -> Prepared:
        """The case packed for running, with the behaviour of a replicate.

        Raises
        ------
        InputError
            If the inputs do not go together.
        """
        member = self.members[replicate % len(self.members)]
        # Looked up where it lives, when it is needed: there a stand-in for the model can be put.
        return abm.prepare(self.policy, self.caseload, member, weeks=self.weeks, households=self.households)

    def identity(self, seed: int, replicate: int = 0) -> str:
        """Hash of everything that determines a run, as `abm.Prepared.identity` has it, with nothing packed for it."""
        member = self.members[replicate % len(self.members)]
        bare = Prepared(self.policy, self.caseload, member, self.weeks, self.size, (), active())
        return bare.identity(seed)


def load_case(
    policy: Policy | str,
    caseload: Caseload | str = DEFAULT_CASELOAD,
    members: Sequence[Behaviour] = (),
    *,
    weeks: int = WEEKS,
    households: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Case:
    """A case from names, or paths of TOML files, or inputs at hand; without members, the one fitted behaviour.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    if isinstance(policy, str):
        policy = load_policy(policy)
    if isinstance(caseload, str):
        caseload = load_caseload(caseload)
    case = Case(policy, caseload, tuple(members) or (load_behaviour(),), weeks, households)
    return case.with_settings(settings or {})


def fitted_members(
    uncertainty: Uncertainty | None = None, draws: Sequence[Behaviour] = ()
) -> tuple[tuple[Behaviour, ...], Uncertainty]:
    """The behaviours that runs take in turn, and what then varies.

    Parameters
    ----------
    uncertainty
        ``parameters``: the draws of the posterior; ``seeds``: the one fitted vector.  Without a word,
        the draws where there are some.
    draws
        Draws in the place of those of the shipped posterior.

    Raises
    ------
    InputError
        If draws are asked for and there are none, or given and not to be used.
    """
    if draws and uncertainty == "seeds":
        raise InputError("uncertainty", uncertainty, "parameters, or left out, beside draws of a posterior")
    if uncertainty != "seeds":
        ensemble = tuple(draws or load_behaviour_draws())
        if ensemble:
            return ensemble, "parameters"
        if uncertainty == "parameters":
            raise InputError("--uncertainty", uncertainty, "seeds: there is no posterior yet")
    return (load_behaviour(),), "seeds"
