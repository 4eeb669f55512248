"""Colour, shape and wording of the stages: told apart without colour too, in light and in dark.

Filled marks are in the country, open marks have left it; squares may stay.  Hues follow the palette of
Okabe and Ito, which people with any common colour blindness can tell apart, darkened in the light theme
so that every mark has a contrast of at least 3 : 1 with its background.
"""

from __future__ import annotations

from dataclasses import dataclass

from abm.household.stages import Holds, Stage


@dataclass(frozen=True)
class Look:
    """How a stage is drawn: title, colour on white and on black, shape."""

    title: str
    light: str
    dark: str
    shape: str


LOOKS: dict[Stage, Look] = {
    Stage.AWAITING: Look("awaiting a decision", "#2C96CF", "#7FD0FF", "disc"),
    Stage.REFUSED: Look("refused, may appeal", "#C27C00", "#F0B030", "disc"),
    Stage.EXHAUSTED: Look("claim failed, in contact", "#4A4A4A", "#C4C4C4", "disc"),
    Stage.ABSCONDED: Look("out of contact", "#B0508A", "#E08CC0", "diamond"),
    Stage.BOOKED: Look("booked to leave", "#3C8C3C", "#8CD68C", "disc"),
    Stage.PROTECTED: Look("protected", "#00488C", "#4A8BE0", "open square"),
    Stage.SETTLED: Look("settled", "#5B3FA8", "#A892F0", "square"),
    Stage.RETURNED_ASSISTED: Look("assisted return", "#00805C", "#20C498", "ring"),
    Stage.RETURNED_UNASSISTED: Look("unassisted return", "#8A7400", "#E8DC50", "ring"),
    Stage.REMOVED: Look("removed", "#D04E00", "#FF7A33", "cross"),
}  # fmt: skip

#: The two variants, wherever they are compared.
SIDE_COLOURS = {"light": ("#5B5B5B", "#0B62A8"), "dark": ("#BDBDBD", "#6DB8F2")}


def colour(stage: Stage, *, dark: bool) -> str:
    """Colour of a stage."""
    look = LOOKS[stage]
    return look.dark if dark else look.light


def legend() -> list[dict[str, str | int]]:
    """What the templates need of every stage."""
    return [
        {
            "stage": int(stage),
            "title": x.title,
            "meaning": stage.meaning,
            "light": x.light,
            "dark": x.dark,
            "shape": x.shape,
            "in_country": Holds.IN_COUNTRY in stage.holds,
            "gone": Holds.GONE in stage.holds,
        }
        for stage, x in LOOKS.items()
    ]
