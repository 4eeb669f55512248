"""What charts share: names in several lines, money on an axis, the size of a panel, the line at nought."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.report.html.palette import INK, policy_colour, policy_shape

Row = Mapping[str, Any]

#: Says that labels have lines of their own.
LINES = "split(datum.label, '\\n')"
#: Letters of a name in a line, on wide panels and on narrow ones.
LETTERS, FEW_LETTERS = 26, 17
#: Width in pixels of a letter of a label and of a title, in the widest of the usual fonts.
LETTER, BOLD = 7.3, 8.9
MINUS = "replace(format(datum.value, '{}'), '-', '−')"


def lines(name: str, width: int) -> str:
    """A name broken into lines that leave room for the picture."""
    return "\n".join(textwrap.wrap(name, LETTERS if width > 420 else FEW_LETTERS)) or name


def names_axis(shown: Iterable[str]) -> Any:
    """An axis of names, with room for them in the widest of the usual fonts."""
    import altair as alt

    letters = max((len(line) for name in shown for line in name.split("\n")), default=1)
    room = LETTER * letters + 8
    return alt.Axis(labelExpr=LINES, ticks=False, domain=False, minExtent=room, labelOverlap=False)


def legend(width: int, **told: Any) -> Any:
    """A legend below a panel, names in several lines where they are long."""
    import altair as alt

    columns = {"columns": 1, "orient": "bottom", "symbolOpacity": 1, "columnPadding": 60, "rowPadding": 4}
    return alt.Legend(labelExpr=LINES, **{**columns, **told})


def title(text: str, width: int, size: float = BOLD) -> list[str]:
    """A title broken into lines of a panel's width."""
    return textwrap.wrap(text, max(16, int(width / size)))


def fitted(chart: Any, width: int, height: int) -> Any:
    """A panel of a width and height in all, axes and titles included."""
    import altair as alt

    return chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"))


def signed(pattern: str = "+,~g") -> str:
    """An expression for labels with a true minus sign, and no sign on nought."""
    return f"datum.value == 0 ? '0' : {MINUS.format(pattern)}"


def plain_number(pattern: str = ",~f") -> str:
    """An expression for labels without exponents."""
    return MINUS.format(pattern)


def zero(axis: str = "x") -> Any:
    """The line at nought."""
    import altair as alt

    rule = alt.Chart(alt.Data(values=[{"nought": 0}])).mark_rule(color=INK, strokeWidth=1)
    return rule.encode(**{axis: "nought:Q"})


def bands(shown: Sequence[str], room: int = 12) -> int:
    """Height of an axis of names: all bands are as high as the one with most lines needs."""
    return len(shown) * (room + 15 * max((name.count("\n") + 1 for name in shown), default=1))


def by_policy(names: Sequence[str], *, baseline: bool = False) -> tuple[Any, Any]:
    """Scales of colour and of shape of the policies: the variants, with the baseline first if it is among them."""
    import altair as alt

    first = 0 if baseline else 1
    places = range(first, first + len(names))
    return (
        alt.Scale(domain=list(names), range=[policy_colour(place) for place in places]),
        alt.Scale(domain=list(names), range=[policy_shape(place) for place in places]),
    )
