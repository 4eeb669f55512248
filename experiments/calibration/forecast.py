"""Forecasts of what nobody has published yet: dated, with how they are to be scored and what would refute them.

Two are kept in ``results/reference``: the take-up and the saving of the pilot of March 2026, and those of the next step
that a ministry would try, the same sum offered to every family on the same terms for a year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.posterior import Draw
from experiments.question.case import Case, load_case
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, WEEKS
from experiments.running.threads import each

Array = NDArray[np.float64]

#: Seed of the first run, and the quantiles that a forecast gives.
SEED = 9_000
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Asked:
    """What is forecast: a policy against the one before it.

    Attributes
    ----------
    name
        Short, for file names.
    accepted_weeks
        Weeks over which acceptances are counted.
    """

    name: str
    title: str
    policy: str
    accepted_weeks: int
    settings: Mapping[str, Any]


PILOT = Asked(
    "pilot", "the pilot of March 2026: GBP 10,000 a person to 150 refused families, seven days to accept",
    "uk-pilot-2026", 1, {},
)  # fmt: skip
NEXT = Asked(
    "next", "the next step: the same sum to every refused family for a year, eight weeks to accept",
    "uk-pilot-2026", 52,
    {"offer.end_week": 52, "offer.acceptance_window_weeks": 8, "offer.claims_before_week": 52,
     "offer.safe_origins_only": False},
)  # fmt: skip

#: What is forecast of each: title, unit, how it is taken from a run and its pair.
Taken = Callable[[Any, Any, int], float]


def _accepted(run: Any, base: Any, weeks: int) -> float:
    return float(run.series["accepted"].to_numpy()[:weeks].sum() * run.prepared.weight)


def _share(run: Any, base: Any, weeks: int) -> float:
    return _accepted(run, base, weeks) / float(run.prepared.caseload.households)


def _left(run: Any, base: Any, weeks: int) -> float:
    went = [float(one.series[["assisted", "unassisted", "removed"]].to_numpy()[:26].sum() * one.prepared.weight)
            for one in (run, base)]  # fmt: skip
    return went[0] - went[1]


def _saved(key: str) -> Taken:
    return lambda run, base, weeks: float(base.measures[key] - run.measures[key])


QUANTITIES: dict[str, tuple[str, str, Taken]] = {
    "accepted": ("families that accept in time", "families", _accepted),
    "accepted_share": ("of all families, that accept in time", "share", _share),
    "left_26w": ("families gone after half a year, beyond those gone without it", "families", _left),
    "saving_1y": ("net saving in the first year", "GBP", _saved("cost_1y")),
    "saving_5y": ("net saving in five years", "GBP", _saved("cost_5y")),
}


def forecast(
    asked: Asked, draws: Sequence[Draw], *, runs: int = 400, seed: int = SEED, workers: int | None = None
) -> dict[str, Array]:
    """The predictive distribution of what is asked.

    Parameters
    ----------
    draws
        Of the posterior, taken in turn.
    runs
        Pairs of runs: with and without the policy, the same draw and seed.

    Returns
    -------
    dict of str to Array
        By quantity, (runs,).
    """

    def one(k: int) -> dict[str, float]:
        member = draws[k % len(draws)].behaviour
        case = load_case(asked.policy, DEFAULT_CASELOAD, (member,), weeks=WEEKS, settings=asked.settings)
        base: Case = load_case(DEFAULT_BASELINE, DEFAULT_CASELOAD, (member,), weeks=WEEKS)
        run, without = case.prepared().run(seed + k), base.prepared().run(seed + k)
        return {name: taken(run, without, asked.accepted_weeks) for name, (_, _, taken) in QUANTITIES.items()}

    found = each(range(runs), one, workers=workers)
    return {name: np.array([row[name] for row in found]) for name in QUANTITIES}


def rows(asked: Asked, found: Mapping[str, Array]) -> list[dict[str, Any]]:
    """The distribution as a table: mean and quantiles of each quantity."""
    made = []
    for name, values in found.items():
        title, unit, _ = QUANTITIES[name]
        told = {f"q{round(100 * q):02d}": float(f"{float(np.quantile(values, q)):.6g}") for q in QUANTILES}
        chance = float(np.mean(values > 0.0))
        made.append({"forecast": asked.name, "quantity": name, "title": title, "unit": unit,
                     "mean": float(f"{values.mean():.6g}"), **told, "chance_above_0": round(chance, 3)})  # fmt: skip
    return made


def crps(values: Array, happened: float) -> float:
    """Continuous ranked probability score of a forecast given as draws: smaller is better.

    E|X − y| − E|X − X′| / 2 (T. Gneiting, A. Raftery, "Strictly proper scoring rules", JASA 102, 2007).
    """
    ordered = np.sort(values)
    n = len(ordered)
    spread = 2.0 * float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum()) / (n * n)
    return float(np.abs(ordered - happened).mean()) - 0.5 * spread


def text(tables: Mapping[str, Sequence[Mapping[str, Any]]], asked: Sequence[Asked], day: str, draws: int) -> str:
    """The forecast as a page."""
    lines = [
        "# What is forecast, and how to hold it against what happens", "",
        f"Made on {day} with {draws} draws of the posterior, before any figure was published: the take-up of the pilot",
        "of March 2026 was withheld when it closed. Made anew by `python -m experiments.report.reference`.", "",
    ]  # fmt: skip
    for one in asked:
        lines += [f"## {one.title[0].upper()}{one.title[1:]}", "",
                  "| | median | half of runs | nine in ten |", "|---|---|---|---|"]  # fmt: skip
        for row in tables[one.name]:
            lines.append(f"| {row['title']} ({row['unit']}) | {_shown(row, 'q50')} | {_shown(row, 'q25')} to"
                         f" {_shown(row, 'q75')} | {_shown(row, 'q05')} to {_shown(row, 'q95')} |")  # fmt: skip
        if one.settings:
            changed = ", ".join(f"`{path}={value}`" for path, value in one.settings.items())
            lines += ["", f"`{one.policy}` with {changed}, on all families of `{DEFAULT_CASELOAD}`."]
        lines.append("")
    pilot = {row["quantity"]: row for row in tables[PILOT.name]}
    return "\n".join(lines) + "\n" + SCORING.format(most=_shown(pilot["accepted"], "q95"))


#: How the forecast is to be held against what happens.
SCORING = """\
## Scoring

The continuous ranked probability score of the number of families that accepted, over the runs of
`experiments.calibration.forecast.forecast` (their quantiles are in `forecast-pilot-2026.csv`), against the score of a
forecaster who holds any number from none to all of 150 for equally likely.

## What would refute it

More than {most} families of 150 accepting within the seven days. The model says so few because nobody considers an
offer every week, because papers and a place to go to are not a matter of days, and because most families weigh more
than money. If many accepted, attention to such an offer or the weight of money at such sums lies outside all that the
record of £500 to £3,500 has to say, and both would have to be fitted anew.

The weakest inputs: how far publicity reaches families in one week (`behaviour.alert_offer`), how far the announced
removal is believed (`behaviour.announcement_trust`, assumed), and how long a family would otherwise stay in a hotel.
"""


def _shown(row: Mapping[str, Any], key: str) -> str:
    value = float(row[key])
    if row["unit"] == "GBP":
        return f"£{value / 1e6:,.1f}m".replace("£-", "−£")
    if row["unit"] == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}".replace("-", "−")
