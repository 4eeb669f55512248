"""The files of a sensitivity analysis: its tables, the picture, and what the manifest says."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from abm.model import model_version
from experiments.sensitivity.analysis import Sensitivity
from experiments.sensitivity.inquiry import Inquiry
from experiments.sensitivity.rows import TABLES, whole
from experiments.storing.output import Place, Writer, fingerprint

#: Names of the files that an analysis leaves, besides the manifest.
FILES = (*(f"{name}.csv" for name in TABLES), "figure.png", "figure.svg")


def place_of(inquiry: Inquiry, out: Path | None) -> Place:
    """Where an analysis goes: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(inquiry))
    return Place(out or Path("results") / f"sensitivity-{mark[:8]}", "sensitivity", mark)


def inputs(inquiry: Inquiry) -> dict[str, Any]:
    """Everything that determines an analysis, as plain values."""
    return {
        "model": model_version(),
        "policies": [case.policy.model_dump(mode="json") for case in inquiry.cases],
        "caseload": inquiry.variant.caseload.record(),
        "behaviour": inquiry.variant.members[0].model_dump(mode="json"),
        "measure": inquiry.measure.id,
        "weeks": inquiry.variant.weeks,
        "households": inquiry.variant.households,
        "factors": [[factor.path, factor.low, factor.high] for factor in inquiry.factors],
        "seed": inquiry.seed,
        "replicates": inquiry.replicates,
        "tornado_replicates": inquiry.at_ends,
        "trajectories": inquiry.trajectories,
        "base_points": inquiry.points,
        "most": inquiry.most,
    }


def write(place: Place, found: Sensitivity) -> None:
    """Write the folder of an analysis.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    from experiments.report.figures import save
    from experiments.report.printed import without_nan
    from experiments.report.sensitivity_figure import sensitivity_picture

    figure = sensitivity_picture(found)
    tables = {name: rows(found) for name, rows in TABLES.items()}
    files: dict[str, Writer] = {f"{name}.csv": _writer(rows) for name, rows in tables.items()}
    files |= {name: lambda path: save(figure, path) for name in ("figure.png", "figure.svg")}
    told = {key: value for key, value in whole(found).items() if key not in TABLES}
    place.write(files, {"inputs": inputs(found.inquiry), "found": without_nan(told)})


#: Columns of the one table that may have no row.
OF_TURNS = ("input", "unit", "own", "value", "from_value", "to_value", "rises", "outside_noise")


def _writer(rows: Sequence[Mapping[str, Any]]) -> Writer:
    columns = list(rows[0]) if rows else list(OF_TURNS)

    def write_table(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow(["" if isinstance(v, float) and math.isnan(v) else v for v in row.values()])

    return write_table
