"""Progress of a sweep: a bar on a terminal, a plain line now and then when piped."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from typing import IO, Any, Protocol

#: Seconds between lines when the output is not a terminal.
LINE_EVERY = 10.0


class Progress(Protocol):
    """What a sweep tells while it runs."""

    def start(self, total: int, done: int, where: str) -> None:
        """The sweep begins: runs in all, runs found done, and where it runs."""

    def update(self, done: int, failed: int, total: int) -> None:
        """Runs done so far (failed ones included), failed ones, runs in all (it can grow with --precision)."""

    def say(self, message: str) -> None:
        """A line of its own."""

    def end(self) -> None:
        """No more will come."""


class Silent:
    """Says nothing."""

    def start(self, total: int, done: int, where: str) -> None:
        """Nothing."""

    def update(self, done: int, failed: int, total: int) -> None:
        """Nothing."""

    def say(self, message: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class Lines:
    """Plain lines, for logs and pipes."""

    def __init__(self, stream: IO[str] | None = None, every: float = LINE_EVERY) -> None:
        self._stream, self._every = stream or sys.stderr, every
        self._begun = self._last = 0.0
        self._before = 0
        self._told: tuple[int, int, int] | None = None

    def start(self, total: int, done: int, where: str) -> None:
        """See `Progress`."""
        self._begun = self._last = time.monotonic()
        self._before = done
        self.say(f"{total:,} runs, {done:,} of them done already; running on {where}")

    def update(self, done: int, failed: int, total: int) -> None:
        """See `Progress`."""
        now = time.monotonic()
        self._told = (done, failed, total)
        if now - self._last >= self._every:
            self._last = now
            self._line()

    def say(self, message: str) -> None:
        """See `Progress`."""
        print(message, file=self._stream, flush=True)

    def end(self) -> None:
        """See `Progress`."""
        if self._told is not None:
            self._line()

    def _line(self) -> None:
        assert self._told is not None
        done, failed, total = self._told
        rate = (done - self._before) / max(time.monotonic() - self._begun, 1e-9)
        left = f", {_clock((total - done) / rate)} left" if rate > 0 and done < total else ""
        self.say(
            f"{done:,} of {total:,} runs ({done / max(total, 1):.0%}), {rate:,.0f} a second{left}, {failed:,} failed"
        )


class Bar:
    """A bar with rate, time left and failures, drawn by rich."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Drawn

        columns: list[Any] = [
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(), TextColumn("{task.fields[failures]}"),
        ]  # fmt: skip
        from rich.console import Console

        self._drawn = Drawn(*columns, console=Console(stderr=True))
        self._task: Any = None
        self._begun, self._before = 0.0, 0

    def start(self, total: int, done: int, where: str) -> None:
        """See `Progress`."""
        self._begun, self._before = time.monotonic(), done
        if self._task is not None:
            self._drawn.remove_task(self._task)
        self._task = self._drawn.add_task(f"runs on {where}", total=total, completed=done, rate="", failures="")
        self._drawn.start()

    def update(self, done: int, failed: int, total: int) -> None:
        """See `Progress`."""
        rate = (done - self._before) / max(time.monotonic() - self._begun, 1e-9)
        failures = f"[red]{failed:,} failed" if failed else ""
        self._drawn.update(self._task, completed=done, total=total, rate=f"{rate:,.0f} a second", failures=failures)

    def say(self, message: str) -> None:
        """See `Progress`."""
        self._drawn.console.print(message, highlight=False)

    def end(self) -> None:
        """See `Progress`."""
        self._drawn.refresh()  # a notebook would go on showing what it showed last
        self._drawn.stop()


def progress_if_seen() -> Progress:
    """A bar on a terminal; nothing where nobody watches, as in a pipe."""
    return progress_for() if sys.stderr.isatty() else Silent()


def progress_for(stream: IO[str] | None = None) -> Progress:
    """A bar if the stream (standard error) is a terminal or in a notebook that can draw one, lines otherwise."""
    stream = stream or sys.stderr
    drawn = in_notebook() and find_spec("ipywidgets") is not None
    return Bar() if drawn or stream.isatty() else Lines(stream)


def progress_of(asked: bool | Progress | None) -> Progress:
    """What a Python user sees while runs are made.

    Parameters
    ----------
    asked
        True: a bar, or lines where none can be drawn; False: nothing; None: a bar in a notebook, nothing elsewhere; or
        whatever else there is to tell.
    """
    if asked is None:
        asked = in_notebook()
    if isinstance(asked, bool):
        return progress_for() if asked else Silent()
    return asked


def in_notebook() -> bool:
    """Whether this is Jupyter (or Colab, or Databricks), as rich finds it."""
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
