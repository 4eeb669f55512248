"""What a comparison asks: which policies, on whom, how long, how often, with which settings.

Everything is loaded and checked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.parameters import InputError, nearest_spelling, parse_value
from abm.inputs.policy import Policy
from abm.scenarios.overrides import apply_settings, known_paths
from abm.scenarios.scenario import load_behaviour, load_behaviour_draws, load_caseload, load_policy
from experiments.statistics.precision import FIRST

DEFAULT_BASELINE = "uk-2025"
DEFAULT_VARIANTS = ("uk-pilot-2026", "uk-upfront-national", "danish-2021")
DEFAULT_CASELOAD = "uk-families-2026"

#: Replicates unless asked otherwise: fewer where a run is long, so that a comparison takes about a minute.
USUAL_REPLICATES, FEWEST_REPLICATES, HOUSEHOLD_WEEKS = 100, 20, 60_000_000
MOST_REPLICATES = 100_000

#: The elasticity of arrivals with which headline results are always shown as well: the upper bound in the evidence.
PULL_ON = {"world.pull_elasticity": 1.3}

Uncertainty = Literal["parameters", "seeds"]


@dataclass(frozen=True)
class Setting:
    """One ``--set``: a path, its value as text, and the variant it is for ("" : see `parse_settings`)."""

    path: str
    value: str
    variant: str = ""

    @property
    def is_lever(self) -> bool:
        """Whether it changes a policy, not the world, the behaviour or the caseload."""
        return known_paths()[self.path][0] is Policy


@dataclass(frozen=True)
class Question:
    """A comparison, loaded and checked.

    Attributes
    ----------
    labels, policies
        The baseline first, then the variants; levers already set.
    caseload
        With its settings.
    behaviours
        One vector, or one a draw: replicate r uses number r modulo their count, under every policy.
    seed
        Of replicate 0; replicate r has seed + r.
    """

    labels: tuple[str, ...]
    policies: tuple[Policy, ...]
    caseload: Caseload
    behaviours: tuple[Behaviour, ...]
    uncertainty: Uncertainty
    weeks: int
    households: int | None
    seed: int
    replicates: int
    settings: tuple[Setting, ...] = ()
    by: str | None = None
    precision: tuple[tuple[str, float], ...] = ()
    most: int = 2_000
    pulled: Caseload = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the numbers, and add the same caseload with the pull factor on."""
        if not 1 <= self.replicates <= MOST_REPLICATES:
            raise InputError("--replicates", self.replicates, f"a whole number from 1 to {MOST_REPLICATES:,}")
        if self.precision and self.most < FIRST:
            raise InputError("--max-replicates", self.most, f"a whole number of at least {FIRST}")
        object.__setattr__(self, "pulled", self.caseload.with_values(PULL_ON))

    @property
    def variants(self) -> tuple[str, ...]:
        """Labels of the variants."""
        return self.labels[1:]


def ask(
    variants: Sequence[str] = (),
    *,
    baseline: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = 260,
    households: int | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    uncertainty: Uncertainty | None = None,
    by: str | None = None,
    precision: tuple[tuple[str, float], ...] = (),
    most: int = 2_000,
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
    from abm.model import checked_seed

    names = [baseline, *(variants or DEFAULT_VARIANTS)]
    loaded = [load_policy(name) for name in names]
    labels = _labels(names, [policy.name for policy in loaded])
    changes = parse_settings(settings, labels)
    lands = {s.path: s.value for s in changes if not s.is_lever}
    plain = load_behaviour()
    _, people, plain = apply_settings(loaded[0], load_caseload(caseload), plain, lands)
    policies = tuple(
        _with_levers(policy, label, changes, is_baseline=position == 0)
        for position, (label, policy) in enumerate(zip(labels, loaded, strict=True))
    )
    behaviours, kind = _behaviours(plain, lands, uncertainty)
    count = usual_replicates(people, weeks, households) if replicates is None else replicates
    checked_seed(checked_seed(seed) + max(count, most if precision else 0))
    return Question(
        labels=tuple(labels), policies=policies, caseload=people, behaviours=behaviours, uncertainty=kind, weeks=weeks,
        households=households, seed=seed, replicates=count, settings=tuple(changes), by=by, precision=precision,
        most=most,
    )  # fmt: skip


def usual_replicates(caseload: Caseload, weeks: int, households: int | None) -> int:
    """Replicates unless asked otherwise: 100, fewer for a large caseload, at least 20."""
    simulated = households or min(caseload.households, caseload.default_sample)
    arriving = caseload.inflow_per_week * weeks * simulated / caseload.households
    rows = max(1.0, (simulated + arriving) * max(1, weeks))
    return int(max(FEWEST_REPLICATES, min(USUAL_REPLICATES, HOUSEHOLD_WEEKS / rows)))


def parse_settings(texts: Iterable[str], labels: Sequence[str] = ()) -> list[Setting]:
    """Settings as ``--set`` gives them: ``path=value``, or ``VARIANT:path=value``.

    A lever without a variant is for every variant but not for the baseline; a lever with one is for the
    policy of that name, the baseline included.  ``world.``, ``behaviour.`` and ``caseload.`` are for all.

    Raises
    ------
    InputError
        If a setting is not of that form, names an unknown path or variant, or comes twice.
    """
    known = known_paths()
    made: list[Setting] = []
    for text in texts:
        where, equals, value = text.partition("=")
        variant, colon, path = where.rpartition(":")
        variant, path = variant.strip(), path.strip()
        if not equals or not path:
            raise InputError("--set", text, "path=value or VARIANT:path=value")
        if path not in known:
            raise InputError(path, value, "no such parameter", file="--set", nearest=nearest_spelling(path, known))
        if colon and variant not in labels:
            near = nearest_spelling(variant, labels)
            allowed = "VARIANT:path=value with one of " + ", ".join(labels) if labels else "path=value"
            raise InputError("--set", text, allowed, nearest=near and f"{near}:{path}={value}")
        setting = Setting(path, value.strip(), variant)
        if colon and not setting.is_lever:
            raise InputError("--set", text, f"{path}=value without a variant: all variants share it")
        if any((s.path, s.variant) == (path, variant) for s in made):
            raise InputError("--set", text, "each path once")
        made.append(setting)
    return made


def _with_levers(policy: Policy, label: str, settings: Sequence[Setting], *, is_baseline: bool) -> Policy:
    """The policy with its levers set: those for all variants first, then its own."""
    levers: dict[str, Any] = {s.path: s.value for s in settings if s.is_lever and not s.variant and not is_baseline}
    levers |= {s.path: s.value for s in settings if s.is_lever and s.variant == label}
    if not levers:
        return policy
    known = {path: declared for path, (_, declared) in known_paths().items()}
    parsed = {path: parse_value(known[path], value) for path, value in levers.items()}
    return policy.with_values(parsed, file=f"--set, {label}")


def _behaviours(
    plain: Behaviour, settings: dict[str, str], uncertainty: Uncertainty | None
) -> tuple[tuple[Behaviour, ...], Uncertainty]:
    if uncertainty == "seeds":
        return (plain,), "seeds"
    draws = load_behaviour_draws()
    if not draws:
        if uncertainty == "parameters":
            raise InputError("--uncertainty", uncertainty, "seeds: there is no ensemble of fitted parameters yet")
        return (plain,), "seeds"
    changed = [path.removeprefix("behaviour.") for path in settings if path.startswith("behaviour.")]
    values = {name: getattr(plain, name) for name in changed}
    return tuple(draw.with_values(values) if values else draw for draw in draws), "parameters"


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
