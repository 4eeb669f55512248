"""What all runs of a study share, and all that a worker needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from abm.inputs.registry import RuleSet, active
from experiments.question.case import Case
from experiments.question.keys import applies, for_policy

ArrayOrInt = TypeVar("ArrayOrInt", int, NDArray[np.int64])


@dataclass(frozen=True)
class Shared:
    """What all runs of a study share, and all that a worker needs to know of it.

    Attributes
    ----------
    cases
        One a variant, before settings change it, and last the baseline if there is one.  Where a case has several
        behaviours, replicates take them in turn.
    labels
        How each is called.
    baseline
        Whether the last is the baseline.
    settings
        The design's own, by key, for every cell.
    seed
        Of replicate 0 of draw 0.
    draws
        Posterior draws, which take the seeds in turn.
    series
        Whether the weekly series of every run is kept.
    file
        How messages name the design.
    rules
        Rules of one's own: a worker has them in force as soon as it has this.
    """

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    baseline: bool
    settings: Mapping[str, Any]
    seed: int
    draws: int
    series: bool
    file: str
    model_version: str
    rules: RuleSet = field(default_factory=active)

    def seed_of(self, cell: ArrayOrInt, replicate: ArrayOrInt) -> ArrayOrInt:
        """The seed of a replicate of a cell (or of many): replicate r of draw d has seed + r × draws + d."""
        return self.seed + replicate * self.draws + cell % self.draws

    @property
    def vectors(self) -> int:
        """Parameter vectors that replicates take in turn."""
        return len(self.cases[0].members)

    @property
    def variants(self) -> int:
        """Number of cases that are not the baseline."""
        return len(self.cases) - self.baseline

    def is_baseline(self, variant: int) -> bool:
        """Whether a case is the baseline."""
        return variant == self.variants

    def applies(self, key: str, variant: int) -> bool:
        """Whether what is set under a key is for a case: no lever is for the baseline unless it names it."""
        return applies(key, self.labels[variant], baseline=self.is_baseline(variant))

    def own(self, settings: Mapping[str, Any], variant: int) -> dict[str, Any]:
        """Value by path of those settings (by key) that are for a case."""
        return for_policy(settings, self.labels[variant], baseline=self.is_baseline(variant))

    def case(self, variant: int, settings: Mapping[str, Any], replicate: int = 0) -> Case:
        """A variant with the design's settings and those of a cell (by path), and the behaviour of a replicate.

        Raises
        ------
        InputError
            If the values do not go together (a cap below the amount, for example).
        """
        bare = self.cases[variant]
        one = replace(bare, members=(bare.members[replicate % self.vectors],))
        return one.with_settings({**self.own(self.settings, variant), **settings}, file=self.file)
