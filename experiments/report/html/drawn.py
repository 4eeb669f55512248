"""A chart as the page holds it: two drawings (wide, narrow), words for those who do not see it, and downloads.

Altair makes Vega-Lite, vl-convert turns it into SVG without a browser or a network, and text stays text.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from experiments.report.html.palette import GRID, INK, SOFT

#: Widths in pixels of a wide and of a narrow drawing; the page shows the narrow one on a small screen.
WIDE, NARROW = 860, 340
GAP = 16
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"

#: Makes the panels of a chart so many pixels wide.
Make = Callable[[int], Sequence[Any]]

_numbers = count()
_NOISE = re.compile(
    r' (?:role|aria-[a-z]+|pointer-events|xmlns:xlink|version|stroke-miterlimit|cursor)="[^"]*"'
    r'| class="(?!marks")[^"]*"| opacity="1"| transform="translate\(0,0\)"| stroke-width="1"(?= )'
)
_EMPTY = re.compile(r'<path[^>]* d=""[^>]*/>|<path[^>]*d="M0,0h0v0h0Z"[^>]*/>|<g(?: transform="[^"]*")?></g>|<g/>')


@dataclass(frozen=True)
class Figure:
    """A chart, drawn.

    Attributes
    ----------
    title, note
        What is above it and below: what it shows, and where it comes from.
    alt
        What it says, for those who do not see it.
    wide, narrow
        SVG to stand in the page.
    svg, csv
        Addresses (data:) of the drawing with title and source, and of its numbers.
    name
        Of the downloaded files, without an ending.
    """

    name: str
    title: str
    note: str
    alt: str
    wide: str
    narrow: str
    svg: str
    csv: str


def drawn(
    name: str,
    make: Make,
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str,
    note: str,
    alt: str,
    columns: int = 1,
    narrow_columns: int = 1,
) -> Figure:
    """Draw a chart.

    Parameters
    ----------
    make
        Makes its panels for a width in pixels.
    rows
        Its numbers, for the download.
    columns, narrow_columns
        Panels side by side in the wide and in the narrow drawing.
    """
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):  # half the time goes into checking what the tests check
        wide = _beside([svg_of(panel) for panel in make(_panel(WIDE, columns))], columns)
        narrow = _beside([svg_of(panel) for panel in make(_panel(NARROW, narrow_columns))], narrow_columns)
    framed = _framed(wide, title, note)
    return Figure(
        name, title, note, alt, wide, narrow, data_address("image/svg+xml", framed),
        data_address("text/csv", csv_text(rows)),
    )  # fmt: skip


def _panel(width: int, columns: int) -> int:
    return (width - GAP * (columns - 1)) // columns


def svg_of(chart: Any) -> str:
    """A chart as SVG, with names of its own for the shapes that it refers to."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(styled(chart).to_dict(validate=False))
    mark = f"r{next(_numbers)}-"
    text = re.sub(r'\bid="([^"]+)"', rf'id="{mark}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{mark}\1)", text)
    text = _EMPTY.sub("", _NOISE.sub("", text))
    return re.sub(r"(\d+\.\d\d)\d+", r"\1", text)


def styled(chart: Any) -> Any:
    """The look of every chart."""
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return chart.configure(
        aria=False, background="transparent", font=FONT, padding={"left": 4, "right": 16, "top": 4, "bottom": 4},
        view={"stroke": None},
        axis={**text, "gridColor": GRID, "domainColor": GRID, "tickColor": GRID, "labelLimit": 400, "titleLimit": 800,
              "labelOverlap": True, "labelSeparation": 8},
        legend={**text, "labelLimit": 400, "symbolStrokeWidth": 2, "orient": "top", "title": None},
        title={"color": INK, "fontSize": 13, "fontWeight": "bold", "anchor": "start", "subtitleColor": SOFT,
               "subtitleFontSize": 12, "limit": 800},
        text={"color": INK, "fontSize": 12},
    )  # fmt: skip


def _size(svg: str) -> tuple[float, float]:
    found = re.match(r'<svg[^>]*\bwidth="([\d.]+)"[^>]*\bheight="([\d.]+)"', svg)
    assert found is not None, "vl-convert says how large a drawing is"
    return float(found[1]), float(found[2])


def _beside(panels: Sequence[str], columns: int) -> str:
    """Several drawings as one, in rows of so many."""
    parts, y, width = [], 0.0, 0.0
    for first in range(0, len(panels), columns):
        row = panels[first : first + columns]
        sizes = [_size(panel) for panel in row]
        x = 0.0
        for panel, (across, _) in zip(row, sizes, strict=True):
            parts.append(panel.replace("<svg ", f'<svg x="{x:g}" y="{y:g}" ', 1))
            x += across + GAP
        width = max(width, x - GAP)
        y += max(down for _, down in sizes) + GAP
    return _outer(width, y - GAP, "".join(parts))


def _outer(width: float, height: float, inside: str) -> str:
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>'


def _framed(svg: str, title: str, note: str) -> str:
    """A drawing that stands by itself: white ground, title above, source below."""
    width, height = _size(svg)
    lines, notes = _wrapped(title, width, 10.6), _wrapped(note, width, 6.8)
    top = 14 + 20 * len(lines)
    text = [_line(line, 22 + 20 * k, 16, INK, "bold") for k, line in enumerate(lines)]
    text += [_line(line, top + height + 22 + 15 * k, 11, SOFT) for k, line in enumerate(notes)]
    inside = svg.replace("<svg ", f'<svg x="12" y="{top}" ', 1)
    whole = (width + 24, top + height + 22 + 15 * len(notes))
    return _outer(*whole, f'<rect width="100%" height="100%" fill="white"/>{"".join(text)}{inside}')


def _line(text: str, y: float, size: int, colour: str, weight: str = "normal") -> str:
    look = f'font-family="{FONT}" font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="12" y="{y:g}" {look}>{escape(text)}</text>'


def _wrapped(text: str, width: float, letter: float) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(20, int(width / letter)))


def data_address(kind: str, text: str) -> str:
    """A file as an address that needs no network."""
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode('ascii')}"


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; the columns are those of the first."""
    if not rows:
        return ""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
