"""The tab that looks along levers."""

from __future__ import annotations

import solara

from abm.browser.components import component
from experiments.page.view import View


@component
def ExploreTab(view: View) -> None:
    """What a policy does over the whole range of a lever."""
    solara.HTML("p", "Nothing here yet.", classes=["r-hint"])
