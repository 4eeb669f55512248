"""The search itself: NSGA-II of Optuna, asked for whole generations, so that nothing but the seed decides.

References
----------
K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II"
(IEEE Transactions on Evolutionary Computation 6, 2002, 182–197), with its constrained domination.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from abm.inputs.parameters import InputError
from experiments.search.levers import Lever, settings_of

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Scored:
    """What one policy came to.

    Attributes
    ----------
    values
        One a goal.
    excess
        One a limit: above zero where it is broken.
    """

    values: tuple[float, ...]
    excess: tuple[float, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether every limit is kept."""
        return all(over <= 0 for over in self.excess)


@dataclass(frozen=True)
class Trial:
    """One policy that was tried, in the order of the search."""

    number: int
    generation: int
    settings: Settings
    scored: Scored


def search(
    levers: Sequence[Lever],
    maximise: Sequence[bool],
    score: Callable[[Sequence[Settings]], Sequence[Scored]],
    *,
    trials: int,
    generation: int,
    seed: int,
    first: Sequence[Mapping[str, Any]] = (),
) -> list[Trial]:
    """Search for settings that no others beat.

    The same seed and the same scores give the same trials, and more trials begin with those of fewer: what has been
    scored before can be looked up, which is how a search that was stopped goes on.

    Parameters
    ----------
    maximise
        Whether more is better, one a goal.
    score
        What a generation of settings comes to, in their order.
    trials
        Rounded up to whole generations.
    generation
        Policies in each.
    first
        Values by name of a lever, that are tried before others; those out of reach are left out.

    Raises
    ------
    InputError
        If the extra `frontier` is not installed.
    """
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        directions=["maximize" if more else "minimize" for more in maximise],
        sampler=optuna.samplers.NSGAIISampler(population_size=generation, seed=seed),
    )
    for raw in first:
        if all(lever.holds(raw.get(lever.name)) for lever in levers):
            study.enqueue_trial(dict(raw))
    space = {lever.name: _distribution(optuna, lever) for lever in levers}
    done: list[Trial] = []
    for number in range(-(-trials // generation)):
        asked = [study.ask(fixed_distributions=space) for _ in range(generation)]
        settings = [settings_of(levers, trial.params) for trial in asked]
        for trial, one, scored in zip(asked, settings, score(settings), strict=True):
            for limit, excess in enumerate(scored.excess):
                trial.set_constraint(str(limit), excess)
            study.tell(trial, scored.values)
            done.append(Trial(trial.number, number, one, scored))
    return done


def check_installed() -> None:
    """See that the search can be done, before anything runs.

    Raises
    ------
    InputError
        If the extra `frontier` is not installed.
    """
    _optuna()


def _distribution(optuna: ModuleType, lever: Lever) -> Any:
    kinds = optuna.distributions
    if lever.values:
        return kinds.CategoricalDistribution(lever.values)
    if lever.declared.whole:
        return kinds.IntDistribution(int(lever.low), int(lever.high), step=int(lever.step))
    return kinds.FloatDistribution(lever.low, lever.high, step=lever.step or None)


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        told = "the extra `frontier`: pip install 'household-returns[frontier]'"
        raise InputError("returns frontier", "not installed", told) from None
    return optuna
