"""The tab on what it all rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from abm.browser.components import component, drawn_by
from abm.inputs.parameters import InputError
from experiments.page.choices import Choices
from experiments.page.levers import differing, panel, values
from experiments.page.view import View


@drawn_by("../levers.vue")
def Levers(
    groups: list[dict[str, Any]],
    standing: dict[str, Any],
    differ: int,
    event_move: Callable[[dict[str, Any]], None],
) -> None:
    """The panel of levers."""


@component
def EvidenceTab(view: View) -> None:
    """Every lever with its source."""
    Levers(
        groups=panel(),
        standing=values(view.choices),
        differ=_differing(view.choices),
        event_move=lambda told: view.change(lambda now: now.moved(str(told["side"]), str(told["path"]), told["value"])),
    )


def _differing(choices: Choices) -> int:
    try:
        return differing(choices)
    except InputError:
        return 0
