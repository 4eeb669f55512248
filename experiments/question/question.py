"""What a comparison asks: which cases, how often, and how it was put.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, declarations, read
from abm.inputs.policy import Policy
from abm.inputs.registry import check_shapes
from abm.inputs.world import World
from abm.model import checked_seed
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import load_policy
from experiments.question.case import Case, Uncertainty, fitted_members, load_case
from experiments.question.control import without_money
from experiments.question.defaults import (
    DEFAULT_BASELINE,
    DEFAULT_CASELOAD,
    DEFAULT_VARIANTS,
    MAX_REPLICATES,
    SEED,
    WEEKS,
)
from experiments.question.settings import Change, as_texts, for_all, levers_of, parse_settings
from experiments.question.varied import Varied, settings_of
from experiments.statistics.precision import FIRST, whole_rounds

#: Replicates unless asked otherwise: fewer where a run is long, so that a comparison takes about a minute.
USUAL_REPLICATES, FEWEST_REPLICATES, HOUSEHOLD_WEEKS = 100, 20, 60_000_000
MOST_REPLICATES = 100_000

#: The elasticity of arrivals with which headline results are always shown as well: the upper bound in the evidence.
PULL_ON = {"world.pull_elasticity": 1.3}
#: Shares of it at which the saving is shown too, for each of three worths of support: low, the caseload's own, high.
PULL_SHARES = (0.25, 0.5, 1.0)
#: About one in so many replicates is run at each of these, at least so many.
GRID_ONE_IN, GRID_LEAST = 5, 5


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
    groups
        Everything that a sheet of firm, fair and compassionate groups them by.
    precision, most
        Half-widths asked for by measure, and the most replicates that they may take.
    in_brief
        Whether the grid of the pull factor and the policies without their money are left out.
    at_least
        A net saving, GBP, of which the chance is told.
    varied
        The policy of which several settings are compared (``--vary``), by its label; "" where there is none.
    without
        The cases with all settings but one, by the words of that one; for a varied lever, with its own value.
    """

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    seed: int = SEED
    replicates: int = USUAL_REPLICATES
    uncertainty: Uncertainty = "seeds"
    settings: tuple[Change, ...] = ()
    by: str | None = None
    groups: tuple[str, ...] = ()
    precision: tuple[tuple[str, float], ...] = ()
    most: int = MAX_REPLICATES
    in_brief: bool = False
    at_least: float | None = None
    varied: str = ""
    without: Mapping[str, tuple[Case, ...]] = field(default_factory=dict, compare=False, repr=False)

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

    @cached_property
    def grid(self) -> dict[tuple[float, float], tuple[Case, ...]]:
        """The same cases by elasticity of arrivals and worth of support a head."""
        if self.in_brief:
            return {}
        worth = declarations(World)["support_worth"]
        (path, most), own = next(iter(PULL_ON.items())), self.caseload.world.support_worth
        worths = sorted({float(value) for value in (worth.low, own, worth.high) if value is not None})
        return {
            (share * most, value): tuple(
                case.with_settings({path: share * most, "world.support_worth": value}) for case in self.cases
            )
            for share in PULL_SHARES
            for value in worths
        }

    @property
    def grid_replicates(self) -> int:
        """Replicates of each case of the grid at most: the first, in whole rounds of the parameter vectors."""
        return even_replicates(max(GRID_LEAST, self.replicates // GRID_ONE_IN), len(self.behaviours))

    @cached_property
    def controls(self) -> tuple[Case | None, ...]:
        """Each case without the money of its own offers; None where it has none, as the baseline."""
        if self.in_brief:
            return (None,) * len(self.cases)
        policies = [without_money(case.policy, self.baseline.policy) for case in self.cases]
        return tuple(None if policy is None else replace(self.baseline, policy=policy) for policy in policies)

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

    def vectors(self, replicates: int) -> NDArray[np.int64]:
        """Which parameter vector each replicate has: they are taken in turn."""
        return np.arange(replicates) % len(self.behaviours)

    @property
    def uneven(self) -> str:
        """One sentence if the replicates take some parameter vectors more often than others; else nothing."""
        count = len(self.behaviours)
        rounds, more = divmod(self.replicates, count)
        if not more or self.precision or self.replicates < count:
            return ""
        return (
            f"{self.replicates:,} runs take {more} of the {count} parameter vectors {_times(rounds + 1)} and"
            f" {count - more} {_times(rounds)}; {whole_rounds(self.replicates, count):,} would take all alike."
        )

    @property
    def weeks(self) -> int:
        """Horizon of every case."""
        return self.baseline.weeks

    @property
    def households(self) -> int | None:
        """Households simulated at the start, if a number was asked for."""
        return self.baseline.households


def ask(
    variants: Sequence[Policy | str] = (),
    *,
    baseline: Policy | str = DEFAULT_BASELINE,
    caseload: Caseload | str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Mapping[str, Any] | Sequence[str] = (),
    uncertainty: Uncertainty | None = None,
    draws: Sequence[Behaviour] = (),
    by: str | None = None,
    groups: tuple[str, ...] = (),
    precision: tuple[tuple[str, float], ...] = (),
    most: int = MAX_REPLICATES,
    in_brief: bool = False,
    vary: Sequence[str] = (),
    at_least: float | None = None,
) -> Question:
    """Load and check what is to be compared.

    Parameters
    ----------
    variants, baseline, caseload
        Names, paths of TOML files, or inputs at hand; three variants of the pilot question when none is given.
    settings
        As ``--set`` gives them, or values by path; see `parse_settings`.
    vary
        As ``--vary`` gives them: settings of the one variant that are compared, see `settings_of`.
    at_least
        A net saving, GBP, of which the chance is to be told.
    uncertainty
        ``parameters``: a draw of the posterior a replicate; ``seeds``: the one fitted
        vector.  Without a word, parameters where there is a posterior.
    draws
        Draws in the place of those of the shipped posterior.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    asked = [baseline, *(variants or DEFAULT_VARIANTS)]
    policies = [load_policy(one) if isinstance(one, str) else one for one in asked]
    names = [one if isinstance(one, str) else one.name for one in asked]
    given = _labels(names, [policy.name for policy in policies])
    changes = parse_settings(as_texts(settings), given)
    members, kind = fitted_members(uncertainty, draws)
    bare = load_case(policies[0], caseload, members, weeks=weeks, households=households)
    if vary and len(variants) != 1:
        raise InputError("--vary", vary[0], f"one variant to vary it in, not {len(variants) or 'none'}")
    ways = settings_of(vary, changes) if vary else ()
    # The policies that are compared: which of those named, and what of it is varied.
    chosen: list[tuple[int, Varied | None]] = [(position, None) for position in range(len(policies))]
    if vary:
        chosen[1:] = [(1, way) for way in ways]

    def made(some: Sequence[Change], without_own: Varied | None = None) -> tuple[Case, ...]:
        shared = bare.with_settings(for_all(some))
        found = []
        for position, way in chosen:
            levers = levers_of(some, given[position], is_baseline=position == 0)
            case = replace(shared, policy=policies[position])
            if way is None:
                found.append(case.with_settings(levers, file=f"--set, {given[position]}"))
                continue
            own = {} if way is without_own else way.levers
            case = replace(case, policy=way.named(case.policy))
            found.append(case.with_settings(levers | own, file="--vary"))
        return tuple(found)

    cases = made(changes)
    labels = [given[0], *(f"{given[1]}, {way.words}" for way in ways)] if vary else given
    without = {}
    for change in changes:
        with suppress(InputError):  # one without the other may contradict itself: then both have an effect
            without[str(change)] = made([other for other in changes if other is not change])
    for position, way in enumerate(ways, 1):
        with suppress(InputError):
            others, paths = made(changes, way), [known_paths()[path][1].path for path in way.levers]
            own, set_to = ([read(held[position].policy, path) for path in paths] for held in (others, cases))
            if own != set_to:
                without[str(way)] = others
    check_shapes(case.policy for case in cases)
    count = usual_replicates(cases[0]) if replicates is None else replicates
    checked_seed(checked_seed(seed) + max(count, most if precision else 0))
    return Question(
        cases=cases, labels=tuple(labels), seed=seed, replicates=count, uncertainty=kind,
        settings=tuple(changes), by=by, groups=groups, precision=precision, most=most, in_brief=in_brief,
        without=without, at_least=at_least, varied=given[1] if vary else "",
    )  # fmt: skip


def _times(count: int) -> str:
    words = ("never", "once", "twice")
    return words[count] if count < len(words) else f"{count:,} times"


def usual_replicates(case: Case) -> int:
    """Replicates unless asked otherwise: about 100, fewer for a large caseload, each parameter vector as often."""
    arriving = case.caseload.inflow_per_week * case.weeks * case.size / case.caseload.households
    rows = max(1.0, (case.size + arriving) * max(1, case.weeks))
    wanted = max(FEWEST_REPLICATES, min(USUAL_REPLICATES, HOUSEHOLD_WEEKS / rows))
    return even_replicates(int(wanted), len(case.members))


def even_replicates(wanted: int, vectors: int) -> int:
    """As many replicates as wanted, or beyond one round of vectors the nearest number of whole rounds."""
    return wanted if wanted <= vectors else vectors * round(wanted / vectors)


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
