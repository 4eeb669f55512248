"""Solara's decorators, with types: a page component in Python, and one drawn by a Vue template beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import solara

Part = TypeVar("Part", bound=Callable[..., Any])


def component(function: Part) -> Part:
    """A Solara component."""
    return cast(Part, solara.component(function))


def drawn_by(template: str) -> Callable[[Part], Part]:
    """A component whose arguments become the properties of a Vue template in this folder.

    An argument ``event_name`` is called when the template calls ``this.name(data)``.
    """
    return cast("Callable[[Part], Part]", solara.component_vue(template, vuetify=False))
