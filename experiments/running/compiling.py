"""The first run of all: compiling the model for this machine, told while it lasts, in two processes where that helps.

What is compiled is kept on disk, so this happens once for each version of the model and of Numba and each kind of
processor.  The week takes the longer half of the time: a process of its own compiles and keeps it, while this one
compiles the rest.  (Threads would not help: Numba compiles under one lock.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core import event

import abm.week.compiled as compiled
from abm.inputs.registry import active
from abm.model import Prepared
from abm.numerics.arithmetic import INTERPRETED
from abm.numerics.draws import key_for_entries
from experiments.question.case import load_case
from experiments.question.defaults import DEFAULT_BASELINE
from experiments.running.threads import cores

SENTENCE = "compiling the model for this machine, once"


@contextmanager
def announcing_compilation(tell: Callable[[str], None], *, clock: bool = True) -> Iterator[None]:
    """Compile what is not kept on disk yet before the block begins, and say so; also what the block itself compiles.

    Parameters
    ----------
    tell
        Gets one sentence, unless a clock is shown.
    clock
        Whether the seconds are shown while it lasts, if standard error is a terminal.
    """
    shown = _Clock() if clock and sys.stderr.isatty() else None
    first = _First(tell if shown is None else shown.start)
    try:
        with event.install_listener("numba:compile", first):
            _compile(first.rest)
    finally:
        first.rest.stop()
        if shown is not None:
            shown.stop()
    # Rules of one's own may have more to compile, and a bar may be on the screen by now: a sentence, if none was told.
    with event.install_listener("numba:compile", _First(tell, begun=first.begun)):
        yield


def _compile(week: _WeekApart) -> None:
    """Compile the three entries, or load them from where they are kept."""
    if INTERPRETED or (compiled.advance.signatures and not active()):
        return  # nothing is ever compiled, or all of it is in this process already
    prepared = _smallest()
    if not isinstance(prepared, Prepared):
        return  # a stand-in for the model
    state = prepared.begin(0)
    compiled.tallied(prepared.setting, state, prepared.weight)
    week.wait()
    prepared.advance(0, state, 0, 1)


def compile_week() -> None:
    """Compile the week and keep it, and nothing else: the plain functions make the households that it is typed by."""
    prepared = _smallest()
    state = compiled.begin.py_func(0, prepared.plain)
    compiled.advance(key_for_entries(0), prepared.setting, state, 0, 0)


def _smallest() -> Any:
    return load_case(DEFAULT_BASELINE, weeks=1, households=1).prepared()


class _First(event.Listener):
    """Says that something is being compiled, once; has the week compiled apart when the households' turn comes."""

    def __init__(self, say: Callable[[str], None], *, begun: bool = False) -> None:
        self.say, self.begun, self.rest = say, begun, _WeekApart()

    def on_start(self, happening: Any) -> None:
        """Something begins to be compiled (what is loaded from the disk is not)."""
        if not self.begun:
            self.begun = True
            self.say(f"{SENTENCE} (one or two minutes) …")
        if happening.data["dispatcher"] is compiled.begin:
            self.rest.start()

    def on_end(self, happening: Any) -> None:
        """Nothing."""


class _WeekApart:
    """A process that compiles the week; where there cannot be one, or it fails, this process does it later."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if there is a second core, a folder to keep the result in, and no rule of one's own."""
        if self._process is not None or cores() < 2 or active() or not compiled.advance.stats.cache_path:
            return
        found = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
        code = f"from {__name__} import compile_week; compile_week()"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code], env={**os.environ, "PYTHONPATH": found},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            return

    def wait(self) -> None:
        """Wait until it has ended."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """End it, if it has not ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


class _Clock:
    """A line on a terminal with the time it has taken so far."""

    def __init__(self) -> None:
        self._begun = 0.0
        self._drawn: Any = None

    def start(self, sentence: str) -> None:
        """Show it from now on."""
        from rich.console import Console
        from rich.progress import Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        self._drawn = Progress(*columns, console=Console(stderr=True), transient=True)
        self._begun = time.monotonic()
        self._drawn.add_task(sentence)
        self._drawn.start()

    def stop(self) -> None:
        """Take it away, if it was shown, and say how long it took."""
        if self._drawn is not None:
            self._drawn.stop()
            print(f"compiled for this machine, once, in {time.monotonic() - self._begun:.0f} s", file=sys.stderr)
