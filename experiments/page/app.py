"""Entry point: ``solara run experiments.page.app``.

Nothing leaves the machine, and all scripts come from installed packages.  (The command ``solara run`` itself
asks PyPI for newer versions unless told ``--no-check-version``; ``returns serve`` does not.)
"""

from __future__ import annotations

from typing import Any

import solara

from abm.browser.components import component
from abm.browser.quiet import keep_quiet
from experiments.page.answer.charts import script
from experiments.page.choices import Choices
from experiments.page.libraries import EARLY
from experiments.page.page import Page as Comparison

keep_quiet()
assert EARLY

# The first run of all compiles the model; the first visitor should not wait for that.  Nor for the script of the
# charts: while it is put together, seconds on end, nothing else in this process moves.
Choices(households=10, weeks=26).prepared("a").run(0)
script()


@component
def Layout(children: list[Any]) -> Any:
    """The page alone, without Solara's bars."""
    return solara.Div(children=children)


@component
def Page() -> None:
    """The page of one visitor."""
    solara.Title("Who goes home? Two policies compared")
    Comparison()
