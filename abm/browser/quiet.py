"""Solara without its talk to the outside: nothing that is served leaves the machine."""

from __future__ import annotations

import solara
import solara.checks
import solara.server.settings


def keep_quiet() -> None:
    """Switch off usage reports, the link to Solara's site, and the frame that tells it of a first start."""
    solara.server.settings.telemetry.mixpanel_enable = False
    solara.server.settings.theme.show_banner = False
    solara.checks.should_perform_solara_check = lambda: False
