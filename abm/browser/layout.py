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
    """

    xy: NDArray[np.float64]
    blocks: list[tuple[int, Block]]
    spacing: float


def picture(origin: NDArray[np.int64], order: NDArray[np.int64]) -> Picture:
    """Lay out the households of a run.

    Parameters
    ----------
    origin
        Position of each household's origin, shape (n,).
    order
        Households in the order in which they fill their origin's block, shape (n,).
    """
    xy = np.zeros((len(origin), 2))
    groups = [(int(o), order[origin[order] == o]) for o in np.unique(origin)]
    groups.sort(key=lambda group: (-len(group[1]), group[0]))
    blocks = treemap([float(len(members)) for _, members in groups], Block(0.0, 0.0, 1.0, 1.0))
    spacing = np.zeros(len(origin))
    told = []
    for (o, members), block in zip(groups, blocks, strict=True):
        inner = _inside(block)
        n = len(members)
        across = _across(n, inner)
        down = math.ceil(n / across)
        k = np.arange(n)
        xy[members, 0] = inner.x + (k % across + 0.5) * inner.w / across
        xy[members, 1] = inner.y + (k // across + 0.5) * inner.h / down
        spacing[members] = _spacing(n, across, inner)
        told.append((o, block))
    return Picture(xy, told, float(np.quantile(spacing, 0.1)) if len(spacing) else 1.0)


def _spacing(n: int, across: int, area: Block) -> float:
    """Least distance between neighbours of a grid, in heights of the picture."""
    return min(area.w * ASPECT / across, area.h / math.ceil(n / across))


def _across(n: int, area: Block) -> int:
    """Columns that keep `n` households in an area as far apart as can be."""
    guess = math.sqrt(n * area.w * ASPECT / area.h)
    return max(range(max(1, int(guess) - 1), int(guess) + 3), key=lambda across: _spacing(n, across, area))


def headed(block: Block) -> bool:
    """Whether a block is large enough to carry its name."""
    return block.w >= _LEAST_HEADED and block.h >= _LEAST_HEADED


def _inside(block: Block) -> Block:
    top = _HEADING if headed(block) else _GAP
    gap = min(_GAP, block.w / 8, block.h / 8)
    top = min(top, block.h / 3)
    return Block(block.x + gap, block.y + top, block.w - 2 * gap, block.h - top - gap)
