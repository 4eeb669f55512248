"""What trials would find, in rows: power, the smallest effect to be seen, bias by spill-over, how many are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from experiments.statistics.intervals import CONFIDENCE, Array, spread
from experiments.trial.asking import FEWEST, LEVEL, POWER, By, Trial
from experiments.trial.conducting import Conducted, Runs
from experiments.trial.estimating import detectable

Row = dict[str, Any]
Vectors = NDArray[np.int64]

#: Units of the outcomes.
UNITS = {"departed": "share", "saving": "GBP/family"}


def rows(found: Conducted) -> list[Row]:
    """A row a number of families, an assignment, an outcome and a number of months.

    Returns
    -------
    list of dict
        Besides these four and ``unit``:

        - ``enrolled``, ``treated``, ``sites``: means over runs; ``runs``, and ``checked``: whether it was run to check
          a needed number.
        - ``without``: the outcome when the offer is open to none.
        - ``truth``, ``estimate``, ``error_of_estimate`` (estimate less truth), ``leak``, ``shortfall`` and ``bias``
          (− leak − shortfall), each with ``…_mean_low`` and ``…_mean_high``; ``effect_told``: whether the model itself
          tells the effect from nought.
        - ``standard_error``: standard deviation over runs of estimate less truth; ``reckoned_error``: root mean square
          of the one that the trialist reckons; ``detectable``: the smallest true effect seen with a power of 80 %.
        - ``power``, ``false_positive`` and ``wrong_sign`` (rejected with the wrong sign): shares of runs, with
          ``…_low`` and ``…_high``; ``false_positive_p``: p-value of its being 5 %; ``impossible``: share of runs whose
          arms allow no test.
        - ``needed``: families for which the mean effect would be seen with that power, if the standard error falls as
          one over their root.
    """
    return [
        _row(found.trial, runs, outcome, place, found.vectors)
        for runs in found.runs
        for outcome in runs.found
        for place in range(len(found.trial.months))
    ]


def _row(trial: Trial, runs: Runs, outcome: Any, place: int, vectors: Vectors) -> Row:
    kept = {name: values[:, place] for name, values in runs.found[outcome].items()}
    bias = -kept["leak"] - kept["shortfall"]
    row: Row = {
        "families": runs.families, "by": runs.by, "outcome": outcome, "months": trial.months[place],
        "unit": UNITS[outcome], "enrolled": float(runs.enrolled.mean()), "treated": float(runs.treated.mean()),
        "sites": float(runs.sites.mean()), "without": spread(kept["without"], vectors).mean,
    }  # fmt: skip
    for name, values in {
        "truth": kept["truth"], "estimate": kept["estimate"], "error_of_estimate": kept["estimate"] - kept["truth"],
        "leak": kept["leak"], "shortfall": kept["shortfall"], "bias": bias,
    }.items():  # fmt: skip
        told = spread(values, vectors)
        row |= {name: told.mean, f"{name}_mean_low": told.mean_low, f"{name}_mean_high": told.mean_high}
    truth = spread(kept["truth"], vectors)
    row |= {"truth_run_p05": truth.run_p05, "truth_run_p95": truth.run_p95}
    error = standard_error(kept)
    rejected = kept["p"] < LEVEL
    row |= {
        "standard_error": error,
        "reckoned_error": float(np.sqrt(np.nanmean(kept["error"] ** 2)))
        if np.isfinite(kept["error"]).any()
        else math.nan,
        "detectable": detectable(error, LEVEL, POWER),
        **share_of(rejected, "power"),
        **share_of(kept["null_p"] < LEVEL, "false_positive"),
        "false_positive_p": float(binomtest(int((kept["null_p"] < LEVEL).sum()), len(vectors), LEVEL).pvalue),
        **share_of(rejected & (np.sign(kept["estimate"]) == -np.sign(row["truth"])), "wrong_sign"),
        "impossible": float(np.isnan(kept["p"]).mean()),
        "needed": needed(runs.families, error, row["truth"]),
        "effect_told": bool(truth.mean_low > 0 or truth.mean_high < 0),
        "checked": runs.checked,
        "runs": len(vectors),
    }
    return row


def standard_error(kept: dict[str, Array]) -> float:
    """Standard deviation over runs of the estimate less the truth of the same run; NaN without two of them."""
    off = kept["estimate"] - kept["truth"]
    off = off[np.isfinite(off)]
    return float(off.std(ddof=1)) if len(off) > 1 else math.nan


def share_of(happened: NDArray[np.bool_], name: str) -> Row:
    """A share of runs with its 90 % interval (Wilson's), as if runs were independent."""
    told = binomtest(int(happened.sum()), len(happened)).proportion_ci(CONFIDENCE, method="wilson")
    return {name: float(happened.mean()), f"{name}_low": float(told.low), f"{name}_high": float(told.high)}


def needed(families: int, error: float, effect: float) -> float:
    """Families with which an effect would be seen, from the standard error with some; infinite for no effect."""
    if math.isnan(error) or math.isnan(effect):
        return math.nan
    if effect == 0.0:
        return math.inf
    return families * (detectable(error, LEVEL, POWER) / abs(effect)) ** 2


def to_check(trial: Trial, runs: Sequence[Runs], vectors: Vectors) -> list[tuple[int, By]]:
    """Numbers of families to be tried, by assignment: what an outcome needs in its best month, where not too many."""
    told = rows(Conducted(trial, list(runs), vectors))
    found: list[tuple[int, By]] = []
    for way in trial.by:
        for outcome in trial.outcomes:
            row = best(told, outcome, way)
            if row is not None and row["needed"] <= trial.most_checked:
                size = max(FEWEST, round(row["needed"]))
                if size not in trial.families and (size, way) not in found:
                    found.append((size, way))
    return found


def best(told: Sequence[Row], outcome: str, way: str) -> Row | None:
    """The row of the largest trials that were asked for whose month needs fewest families; None where none is told."""
    mine = [
        r for r in told if r["outcome"] == outcome and r["by"] == way and not r["checked"] and r["impossible"] < 1.0
    ]
    if not mine:
        return None
    most = max(row["families"] for row in mine)
    known = [r for r in mine if r["families"] == most and r["effect_told"] and math.isfinite(r["needed"])]
    return min(known, key=lambda row: row["needed"], default=None)
