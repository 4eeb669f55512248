"""The files of an appraisal: its tables, its pictures, and what the manifest says."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from experiments.economics.appraisal import Appraisal, Row
from experiments.economics.policies import Policies
from experiments.economics.table import StrategyTable
from experiments.question.question import Question
from experiments.report.compare_files import inputs as inputs_of_question
from experiments.storing.output import Place, Writer, fingerprint

KIND = "economics"


def place_of_policies(question: Question, effect: str, worths: Sequence[float], out: Path | None) -> Place:
    """Where an appraisal of policies goes: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    return _place({"comparison": inputs_of_question(question), "effect": effect, "worths": list(worths)}, out)


def place_of_table(table: StrategyTable, worths: Sequence[float], out: Path | None) -> Place:
    """Where an appraisal of a table goes; its inputs are the table's bytes and the worths."""
    return _place({"table": _digest(table.path), "worths": list(worths)}, out)


def _place(inputs: Mapping[str, Any], out: Path | None) -> Place:
    mark = fingerprint(inputs)
    return Place(out or Path("results") / f"{KIND}-{mark[:8]}", KIND, mark)


def write_policies(place: Place, found: Policies, information: Sequence[Row]) -> list[str]:
    """Write the folder of an appraisal of policies, and give the names of its files.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    tables = {
        "discounting": found.discounting, "payers": found.payers, "pulled": found.pulled.rows,
        "pulled-decision": found.pulled.decisions,
    }  # fmt: skip
    told = {
        "inputs": inputs_of_question(found.comparison.question), "effect": found.effect.measure.id,
        "better": "more" if found.effect.sign > 0 else "less",
        "price_year": found.comparison.question.caseload.world.price_year, "currency": "GBP",
        "run_identities": found.comparison.identity,
    }  # fmt: skip
    return _write(place, found.appraisal, information, tables, told)


def write_table(place: Place, table: StrategyTable, found: Appraisal) -> list[str]:
    """Write the folder of an appraisal of a table, and give the names of its files."""
    return _write(place, found, [], {}, {"inputs": {"table": str(table.path), "blake2b": _digest(table.path)}})


def _write(
    place: Place, found: Appraisal, information: Sequence[Row], more: Mapping[str, Sequence[Row]], told: dict[str, Any]
) -> list[str]:
    from experiments.report.economics_figures import KINDS, pictures, save

    tables: dict[str, Sequence[Row]] = {"strategies": found.rows, **more}
    if found.uncertain:
        tables |= {"decision": found.decisions, "draws": _draws(found)}
    if information:
        tables["information"] = information
    files: dict[str, Writer] = {f"{name}.csv": partial(_table, rows) for name, rows in tables.items()}
    for name, figure in pictures(found, information).items():
        files |= {f"{name}.{kind}": partial(save, figure) for kind in KINDS}
    told |= {"worths": list(found.worths), "cost": found.terms.cost, "effect_title": found.terms.effect,
             "draws": len(found.cost)}  # fmt: skip
    place.write(files, told)
    return list(files)


def _draws(found: Appraisal) -> list[Row]:
    """Cost and effect of every draw, as the command itself reads them."""
    return [
        {"draw": draw, "strategy": name, "cost": float(found.cost[draw, k]), "effect": float(found.effect[draw, k])}
        for draw in range(len(found.cost))
        for k, name in enumerate(found.names)
    ]  # fmt: skip


def _table(rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(["" if isinstance(v, float) and math.isnan(v) else v for v in row.values()])


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
