"""The files of a discovery: boxes, the way to them, every point, the picture, and what the manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.report.printed import without_nan
from experiments.report.sensitivity_files import inputs as inputs_of
from experiments.report.tables import csv_writer
from experiments.search.discovered import box_rows, point_rows, trajectory_rows, whole
from experiments.search.discovery import Discovery, Doubt
from experiments.storing.output import Place, Writer, fingerprint

#: Names of the files that a discovery leaves, besides the manifest.
FILES = ("boxes.csv", "trajectory.csv", "points.csv", "figure.png", "figure.svg")


def inputs(asked: Doubt) -> dict[str, Any]:
    """Everything that determines a discovery, as plain values."""
    told = inputs_of(asked.inquiry)
    own = {key: told[key] for key in told if key not in ("tornado_replicates", "trajectories", "base_points", "most")}
    return own | {
        "goal": [asked.inquiry.measure.id, asked.sign, asked.bound], "points": asked.points, "most": asked.most,
        "boxes": asked.boxes,
    }  # fmt: skip


def place_of(asked: Doubt, out: Path | None) -> Place:
    """Where a discovery goes: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(asked))
    return Place(out or Path("results") / f"discover-{mark[:8]}", "discover", mark)


def write(place: Place, found: Discovery) -> None:
    """Write the folder of a discovery.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    from experiments.report.discovery_figure import discovery_picture
    from experiments.report.figures import save

    figure = discovery_picture(found)
    files: dict[str, Writer] = {
        "boxes.csv": csv_writer(box_rows(found), OF_BOXES),
        "trajectory.csv": csv_writer(trajectory_rows(found), OF_STEPS),
        "points.csv": csv_writer(point_rows(found)),
        "figure.png": lambda path: save(figure, path),
        "figure.svg": lambda path: save(figure, path),
    }
    told = {key: value for key, value in whole(found).items() if key != "trajectory"}
    place.write(files, {"inputs": inputs(found.doubt), "found": without_nan(told)})


#: Columns of the tables that may have no row.
OF_BOXES, OF_STEPS = ("box", "input", "side", "limit"), ("box", "step")
