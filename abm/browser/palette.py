"""Colour, shape and wording of the stages: told apart without colour too, in light and in dark.

Filled marks are in the country; open marks and crosses have left it; squares and plus signs may stay.  This is the
one coding of all pictures of households.  Hues follow the palette of Okabe and Ito, which people with any common
colour blindness can tell apart, darkened in the light theme so that every mark has a contrast of at least 3 : 1 with
its background.
"""

from __future__ import annotations

from dataclasses import dataclass

from abm.household.stages import Holds, Stage


@dataclass(frozen=True)
class Look:
    """How a stage is drawn: title, colour on white and on black, shape, and what it means in plain words."""

    title: str
    light: str
    dark: str
    shape: str
    words: str


#: The shapes: filled in the country; open, or a cross, after leaving.
SHAPES = ("disc", "triangle", "small disc", "diamond", "arrow", "square", "plus", "ring", "open diamond", "cross")

LOOKS: dict[Stage, Look] = {
    Stage.AWAITING: Look(
        "awaiting a decision", "#2C96CF", "#7FD0FF", "small disc", "has claimed asylum and waits for the first decision"
    ),
    Stage.REFUSED: Look(
        "refused, may appeal", "#C27C00", "#F0B030", "triangle", "was refused; may appeal, or its appeal is under way"
    ),
    Stage.EXHAUSTED: Look(
        "claim failed, in contact", "#4A4A4A", "#C4C4C4", "disc",
        "no appeal is left; still in contact with the authorities, who may house and pay it",
    ),
    Stage.ABSCONDED: Look(
        "out of contact", "#B0508A", "#E08CC0", "diamond", "still in the country, and the authorities do not know where"
    ),
    Stage.BOOKED: Look("booked to leave", "#3C8C3C", "#8CD68C", "arrow", "has accepted an offer, and waits to leave"),
    Stage.PROTECTED: Look(
        "protected", "#00488C", "#4A8BE0", "square",
        "was granted leave to stay for a time, at the first decision or on appeal: not one whose claim has failed",
    ),
    Stage.SETTLED: Look(
        "settled", "#5B3FA8", "#A892F0", "plus",
        "has leave to stay for good: after years of protection, or given to it although its claim had failed",
    ),
    Stage.RETURNED_ASSISTED: Look(
        "assisted return", "#00805C", "#20C498", "ring", "went home with an offer's money or the state's help"
    ),
    Stage.RETURNED_UNASSISTED: Look(
        "unassisted return", "#8A7400", "#E8DC50", "open diamond", "went home on its own account"
    ),
    Stage.REMOVED: Look("removed", "#D04E00", "#FF7A33", "cross", "was removed by force"),
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
            "meaning": x.words,
            "light": x.light,
            "dark": x.dark,
            "shape": x.shape,
            "in_country": Holds.IN_COUNTRY in stage.holds,
            "gone": Holds.GONE in stage.holds,
        }
        for stage, x in LOOKS.items()
    ]
