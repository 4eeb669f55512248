"""Boxes on points whose failures are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, qmc

from experiments.search.boxes import Box, Half, Restriction, find_boxes, fit, inside, quasi_p


def half(seed: int, *, noise: float = 0.0, inputs: int = 6, count: int = 600) -> Half:
    """Fails where the first input is below 0.4 and the second above 0.6: 16 in a hundred; some at random besides."""
    rng = np.random.default_rng(seed)
    x = qmc.LatinHypercube(inputs, rng=rng).random(count)
    fails = (x[:, 0] < 0.4) & (x[:, 1] > 0.6)
    return Half(x, fails ^ (rng.random(count) < noise))


def known(box: Box) -> dict[tuple[int, bool], float]:
    return {(one.column, one.upper): one.limit for one in box.restrictions}


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_known_box_is_found(noise: float) -> None:
    (box, *_) = find_boxes(half(1, noise=noise), half(2, noise=noise), most=3, boxes=1)
    assert known(box) == {(0, True): pytest.approx(0.4, abs=0.04), (1, False): pytest.approx(0.6, abs=0.04)}
    assert all(one.p < 1e-6 and one.p_tested < 1e-6 for one in box.restrictions)
    # Of the points of the true box all but `noise` fail; of all failures those outside are noise × 0.84 of the points.
    failures = 0.16 * (1 - noise) + 0.84 * noise
    for told in (box.found, box.tested):
        assert told.density == pytest.approx(1 - noise, abs=0.1)
        assert told.coverage == pytest.approx(0.16 * (1 - noise) / failures, abs=0.12)


def test_two_known_boxes_are_found_one_after_the_other() -> None:
    def two(seed: int) -> Half:
        x = qmc.LatinHypercube(5, rng=np.random.default_rng(seed)).random(1000)
        return Half(x, ((x[:, 0] < 0.3) & (x[:, 1] < 0.5)) | ((x[:, 2] > 0.7) & (x[:, 3] > 0.6) & (x[:, 0] > 0.5)))

    boxes = find_boxes(two(1), two(2), most=3, boxes=3)
    assert set(boxes[0].columns) == {0, 1}
    assert set(boxes[1].columns) == {0, 2, 3}
    assert sum(box.tested.coverage for box in boxes[:2]) > 0.85
    assert min(box.tested.density for box in boxes[:2]) > 0.85


def test_where_failing_hangs_on_nothing_no_box_holds_on_other_points() -> None:
    def luck(seed: int) -> Half:
        rng = np.random.default_rng(seed)
        return Half(rng.random((400, 6)), rng.random(400) < 0.3)

    for box in find_boxes(luck(1), luck(2), most=3, boxes=1):
        assert box.found.density > 0.3  # peeling finds something in anything
        assert box.tested.density == pytest.approx(0.3, abs=0.12)
        assert max(one.p_tested for one in box.restrictions) > 0.05


def test_it_restricts_at_most_so_many_inputs() -> None:
    (box,) = find_boxes(half(1), half(2), most=1, boxes=1)
    assert len(box.columns) == 1
    assert box.columns[0] in (0, 1)


def test_nothing_is_looked_for_where_all_fail_or_none() -> None:
    one, other = half(1), half(2)
    for everywhere in (True, False):
        same = [Half(some.x, np.full(len(some.x), everywhere)) for some in (one, other)]
        assert find_boxes(*same, most=3, boxes=2) == []


def test_the_way_to_the_box_begins_with_all_points() -> None:
    (box,) = find_boxes(half(1), half(2), most=3, boxes=1)
    assert box.steps[0].restrictions == ()
    assert box.steps[0].found.coverage == 1.0
    assert 0 < box.chosen < len(box.steps)
    masses = [step.found.mass for step in box.steps[: box.chosen]]
    assert masses == sorted(masses, reverse=True)


def test_coverage_density_and_quasi_p_by_hand() -> None:
    x = np.array([[0.1], [0.2], [0.3], [0.8], [0.9]])
    some = Half(x, np.array([True, True, False, True, False]))
    low = Restriction(0, True, 0.5)
    everywhere = np.ones(5, dtype=np.bool_)
    assert inside([low], x).tolist() == [True, True, True, False, False]
    told = fit([low], some, everywhere)
    assert told == (2 / 3, 2 / 3, 3 / 5, 3, 2)
    # Two or three failures among three, where three of five fail.
    assert quasi_p(low, [low], some, everywhere) == pytest.approx(binom.sf(1, 3, 0.6))
    assert fit([low], some, np.array([False, True, True, True, True])) == (1 / 3, 1 / 2, 2 / 5, 2, 1)
