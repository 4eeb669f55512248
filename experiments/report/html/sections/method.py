"""The last sections: queues and caseload, the method on a page, every measure, and the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from abm.inputs.parameters import InputError
from abm.measures import COMPARED, MEASURES
from abm.scenarios.export import to_toml
from experiments.compare.paired import KEYS
from experiments.report.amounts import plain
from experiments.report.html.charts import change
from experiments.report.html.drawn import csv_text, data_address, drawn
from experiments.report.html.parts import Cell, Chart, Download, Downloads, Part, Section, Subject, Table, Words
from experiments.report.html.runs.witnesses import QUEUES, queues, stocks_without_inflow
from experiments.report.html.sections.telling import banded, found_of, scale_of, source, times, told, unit_of

#: Replicates of the runs without inflow.
NOBODY_COMES = 20


def stocks_section(subject: Subject) -> Section:
    """Who waits, with the inflow and without."""
    comparison, q = subject.comparison, subject.question
    weeks, unit = times(q.weeks)
    shown = [0, subject.about]
    names = [subject.names[k] for k in shown]
    rows: list[dict[str, Any]] = []
    kept = min(len(runs.history) for runs in comparison.runs)
    held = [queues(comparison.runs[k].history[:kept], comparison.runs[k].weight) for k in shown]
    vectors = q.vectors(kept)
    for queue, title in enumerate(QUEUES):
        for k, name in enumerate(names):
            rows += [
                {"panel": _panel(title, "with inflow"), "policy": name, **told}
                for told in banded(held[k][:, queue], vectors, weeks, unit)
            ]
    runs = subject.few(NOBODY_COMES)
    if not subject.quick:
        alone = stocks_without_inflow(subject, runs)
        for k, name in zip(shown, names, strict=True):
            rows += [
                {"panel": _panel(next(iter(QUEUES)), "if nobody comes"), "policy": name, **told}
                for told in banded(alone[k, :, 0], q.vectors(runs), weeks, unit)
            ]
        rows.sort(
            key=lambda row: (
                1
                if row["panel"].endswith("with inflow") and not row["panel"].startswith(_panel(next(iter(QUEUES)), ""))
                else 0
            )
        )
    last = {(row["panel"], row["policy"]): row for row in rows}
    also = "" if subject.quick else f"; without inflow over {runs} runs"
    figure = drawn(
        "stocks",
        lambda width: change.stocks(rows, names, width, unit),
        rows,
        title="Households that wait, week by week",
        note=source(subject, f"Lines: means; bands: middle 90 % of runs{also}."),
        alt="Households that wait at the end of the run. "
        + " ".join(
            f"{panel}, {policy}: {row['mean']:,.0f} ({row['run_p05']:,.0f} to {row['run_p95']:,.0f})."
            for (panel, policy), row in last.items()
        ),
        columns=2,
    )
    return Section("stocks", "Queues and caseload", (), (Chart(figure),))


def _panel(title: str, how: str) -> str:
    return f"{title[:1].upper()}{title[1:]}, {how}" if how else f"{title[:1].upper()}{title[1:]}"


# ---- method ------------------------------------------------------------------------------------------

METHOD = (
    "An agent-based model in weekly steps. Each household has an origin, adults and children, housing, ties to"
    " others, beliefs about"
    " safety at home and about removal, and a stage of its procedure. In some weeks it considers its situation: on"
    " news, on an offer,"
    " when a deadline nears, when a tie leaves, or by chance.",
    "It then stays, returns with assistance, returns without, or goes out of contact, by a multinomial logit: the"
    " offer relative to"
    " income at home, safety, the share of ties who left, ties to the host country, school, hope of being allowed to"
    " stay, hotel life,"
    " lost support, the risk of removal as believed, and lasting tastes.",
    "The state decides claims and appeals in queues, houses and pays, visits, attempts removals, and books every"
    " pound in an account."
    " Policies change the levers of the state; they never change how people weigh things.",
    "Every policy runs on the same households and the same random numbers, so a difference is taken run by run."
    " Intervals are of two"
    " kinds: the middle 90 % of the runs (what one such caseload may see), and the 90 % interval of the mean (how"
    " well it is known).",
    "Behaviour was fitted to the record of several countries; what the record does not identify varies over its"
    " prior. Each run takes"
    " another draw, so that intervals hold uncertainty of behaviour as well as chance, unless the question says"
    " otherwise.",
    "Not in the model: benefits of presence to employers and communities, and, unless figures are set, what people"
    " cost or pay outside"
    " asylum support. A policy is judged here by measures that different readers weigh differently; the model does"
    " not weigh them.",
)


def method_section(subject: Subject) -> Section:
    """The method on a page, every measure with its definition and figures, and the files."""
    parts: list[Part] = [Words(METHOD), _measures(subject), Downloads(tuple(_files(subject)))]
    return Section("method", "Method, measures and files", (), tuple(parts))


def _measures(subject: Subject) -> Table:
    rows = []
    for name, measure in (MEASURES | COMPARED).items():
        found = found_of(subject, name)
        label, of_difference = unit_of(found)
        base = "–" if np.isnan(found[0]["mean"]) or measure.compared else plain(float(f"{found[0]['mean']:.4g}"))
        unit = label if label == of_difference else f"{label}; changes in {of_difference}"
        cells = [Cell(*told(row, found)) for row in found[1:]]
        rows.append([Cell(measure.title, f"{name} ({unit}): {measure.definition}"), Cell(_level(found, base)), *cells])
    return Table(
        "Every measure: level of the baseline, changes under the others",
        ("Measure", *subject.names),
        rows,
        folded=True,
        note="Mean and middle 90 % of the runs; ratios have the 90 % interval of the mean. –: there is none.",
    )


def _level(found: list[dict[str, Any]], base: str) -> str:
    return base if base == "–" else scale_of(found).value(found[0]["mean"])


def _files(subject: Subject) -> list[Download]:
    q = subject.question
    rows = [
        {key: "" if isinstance(row[key], float) and np.isnan(row[key]) else row[key] for key in KEYS}
        for row in subject.rows
    ]
    files = [Download("summary.csv", "every measure of every policy (CSV)", data_address("text/csv", csv_text(rows)))]
    for label, policy in zip(q.labels, q.policies, strict=True):
        name = (
            "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in Path(label).stem) or "policy"
        )
        files.append(
            Download(
                f"{name}.toml",
                f"policy {label} with its sources (TOML)",
                data_address("application/toml", to_toml(policy)),
            )
        )
    try:
        text = to_toml(q.caseload)
    except InputError:
        return files
    return [
        *files,
        Download("caseload.toml", f"caseload {q.caseload.name} (TOML)", data_address("application/toml", text)),
    ]
