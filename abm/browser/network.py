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
    caption: str,
    numbers: list[str],
    parting: str,
    after: str,
    windows: list[dict[str, Any]],
    at: int,
    chosen: int | None,
    dark: bool,
    busy: bool,
    event_move: Callable[[dict[str, Any]], None],
    event_choose: Callable[[dict[str, Any]], None],
    event_filter: Callable[[dict[str, Any]], None],
) -> None:
    """The households side by side, played in the browser.

    Parameters
    ----------
    cast, reels, weeks
        A film as text: who and where, the changes of each side, and how many weeks.
    looks, titles, caption
        How stages are drawn, the names of the two policies, and what both are about.
    numbers, parting, after
        Sentences: who is drawn; where the sides part; what counts as a departure after a tie's.
    windows
        What is dated in the policies, as stretches of weeks.
    at, chosen
        The week to show and the household to mark; both follow from outside.
    event_move, event_choose
        Called with the week once it stays, and with a household that was chosen, and the week.
    event_filter
        Called with whom the maps show once that was changed: ``show``, ``origin`` and ``came``.
    """
