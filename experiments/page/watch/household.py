"""The card of the household in view, as a part of the page: worked out beside what is seen, told as it comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from abm.browser.components import component, drawn_by
from experiments.page.background import Latest, in_background
from experiments.page.paired import Answer
from experiments.page.watch.card import cards

STYLE = Path(__file__).with_name("card.css").read_text(encoding="utf-8")


@drawn_by("card.vue")
def Card(
    card: dict[str, Any] | None,
    problem: str,
    apart: dict[str, Any] | None,
    wanted: int | None,
    fresh: bool,
    looks: list[dict[str, Any]],
    dark: bool,
    busy: bool,
    event_go: Callable[[dict[str, Any]], None],
    event_close: Callable[[Any], None],
    event_choose: Callable[[bool], None],
) -> None:
    """One household under both policies; takes the focus when another is chosen than was there when the tab opened."""


@component
def HouseholdCard(
    answer: Answer,
    household: int | None,
    week: int,
    looks: list[dict[str, Any]],
    dark: bool,
    busy: bool,
    go: Callable[[dict[str, Any]], None],
    close: Callable[[], None],
) -> None:
    """The card of a household.

    Parameters
    ----------
    household
        Identity, or None: a hint is shown.
    week
        The week in view.
    looks
        As `abm.browser.palette.legend` gives them.
    go
        Gets ``household`` and ``week`` to go to.
    close
        Asks for no household.
    """
    shown, set_shown = solara.use_state(Latest())
    # Which household is told of as it stands in the week in view, though its fates part before.
    in_view, set_in_view = solara.use_state(None)
    first = solara.use_memo(lambda: household, [])

    def look_up() -> Callable[[], None] | None:
        if household is None:
            set_shown(lambda held: Latest(held.turn))
            return None
        told = in_view == household
        return in_background(lambda stopped: cards(answer, household, week, in_view=told), set_shown)

    solara.use_effect(look_up, [answer.film, household, week, in_view])
    found = shown.value if household is not None else None
    problem = shown.problem or (found or {}).get("problem", "")
    solara.Style(STYLE)
    Card(
        card=None if problem else found,
        problem=problem if household is not None else "",
        apart=(found or {}).get("near"),
        wanted=household,
        fresh=household != first,
        looks=looks,
        dark=dark,
        busy=busy,
        event_go=go,
        event_close=lambda _: close(),
        event_choose=lambda told: set_in_view(household if told else None),
    )
