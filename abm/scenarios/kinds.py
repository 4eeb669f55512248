"""Which kind of input a file holds: told by what stands in it, and by the file from which it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.given import path_given
from abm.inputs.parameters import Inputs, declarations
from abm.inputs.policy import Policy
from abm.scenarios.scenario import caseload_names, document, policy_names
from abm.scenarios.tables import is_table

Kind = Literal["policy", "caseload", "behaviour"]

#: In the order in which they are guessed where a file fits several.
_KINDS: dict[Kind, type[Inputs]] = {"policy": Policy, "caseload": Caseload, "behaviour": Behaviour}
#: Keys of files that are not fields under that name.
_BESIDES: dict[Kind, tuple[str, ...]] = {"policy": (*Policy.usual, "regime"), "caseload": (), "behaviour": ()}


def kind_of(path: Path) -> Kind:
    """Whether a file holds a policy, a caseload or the behaviour.

    It is what the file is that it extends; or else that of which it has most: sections and fields, and of those that
    several kinds have (`housing`, `procedure`) what stands in them.  A file that is none is the nearest.

    Raises
    ------
    InputError
        If the file cannot be read or is not TOML.
    """
    seen: set[Path] = set()
    while True:
        if is_table(path):
            return "caseload"
        seen.add(path.resolve())
        whole = document(path)
        base = whole.pop("extends", None)
        if base in policy_names():
            return "policy"
        if base in caseload_names():
            return "caseload"
        parent = path.parent / path_given(str(base), "extends", file=str(path)) if base is not None else None
        if parent is None or not parent.is_file() or parent.resolve() in seen:
            return max(_KINDS, key=lambda kind: _fit(kind, whole))
        path = parent


def _fit(kind: Kind, whole: Mapping[str, Any]) -> tuple[int, int]:
    """How many keys of a document a kind has, and how many entries in its sections."""
    model = _KINDS[kind]
    fields, known = {*model.model_fields, *_BESIDES[kind]}, declarations(model)
    return sum(key in fields for key in whole), sum(path in known for path in _paths(whole))


def _paths(section: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in section.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")
