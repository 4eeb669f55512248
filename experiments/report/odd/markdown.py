"""Tables of Markdown: what stands in a cell is text, never a rule of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown, without a line's end after it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(cell, row)) + " |" for row in rows)])


def cell(text: str) -> str:
    """A text on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def code(name: str) -> str:
    """A name as it stands in the code."""
    return f"`{name}`"
