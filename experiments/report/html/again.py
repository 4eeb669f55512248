"""A comparison asked again from the manifest that it left: the same inputs, so the same numbers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.given import bytes_of, path_given
from abm.inputs.parameters import InputError, Inputs
from abm.inputs.policy import Policy
from abm.model import model_version
from abm.scenarios.scenario import load_behaviour_draws, load_caseload, load_policy, policy_names
from experiments.question.case import Case, load_case
from experiments.question.defaults import DEFAULT_BASELINE
from experiments.question.question import Question
from experiments.question.settings import Change, for_all, levers_of
from experiments.report.compare_files import inputs
from experiments.storing.output import MANIFEST, fingerprint

#: What is told where the sources are not known any more.
UNSOURCED = (
    "The values of {} are those of the comparison; where they come from was not recorded, so they count as assumed."
)

#: What a folder has to hold whose manifest was changed, or whose policies load as others now.
DESCRIBED = "the comparison that its manifest describes"

Given = TypeVar("Given", bound=Inputs)


def question_of(folder: Path) -> tuple[Question, tuple[str, ...]]:
    """The question behind a folder that `returns compare` has left.

    Returns
    -------
    Question
        With the sources of its figures, where its scenarios are shipped and have not changed since.
    tuple of str
        What could not be found again with its sources, a sentence each.

    Raises
    ------
    InputError
        If the folder holds no comparison, or one of another version of the model or with people of its own.
    """
    told = _manifest(folder)
    asked = told["inputs"]
    if asked.get("model") != model_version():
        allowed = f"a comparison made with this version of the model ({model_version()}): run returns compare again"
        raise InputError("FOLDER", asked.get("model"), allowed, file=str(folder))
    if told.get("fingerprint") != _mark(asked):
        raise InputError("FOLDER", told.get("fingerprint"), DESCRIBED, file=str(folder))
    if isinstance(asked["caseload"].get("rows"), Mapping):
        allowed = "a comparison whose people are drawn: name the policies and the caseload's file instead"
        raise InputError("FOLDER", asked["caseload"]["name"], allowed, file=str(folder))
    labels = (asked["baseline"], *asked["variants"])
    changes = tuple(Change(path, value, variant) for variant, path, value in asked["settings"])
    unsourced: list[str] = []
    caseload = _sourced(Caseload, asked["caseload"], load_caseload, asked["caseload"]["name"], for_all(changes))
    if not caseload.figures:
        unsourced.append(UNSOURCED.format(f"the caseload {caseload.name}"))
    policies = []
    for position, (label, values) in enumerate(zip(labels, asked["policies"], strict=True)):
        levers = levers_of(changes, label, is_baseline=position == 0)
        policies.append(_sourced(Policy, values, load_policy, label, levers))
        if not policies[-1].figures:
            unsourced.append(UNSOURCED.format(f"the policy {label}"))
    members = _members(asked["behaviours"])
    cases = tuple(Case(policy, caseload, members, asked["weeks"], asked["households"]) for policy in policies)
    most = {} if asked["most_replicates"] is None else {"most": asked["most_replicates"]}
    question = Question(
        cases, labels, seed=asked["seed"], replicates=asked["replicates"], uncertainty=asked["uncertainty"],
        settings=changes, by=asked["by"], precision=tuple((name, width) for name, width in asked["precision"]), **most,
        in_brief=not asked["pull_factor_grid"], at_least=asked["at_least"],
    )  # fmt: skip
    if fingerprint(inputs(question)) != told["fingerprint"]:
        raise InputError("FOLDER", told["fingerprint"], DESCRIBED, file=str(folder))
    return question, tuple(unsourced)


def is_folder(text: str) -> bool:
    """Whether a word names a folder rather than a policy."""
    path = path_given(text, "FOLDER")
    return path.is_dir() and ((path / MANIFEST).is_file() or text not in policy_names())


def command_of(question: Question, *, about: int, quick: bool, folder: Path | None = None) -> str:
    """The command line that makes the report of a question; policies from files of one's own by their names.

    With a folder it is asked again from there.
    """
    last = ["--about", question.labels[about]] if about != 1 else []
    last += ["--quick"] if quick else []
    if folder is not None:
        return shlex.join(["returns", "report", str(folder), *last])
    words = [
        "returns",
        "report",
        *question.variants,
        "--baseline",
        question.labels[0],
        "--caseload",
        question.caseload.name,
    ]
    words += ["--replicates", str(question.replicates), "--weeks", str(question.weeks), "--seed", str(question.seed)]
    if question.households is not None:
        words += ["--households", str(question.households)]
    for change in question.settings:
        words += ["--set", str(change)]
    return shlex.join([*words, *last])


def _manifest(folder: Path) -> dict[str, Any]:
    allowed = "a folder that returns compare has left"
    try:
        told = json.loads(bytes_of(folder / MANIFEST, "FOLDER"))
    except (ValueError, RecursionError):  # an InputError is a ValueError too
        raise InputError("FOLDER", str(folder), f"{allowed}: {MANIFEST} cannot be read") from None
    if not isinstance(told, dict) or told.get("kind") != "compare" or not isinstance(told.get("inputs"), dict):
        raise InputError("FOLDER", str(folder), allowed)
    return told


def _mark(asked: dict[str, Any]) -> str:
    """The hash of what was asked; nothing where there are values that JSON does not have."""
    try:
        return fingerprint(asked)
    except ValueError:
        return ""


def _read(kind: type[Given], values: Mapping[str, Any]) -> Given:
    """An input from the plain values of a manifest, where tuples are lists and dates are text."""
    try:
        return kind.model_validate(values, strict=False)
    except ValidationError as fault:
        told = fault.errors(include_url=False)[0]
        where = ".".join(map(str, told["loc"]))
        raise InputError(where, told["input"], "a value that returns compare has left there", file=MANIFEST) from None


def _sourced(kind: type[Given], values: Mapping[str, Any], load: Any, name: str, settings: Mapping[str, str]) -> Given:
    """An input from plain values; with its sources, if the scenario of that name still comes to the same."""
    made = _read(kind, values)
    try:
        found = load(name)
        case = load_case(found) if kind is Policy else load_case(DEFAULT_BASELINE, found)
        own = {path: value for path, value in settings.items() if not path.startswith("behaviour.")}
        changed = case.with_settings(own)
    except InputError:
        return made
    found = changed.policy if kind is Policy else changed.caseload
    alike = found.model_dump(mode="json") == made.model_dump(mode="json")
    return cast(Given, found) if alike else made


def _members(values: list[dict[str, Any]]) -> tuple[Behaviour, ...]:
    """The behaviours; those of the shipped posterior as they are loaded, with their sources."""
    made = tuple(_read(Behaviour, value) for value in values)
    shipped = tuple(load_behaviour_draws())
    return shipped if shipped == made else made
