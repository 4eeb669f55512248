"""What a comparison asks: which cases, how often, and how it was put.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from abm.model import checked_seed
from abm.scenarios.scenario import load_policy
from experiments.question.case import Case, Uncertainty, fitted_members, load_case
from experiments.question.defaults import (
    DEFAULT_BASELINE,
    DEFAULT_CASELOAD,
    DEFAULT_VARIANTS,
    MAX_REPLICATES,
    SEED,
    WEEKS,
)
from experiments.question.settings import Change, for_all, levers_of, parse_settings
from experiments.statistics.precision import FIRST

#: Replicates unless asked otherwise: fewer where a run is long, so that a comparison takes about a minute.
USUAL_REPLICATES, FEWEST_REPLICATES, HOUSEHOLD_WEEKS = 100, 20, 60_000_000
MOST_REPLICATES = 100_000

#: The elasticity of arrivals with which headline results are always shown as well: the upper bound in the evidence.
PULL_ON = {"world.pull_elasticity": 1.3}


@dataclass(frozen=True)
class Question:
    """A comparison, loaded and checked.

    Attributes
    ----------
    cases
        The baseline first, then the variants: the same caseload, members, horizon and size, another policy.
    labels
        How each is called.
    seed
        Of replicate 0; replicate r has seed + r, and the same member under every policy.
    uncertainty
        Whether parameters vary from run to run, or chance alone.
    settings
        What was set, in the words in which it was asked; the cases have it already.
    by
        What return rates are grouped by, if by anything.
    precision, most
        Half-widths asked for by measure, and the most replicates that they may take.
    """

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    seed: int = SEED
    replicates: int = USUAL_REPLICATES
    uncertainty: Uncertainty = "seeds"
    settings: tuple[Change, ...] = ()
    by: str | None = None
    precision: tuple[tuple[str, float], ...] = ()
    most: int = MAX_REPLICATES

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 1 <= self.replicates <= MOST_REPLICATES:
            raise InputError("--replicates", self.replicates, f"a whole number from 1 to {MOST_REPLICATES:,}")
        if self.precision and self.most < FIRST:
            raise InputError("--max-replicates", self.most, f"a whole number of at least {FIRST}")

    @property
    def baseline(self) -> Case:
        """What the others are compared with."""
        return self.cases[0]

    @cached_property
    def pulled(self) -> tuple[Case, ...]:
        """The same cases with the pull factor on."""
        return tuple(case.with_settings(PULL_ON) for case in self.cases)

    @property
    def variants(self) -> tuple[str, ...]:
        """Labels of the variants."""
        return self.labels[1:]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, that of the baseline first."""
        return tuple(case.policy for case in self.cases)

    @property
    def caseload(self) -> Caseload:
        """The caseload of every case."""
        return self.baseline.caseload

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """The members of every case."""
        return self.baseline.members

    @property
    def weeks(self) -> int:
        """Horizon of every case."""
        return self.baseline.weeks

    @property
    def households(self) -> int | None:
        """Households simulated at the start, if a number was asked for."""
        return self.baseline.households


def ask(
    variants: Sequence[str] = (),
    *,
    baseline: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Sequence[str] = (),
    uncertainty: Uncertainty | None = None,
    by: str | None = None,
    precision: tuple[tuple[str, float], ...] = (),
    most: int = MAX_REPLICATES,
) -> Question:
    """Load and check what is to be compared.

    Parameters
    ----------
    variants, baseline, caseload
        Names, or paths of TOML files; three variants of the pilot question when none is given.
    settings
        As ``--set`` gives them; see `parse_settings`.
    uncertainty
        ``parameters``: a fitted behavioural vector of the ensemble a replicate; ``seeds``: the one fitted
        vector.  Without a word, parameters where there is an ensemble.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    names = [baseline, *(variants or DEFAULT_VARIANTS)]
    policies = [load_policy(name) for name in names]
    labels = _labels(names, [policy.name for policy in policies])
    changes = parse_settings(settings, labels)
    members, kind = fitted_members(uncertainty)
    shared = load_case(policies[0], caseload, members, weeks=weeks, households=households, settings=for_all(changes))
    cases = []
    for position, (label, policy) in enumerate(zip(labels, policies, strict=True)):
        levers = levers_of(changes, label, is_baseline=position == 0)
        cases.append(replace(shared, policy=policy).with_settings(levers, file=f"--set, {label}"))
    count = usual_replicates(shared) if replicates is None else replicates
    checked_seed(checked_seed(seed) + max(count, most if precision else 0))
    return Question(
        cases=tuple(cases), labels=tuple(labels), seed=seed, replicates=count, uncertainty=kind,
        settings=tuple(changes), by=by, precision=precision, most=most,
    )  # fmt: skip


def usual_replicates(case: Case) -> int:
    """Replicates unless asked otherwise: 100, fewer for a large caseload, at least 20."""
    arriving = case.caseload.inflow_per_week * case.weeks * case.size / case.caseload.households
    rows = max(1.0, (case.size + arriving) * max(1, case.weeks))
    return int(max(FEWEST_REPLICATES, min(USUAL_REPLICATES, HOUSEHOLD_WEEKS / rows)))


def _labels(names: Sequence[str], own: Sequence[str]) -> list[str]:
    """How the policies are called: by their own names, or as they were given where two files share one.

    The baseline may be one of the variants; a variant may not come twice.
    """
    given = dict(zip(names, own, strict=True))
    labels = [word if list(given.values()).count(name) > 1 else name for word, name in zip(names, own, strict=True)]
    for label in labels[1:]:
        if labels[1:].count(label) > 1:
            raise InputError("VARIANT", label, "each variant once")
    return labels
