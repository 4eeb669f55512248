"""How figures look and are written: a journal's width, text that stays text, a colour for each policy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.question.question import Question

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Width of a figure across both columns of a journal, inches, and the resolution of its pixels.
WIDTH, DPI = 7.0, 300
#: Forms in which a figure is written, and the form of its words for those who cannot see it.
FORMS, ALT = ("png", "svg", "pdf"), "txt"

#: Colours that stay apart for colour-blind readers (Okabe and Ito; the last two Tol's); the baseline is grey.
BASELINE = "#4d4d4d"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#882255", "#999933")
#: Policies that are often shown together, and which of the colours is theirs; others have one by their name.
OWN = {
    "uk-pilot-2026": 0, "uk-upfront-national": 1, "danish-2021": 2, "uk-upfront-early": 3, "section9": 4,
    "settle-all": 5, "enforcement-only": 6, "uk-2025": 7,
}  # fmt: skip
#: Marks by which those are told apart that have the same colour.
MARKERS = ("o", "s", "D")

SETTINGS: Any = {
    "font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#888888", "axes.labelcolor": "#333333",
    "xtick.color": "#333333", "ytick.color": "#333333", "svg.hashsalt": "household-returns", "svg.fonttype": "none",
    "pdf.fonttype": 42, "text.parse_math": False, "font.family": ["DejaVu Sans"], "axes.unicode_minus": True,
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes
    ----------
    title
        What it finds.
    alt
        What it shows, for those who cannot see it.
    """

    figure: Figure
    title: str
    alt: str

    def save(self, path: Path) -> None:
        """Write it in the form that the file's name says; its words where that is ``.txt``."""
        if path.suffix == f".{ALT}":
            path.write_text(f"{self.title}\n\n{self.alt}\n", encoding="utf-8")
        else:
            save(self.figure, path, dpi=DPI, title=self.title, alt=self.alt)


def save(figure: Figure, path: Path, *, dpi: int = 160, title: str = "", alt: str = "") -> None:
    """Write a figure in the format that the file's name says, the same bytes every time."""
    from matplotlib import rc_context

    told = {
        ".svg": {"Date": None, "Title": title, "Description": alt},
        ".pdf": {"CreationDate": None, "Title": title, "Subject": alt},
    }.get(path.suffix, {"Software": None, "Title": title, "Description": alt})
    with rc_context(SETTINGS):
        figure.savefig(path, dpi=dpi, metadata={key: value for key, value in told.items() if value != ""})


def looks(question: Question) -> tuple[tuple[Any, str], ...]:
    """Colour and mark of each policy but the baseline.

    A policy has its colour by its name, in every figure, unless another of the same figure has it too and comes before;
    settings of one policy have colours from dark to light.
    """
    if question.varied:
        from matplotlib import colormaps

        count = len(question.variants)
        shades = colormaps["cividis"]
        return tuple((shades(0.05 + 0.75 * k / max(1, count - 1)), MARKERS[0]) for k in range(count))
    wanted = [_own(policy.name) for policy in question.policies[1:]]
    taken: list[int] = []
    # Policies with a colour of their own come first, so that no other takes it.
    for position in sorted(range(len(wanted)), key=lambda k: question.policies[k + 1].name not in OWN):
        free = [k for k in range(len(COLOURS)) if taken.count(k) == min(map(taken.count, range(len(COLOURS))))]
        chosen = wanted[position] if wanted[position] in free else _next(wanted[position], free)
        taken.append(chosen)
        wanted[position] = chosen
    return tuple(
        (COLOURS[colour], MARKERS[wanted[:position].count(colour) % len(MARKERS)])
        for position, colour in enumerate(wanted)
    )


def _own(name: str) -> int:
    """Which colour a name has."""
    if name in OWN:
        return OWN[name]
    return hashlib.blake2b(name.encode(), digest_size=2).digest()[0] % len(COLOURS)


def _next(wanted: int, free: Sequence[int]) -> int:
    return min(free, key=lambda k: (k - wanted) % len(COLOURS))
