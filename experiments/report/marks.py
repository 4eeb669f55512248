"""How far the inputs of a question can be trusted: how many are sourced, fitted, or assumed, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from abm.inputs.parameters import MARKS, Figure, Inputs
from abm.scenarios.scenario import caseload_names, policy_names

if TYPE_CHECKING:
    from experiments.question.question import Question


#: Source of a value that differs from every file and default.
SET_BY_USER = "set by the user"


def figures_of(inputs: Inputs) -> Mapping[str, Figure]:
    """Every figure of an input by dotted path: numbers, rules and switches alike."""
    found = {path: inputs.figure(path) for path in inputs.paths}
    return found | {path: figure for path, figure in inputs.figures.items() if path not in found}


def rests_on(question: Question) -> dict[str, Figure]:
    """Every input of a comparison, by the path under which it can be set.

    A lever counts once, by the least certain mark it has under any of the policies, and only if a policy
    gives it or its default does something (a number that is not zero).
    """
    order = {mark: position for position, mark in enumerate(MARKS)}
    found: dict[str, Figure] = {}
    for policy in question.policies:
        for path, figure in figures_of(policy).items():
            idle = figure.value in (None, 0) or isinstance(figure.value, bool | str)
            if idle and path not in policy.figures and figure.source != SET_BY_USER:
                continue
            if path not in found or order[figure.mark] > order[found[path].mark]:
                found[path] = figure
    for prefix, inputs in (("caseload.", question.caseload), ("behaviour.", question.behaviours[0])):
        for path, figure in figures_of(inputs).items():
            found[path if path.startswith("world.") else f"{prefix}{path}"] = figure
    return found


def marks(question: Question) -> Counter[str]:
    """How many inputs of a comparison carry each mark."""
    return Counter(figure.mark for figure in rests_on(question).values())


def assumptions(question: Question) -> str:
    """One sentence: how many inputs are assumed, and how to list them."""
    count = marks(question)
    total = sum(count.values())
    sourced = count["primary"] + count["press"] + count["inferred"]
    return (
        f"{total} inputs, of which {sourced} have a source (primary, press or inferred from such),"
        f" {count['fitted']} are fitted and {count['assumed']} are assumed. List them:"
        f" {shows_policy(question)} --mark assumed; and so on with"
        f" {shipped(question.caseload.name, caseload_names())}, and with behaviour."
    )


def shows_policy(question: Question) -> str:
    """The command that prints every figure of the policy that is looked at."""
    return f"returns show {shipped(question.varied or question.policies[-1].name, policy_names())}"


def shipped(name: str, names: Sequence[str]) -> str:
    """The name where it is that of a shipped one; of others `returns show` wants the file."""
    return name if name in names else "FILE"
