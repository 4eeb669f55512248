"""Settings of one policy that are compared: ``--vary offer.amount_per_person=3000,10000,20000``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from abm.inputs.parameters import Declaration, InputError
from abm.inputs.policy import Policy
from abm.scenarios.overrides import known_paths
from experiments.question.settings import Change, parse_settings

#: Most settings that are compared at once: more are a sweep.
MOST = 12
#: Ends of a lever's name that its unit says as well.
UNITS = ("_per_person", "_per_household", "_weeks", "_months", "_years")


@dataclass(frozen=True)
class Varied:
    """One setting of the policy: a value of each lever that is varied.

    Attributes
    ----------
    changes
        Path and value of each.
    """

    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """The words in which it was given."""
        return ", ".join(map(str, self.changes))

    @property
    def levers(self) -> dict[str, str]:
        """Value by path."""
        return {change.path: change.value for change in self.changes}

    @property
    def words(self) -> str:
        """What it is called: "amount £3,000, acceptance window 13 weeks"."""
        return ", ".join(_words(known_paths()[change.path][1], change) for change in self.changes)

    def named(self, policy: Policy) -> Policy:
        """The policy under a title that says the setting."""
        return policy.model_copy(update={"title": f"{policy.title}, {self.words}"}) if policy.title else policy


def settings_of(texts: Sequence[str], settings: Sequence[Change] = ()) -> tuple[Varied, ...]:
    """Every setting that some ``--vary`` ask for: each value of one with each of the others.

    Parameters
    ----------
    texts
        ``path=value,value…``, with a lever of the policy for a path.
    settings
        What ``--set`` changes already.

    Raises
    ------
    InputError
        If a text is not of that form, a path is no lever or comes twice, a value comes twice, or there are too many.
    """
    axes: list[list[Change]] = []
    for text in texts:
        path, _, values = (part.strip() for part in text.partition("="))
        words = [word.strip() for word in values.split(",")]
        if not path or ":" in path or not all(words):
            raise InputError("--vary", text, "path=value,value… with a lever of the policy, such as "
                             "offer.amount_per_person=3000,10000")  # fmt: skip
        axis = [parse_settings([f"{path}={word}"], file="--vary")[0] for word in words]
        if not axis[0].is_lever:
            raise InputError("--vary", text, f"a lever of the policy (returns list levers): {path} is shared by all")
        if len({Varied((change,)).words for change in axis}) < len(axis):
            raise InputError("--vary", text, "each value once")
        if any(path == other[0].path for other in axes):
            raise InputError("--vary", text, f"{path} once")
        if any(path == change.path for change in settings):
            raise InputError("--vary", text, f"a lever that --set leaves alone: {path} is set as well")
        axes.append(axis)
    found = tuple(Varied(changes) for changes in product(*axes))
    if len(found) > MOST:
        shape = " × ".join(str(len(axis)) for axis in axes)
        told = f"at most {MOST} settings ({shape} is {len(found)}): returns sweep goes through more"
        raise InputError("--vary", "; ".join(texts), told)
    return found


def _words(declared: Declaration, change: Change) -> str:
    """A lever and its value for people."""
    section, _, leaf = change.path.rpartition(".")
    for unit in UNITS:
        leaf = leaf.removesuffix(unit)
    name = leaf.replace("_", " ")
    if section not in ("offer", ""):
        name = f"{section.removeprefix('offers.').replace('_', ' ').replace('.', ' ')} {name}"
    try:
        number = float(change.value)
    except ValueError:
        return f"{name} {change.value.replace('_', ' ')}"
    if declared.unit.startswith("GBP"):
        return f"{name} £{number:,.12g}"
    if declared.unit == "share":
        return f"{name} {100 * number:.6g} %"
    unit = "" if declared.unit in ("", "1", "yes/no") else f" {declared.unit}"
    if number == 1:
        unit = unit.removesuffix("s")
    return f"{name} {number:,.12g}{unit}"
