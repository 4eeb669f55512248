"""Colours of the report's charts, on white and on black: apart for colour-blind readers, and never alone.

A chart is drawn once, in the colours for white; the page's style sheet exchanges them where a reader prefers dark.
Hues follow the palette of Okabe and Ito, darkened so that each has a contrast of at least 4.5 : 1 with white.
"""

from __future__ import annotations

from abm.browser.palette import LOOKS

INK, SOFT, GRID, PAPER = "#222223", "#545455", "#dcdcdd", "#fffffe"
#: The baseline, then the variants in their order.
POLICIES = ("#5b5b5c", "#0b62a8", "#b04500", "#00735a", "#9b3d7d", "#6b5b00", "#4b3fa0")
SHAPES = ("circle", "circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
#: What is less or more than before, and what is neither.
SAVES, COSTS, NEUTRAL = "#0b62a9", "#b04501", "#767677"
#: How far an input can be trusted, by mark: dark where it is sourced.
MARK_COLOURS = {
    "primary": "#00488c", "press": "#2f7fb8", "inferred": "#7fb2d6", "fitted": "#b59a2c", "assumed": "#b04502",
}  # fmt: skip

#: Each colour for white, and its like for black.
DARK: dict[str, str] = {
    INK: "#e6e6e6", SOFT: "#b4b4b4", GRID: "#3a3a3a", PAPER: "#16181b",
    "#5b5b5c": "#bdbdbd", "#0b62a8": "#6db8f2", "#b04500": "#ff9450", "#00735a": "#3cc9a0", "#9b3d7d": "#e38bc4",
    "#6b5b00": "#e0cc4a", "#4b3fa0": "#a79cf0",
    SAVES: "#6db8f2", COSTS: "#ff9450", NEUTRAL: "#a6a6a6",
    "#00488c": "#4a8be0", "#2f7fb8": "#58a6dd", "#7fb2d6": "#a9d3ee", "#b59a2c": "#e8dc50", "#b04502": "#ff9450",
    **{look.light.lower(): look.dark.lower() for look in LOOKS.values()},
}  # fmt: skip

#: Steps from a cost (orange) by nothing (nearly white) to a saving (blue): the same on white and on black.
STEPS = ("#8f3800", "#c4651f", "#e39a5f", "#f4cfae", "#f4f4f2", "#b9d6ec", "#76afd9", "#2f7fc0", "#0b4f8a")
#: Text on a dark and on a light step.
ON_DARK, ON_LIGHT = "#fffffd", "#1c1c1d"


def step(value: float, most: float) -> tuple[str, str]:
    """The colour of a value between minus and plus `most`, and that of text on it."""
    share = 0.0 if most == 0.0 else max(-1.0, min(1.0, value / most))
    position = round((share + 1.0) / 2.0 * (len(STEPS) - 1))
    return STEPS[position], ON_DARK if position in (0, 1, len(STEPS) - 2, len(STEPS) - 1) else ON_LIGHT


def policy_colour(position: int) -> str:
    """The colour of a policy by its place in the comparison, the baseline first."""
    return POLICIES[0] if position == 0 else POLICIES[1 + (position - 1) % (len(POLICIES) - 1)]


def policy_shape(position: int) -> str:
    """The shape of a policy's mark."""
    return SHAPES[0] if position == 0 else SHAPES[1 + (position - 1) % (len(SHAPES) - 1)]
