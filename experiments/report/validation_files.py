"""What `returns validate` leaves in a folder: a line a row of the record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from abm.model import model_version
from abm.scenarios.scenario import DRAWS
from experiments.storing.output import Place, fingerprint

if TYPE_CHECKING:
    from experiments.calibration.history import History
    from experiments.calibration.validate import Validation

TABLE = "validation.csv"


def place_of(histories: Sequence[History], draws: int, seed: int, out: Path) -> Place:
    """Where a validation goes.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    return Place(out, "validate", fingerprint(_inputs(histories, draws, seed)))


def write(place: Place, histories: Sequence[History], found: Validation, seed: int) -> None:
    """Write a validation's folder.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    table = validation_table(found)
    writers = {TABLE: lambda path: table.to_csv(path, index=False, lineterminator="\n")}
    hits, rows, _ = found.coverage()
    told = {"inputs": _inputs(histories, found.draws, seed), "held_out": {"hits": hits, "rows": rows}}
    place.write(writers, told)


def _inputs(histories: Sequence[History], draws: int, seed: int) -> dict[str, Any]:
    posterior = fingerprint({"draws": DRAWS.read_text(encoding="utf-8")}) if DRAWS.exists() else ""
    return {"model": model_version(), "histories": {history.name: history.digest for history in histories},
            "posterior": posterior, "draws": draws, "seed": seed}  # fmt: skip


def validation_table(found: Validation) -> pd.DataFrame:
    """Verdicts, and below them what cannot be represented with its reason."""
    rows = [verdict.as_row() for verdict in found.verdicts]
    rows += [{"id": row.id, "use": "not represented", "history": name, "quantity": row.quantity, "why": row.why}
             for name, row in found.not_represented]  # fmt: skip
    table = pd.DataFrame(rows)
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.6g}"))
    return table
