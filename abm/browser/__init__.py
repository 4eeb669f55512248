"""Mesa's own page, and how households are drawn: places, colours, the picture that plays (extra `browser`)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abm.browser.bands import paired_bands
    from abm.browser.card import household_card
    from abm.browser.drawing import household_renderer, portrayal
    from abm.browser.places import PlacedModel
    from abm.browser.vega import offline

__all__ = ["PlacedModel", "household_card", "household_renderer", "offline", "paired_bands", "portrayal"]

_HOMES = {
    "PlacedModel": "places", "household_card": "card", "household_renderer": "drawing",
    "offline": "vega",
    "paired_bands": "bands", "portrayal": "drawing",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # Solara and Mesa's pages take seconds to import, and are an extra.
    if name in _HOMES:
        return getattr(importlib.import_module(f"abm.browser.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'abm.browser' has no attribute {name!r}")
