"""The files of a comparison: weekly series, runs, summary, figures, and what the index and the manifest say."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.arrays.ledger import Line
from abm.arrays.state import FLOWS_AT, LEDGER_AT, STOCKS_AT, Flow
from abm.household.stages import STAGES
from abm.measures import IDS
from abm.model import model_version
from experiments.compare.comparing import Comparison, Runs
from experiments.compare.paired import KEYS, WITH_PULL
from experiments.question.question import PULL_ON, Question
from experiments.report.exported import exported
from experiments.report.figures import ALT, FORMS
from experiments.report.marks import assumptions
from experiments.report.notes import Row, alike, header, title
from experiments.report.printed import without_nan
from experiments.report.verdict import verdict
from experiments.statistics.intervals import CONFIDENCE, PERCENTILES, vector_means
from experiments.storing.as_csv import beside
from experiments.storing.output import MANIFEST, Place, Writer, fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

#: The page that says what each file is.
INDEX = "index.md"
#: What each figure shows, by the name of its files.
FIGURES = {
    "differences": "how each policy differs from the baseline, in six measures of people and money",
    "pull-factor": "the net saving with the pull factor off and on",
    "departures": "how many more of those there at the start have left, week by week",
}
#: What each table holds, by its file.
TABLES = {
    "summary.csv": "a row a policy and measure: mean, difference and both intervals, as `--json` gives them",
    "runs.parquet": "a row a run: variant, seed (each pair once), draw of the posterior, and every measure",
    "runs_pull.parquet": "the same runs with the pull factor on",
    "weekly.parquet": "a row a policy, series and week: mean and 5th and 95th percentile of the runs",
}
#: Names of the files that a comparison leaves, besides the manifest.
FILES = (INDEX, *TABLES, *(f"{name}.{form}" for name in FIGURES for form in (*FORMS, ALT)))


def inputs(question: Question) -> dict[str, Any]:
    """Everything that determines a comparison, as plain values."""
    return {
        "model": model_version(),
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
        "at_least": question.at_least,
        "pull_factor_grid": [list(at) for at in question.grid],
        "controls": [case and case.policy.model_dump(mode="json") for case in question.controls],
    }


def place_of(question: Question, out: Path | None) -> Place:
    """Where a comparison's results go: the folder asked for, or one named after its policies and a hash of its inputs.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(question))
    return Place(out or Path("results") / f"compare-{_slug(question)}-{mark[:8]}", "compare", mark)


def _slug(question: Question) -> str:
    """The policies in the name of a folder: the first, and how many more; in plain letters only."""
    first = re.sub(r"[^A-Za-z0-9]+", "-", question.policies[1].name).strip("-").lower()[:40].strip("-")
    count = len(question.variants)
    if question.varied:
        return f"{first or 'policy'}-{count}-settings"
    return f"{first or 'policy'}-and-{count - 1}-more" if count > 1 else first or "policy"


def write(place: Place, comparison: Comparison, rows: Sequence[Row], *, csv_too: bool = False) -> list[str]:
    """Write a comparison's folder, and say which tables are in it as CSV too (`experiments.storing.as_csv`).

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    import pyarrow.parquet as pq

    from experiments.report.comparison_figures import pictures

    drawn = pictures(comparison, rows)
    page = _index(comparison, rows, {name: picture.title for name, picture in drawn.items()})
    files: dict[str, Writer] = {
        INDEX: lambda path: path.write_text(page, encoding="utf-8"),
        "summary.csv": lambda path: _summary(path, rows),
        "runs.parquet": lambda path: pq.write_table(runs_table(comparison, comparison.runs), path),
        "runs_pull.parquet": lambda path: pq.write_table(runs_table(comparison, comparison.pulled), path),
        "weekly.parquet": lambda path: pq.write_table(weekly_table(comparison), path),
    }
    files |= {f"{name}.{form}": picture.save for name, picture in drawn.items() for form in (*FORMS, ALT)}
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
        "precision": without_nan(comparison.looks),
        "duration_seconds": round(comparison.seconds, 3),
    }
    names: list[str] = []

    def as_csv(folder: Path) -> list[str]:
        names.extend(beside(folder, asked=csv_too))
        return names

    place.write(files, told, as_csv)
    return names


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


def runs_table(comparison: Comparison, held: Sequence[Runs]) -> pa.Table:
    """One row a run of each policy, each (variant, seed) once: who, seed, every measure.

    Parameters
    ----------
    held
        The comparison's runs, or those with the pull factor on.
    """
    import pyarrow as pa

    tables = []
    for position, runs in enumerate(held):
        count = len(runs.measures)
        columns: dict[str, Any] = {
            "variant": [runs.label] * count,
            "role": ["variant" if position else "baseline"] * count,
            "replicate": np.arange(count),
            "seed": np.arange(count) + comparison.question.seed,
            "draw": comparison.vectors,
            "run_id": runs.identities,
        }
        columns |= {name: runs.measures[:, k] for k, name in enumerate(IDS)}
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def _index(comparison: Comparison, rows: Sequence[Row], figures: Mapping[str, str]) -> str:
    """What was asked, the verdict, the first table, and what each file is; as Markdown."""
    q = comparison.question
    asked = [line.plain for line in header(comparison) if line.plain]
    told = [
        f"# {asked[1]}", "", "## What was asked", "",
        *(f"- {label}: {policy.title or 'no title'}" for label, policy in zip(q.labels, q.policies, strict=True)),
        *(f"- {line}" for line in asked[2:]), "", "## Verdict", "",
        *(f"{sentence}\n" for sentence in verdict(comparison, rows)), exported(comparison, rows, "md"), "",
        *(f"{line}\n" for line in alike(comparison)), assumptions(q), "", "## Figures", "",
    ]  # fmt: skip
    for name, finding in figures.items():
        told += [f"![{finding}]({name}.png)", "", f"`{name}`: {FIGURES[name]}. Also as `.svg`, `.pdf`; its words: "
                 f"[{name}.{ALT}]({name}.{ALT}).", ""]  # fmt: skip
    told += ["## Files", "", "| file | |", "|:--|:--|"]
    told += [f"| [{name}]({name}) | {meaning} |" for name, meaning in TABLES.items()]
    told += [f"| [{MANIFEST}]({MANIFEST}) | every input, versions, seeds, and the hash of each file |", ""]
    return "\n".join(told)


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
