"""Who is looking: which visitor a thread works for, and whether the window of that visitor is still connected."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

try:
    from solara.server import kernel_context
except ImportError:  # without the extra there are no visitors
    kernel_context = None


def visitor() -> tuple[Hashable, Callable[[], bool]]:
    """The visitor for whom this thread works, and a function that tells whether a window is connected.

    Outside a visit every thread is a visitor of its own, who never goes away.
    """
    context: Any = None
    if kernel_context is not None and kernel_context.has_current_context():
        context = kernel_context.get_current_context()
    if context is None:
        return threading.get_ident(), lambda: True
    return context.id, lambda: kernel_context.PageStatus.CONNECTED in tuple(context.page_status.values())
