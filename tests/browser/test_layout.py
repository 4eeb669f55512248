"""Where households are drawn: a block for each country of origin, in proportion, and everybody inside it."""

from __future__ import annotations

import numpy as np
import pytest

from abm.browser.layout import Block, picture, treemap


def test_treemap_fills_the_picture_in_proportion():
    sizes = [50.0, 20.0, 20.0, 9.0, 1.0]
    blocks = treemap(sizes, Block(0, 0, 1, 1))
    areas = [b.w * b.h for b in blocks]
    assert areas == pytest.approx([size / 100 for size in sizes])
    assert max(b.x + b.w for b in blocks) == pytest.approx(1)
    assert max(b.y + b.h for b in blocks) == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2, 17, 1_000])
def test_households_stay_inside_the_block_of_their_origin(count):
    origin = np.arange(count) % 5
    drawn = picture(origin, np.arange(count))
    for o, block in drawn.blocks:
        x, y = drawn.xy[origin == o].T
        assert ((x > block.x) & (x < block.x + block.w)).all()
        assert ((y > block.y) & (y < block.y + block.h)).all()
