"""The folder of a search: its runs, its tables, a policy file for each policy of the frontier, the picture."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import BinaryIO

import abm
from abm.inputs.policy import Policy
from abm.scenarios.export import to_toml
from experiments.report.printed import without_nan
from experiments.report.tables import csv_text
from experiments.search.asking import Sought
from experiments.search.frontier import Frontier, Standing
from experiments.search.rows import file_of, rows, summary, trial_rows
from experiments.storing.output import fingerprint, versions
from experiments.storing.store import Folder

#: Names of what a search leaves besides its runs (`parts`) and the manifest.
FILES = ("frontier.csv", "trials.csv", "figure.png", "figure.svg", "policies/")


def inputs(sought: Sought) -> dict[str, str]:
    """Hash of what determines a search but its length, under the name that a message would use."""
    question = sought.question
    return {
        "model version": abm.model_version(),
        "policies": fingerprint({"all": [case.policy.model_dump(mode="json") for case in question.cases]}),
        "caseload": fingerprint({"all": question.caseload.record()}),
        "behaviour": fingerprint({"all": [member.model_dump(mode="json") for member in question.behaviours]}),
        "weeks": str(question.weeks),
        "households": str(question.households),
        "seed": str(question.seed),
        "--lever": fingerprint({"all": [[*o.paths, *o.values, str((o.low, o.high, o.step))] for o in sought.levers]}),
        "--goal": fingerprint({"all": [[goal.name, goal.maximise] for goal in sought.goals]}),
        "--limit": fingerprint({"all": [str(limit) for limit in sought.limits]}),
        "--also": fingerprint({"all": list(sought.told)}),
        "--robust": sought.robust,
        "--generation": str(sought.generation),
        "--replicates": str(sought.replicates),
        "--final-replicates": str(sought.final),
    }


def open_folder(sought: Sought, out: Path | None) -> Folder:
    """The folder of a search, locked: the one asked for, or one named after the hash of its inputs.

    Raises
    ------
    FolderError
        If it cannot be used.
    """
    told = inputs(sought)
    mark = fingerprint(told)
    folder = Folder(out or Path("results") / f"frontier-{mark[:8]}", told, mark)
    if not folder.manifest():
        folder.write_manifest({"state": "running"})
    return folder


def write(folder: Folder, found: Frontier) -> None:
    """Write tables, policies and picture.

    Raises
    ------
    FolderError
        If the folder cannot be written.
    """
    from experiments.report.figures import save
    from experiments.report.frontier_figure import frontier_picture

    folder.write("frontier.csv", partial(_put, csv_text(rows(found)).encode()))
    folder.write("trials.csv", partial(_put, csv_text(trial_rows(found)).encode()))
    _policies(folder, found)
    figure = frontier_picture(found)
    for name in ("figure.png", "figure.svg"):
        with tempfile.TemporaryDirectory() as elsewhere:
            save(figure, Path(elsewhere) / name)
            drawn = (Path(elsewhere) / name).read_bytes()
        folder.write(name, partial(_put, drawn))
    sought = found.sought
    folder.write_manifest({
        "state": "complete", "levers": [str(lever.name) for lever in sought.levers],
        "variants": list(sought.question.labels), "trials": sought.trials, "found": without_nan(summary(found)),
        "versions": versions(),
    })  # fmt: skip


def _policies(folder: Folder, found: Frontier) -> None:
    """A policy file for each policy of the frontier; those of a shorter search that was here before go."""
    place = folder.path / "policies"
    place.mkdir(exist_ok=True)
    texts = {file_of(one): _policy(found, one) for one in found.standing}
    for old in sorted(place.glob("F*.toml")):
        if f"policies/{old.name}" not in texts:
            folder.remove(f"policies/{old.name}")
    for name, text in texts.items():
        folder.write(name, partial(_put, text.encode()))


def _policy(found: Frontier, one: Standing) -> str:
    """The text of a policy file, which says where the policy comes from."""
    variant = found.sought.question.labels[1]
    goals = " and ".join(goal.told for goal in found.sought.goals)
    policy: Policy = one.case.policy.model_copy(
        update={
            "name": one.label,
            "title": f"{one.label}: a policy of the frontier from {variant}",
            "describes": f"Levers of {variant} as a search set them for {goals}; found by returns frontier.",
        }
    )
    return to_toml(policy)


def _put(content: bytes, file: BinaryIO) -> None:
    file.write(content)
