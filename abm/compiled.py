"""The compiled driver: the rules and routines of the model, run over all households of a run at once.

This module holds no behaviour.  It compiles the functions that Mesa's driver calls as plain Python,
releases the interpreter lock while they run, and keeps the result on disk.  The key of that cache
includes a hash of every source file of the model, so that a changed rule can never meet stale code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import event

from abm.arithmetic import entry
from abm.measures import measure
from abm.paths import safety_paths
from abm.population import populate
from abm.procedure import stock_at_start
from abm.setting import Setting
from abm.state import State, new_state
from abm.ties import draw_ties
from abm.week import one_week

#: Files whose text decides what a run does.
SOURCES = (
    "arithmetic", "draws", "stages", "beliefs", "decision", "offers", "ledger", "setting", "population", "arrivals",
    "ties", "paths", "state", "moves", "queues", "procedure", "enforcement", "considering", "week", "measures",
    "behaviour", "policy", "world", "caseload", "homeland",
)  # fmt: skip


def source_hash() -> str:
    """Hash of the model's source files (and of the origins' figures)."""
    digest = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for name in SOURCES:
        digest.update((here / f"{name}.py").read_bytes())
    digest.update((here / "evidence" / "origins.csv").read_bytes())
    return digest.hexdigest()


SOURCE_HASH = source_hash()


def _entries(fingerprint: str) -> tuple[Any, Any, Any]:
    # `fingerprint` is a free variable of each function below and so part of the key of Numba's cache.

    def begin(key: Any, x: Setting) -> State:
        _ = fingerprint
        table, segments, stock_rows, site_rows, arrival_rows, arrival_start = populate(key, x)
        start, to = draw_ties(key, x, table, segments, stock_rows, site_rows, arrival_rows)
        lands = safety_paths(key, x)
        state = new_state(x, table, segments, start, to, arrival_rows, arrival_start, lands)
        stock_at_start(x, state)
        return state

    begin = entry(begin)

    def advance(key: Any, x: Setting, state: State, first: int, last: int) -> None:
        _ = fingerprint
        for week in range(first, last):
            one_week(key, week, x, state)

    advance = entry(advance)

    def outcomes(x: Setting, state: State, weight: float) -> np.ndarray:
        _ = fingerprint
        measured: np.ndarray = measure(x, state, weight)
        return measured

    return begin, advance, entry(outcomes)


begin, advance, outcomes = _entries(SOURCE_HASH)


class _Announcer(event.Listener):
    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell, self.told = tell, False

    def on_start(self, happening: Any) -> None:
        if not self.told:
            self.told = True
            self.tell("compiling the model for this machine (once; about half a minute) …")

    def on_end(self, happening: Any) -> None:
        pass


@contextmanager
def announcing_compilation(tell: Callable[[str], None]) -> Iterator[None]:
    """Call `tell` with one sentence if anything has to be compiled inside the block."""
    with event.install_listener("numba:compile", _Announcer(tell)):
        yield
