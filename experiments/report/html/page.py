"""The page: what is asked for each section, in order, and the one HTML file that holds it all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from abm.inputs.parameters import InputError
from abm.model import model_version
from abm.version import VERSION
from experiments.report.compare_files import inputs
from experiments.report.html.palette import DARK
from experiments.report.html.parts import Section, Subject, Words
from experiments.report.html.runs.ends import ends
from experiments.report.html.sections import asked, method, money, people, top, trust, worth
from experiments.running.progress import Progress, Silent
from experiments.running.threads import each, workers_of
from experiments.storing.output import fingerprint

HERE = Path(__file__).parent
TEMPLATE, STYLE = "template.html.jinja", "style.css"
#: What the report needs besides what the package always has.
NEEDED = ("jinja2", "altair", "vl_convert")
#: A file larger than this is too large to send.
MOST_BYTES = 5_000_000


def check_extra() -> None:
    """Refuse before anything is run, if what draws the report is not installed.

    Raises
    ------
    InputError
        Naming the extra.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            "report", ", ".join(missing), 'install the extra first: pip install "household-returns[report]"'
        )


@dataclass(frozen=True)
class Making:
    """How further runs are made.

    Attributes
    ----------
    workers
        Threads; without a number, one a core.  The report does not depend on it.
    say
        Gets the title of each section before it is made.
    """

    workers: int | None = None
    progress: Progress = Silent()  # noqa: RUF009 - it holds nothing
    say: Callable[[str], None] = lambda title: None

    def each(self, jobs: Sequence[Any], work: Callable[[Any], Any]) -> list[Any]:
        """Do some work for each job, in threads, and tell how far it is."""
        total = len(jobs)
        self.progress.start(total, 0, f"{workers_of(self.workers)} threads")
        try:
            return each(
                jobs, work, workers=self.workers, told=lambda done: self.progress.update(done, 0, total)
            )  # fmt: skip
        finally:
            self.progress.end()


def sections(subject: Subject, making: Making) -> Iterator[Section]:
    """Every section in order; with `quick`, those that take many runs of their own say so instead."""
    found = None if subject.quick else ends(subject, making.workers, making.progress)
    made: list[tuple[str, bool, Callable[[], Section]]] = [
        ("What it says", True, lambda: top.verdict_section(subject)),
        ("What was asked", True, lambda: asked.question_section(subject)),
        ("The main figures", True, lambda: top.headline_section(subject)),
        ("What changes, and how surely", True, lambda: top.differences_section(subject)),
        ("When households leave", True, lambda: top.departures_section(subject)),
        ("Where the money goes", True, lambda: money.account_section(subject)),
        ("What turns it", False, lambda: money.turning_section(subject, found)),
        ("At which amount it pays for itself", False, lambda: money.break_even_section(subject)),
        ("Amount and window together", False, lambda: money.levers_section(subject)),
        ("Cost against effect", True, lambda: worth.worth_section(subject)),
        ("Who leaves", True, lambda: people.who_section(subject)),
        ("What happens to people", True, lambda: people.people_section(subject)),
        ("Whom peers move", False, lambda: people.peers_section(subject)),
        ("Three households", True, lambda: people.households_section(subject)),
        ("How far to trust it", True, lambda: trust.trust_section(subject, found)),
        ("Queues and caseload", True, lambda: method.stocks_section(subject)),
        ("Method, measures and files", True, lambda: method.method_section(subject)),
    ]
    for number, (title, always, make) in enumerate(made, 1):
        making.say(f"{number} of {len(made)}: {title}")
        if subject.quick and not always:
            left_out = "Left out: it takes runs of its own, and a quick report was asked for (--quick)."
            yield Section(f"section-{number}", title, parts=(Words((left_out,)),))
        else:
            yield make()


def page(subject: Subject, *, day: date, making: Making | None = None, remarks: Sequence[str] = ()) -> str:
    """The report as the text of one HTML file that refers to nothing outside itself.

    Parameters
    ----------
    day
        The date that it carries.
    remarks
        What the reader has to know of how it came about, one sentence each.

    Raises
    ------
    InputError
        If the extra is not installed.
    """
    check_extra()
    import jinja2
    from markupsafe import Markup

    loader = jinja2.FileSystemLoader(HERE)
    room = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    names = subject.names
    heading = f"{_listed(names[1:])} against {names[0]}"
    heading = heading[:1].upper() + heading[1:]
    mark = fingerprint(inputs(subject.question))
    return room.get_template(TEMPLATE).render(
        heading=heading,
        caseload=subject.question.caseload.title or subject.question.caseload.name,
        sections=list(sections(subject, making or Making())),
        style=Markup((HERE / STYLE).read_text(encoding="utf-8") + _dark()),
        drawing=Markup,
        day=f"{day.day} {day:%B %Y}",
        command=subject.command,
        fingerprint=mark,
        version=VERSION,
        model=model_version(),
        cite=f"household-returns contributors ({day.year}). household-returns, version {VERSION}: “{heading}”."
             f" Comparison {mark}.",
        remarks=list(remarks),
    )  # fmt: skip


def _dark() -> str:
    """Rules that exchange the colours of the drawings where a reader prefers dark."""
    rules = "".join(
        f'  .drawing [{what}="{light}"] {{ {what}: {dark}; }}\n'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    )
    return f"\n@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
