"""The report of a question, made in the background: that of `returns report`, with as many runs as the page has.

Nothing is written anywhere.  One report is made at a time in this process, with one thread, so that other visitors
hardly notice; who asks while one is being made waits for it, and is told so.
"""

from __future__ import annotations

import queue
import shlex
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

# What draws a report is imported here: no visitor's thread may import a library for the first time.
import altair  # noqa: F401
import jinja2  # noqa: F401
import scipy.optimize
import scipy.special  # noqa: F401
import vl_convert  # noqa: F401

from experiments.compare.comparing import compare
from experiments.compare.paired import rows
from experiments.page import downloads
from experiments.page.choices import Choices, text_of
from experiments.question.question import Question
from experiments.question.settings import parse_settings
from experiments.report.html.page import Making, check_extra, page
from experiments.report.html.parts import Subject
from experiments.running.progress import Silent

#: One report at a time.
_ONE = threading.Semaphore(1)
#: Seconds between two looks whether the visitor still wants it.
_GLANCE = 0.3


@dataclass(frozen=True)
class Report:
    """How far a report is, in words, and its HTML once it is made."""

    told: str
    html: str = ""


class _Stopped(Exception):
    """Nobody wants the report any more."""


class _Telling(Silent):
    """Tells how many runs are done, and stops them once nobody wants them."""

    def __init__(self, tell: Callable[[str], None], stopped: Callable[[], bool], doing: str = "") -> None:
        self.tell, self.stopped, self.doing = tell, stopped, doing

    def update(self, done: int, failed: int, total: int) -> None:
        """See `Progress`."""
        if self.stopped():
            raise _Stopped
        self.tell(f"{self.doing}{done:,} of {total:,} runs")

    def section(self, title: str) -> None:
        """A section begins."""
        if self.stopped():
            raise _Stopped
        self.doing = f"section {title}; "
        self.tell(f"section {title}")


def question_of(choices: Choices) -> Question:
    """The question of the page as the command asks it: with what was set for both sides in the words of ``--set``."""
    texts = [f"{path}={text_of(value)}" for path, value in sorted(choices.shared.items())]
    return replace(choices.question, settings=tuple(parse_settings(texts)))


def command(choices: Choices, *, quick: bool) -> str:
    """The command line that makes the same report."""
    words = shlex.split(downloads.command(choices))
    return shlex.join([words[0], "report", *words[2:], *(["--quick"] if quick else [])])


def report(choices: Choices, *, quick: bool, stopped: Callable[[], bool]) -> Iterator[Report]:
    """How far the report is, and at last the report; with `quick`, without what takes runs of its own.

    Raises
    ------
    InputError
        If what draws it is not installed, or the question cannot be run.
    """
    check_extra()
    told: queue.Queue[Report | Exception | None] = queue.Queue()

    def body() -> None:
        try:
            html = _made(choices, quick, lambda text: told.put(Report(text)), stopped)
            told.put(Report("done", html))
        except _Stopped:
            pass
        except Exception as fault:
            told.put(fault)
        finally:
            told.put(None)

    yield Report("waiting for its turn")
    while not _ONE.acquire(timeout=_GLANCE):
        if stopped():
            return
    try:
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        yield from _heard(told)
        thread.join()
    finally:
        _ONE.release()


def _heard(told: queue.Queue[Report | Exception | None]) -> Iterator[Report]:
    """What a thread tells, the newest of several at once, until it ends."""
    while (found := told.get()) is not None:
        while not told.empty() and not (isinstance(found, Exception) or found.html):
            following = told.get()
            if following is None:
                return
            found = following
        if isinstance(found, Exception):
            raise found
        yield found


def _made(choices: Choices, quick: bool, tell: Callable[[str], None], stopped: Callable[[], bool]) -> str:
    progress = _Telling(tell, stopped)
    comparison = compare(question_of(choices), workers=1, progress=progress)
    making = Making(1, progress, progress.section)
    subject = Subject(comparison, rows(comparison), 1, quick, command(choices, quick=quick), making.each)
    return page(subject, day=date.today(), making=making)
