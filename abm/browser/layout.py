"""Where households are drawn: a block for each country of origin, and in it the households of a site together.

The picture is computed once for the households of a run and is the same under every policy, so that an
eye can go from one side to the other.  Blocks are a squarified treemap.

References
----------
.. [1] M. Bruls, K. Huizing, J. van Wijk, "Squarified treemaps", Data Visualization 2000, 33–42.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Width of the picture divided by its height.
ASPECT = 1.25
#: Share of a block's height kept free for its name, where the block is large enough to carry one.
_HEADING, _LEAST_HEADED = 0.045, 0.13
_GAP = 0.006
#: Share of the picture's height between those who were there and those who come later, with and without a label.
_PARTED, _PARTED_UNLABELLED = 0.03, 0.01


@dataclass(frozen=True)
class Block:
    """A rectangle, in widths of the picture (x, w) and heights of it (y, h), all 0–1."""

    x: float
    y: float
    w: float
    h: float


def treemap(sizes: list[float], area: Block) -> list[Block]:
    """Rectangles that fill `area` in proportion to `sizes`, in the same order, as square as can be."""
    order = sorted(range(len(sizes)), key=lambda k: (-sizes[k], k))
    total = sum(sizes)
    found: dict[int, Block] = {}
    x, y, w, h = area.x * ASPECT, area.y, area.w * ASPECT, area.h
    scale = w * h / total if total else 0.0
    while order:
        along = min(w, h)
        row: list[int] = []
        while order and (not row or _worst([*row, order[0]], sizes, scale, along) <= _worst(row, sizes, scale, along)):
            row.append(order.pop(0))
        depth = sum(sizes[k] for k in row) * scale / along
        at = 0.0
        for k in row:
            part = sizes[k] * scale / depth
            if w >= h:
                found[k] = Block(x / ASPECT, y + at, depth / ASPECT, part)
            else:
                found[k] = Block((x + at) / ASPECT, y, part / ASPECT, depth)
            at += part
        if w >= h:
            x, w = x + depth, w - depth
        else:
            y, h = y + depth, h - depth
    return [found[k] for k in range(len(sizes))]


def _worst(row: list[int], sizes: list[float], scale: float, along: float) -> float:
    """Largest ratio of sides in a row of rectangles."""
    total = sum(sizes[k] for k in row) * scale
    depth = total / along
    return max(max(depth * depth / (sizes[k] * scale), sizes[k] * scale / (depth * depth)) for k in row)


@dataclass(frozen=True)
class Picture:
    """Where everything is.

    Attributes
    ----------
    xy
        A place for each household, in widths and heights of the picture, 0–1, shape (n, 2).
    blocks
        Origin and rectangle, largest first.
    spacing
        Distance between neighbours, in heights of the picture; nine in ten households have at least that.
    parted
        Origin and height at which a line parts those who were there from those who come later, where there are both.
    """

    xy: NDArray[np.float64]
    blocks: list[tuple[int, Block]]
    spacing: float
    parted: dict[int, float]


def picture(origin: NDArray[np.int64], order: NDArray[np.int64], later: NDArray[np.bool_] | None = None) -> Picture:
    """Lay out the households of a run.

    Parameters
    ----------
    origin
        Position of each household's origin, shape (n,).
    order
        Households in the order in which they fill their origin's block, shape (n,).
    later
        Whether a household comes only in the course of the run, shape (n,): these have a band of their own below
        the others of their block.  None: nobody is laid apart.
    """
    xy = np.zeros((len(origin), 2))
    late = np.zeros(len(origin), bool) if later is None else later
    groups = [(int(o), order[origin[order] == o]) for o in np.unique(origin)]
    groups.sort(key=lambda group: (-len(group[1]), group[0]))
    blocks = treemap([float(len(members)) for _, members in groups], Block(0.0, 0.0, 1.0, 1.0))
    spacing = np.zeros(len(origin))
    told, parted = [], {}
    for (o, members), block in zip(groups, blocks, strict=True):
        inner = _inside(block)
        bands = [band for band in (members[~late[members]], members[late[members]]) if len(band)]
        between = 0.0
        if len(bands) == 2:
            between = min(_PARTED if headed(block) else _PARTED_UNLABELLED, inner.h / 6)
        room = Block(inner.x, inner.y, inner.w, inner.h - between)
        across = _across([len(band) for band in bands], room)
        rows = [math.ceil(len(band) / across) for band in bands]
        step = room.h / sum(rows)
        top = room.y
        for band, down in zip(bands, rows, strict=True):
            k = np.arange(len(band))
            xy[band, 0] = inner.x + (k % across + 0.5) * inner.w / across
            xy[band, 1] = top + (k // across + 0.5) * step
            top += down * step + between
        if len(bands) == 2:
            parted[o] = inner.y + rows[0] * step + between / 2
        spacing[members] = _spacing([len(band) for band in bands], across, room)
        told.append((o, block))
    return Picture(xy, told, float(np.quantile(spacing, 0.1)) if len(spacing) else 1.0, parted)


def _spacing(bands: list[int], across: int, area: Block) -> float:
    """Least distance between neighbours of grids with the same columns, in heights of the picture."""
    return min(area.w * ASPECT / across, area.h / sum(math.ceil(n / across) for n in bands))


def _across(bands: list[int], area: Block) -> int:
    """Columns that keep the households of an area as far apart as can be."""
    guess = math.sqrt(sum(bands) * area.w * ASPECT / area.h)
    return max(range(max(1, int(guess) - 1), int(guess) + 3), key=lambda across: _spacing(bands, across, area))


def headed(block: Block) -> bool:
    """Whether a block is large enough to carry its name."""
    return block.w >= _LEAST_HEADED and block.h >= _LEAST_HEADED


def _inside(block: Block) -> Block:
    top = _HEADING if headed(block) else _GAP
    gap = min(_GAP, block.w / 8, block.h / 8)
    top = min(top, block.h / 3)
    return Block(block.x + gap, block.y + top, block.w - 2 * gap, block.h - top - gap)
