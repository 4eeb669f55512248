"""The first sections: the verdict, the headline table, what changes, and who has left when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from abm.measures import COMPARED, MEASURES
from experiments.compare.paired import WITH_PULL
from experiments.report.amounts import NONE, number
from experiments.report.html.charts import change
from experiments.report.html.drawn import drawn
from experiments.report.html.parts import Cell, Chart, Section, Subject, Table, Words
from experiments.report.html.sections.telling import banded, found_of, name_of, scale_of, source, times, told
from experiments.report.notes import Row, is_nought
from experiments.report.verdict import verdict

#: Measures of the headline table, and those of the forest plot.
HEADLINE = (
    "return_rate_12m",
    "departures",
    "assisted_departures",
    "cost_npv",
    f"net_saving_npv{WITH_PULL}",
    "net_saving_1y",
    "break_even_offer",
    "caseload_end",
    "child_years_in_limbo",
    "destitution_weeks",
    "absconded_share",
    "removals",
    "children_removed",
    "unsafe_returns",
)
FOREST = (
    "return_rate_12m",
    "departures",
    "net_saving_npv",
    f"net_saving_npv{WITH_PULL}",
    "net_saving_1y",
    "caseload_end",
)


def verdict_section(subject: Subject) -> Section:
    """What the comparison says, by rule."""
    rule = (
        "By rule, the same for every policy: it saves (or costs) if nine in ten of the runs that it changes say so and"
        " the 90 % interval of the mean does not hold zero."
    )
    told = verdict(subject.comparison, list(subject.rows))
    return Section("verdict", "What it says", parts=(Words(told, listed=True), Words((rule,))))


# ---- the headline ----------------------------------------------------------------------------------


def headline_section(subject: Subject) -> Section:
    """The headline table: levels of the baseline, differences of the others."""
    rows, nought = [], []
    for measure in HEADLINE:
        found = found_of(subject, measure)
        if is_nought(found):
            nought.append(name_of(measure))
            continue
        rows.append(_headline(measure, found))
    texts = [f"Nothing under any policy, in any run: {', '.join(nought)}."] if nought else []
    note = (
        f"Levels of the baseline, changes under the others: mean of {subject.comparison.replicates:,} runs, and below"
        " it the middle"
        " 90 % of the runs' paired differences (5th to 95th percentile). ▲ ▼: nine runs in ten on one side."
    )
    return Section(
        "headline",
        "The main figures",
        parts=(Table("Change against the baseline", ("", *subject.names), rows, note=note), Words(texts)),
    )


def _headline(measure: str, found: Sequence[Row]) -> list[Cell]:
    s = scale_of(found)
    base = found[0]
    level = "" if (MEASURES | COMPARED)[measure.removesuffix(WITH_PULL)].compared else s.value(base["mean"])
    interval = f"{s.value(base['run_p05'])} to {s.value(base['run_p95'])}" if level else ""
    label = s.label if s.label == s.difference_label else f"{s.label}; changes in {s.difference_label}"
    cells = [Cell(name_of(measure)[:1].upper() + name_of(measure)[1:], label), Cell(level or NONE, interval)]
    for row in found[1:]:
        value, between = told(row, found)
        sure = _side(row)
        cells.append(Cell(f"{value}{sure}", between))
    return cells


def _side(row: Row) -> str:
    if row["difference_run_p05"] > 0:
        return " ▲"
    return " ▼" if row["difference_run_p95"] < 0 else ""


# ---- differences -------------------------------------------------------------------------------------


def forest(subject: Subject, name: str, heading: str, measures: Sequence[str]) -> Chart | None:
    """The differences of some measures as a chart; None where nothing differs."""
    rows: list[dict[str, Any]] = []
    for measure in measures:
        found = found_of(subject, measure)
        if is_nought(found) or all(np.isnan(row["difference"]) for row in found[1:]):
            continue
        s = scale_of(found)
        base = found[0]
        compared = (MEASURES | COMPARED)[measure.removesuffix(WITH_PULL)].compared
        for label, row in zip(subject.names[1:], found[1:], strict=True):
            rows.append(
                {
                    "measure": f"{name_of(measure)[:1].upper()}{name_of(measure)[1:]}",
                    "baseline": s.difference_label
                    if compared
                    else f"change in {s.difference_label}; baseline {s.value(base['mean'])} {s.label}",
                    "policy": label,
                    **{
                        to: row[f"difference{_}"] * s.factor
                        for to, _ in (
                            ("difference", ""),
                            ("mean_low", "_mean_low"),
                            ("mean_high", "_mean_high"),
                            ("run_p05", "_run_p05"),
                            ("run_p95", "_run_p95"),
                        )
                    },
                }
            )
    if not rows:
        return None
    for row in rows:
        for key in ("mean_low", "mean_high"):
            row[key] = row["difference"] if np.isnan(row[key]) else row[key]
    variants = subject.names[1:]
    return Chart(
        drawn(
            name,
            lambda width: change.differences(rows, variants, width),
            rows,
            title=heading,
            note=source(
                subject, "Dot: mean of the paired differences; thick: its 90 % interval; thin: middle 90 % of runs."
            ),
            alt=f"{heading}. " + " ".join(_spoken(row) for row in rows),
            columns=2,
        )
    )


def _spoken(row: Mapping[str, Any]) -> str:
    return (
        f"{row['measure']}, {row['policy']}: {number(row['difference'], 1, signed=True)}"
        f" ({number(row['run_p05'], 1, signed=True)} to {number(row['run_p95'], 1, signed=True)}), {row['baseline']}."
    )


def differences_section(subject: Subject) -> Section:
    """The forest plot."""
    chart = forest(subject, "differences", "Change against the baseline", FOREST)
    return Section(
        "differences", "What changes, and how surely", parts=(chart,) if chart else (Words(("Nothing differs.",)),)
    )


# ---- week by week ------------------------------------------------------------------------------------


def departures_section(subject: Subject) -> Section:
    """Who has left by when."""
    comparison = subject.comparison
    weeks, unit = times(subject.question.weeks)
    rows: list[dict[str, Any]] = []
    for position, name in enumerate(subject.names[1:], 1):
        for place in (0, position):
            runs = comparison.runs[place]
            rows += [
                {"panel": name, "policy": subject.names[place], **told}
                for told in banded(runs.departed, comparison.vectors, weeks, unit)
            ]
    last = {(row["panel"], row["policy"]): row for row in rows}
    alt = "Share of the households there at the start that has left by the end of the run. " + " ".join(
        f"{policy}: {100 * row['mean']:.1f} % ({100 * row['run_p05']:.1f} to {100 * row['run_p95']:.1f})."
        for (panel, policy), row in last.items()
        if policy == panel or panel == subject.names[1]
    )
    figure = drawn(
        "departures",
        lambda width: change.departures(rows, subject.names, width, unit),
        rows,
        title="Households that have left, of those there at the start",
        note=source(subject, "Lines: means; bands: middle 90 % of runs. Any route: assisted, unassisted, removed."),
        alt=alt,
        columns=min(3, max(2, len(subject.names) - 1)),
    )
    return Section("departures", "When households leave", parts=(Chart(figure),))
