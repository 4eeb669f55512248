"""The households as a picture that the browser plays: one map for each of two runs, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from abm.browser.components import drawn_by


@drawn_by("network.vue")
def Network(
    cast: dict[str, Any],
    reels: list[dict[str, str]],
    weeks: int,
    looks: list[dict[str, Any]],
    titles: list[str],
    weight: str,
    dark: bool,
    busy: bool,
    event_choose: Callable[[dict[str, Any]], None],
) -> None:
    """The households side by side, played in the browser."""
