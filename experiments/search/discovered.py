"""A discovery as rows of plain values: what its files, ``--json`` and reports read."""

from __future__ import annotations

import math
from typing import Any

from scipy.stats import binomtest

from experiments.search.boxes import SIGNIFICANT, Box, Fit, Restriction
from experiments.search.discovery import Discovery
from experiments.statistics.intervals import CONFIDENCE

Row = dict[str, Any]


def box_rows(found: Discovery) -> list[Row]:
    """A row a side that a box cuts off an input: its limit, quasi-p-values, and how well the box tells failures.

    ``…_found`` on the points with which boxes were found, ``…_tested`` on the others; the interval of the tested
    density is an exact one of 90 % (Clopper and Pearson, 1934).
    """
    return [
        {
            "box": number, **_restriction(found, one), **_fit("found", box.found), **_fit("tested", box.tested),
            **density_interval(box.tested),
        }
        for number, box in enumerate(found.boxes, 1)
        for one in box.restrictions
    ]  # fmt: skip


def trajectory_rows(found: Discovery) -> list[Row]:
    """A row a box that PRIM went through, from all points to the smallest box."""
    return [
        {
            "box": number, "step": k, "chosen": k == box.chosen,
            "inputs": len({one.column for one in step.restrictions}),
            **_fit("found", step.found), **_fit("tested", step.tested),
            "restrictions": "; ".join(written(found, one) for one in step.restrictions),
        }
        for number, box in enumerate(found.boxes, 1)
        for k, step in enumerate(box.steps)
    ]  # fmt: skip


def point_rows(found: Discovery) -> list[Row]:
    """A row a point: its inputs, the measure over its seeds, and whether the policy fails its goal there."""
    factors = found.doubt.inquiry.factors
    return [
        {
            "half": "found with" if k < found.half else "tested on",
            **{f.path: float(value) for f, value in zip(factors, x, strict=True)},
            found.doubt.inquiry.measure.id: float(mean), "fails": bool(fails),
        }
        for k, (x, mean, fails) in enumerate(zip(found.x, found.means, found.fails, strict=True))
    ]  # fmt: skip


def whole(found: Discovery) -> Row:
    """Everything but the points, as plain values."""
    doubt, inquiry = found.doubt, found.doubt.inquiry
    return {
        "policies": list(inquiry.labels), "caseload": inquiry.variant.caseload.name, "weeks": inquiry.variant.weeks,
        "goal": doubt.goal, "inputs": [[f.path, f.low, f.high] for f in inquiry.factors],
        "held": dict(inquiry.held), "points": len(found.x), "seeds_a_point": inquiry.replicates, "runs": found.runs,
        "fails": found.base_rate, "seeds_divided": found.divided,
        "boxes": box_rows(found), "trajectory": trajectory_rows(found),
    }  # fmt: skip


def written(found: Discovery, one: Restriction) -> str:
    """A restriction as a formula."""
    factor = found.doubt.inquiry.factors[one.column]
    return f"{factor.path} {'<=' if one.upper else '>='} {limit_of(found, one):.6g}"


def limit_of(found: Discovery, one: Restriction) -> float:
    """The limit with no more digits than matter, of whole inputs the last whole number inside."""
    if found.doubt.inquiry.factors[one.column].declared.whole:
        return float(math.floor(one.limit) if one.upper else math.ceil(one.limit))
    return float(f"{one.limit:.3g}")


def holds_up(box: Box) -> bool:
    """Whether every restriction of a box is significant on the points it was not found with as well."""
    return all(one.p_tested <= SIGNIFICANT for one in box.restrictions)


def density_interval(tested: Fit) -> Row:
    """The 90 % interval of the share that fails in a box, from the points it was not found with."""
    if not tested.inside:
        return {"density_tested_low": math.nan, "density_tested_high": math.nan}
    told = binomtest(tested.failing, tested.inside).proportion_ci(CONFIDENCE)
    return {"density_tested_low": float(told.low), "density_tested_high": float(told.high)}


def _restriction(found: Discovery, one: Restriction) -> Row:
    factor = found.doubt.inquiry.factors[one.column]
    return {
        "input": factor.path, "side": "at most" if one.upper else "at least", "limit": limit_of(found, one),
        "unit": factor.declared.unit, "range_low": factor.low, "range_high": factor.high,
        "own": found.doubt.inquiry.own[factor.path], "mark": found.doubt.inquiry.marks.get(factor.path, ""),
        "meaning": factor.declared.meaning, "p_found": one.p, "p_tested": one.p_tested,
    }  # fmt: skip


def _fit(name: str, told: Fit) -> Row:
    return {
        f"coverage_{name}": told.coverage, f"density_{name}": told.density, f"mass_{name}": told.mass,
        f"points_{name}": told.inside,
    }  # fmt: skip
