"""The panel of levers: a short column beside results, or the whole list with a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from abm.inputs.parameters import InputError
from experiments.page.choices import Choices
from experiments.page.lever_offers import offers_told, timeline
from experiments.page.levers import differing, foremost, panel, sides_of, starts, values
from experiments.page.view import View

STYLE = Path(__file__).with_name("levers.css").read_text(encoding="utf-8")


@drawn_by("levers.vue")
def _Panel(
    groups: list[dict[str, Any]],
    standing: dict[str, Any],
    starts: dict[str, Any],
    differ: int,
    offers: dict[str, str],
    later: list[dict[str, Any]],
    refused: dict[str, Any],
    compact: bool,
    event_move: Callable[[dict[str, Any]], None],
    event_all: Callable[[Any], None],
) -> None:
    """The panel as it is drawn."""


@component
def LeverPanel(view: View, compact: bool = False) -> None:
    """Levers to move; a value that cannot be had is told beside its lever, and the one in force stays.

    Parameters
    ----------
    compact
        A column of the most used levers and those that differ or were moved; else all, with search and filters.
    """
    choices = view.choices
    refused, set_refused = solara.use_state({"path": "", "told": "", "count": 0})

    def move(asked: dict[str, Any]) -> None:
        side, path, value = str(asked["side"]), str(asked["path"]), asked["value"]
        told = refused_because(choices, side, path, value)
        set_refused({"path": path if told else "", "told": told, "count": refused["count"] + bool(told)})
        if not told:
            view.change(lambda now: now.moved(side, path, value))

    groups = solara.use_memo(lambda: foremost(choices) if compact else panel(choices), [choices, compact])
    shown = {lever["path"] for group in groups for lever in group["levers"]}
    with solara.Div(classes=["r-lever-panel", "r-narrow" if compact else "r-whole-list"]):
        solara.Style(STYLE)
        _Panel(
            groups=groups,
            standing={path: at for path, at in values(choices).items() if path in shown},
            starts={path: at for path, at in starts(choices).items() if path in shown},
            differ=differing(choices),
            offers=offers_told(choices),
            later=timeline(choices),
            refused=refused,
            compact=compact,
            event_move=move,
            event_all=lambda _: view.go(replace(view.place, tab="evidence")),
        )


def refused_because(choices: Choices, side: str, path: str, value: Any) -> str:
    """Why a lever cannot have a value, in a sentence; nothing if it can.

    A value that only another lever forbids is refused as well, unless the set-up could not be run before.
    """
    try:
        if side not in sides_of(path):
            return f"{path} is not a lever of {side}."
        asked = choices.moved(side, path, value)
        if _fits(choices):
            _ = asked.shown
    except InputError as fault:
        return str(fault)
    return ""


def _fits(choices: Choices) -> bool:
    """Whether the levers of some choices do not contradict each other."""
    try:
        _ = choices.shown
    except InputError:
        return False
    return True
