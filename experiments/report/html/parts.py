"""What a section of the report is made of: words, tables, charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from experiments.compare.comparing import Comparison
from experiments.question.question import Question
from experiments.report.html.drawn import Figure
from experiments.report.names import names_of
from experiments.report.notes import Row


@dataclass(frozen=True)
class Cell:
    """An entry of a table: the text, something small below it, and how it is marked.

    Attributes
    ----------
    mark
        How far a figure can be trusted (``primary`` … ``assumed``), or nothing.
    tone
        ``saves``, ``costs`` or nothing; never the only sign of what it says.
    """

    text: str
    small: str = ""
    mark: str = ""
    url: str = ""
    tone: Literal["", "saves", "costs"] = ""


@dataclass(frozen=True)
class Table:
    """A table; the first entry of each row names it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Words:
    """Paragraphs, or with `listed` the entries of a list."""

    texts: Sequence[str]
    listed: bool = False
    kind: Literal["words"] = "words"


@dataclass(frozen=True)
class Chart:
    """A figure in its place."""

    figure: Figure
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Download:
    """A file held in the page itself."""

    name: str
    told: str
    address: str


@dataclass(frozen=True)
class Downloads:
    """Files held in the page itself."""

    files: Sequence[Download]
    kind: Literal["downloads"] = "downloads"


Part = Table | Words | Chart | Downloads


@dataclass(frozen=True)
class Section:
    """A section: a heading, what it says in a sentence or two, and its parts."""

    id: str
    title: str
    lead: Sequence[str] = ()
    parts: Sequence[Part] = ()


#: Does some work for each of some jobs, in threads, and tells how far it is.
Each = Callable[[Sequence[Any], Callable[[Any], Any]], list[Any]]


@dataclass(frozen=True)
class Subject:
    """What the report is about.

    Attributes
    ----------
    rows
        As `experiments.compare.paired.rows` gives them.
    about
        Position of the variant that is looked into more closely.
    quick
        Whether what takes runs of its own is left out.
    command
        The command line that makes the report again.
    each
        How further runs are made.
    """

    comparison: Comparison
    rows: Sequence[Row]
    about: int = 1
    quick: bool = False
    command: str = ""
    each: Each = field(default=lambda jobs, work: [work(job) for job in jobs])

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.comparison.question

    @property
    def names(self) -> tuple[str, ...]:
        """The policies' names for people, the baseline first."""
        return names_of(self.question)

    @property
    def name(self) -> str:
        """The name of the variant that is looked into."""
        return self.names[self.about]

    @property
    def whole(self) -> list[Row]:
        """The rows that are not of a group."""
        return [row for row in self.rows if not row["group"]]

    def row(self, measure: str, position: int) -> Row:
        """The row of a measure and a policy."""
        label = self.question.labels[position]
        role = "variant" if position else "baseline"
        return next(
            row for row in self.whole if (row["measure"], row["variant"], row["role"]) == (measure, label, role)
        )

    def few(self, most: int) -> int:
        """Replicates of a further run: at most so many, and no more than the comparison has."""
        return min(most, self.comparison.replicates)
