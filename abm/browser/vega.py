"""Vega for a page without a network: Solara's charts load it from elsewhere, and here nothing comes from elsewhere.

A page of one's own that is opened with ``solara run page.py`` takes Vega, which draws its charts, from a network (the
CDN that Solara names), as any page of Mesa's does.  `offline` gives it the Vega that is installed instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import altair as alt
import solara
import vl_convert

from abm.browser.components import component, drawn_by


@cache
def script() -> str:
    """Vega, Vega-Lite and their embedder as one module, of the version that Altair writes for."""
    version = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known = {"_".join(v.split(".")[:2]) for v in vl_convert.get_vegalite_versions()}
    snippet = "window.vegaEmbed = vegaEmbed;"
    text: str = vl_convert.javascript_bundle(snippet, vl_version=version if version in known else None)
    return text


@drawn_by("vega.vue")
def LocalVega(script: str, event_ready: Callable[[Any], None], event_darken: Callable[[bool], None]) -> None:
    """Puts the script where Solara's charts look for Vega, and tells when it is there and whether the page is dark."""


@component
def offline(show: Callable[[], Any]) -> None:
    """A page that asks no network for Vega.

    Parameters
    ----------
    show
        Makes what is on the page, once Vega is there, and again whenever the page is drawn anew: models and renderers
        are made before, outside of it.
    """
    ready, set_ready = solara.use_state(False)
    LocalVega(script=script(), event_ready=lambda _: set_ready(True), event_darken=lambda dark: None)
    with solara.Div():
        if ready:
            show()
