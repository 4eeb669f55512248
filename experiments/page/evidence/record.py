"""What the model has been held against: the fit, histories that no fit has read, and what cannot be represented.

All is read from the reference tables that `experiments.report.reference` writes, and from the histories; nothing of it
is written here a second time.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from abm.scenarios.overrides import known_paths
from experiments.calibration.history import load_histories
from experiments.page.lever_words import name_of, written
from experiments.report.shipped import REFERENCE

#: Causes of misses, by row; written when the figures were known.
MISSES = Path(__file__).parents[2] / "calibration" / "misses.toml"
#: Ends of the chart of recorded over predicted: a tenth and ten times.
MOST = 10.0
#: How large a share of recorded figures a 90 % interval would hold.
EXPECTED = 0.9

Row = dict[str, Any]


@cache
def record(folder: Path = REFERENCE) -> dict[str, Any]:
    """Everything that the tables say of the record.

    Returns
    -------
    dict
        ``there`` (whether the tables are), ``fit`` and ``held`` (``rows``, ``met``, ``expected``, ``little``,
        ``places``), ``identified`` and ``unidentified`` (numbers by name), ``together`` (pairs), ``open``
        (predictions of figures that nobody has published) and ``left_out`` (what cannot be represented, and why).
        A row has ``id``, ``place``, ``quantity``, ``recorded``, ``predicted``, ``interval``, ``met``, ``little``,
        ``distance``, ``why``, and ``low``, ``high``, ``at``: places on the chart from 0 to 100.
    """
    tables = {name: _read(folder / f"{name}.csv") for name in ("fit", "parameters", "correlations", "validation")}
    if not tables["fit"] or not tables["validation"]:
        return {"there": False}
    causes = tomllib.loads(MISSES.read_text(encoding="utf-8"))
    held, left_out = tables["validation"], [row for row in tables["validation"] if row["use"] == "not represented"]
    places = {row["history"]: row["place"] for row in held if row["place"]}
    fitted = [
        _row(row, places.get(row["history"], ""), row["recorded"], row["met"], causes) for row in tables["fit"]
    ]  # fmt: skip
    kept = [row for row in held if row["use"] == "validate" and row["observed"]]
    unread = [_row(row, row["place"], row["observed"], row["hit"], causes) for row in kept]
    return {
        "there": True,
        "fit": _summed(fitted),
        "held": _summed(unread),
        "identified": _identified(tables["parameters"]),
        "unidentified": [_name(row) for row in tables["parameters"] if row["says"] == "not identified"],
        "together": _together(tables["correlations"], tables["parameters"]),
        "open": [
            {"id": row["id"], "quantity": row["quantity"], "predicted": figure(row["median"]),
             "interval": _interval(row)}
            for row in held if row["use"] == "validate" and not row["observed"]
        ],
        "left_out": [{"id": r["id"], "quantity": r["quantity"], "why": r["why"], "history": r["history"]}
                     for r in left_out],
    }  # fmt: skip


def _read(path: Path) -> list[Mapping[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figure(value: float | str) -> str:
    """A figure of the record with three digits that matter, or all before the point."""
    number = float(value)
    return written(round(number)) if abs(number) >= 100 else written(float(f"{number:.3g}"))


def _interval(row: Mapping[str, str]) -> str:
    return f"{figure(row['p05'])} to {figure(row['p95'])}"


def _row(row: Mapping[str, str], place: str, recorded: str, met: str, causes: Mapping[str, str]) -> Row:
    hit, median = met == "True", float(row["median"])
    return {
        "id": row["id"],
        "place": place,
        "quantity": row["quantity"],
        "recorded": figure(recorded),
        "predicted": figure(median),
        "interval": _interval(row),
        "met": hit,
        "little": row.get("says_little") == "True",
        "distance": "" if hit or not row.get("distance") else written(round(abs(float(row["distance"])), 1)),
        "why": "" if hit else causes.get(row["id"], "its cause is not known."),
        "low": place_on_chart(float(row["p05"]), median),
        "high": place_on_chart(float(row["p95"]), median),
        "at": place_on_chart(float(recorded), median),
    }


def place_on_chart(value: float, median: float) -> float:
    """Where a value stands on the chart, 0 (a tenth of the predicted median, or less) to 100 (ten times)."""
    if value <= 0.0 or median <= 0.0:
        return 0.0
    share = 0.5 + 0.5 * math.log(value / median) / math.log(MOST)
    return round(100.0 * min(max(share, 0.0), 1.0), 2)


def _summed(rows: Sequence[Row]) -> dict[str, Any]:
    places = dict.fromkeys(row["place"] for row in rows)
    return {
        "rows": list(rows),
        "met": sum(row["met"] for row in rows),
        "expected": round(EXPECTED * len(rows)),
        "little": sum(row["little"] and row["met"] for row in rows),
        "places": [
            {"place": place, "met": sum(row["met"] for row in here), "of": len(here)}
            for place in places
            for here in [[row for row in rows if row["place"] == place]]
        ],
    }


def _identified(parameters: Sequence[Mapping[str, str]]) -> list[Row]:
    known = [row for row in parameters if row["says"] != "not identified"]
    return [
        {"name": _name(row), "says": row["says"], "median": figure(row["median"]), "interval": _interval(row),
         "before": f"{figure(row['prior_low'])} to {figure(row['prior_high'])}",
         "fell": f"{100 * float(row['spread_down']):.0f} %"}
        for row in sorted(known, key=lambda row: -float(row["spread_down"]))
    ]  # fmt: skip


def _together(pairs: Sequence[Mapping[str, str]], parameters: Sequence[Mapping[str, str]]) -> list[Row]:
    names = {row["name"]: _name(row) for row in parameters}
    return [
        {"one": names[row["one"]], "other": names[row["other"]],
         "correlation": f"{float(row['correlation']):+.2f}".replace("-", "−")}
        for row in pairs
    ]  # fmt: skip


def _name(row: Mapping[str, str]) -> str:
    """What a number of the fit is called: as its lever, or as what a history leaves open."""
    name = row["name"]
    if name in known_paths():
        return name_of(name)
    words = name.partition(".")[2].replace("_", " ")
    words = words[:1].upper() + words[1:]
    words = f"UK{words[2:]}" if words.startswith("Uk ") else words
    return f"{words}: {row['meaning'].partition(';')[0].partition(' (0:')[0]}"


@cache
def record_sources() -> list[Row]:
    """Sources of the rows of all histories, those of most rows first: ``name``, ``urls``, ``count``, ``uses``.

    It reads every history, which takes a second or more: to be called in the background.
    """
    found: dict[str, Row] = {}
    for history in load_histories():
        for row in history.rows:
            name = row.source or "no source is given"
            held = found.setdefault(name, {"name": name, "urls": [], "count": 0, "place": history.place})
            held["count"] += 1
            held["urls"] += [u for u in row.url.split() if u.startswith("http") and u not in held["urls"]]
    return sorted(found.values(), key=lambda row: (-row["count"], row["name"]))
