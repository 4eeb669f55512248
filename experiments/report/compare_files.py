"""The files of a comparison: weekly series, runs, summary, picture, and what the manifest says."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.arrays.ledger import Line
from abm.arrays.state import FLOWS_AT, LEDGER_AT, STOCKS_AT, Flow
from abm.household.stages import STAGES
from abm.measures import IDS
from abm.model import MODEL_VERSION
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.paired import KEYS, WITH_PULL
from experiments.question.question import PULL_ON, Question
from experiments.report.notes import Row, title
from experiments.statistics.intervals import CONFIDENCE, PERCENTILES, vector_means
from experiments.storing.output import Place, Writer, fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

#: Names of the files that a comparison leaves, besides the manifest.
FILES = ("weekly.parquet", "runs.parquet", "summary.csv", "figure.png", "figure.svg")


def inputs(question: Question) -> dict[str, Any]:
    """Everything that determines a comparison, as plain values."""
    return {
        "model": MODEL_VERSION,
        "baseline": question.labels[0],
        "variants": list(question.variants),
        "policies": [policy.model_dump(mode="json") for policy in question.policies],
        "caseload": question.caseload.record(),
        "behaviours": [behaviour.model_dump(mode="json") for behaviour in question.behaviours],
        "uncertainty": question.uncertainty,
        "weeks": question.weeks,
        "households": question.households,
        "seed": question.seed,
        "replicates": question.replicates,
        "settings": [[s.variant, s.path, s.value] for s in question.settings],
        "by": question.by,
        "precision": [list(asked) for asked in question.precision],
        "most_replicates": question.most if question.precision else None,
        "pull_factor_on": dict(PULL_ON),
        "pull_factor_grid": [list(at) for at in question.grid],
        "controls": [case and case.policy.model_dump(mode="json") for case in question.controls],
    }


def place_of(question: Question, out: Path | None) -> Place:
    """Where a comparison's results go: the folder asked for, or one named after the hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(question))
    return Place(out or Path("results") / f"compare-{mark[:8]}", "compare", mark)


def write(place: Place, comparison: Comparison, rows: Sequence[Row]) -> None:
    """Write a comparison's folder.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    import pyarrow.parquet as pq

    from experiments.report.figures import picture, save

    figure = picture(comparison, rows)
    files: dict[str, Writer] = {
        "weekly.parquet": lambda path: pq.write_table(weekly_table(comparison), path),
        "runs.parquet": lambda path: pq.write_table(runs_table(comparison), path),
        "summary.csv": lambda path: _summary(path, rows),
        "figure.png": lambda path: save(figure, path),
        "figure.svg": lambda path: save(figure, path),
    }
    last = comparison.question.seed + comparison.replicates - 1
    told = {
        "inputs": inputs(comparison.question),
        "seeds": {"first": comparison.question.seed, "last": last, "replicates": comparison.replicates},
        "runs": comparison.replicates * (2 * len(comparison.runs) + sum(map(bool, comparison.controls)))
        + comparison.grid_replicates * len(comparison.grid) * len(comparison.runs),
        "run_identities": comparison.identity,
        "weekly_series_over_replicates": len(comparison.runs[0].history),
        "parameter_vectors": len(np.unique(comparison.vectors)),
        "intervals": {
            "run_p05, run_p95": "5th and 95th percentile of the runs",
            "mean_low, mean_high": f"{100 * CONFIDENCE:g} % interval of the mean, by parameter vector",
        },
        "precision": comparison.looks,
        "duration_seconds": round(comparison.seconds, 3),
    }
    place.write(files, told)


def _summary(path: Path, rows: Sequence[Row]) -> None:
    """One row a (policy, measure, group): as ``--json`` gives them, with the measure's title; blank where none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*KEYS, "title"])
        for row in rows:
            name = row["measure"].removesuffix(WITH_PULL)
            pulled = row["measure"].endswith(WITH_PULL)
            told = row["measure"] if row["group"] and not pulled else title(name)
            told += " (pull factor on)" if pulled else ""
            writer.writerow([_cell(row[key]) for key in KEYS] + [told])


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value


def runs_table(comparison: Comparison) -> pa.Table:
    """One row a run: who, seed, every measure; the runs with the pull factor on after the others."""
    import pyarrow as pa

    tables = []
    for pull, held in ((False, comparison.runs), (True, comparison.pulled)):
        for position, runs in enumerate(held):
            count = len(runs.measures)
            columns: dict[str, Any] = {
                "variant": [runs.label] * count,
                "role": ["variant" if position else "baseline"] * count,
                "pull_factor_on": [pull] * count,
                "replicate": np.arange(count),
                "seed": np.arange(count) + comparison.question.seed,
                "draw": comparison.vectors,
                "run_id": runs.identities,
            }
            columns |= {name: runs.measures[:, k] for k, name in enumerate(IDS)}
            tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def weekly_table(comparison: Comparison) -> pa.Table:
    """One row a (policy, series, week): mean and 5th and 95th percentile of the runs, for the whole caseload."""
    import pyarrow as pa

    columns: dict[str, list[Any]] = {
        name: [] for name in ("variant", "role", "series", "unit", "week", "mean", "run_p05", "run_p95")
    }
    for position, runs in enumerate(comparison.runs):
        weeks = runs.departed.shape[1]
        for name, unit, values in _series(runs):
            p05, p95 = np.percentile(values, PERCENTILES, axis=0)
            columns["variant"] += [runs.label] * weeks
            columns["role"] += ["variant" if position else "baseline"] * weeks
            columns["series"] += [name] * weeks
            columns["unit"] += [unit] * weeks
            columns["week"].append(np.arange(weeks))
            columns["mean"].append(vector_means(values, comparison.vectors[: len(values)]).mean(axis=0))
            columns["run_p05"].append(p05)
            columns["run_p95"].append(p95)
    return pa.table({k: np.concatenate(v) if isinstance(v[0], np.ndarray) else v for k, v in columns.items()})


def _series(runs: Runs) -> Iterator[tuple[str, str, np.ndarray]]:
    """Name, unit and values (replicates, weeks) of each weekly series."""
    yield "departed_share", "share", runs.departed
    history, weight = runs.history, runs.weight
    for k, name in enumerate(STAGES):
        if k:
            yield f"stock_{name.lower()}", "households", history[:, :, STOCKS_AT + k] * weight
    for flow in Flow:
        yield flow.name, "number", history[:, :, FLOWS_AT + flow] * weight
    for line in Line:
        yield f"cost_{line.name}", "GBP", history[:, :, LEDGER_AT + line] * (weight / 100.0)
    yield "cost_total", "GBP", history[:, :, LEDGER_AT:].sum(axis=2) * (weight / 100.0)
