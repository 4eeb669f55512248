"""The files of a single run."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from abm.measures import MEASURES
from abm.model import Prepared, Run, model_version
from experiments.storing.output import Place, Writer, fingerprint

#: Names of the files that a run leaves, besides the manifest.
FILES = ("weekly.parquet", "weekly.csv", "households.parquet", "households.csv", "measures.csv")


def place_of(prepared: Prepared, seed: int, out: Path | None) -> Place:
    """Where a run's results go: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the seed is not one, or the folder cannot be used.
    """
    prepared.identity(seed)
    mark = fingerprint(inputs(prepared, seed))
    return Place(out or Path("results") / f"run-{mark[:8]}", "run", mark)


def inputs(prepared: Prepared, seed: int) -> dict[str, Any]:
    """Everything that determines a run, as plain values."""
    return {
        "model": model_version(),
        "policy": prepared.policy.model_dump(mode="json"),
        "caseload": prepared.caseload.record(),
        "behaviour": prepared.behaviour.model_dump(mode="json"),
        "weeks": prepared.weeks,
        "households": prepared.households,
        "seed": seed,
    }


def write(place: Place, run: Run) -> None:
    """Write a run's folder.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    prepared = run.prepared
    files: dict[str, Writer] = {
        "weekly.parquet": lambda path: run.series.to_parquet(path, index=False),
        "weekly.csv": lambda path: run.series.to_csv(path, index=False, lineterminator="\n"),
        "households.parquet": lambda path: run.households.to_parquet(path, index=False),
        "households.csv": lambda path: run.households.to_csv(path, index=False, lineterminator="\n"),
        "measures.csv": lambda path: _measures(path, run),
    }
    told = {
        "inputs": inputs(prepared, run.seed), "run_identity": prepared.identity(run.seed),
        "households_each_stands_for": prepared.weight,
    }  # fmt: skip
    place.write(files, told)


def _measures(path: Path, run: Run) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["measure", "unit", "value", "title", "definition"])
        for name, value in run.measures.items():
            told = MEASURES[name]
            writer.writerow([name, told.unit, "" if math.isnan(value) else value, told.title, told.definition])
