"""Every measure of A and of B, as the command's files have them, written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from abm.measures import COMPARED, MEASURES
from experiments.compare.further import FURTHER, TOLD_OF
from experiments.compare.paired import WITH_PULL
from experiments.page.answer.wording import Written, written
from experiments.page.paired import Answer
from experiments.page.strip import enough
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE

#: The measures shown first, in order; the others follow on request.
KEY_FIGURES = (
    "departures", "return_rate_12m", "assisted_return_rate_12m", "absconded_share", "removed_share", "caseload_end",
    "cost_npv", "net_saving_npv", f"net_saving_npv{WITH_PULL}", "offer_spend", "deadweight", "break_even_offer",
    "cost_per_additional_return", "outside_account_end", f"induced_arrivals{WITH_PULL}",
    "child_years_in_limbo", "destitution_weeks", "children_removed", "unsafe_returns",
)  # fmt: skip
#: The concerns in the order in which they are shown, and what each is called.
GROUPS = {
    "firm": "Who leaves", "public money": "Public money",
    "compassionate": "What happens to people", "fair": "Fair",
}  # fmt: skip
_TITLES = {
    "return_rate_12m": "left within 12 months, by any route",
    "absconded_share": "ever out of contact",
    "outside_account_end": "protected, settled or out of contact at the end",
}

Row = Mapping[str, Any]
_EMPTY = {"mean": "", "interval": ""}


def names() -> list[str]:
    """Every measure that a comparison has, the key figures first."""
    every = [*MEASURES, *COMPARED, *(f"{name}{WITH_PULL}" for name in ("net_saving_npv", "induced_arrivals"))]
    every += [*FURTHER, f"chance_of_saving{WITH_PULL}"]
    return [*KEY_FIGURES, *(name for name in every if name not in KEY_FIGURES)]


def table(answer: Answer) -> list[dict[str, Any]]:
    """All measures, the key figures first, each with texts for A, for B and for the difference."""
    return [row(answer, name) for name in names()]


def row(answer: Answer, name: str) -> dict[str, Any]:
    """One measure as the table shows it."""
    base, found = answer.row(name, 0), answer.row(name)
    measure = TOLD_OF[name.removesuffix(WITH_PULL)]
    (elasticity,) = PULL_ON.values()
    pulled = f", pull factor on ({elasticity:g})" if name.endswith(WITH_PULL) else ""
    told = {
        "id": name,
        "title": f"{_TITLES.get(name, measure.title)}{pulled}",
        "definition": f"{measure.definition[:1].upper()}{measure.definition[1:]}.",
        "group": GROUPS[measure.group],
        "key": name in KEY_FIGURES,
        "a": _EMPTY, "b": _EMPTY, "d": _EMPTY | {"unit": "", "apart": False},
    }  # fmt: skip
    if measure.ratio or name.startswith("chance_of_saving"):
        return told | {"b": _by_itself(found, sure=enough(answer))}
    itself = measure.id in COMPARED  # it is a difference: levels it has none
    return told | _both(base, found, itself=itself, sure=enough(answer))


def _by_itself(found: Row, *, sure: bool) -> dict[str, str]:
    """A number of B alone, with the interval of its mean."""
    mean, low, high = (found[key] for key in ("mean", "mean_low", "mean_high"))
    put = written(found["unit"], [mean, low, high])
    if math.isnan(mean):
        return {"mean": found["words"] or NONE, "interval": ""}
    between = sure and low != high and not math.isnan(low)
    return {"mean": put.level(mean), "interval": f"of the mean: {put.levels(low, high)}" if between else ""}


def _both(base: Row, found: Row, *, itself: bool, sure: bool) -> dict[str, Any]:
    ends = ("run_p05", "run_p95") if sure else ()
    levels = [] if itself else [r[k] for k in ("mean", *ends) for r in (base, found)]
    changes = [found[f"difference{f'_{k}' * bool(k)}"] for k in ("", *ends)]
    put = written(found["unit"], levels, changes, agree=not itself, error=found["difference_standard_error"])
    mean, low, high = (found[key] for key in ("difference", "difference_run_p05", "difference_run_p95"))
    unit = "" if math.isnan(mean) else put.unit
    told = {"mean": put.change(mean), "unit": unit, "interval": "", "apart": sure and (low > 0 or high < 0)}
    if sure and low != high and not math.isnan(low):
        told["interval"] = put.changes(low, high)
    cells = {side: _level(r, put, sure=sure) for side, r in (("a", base), ("b", found)) if not itself}
    return {**cells, "d": told}


def _level(found: Row, put: Written, *, sure: bool) -> dict[str, str]:
    mean, low, high = (found[key] for key in ("mean", "run_p05", "run_p95"))
    if not sure or math.isnan(mean) or low == high:
        return {"mean": put.level(mean), "interval": ""}
    return {"mean": put.level(mean), "interval": put.levels(low, high)}
