"""The charts as the page gets them: panels to draw, one specification to save, a table, and the rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas  # noqa: F401 - Altair and Reacton look for it in `sys.modules`, where it must not be half imported

from abm.browser.vega import script
from experiments.page.answer.charts import words
from experiments.page.answer.charts.departures import departures
from experiments.page.answer.charts.everybody import everybody
from experiments.page.answer.charts.figure import Figure, Panel, Row, Spec, darkened
from experiments.page.answer.charts.money import money
from experiments.page.answer.charts.origins import origins
from experiments.page.answer.charts.stocks import stocks
from experiments.page.paired import Answer
from experiments.report.html.drawn import styled
from experiments.report.html.palette import INK, SOFT

__all__ = ["board", "script"]

FAMILIES = (departures, stocks, money, origins, everybody)
#: Width in pixels of a saved picture, and of its gaps.
_WIDE, _GAP = 1000, 28
#: Letters of a line in a saved picture: of the title, of the headings' pixels, and of the notes.
_TITLE, _HEADING, _NOTE = 100, 7.2, 160
_LETTER = 6.6
#: Room left of the axes for names, and for numbers.
_NAMES, _NUMBERS = 140, 62


def board(answer: Answer, *, dark: bool) -> list[dict[str, Any]]:
    """All charts.

    Returns
    -------
    list
        A chart: ``id``, ``title``, ``note``, ``sure`` (whether there are enough runs for a claim), ``key``,
        ``panels`` (``title``, and specifications ``wide`` and ``narrow`` without the rows), ``saved`` (one
        specification without the rows), ``rows`` (by name), ``table`` (``head``, ``body``), ``source`` (lines) and
        ``stem`` (of files' names).
    """
    return [_told(family(answer), answer, dark) for family in FAMILIES]


def _told(figure: Figure, answer: Answer, dark: bool) -> dict[str, Any]:
    theme = darkened if dark else (lambda told: told)
    caption = _caption(figure, answer)
    return {
        "id": figure.id,
        "title": figure.title,
        "note": figure.note,
        "sure": not words.so_far(answer),
        "key": theme(list(figure.key)),
        "panels": [
            {
                "title": panel.heading,
                "wide": theme(_shown(panel.spec, panel.height, panel.right)),
                "narrow": theme(_shown(panel.narrow, panel.narrow_height, 12)) if panel.narrow is not None else None,
            }
            for panel in figure.panels
        ],
        "saved": saved(figure, caption),
        "rows": figure.rows,
        "table": {"head": list(figure.head), "body": [list(line) for line in figure.body]},
        "source": [figure.title, figure.note, *words.names(answer), *words.source(answer)],
        "stem": words.stem(answer, figure.id),
    }


@cache
def _look() -> dict[str, Any]:
    """The look of every chart; keys are drawn apart, once a chart."""
    look: dict[str, Any] = styled(alt.Chart(alt.Data(values=[])).mark_point()).to_dict(validate=False)["config"]
    return look | {"legend": {"disable": True}}


def _shown(spec: Spec, height: int, right: int) -> dict[str, Any]:
    """A panel as wide as its place on the page; keys and headings are the page's."""
    padding = {"left": 4, "right": 12, "top": 20 if right > 100 else 8, "bottom": 4}
    return {
        **spec,
        "$schema": alt.SCHEMA_URL,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _look() | {"padding": padding},
    }


def saved(figure: Figure, caption: list[str]) -> dict[str, Any]:
    """One picture of all panels on white, with title and key, and below them what it rests on."""
    count = len(figure.panels)
    across = (_WIDE - _GAP * (count - 1)) // count
    panels = [_framed(panel, across) for panel in figure.panels]
    datasets = {name: rows for panel in panels for name, rows in panel.pop("datasets", {}).items()}
    title = {"text": textwrap.wrap(figure.title, _TITLE), "fontSize": 17, "offset": 14, "limit": _WIDE + 100}
    below = {"text": caption, "orient": "bottom", "fontSize": 11.5, "fontWeight": "normal", "color": SOFT}
    apart = {"scale": dict.fromkeys(("color", "shape", "strokeDash"), "independent")}
    whole = [
        {"layer": _key(figure.key), "width": _WIDE - _NAMES, "height": 16},
        {"hconcat": panels, "spacing": _GAP, "resolve": apart},
    ]
    return {
        "$schema": alt.SCHEMA_URL,
        "title": below | {"anchor": "start", "limit": _WIDE + 100, "offset": 18, "lineHeight": 16},
        "vconcat": [{"vconcat": whole, "spacing": 16, "title": title | {"anchor": "start"}, "resolve": apart}],
        "datasets": datasets,
        "config": _look() | {"background": "white", "padding": 18},
    }


def _framed(panel: Panel, across: int) -> dict[str, Any]:
    """A panel of a saved picture, its axes and texts within its width."""
    head = {"text": textwrap.wrap(panel.heading, int(across / _HEADING)), "fontSize": 13, "offset": 14}
    width = across - (_NAMES if panel.named else _NUMBERS) - (panel.right if panel.right > 100 else 0)
    return {**panel.spec, "title": head, "width": width, "height": panel.height}


def _key(key: Sequence[Row]) -> list[dict[str, Any]]:
    """Signs and what they stand for, side by side."""
    told, x = [], 0.0
    for sign in key:
        colour = sign.get("colour", sign.get("fill"))
        mark: dict[str, Any] = {"type": "rule", "strokeWidth": 2.5, "strokeDash": sign.get("dash"), "color": colour}
        place = {"x": x, "x2": x + 30, "y": 8}
        if "dash" not in sign:
            shape = sign.get("shape", "square")
            mark = {"type": "point", "filled": True, "size": 90, "opacity": 1, "shape": shape, "color": colour}
            place = {"x": x + 15, "y": 8}
        text = {"type": "text", "text": sign["label"], "align": "left", "baseline": "middle", "color": INK}
        told += [_at(mark, **place), _at(text, x=x + 37, y=8)]
        x += 37 + 24 + _LETTER * len(sign["label"])
    return told


def _at(mark: dict[str, Any], **place: float) -> dict[str, Any]:
    """One mark at a place in pixels."""
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {k: {"value": v} for k, v in place.items()}}


def _caption(figure: Figure, answer: Answer) -> list[str]:
    lines = [figure.note, ". ".join(words.names(answer)) + ".", *words.source(answer)]
    return [part for line in lines for part in textwrap.wrap(line, _NOTE)]
