"""The files of a trial: its rows, every run, the picture, and what the manifest says."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from abm.model import model_version
from experiments.storing.output import Place, Writer, fingerprint
from experiments.trial.asking import Trial
from experiments.trial.conducting import KEPT, Conducted
from experiments.trial.rows import Row

#: Names of the files that a trial leaves, besides the manifest.
FILES = ("trials.csv", "runs.csv", "figure.png", "figure.svg")


def inputs(trial: Trial) -> dict[str, Any]:
    """Everything that determines some trials, as plain values."""
    q = trial.question
    return {
        "model": model_version(),
        "policies": [policy.model_dump(mode="json") for policy in q.policies],
        "caseload": q.caseload.record(),
        "behaviours": [behaviour.model_dump(mode="json") for behaviour in q.behaviours],
        "uncertainty": q.uncertainty,
        "offers": list(trial.offers),
        "opening": trial.opening,
        "families": list(trial.families),
        "months": list(trial.months),
        "by": list(trial.by),
        "share": trial.share,
        "outcomes": list(trial.outcomes),
        "most_checked": trial.most_checked,
        "replicates": q.replicates,
        "seed": q.seed,
        "settings": [[s.variant, s.path, s.value] for s in q.settings],
    }


def place_of(trial: Trial, out: Path | None) -> Place:
    """Where a trial's results go: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(trial))
    return Place(out or Path("results") / f"trial-{mark[:8]}", "trial", mark)


def write(place: Place, found: Conducted, rows: Sequence[Row]) -> None:
    """Write a trial's folder.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    from experiments.report.figures import save
    from experiments.report.trial_figure import trial_picture

    figure = trial_picture(found, rows)
    files: dict[str, Writer] = {
        "trials.csv": lambda path: _table(path, iter([list(rows[0]), *([_cell(v) for v in r.values()] for r in rows)])),
        "runs.csv": lambda path: _table(path, _of_runs(found)),
        "figure.png": lambda path: save(figure, path),
        "figure.svg": lambda path: save(figure, path),
    }
    place.write(files, {"inputs": inputs(found.trial), "duration_seconds": round(found.seconds, 3)})


def _of_runs(found: Conducted) -> Iterator[list[Any]]:
    """A line a run, a size, an assignment, an outcome and a number of months."""
    yield ["families", "by", "outcome", "months", "replicate", "seed", "vector", "enrolled", "treated", "sites", *KEPT]
    q = found.trial.question
    for runs in found.runs:
        for outcome, kept in runs.found.items():
            for place, months in enumerate(found.trial.months):
                for r in range(len(found.vectors)):
                    who = [int(runs.enrolled[r]), int(runs.treated[r]), int(runs.sites[r])]
                    numbers = [_cell(float(kept[name][r, place])) for name in KEPT]
                    yield [
                        runs.families,
                        runs.by,
                        outcome,
                        months,
                        r,
                        q.seed + r,
                        int(found.vectors[r]),
                        *who,
                        *numbers,
                    ]


def _table(path: Path, lines: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value
