"""Held-out histories: what the fitted model says of events that the fit never saw.

Each row of ``targets.csv`` with use ``validate`` is either simulated, with the parameter uncertainty of the
ensemble and one seed a member, or listed as not represented, with the reason.  A history is reproduced if
its value, or the range that the evidence gives, meets the runs' 5th to 95th percentile; otherwise it is a miss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from abm.arrays.state import COUNT
from abm.household.stages import COL, STAGE, Stage
from abm.inputs.behaviour import Behaviour
from abm.model import Run
from abm.numerics.draws import key_of, uniform
from abm.scenarios.scenario import load_caseload
from experiments.calibration.calibrate import COHORT_WEEKS, history
from experiments.calibration.targets import target_rows
from experiments.question.case import load_case
from experiments.question.defaults import DEFAULT_CASELOAD
from experiments.running.threads import each

#: Households simulated in each history.
SIZE = 6_000

#: Rows of the evidence that no part of the model stands for, and why.
NOT_REPRESENTED: dict[str, str] = {
    "UK_2014_DETENTION_CUT": "detainees are not told apart",
    "UK_2016_COUNSEL": "a change of provider within a quarter is not modelled",
    "FRP_NO_ENSURED": "the family returns process and its stages are not modelled",
    "NL_AVR_RATE": "no caseload for the Netherlands",
    "NO_AVR_RATE": "no caseload for Norway",
    "DK_GRANT_2010": "no caseload of the permit holders of 2010",
    "DK_GRANT_ELASTICITY": "no caseload of the permit holders of 2010",
    "UK_COHORT_TOTAL": "not held out: the sum of two rows, one fitted and one worked into the policy",
    "FRP_2014_16_AVR": "another population: all families without leave, most of whom never claimed",
    "DE_2017": "no caseload for Germany",
    "DE_2018Q1": "no caseload for Germany",
    "DE_EARLY_SHARE": "no caseload for Germany",
    "IE_POST": "no caseload for Ireland",
}


def _after_the_larger_offer(behaviour: Behaviour, seed: int) -> dict[str, float]:
    stock = load_caseload("uk-refused-2005").figure(
        "households"
    )  # known to within a factor of almost two: drawn over its range
    low, high = stock.low or stock.value, stock.high or stock.value
    drawn = int(low + (high - low) * uniform(key_of(seed), 0, 0, 0))
    settings = {"caseload.households": drawn}
    run = history("uk-2002-2015", "uk-refused-2005", behaviour, seed, weeks=208, size=SIZE, settings=settings)
    persons = run.series["assisted_persons"].to_numpy() * run.prepared.weight
    return {"UK_AVR_2007": float(persons[104:156].sum()), "UK_AVR_2008": float(persons[156:208].sum())}


def _cohort(behaviour: Behaviour, seed: int) -> dict[str, float]:
    run = history("uk-2010", "uk-cohort-2010", behaviour, seed, weeks=COHORT_WEEKS, size=SIZE)
    return {"UK_CHILD_SHARE": _children_among_assisted(run)}


def _children_among_assisted(run: Run) -> float:
    s = run.state.s
    went = (s[COL.left_at] >= 0) & (s[COL.route] == STAGE.RETURNED_ASSISTED)
    return float(s[COL.children, went].sum() / max(1.0, s[COL.children, went].sum() + s[COL.adults, went].sum()))


def _cash_at_the_airport(behaviour: Behaviour, seed: int) -> dict[str, float]:
    counts = []
    for share in (1 / 3, 2 / 3):
        settings = {"standing.paid_at_departure": share, "standing.in_kind_share": 1.0 - share}
        run = history("uk-2010", "uk-refused-2005", behaviour, seed, weeks=39, size=SIZE * 2, settings=settings)
        counts.append(float(run.series["assisted"].to_numpy()[26:39].sum()))
    return {"UK_2010_CASH_TIMING": counts[1] / max(1.0, counts[0])}


def _denmark(behaviour: Behaviour, seed: int) -> dict[str, float]:
    prepared = load_case("danish-2021", "denmark-2020", (behaviour,), weeks=104).prepared()
    state, stock = prepared.begin(seed), []
    for week in (52, 104):
        prepared.advance(seed, state, week - 52, week)
        stock.append(float(state.counts[COUNT.persons, [Stage.EXHAUSTED, Stage.BOOKED]].sum()) * prepared.weight)
    return {"DK_EXIT_2021": stock[0], "DK_EXIT_2022": stock[1]}


def _pilot(behaviour: Behaviour, seed: int) -> dict[str, float]:
    run = history("uk-pilot-2026", DEFAULT_CASELOAD, behaviour, seed, weeks=1, size=None)
    return {"UK_PILOT_TAKEUP": float(run.series["accepted"].to_numpy()[0])}


_HISTORIES: tuple[Callable[[Behaviour, int], dict[str, float]], ...] = (
    _after_the_larger_offer, _cohort, _cash_at_the_airport, _denmark, _pilot,
)  # fmt: skip


def validation_table(behaviours: Sequence[Behaviour], first_seed: int = 5_000) -> list[dict[str, Any]]:
    """Every held-out row: evidence, model, verdict.

    Parameters
    ----------
    behaviours
        The ensemble (or the point fit, repeated).
    first_seed
        Member k runs with seed ``first_seed + k``.

    Returns
    -------
    list of dict
        id, quantity, value, evidence_low, evidence_high, model (median of the runs), run_p05, run_p95,
        verdict ("reproduced", "missed", "prediction: …" or "not represented: …").
    """
    jobs = [(past, member, first_seed + k) for past in _HISTORIES for k, member in enumerate(behaviours)]
    found: dict[str, list[float]] = {}
    for part in each(jobs, lambda job: job[0](job[1], job[2])):
        for name, value in part.items():
            found.setdefault(name, []).append(value)
    rows = []
    for name, row in target_rows().items():
        if row["use"] == "validate":
            rows.append(_row(name, row, found.get(name)))
    return rows


def _row(name: str, row: Mapping[str, str], values: Sequence[float] | None) -> dict[str, Any]:
    value = float(row["value"]) if row["value"] else float("nan")
    low, high = (float(row[key]) if row[key] else value for key in ("low", "high"))
    told: dict[str, Any] = {"id": name, "quantity": row["quantity"], "value": value}
    told |= {"evidence_low": low, "evidence_high": high}
    if values is None:
        return told | {
            "model": float("nan"), "run_p05": float("nan"), "run_p95": float("nan"),
            "verdict": f"not represented: {NOT_REPRESENTED[name]}",
        }  # fmt: skip
    p05, model, p95 = (float(q) for q in np.quantile(values, [0.05, 0.5, 0.95]))
    verdict = "reproduced" if low <= p95 and high >= p05 else "missed"
    if np.isnan(value):
        verdict = "prediction: the figure was withheld"
    return told | {"model": model, "run_p05": p05, "run_p95": p95, "verdict": verdict}
