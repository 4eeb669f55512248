"""The section on trust: what the model has been held against, and what its inputs rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from abm.inputs.parameters import MARKS
from abm.scenarios.overrides import known_paths
from experiments.report.amounts import number, plain
from experiments.report.html.charts import trust
from experiments.report.html.drawn import drawn
from experiments.report.html.parts import Cell, Chart, Part, Section, Subject, Table, Words
from experiments.report.html.runs.ends import Ends
from experiments.report.marks import marks, rests_on
from experiments.report.shipped import REFERENCE

#: Assumed inputs that are listed.
LISTED = 12
MEANINGS = {
    "primary": "government, parliament, official statistics, or a study's own text",
    "press": "press or another secondary report",
    "inferred": "arithmetic on sourced figures",
    "fitted": "set so that the model meets calibration targets",
    "assumed": "nobody has measured it",
}


def trust_section(subject: Subject, ends: Ends | None, reference: Path = REFERENCE) -> Section:
    """Fit, held-out rows, marks, and the assumed inputs that move the answer most."""
    parts: list[Part] = []
    fit, held = _table(reference / "fit.csv"), _table(reference / "validation.csv")
    if fit is None or held is None:
        parts.append(
            Words(
                (
                    f"The tables of fit and validation are not here ({reference.name}); returns validate makes them"
                    " again.",
                )
            )
        )
    else:
        parts += _record(fit, held)
    parts += _marks(subject, ends)
    return Section("trust", "How far to trust it", (), tuple(parts))


def _table(path: Path) -> pd.DataFrame | None:
    return pd.read_csv(path) if path.is_file() else None


def _record(fit: pd.DataFrame, held: pd.DataFrame) -> list[Part]:
    fitted = fit.assign(observed=fit["recorded"], hit=fit["met"])
    unread = held[(held["use"] == "validate") & held["hit"].notna()]
    return [
        *_rows(
            "fit", "Rows of the record that the behaviour was fitted to", fitted,
            "used in the fit, predicted on fresh seeds",
        ),
        *_rows("held-out", "Rows of the record that no fit has read", unread, "held out"),
    ]  # fmt: skip


def _rows(name: str, heading: str, table: pd.DataFrame, how: str) -> list[Part]:
    """How many of some rows are met, the chart of all, and what they are."""
    rows: list[dict[str, Any]] = [
        {
            "id": row["id"].replace("_", " "), "quantity": row["quantity"], "observed": row["observed"],
            "median": row["median"], "predicted_p05": row["p05"], "predicted_p95": row["p95"],
            "p05": row["p05"] / row["median"], "p95": row["p95"] / row["median"],
            "recorded": row["observed"] / row["median"], "met": str(row["hit"]) == "True",
        }
        for row in table.to_dict("records")
        if row["median"] > 0
    ]  # fmt: skip
    missed = [row for row in rows if not row["met"]]
    told = (
        f"{len(rows) - len(missed)} of {len(rows)} recorded figures lie in their 90 % predictive interval ({how});"
        f" about {number(0.9 * len(rows))} would be expected."
    )
    figure = drawn(
        name,
        lambda width: trust.predicted(rows, width),
        rows,
        title=heading,
        note="Bar: middle 90 % of the prediction; dot: what was recorded, as a multiple of the predicted median; beyond"
        " a tenth or ten times it stands at the edge. Source: household-returns, results/reference.",
        alt=f"{heading}: {told} Missed: {'; '.join(row['quantity'] for row in missed) or 'none'}.",
    )
    cells = [
        [
            Cell(row["id"], row["quantity"]),
            Cell(_figure(row["observed"])),
            Cell(f"{_figure(row['median'])} ({_figure(row['predicted_p05'])} to {_figure(row['predicted_p95'])})"),
            Cell("met" if row["met"] else "missed"),
        ]
        for row in rows
    ]
    head = ("Row", "Recorded", "Predicted: median (90 %)", "")
    return [Words((told,)), Chart(figure), Table(f"{heading}: what they are", head, cells, folded=True)]


def _figure(value: float) -> str:
    return number(value) if abs(value) >= 20 else f"{value:.3g}"


def _marks(subject: Subject, ends: Ends | None) -> list[Part]:
    count = marks(subject.question)
    rows = [{"mark": mark, "count": count[mark], "meaning": MEANINGS[mark]} for mark in MARKS]
    total = sum(count.values())
    heading = f"What the {total} inputs rest on"
    figure = drawn(
        "marks",
        lambda width: trust.marks(rows, width),
        rows,
        title=heading,
        note="; ".join(f"{row['mark']}: {row['meaning']}" for row in rows) + ". Source: the marks that every figure"
        " carries.",
        alt=f"{heading}: " + ", ".join(f"{row['count']} {row['mark']}" for row in rows) + ".",
    )
    parts: list[Part] = [Chart(figure)]
    every = rests_on(subject.question)
    if ends is not None:
        wanted = [bar.path for bar in sorted(ends.bars, key=lambda bar: -abs(bar.swing))]
        caption = f"Assumed inputs that move the net saving of “{subject.name}” most"
    else:
        wanted = [path for path, figure in every.items() if figure.mark == "assumed" and figure.low is not None]
        caption = (
            "Assumed inputs with a plausible range (in the order of their declaration: their influence was not tried)"
        )
    listed = [path for path in wanted if path in every and every[path].mark == "assumed"][:LISTED]
    parts.append(
        Table(
            caption,
            ("Input", "Value", "Plausible range", "Note"),
            [
                [
                    Cell(_meaning(path), path),
                    Cell(f"{plain(every[path].value)} {_unit(every[path].unit)}".strip()),
                    Cell(_range(every[path].low, every[path].high)),
                    Cell(every[path].note or every[path].source or "–"),
                ]
                for path in listed
            ],
        )
    )
    return parts


def _meaning(path: str) -> str:
    known = known_paths()
    return known[path][1].meaning.partition(";")[0] if path in known else path.rpartition(".")[2].replace("_", " ")


def _unit(unit: str) -> str:
    if unit in ("1", "yes/no", "rule", "kind", "names", "stage"):
        return ""
    return unit.replace("1/", "per ", 1) if unit.startswith("1/") else unit


def _range(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{plain(low)} to {plain(high)}"
