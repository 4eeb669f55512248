"""The small reference tables, and the pages made from them: ``python -m experiments.report.reference``.

They are what the README quotes; everything is written into ``results/reference`` here.  The tests run parts of them
again and compare.  After ``returns fit``, ``python -m experiments.report.reference ship results/fit`` first puts the
posterior and the tables of the fit in their places.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from abm.evidence.figures import EVIDENCE
from abm.scenarios.scenario import BEHAVIOUR, DRAWS
from experiments.calibration.forecast import NEXT, PILOT, forecast, rows, text
from experiments.calibration.history import load_histories
from experiments.calibration.posterior import load_draws
from experiments.calibration.validate import Validation, validate
from experiments.compare.comparing import compare
from experiments.compare.paired import rows as compared_rows
from experiments.question.question import ask
from experiments.report.attributed import rows as attributed
from experiments.report.validation_files import validation_table
from experiments.report.validation_page import page
from experiments.sensitivity.analysis import analyse
from experiments.sensitivity.asking import ask as ask_change
from experiments.sensitivity.attribution import attribute
from experiments.sensitivity.inquiry import inquire
from experiments.sensitivity.rows import share_rows

REFERENCE = Path("results") / "reference"
#: Day on which the forecast was made; runs of each of its pairs; draws for the histories.
FORECAST_DAY, PAIRS, DRAWN = "2026-11-28", 800, 120
#: What a fit leaves, and what of it is shipped beside the evidence or among the reference tables.
SHIPPED = {"posterior.csv": DRAWS, "reference.toml": BEHAVIOUR}
TABLES = ("fit.csv", "parameters.csv", "correlations.csv", "ranks.csv", "prior-predictive.png", "manifest.json")


def headline() -> pd.DataFrame:
    """The pilot question as `returns compare` puts it without arguments, rounded to six digits."""
    return rounded(pd.DataFrame(compared_rows(compare(ask()))))


def validation() -> Validation:
    """Every shipped history against the draws of the posterior."""
    return validate(load_histories(), load_draws(), count=DRAWN)


def forecasts() -> pd.DataFrame:
    """The forecasts: a row a quantity."""
    draws = load_draws()
    return pd.DataFrame([row for asked in (PILOT, NEXT) for row in rows(asked, forecast(asked, draws, runs=PAIRS))])


#: Changes that are shared out over their causes: name, situations and what is asked.
CHANGES: dict[str, dict[str, Any]] = {
    "uk-2025 → pilot of March 2026": {
        "first": "uk-2025", "second": "uk-pilot-2026", "measures": ["departures", "cost_npv"], "replicates": 60,
    },
    "United Kingdom 2006, against the offer and inflow of 2005": {
        "first": "uk-2002-2015@uk-refused-2005", "hold": "2005-12-31", "households": 8_000, "replicates": 30,
        "measures": ["assisted_persons:2006-01-02..2007-01-01"],
    },
    "Denmark, end of 2022, against rules and inflow of 2020": {
        "first": "danish-2010-2022@denmark-2009", "hold": "2020-08-01", "replicates": 16,
        "measures": ["stock:2022-12-31"],
    },
    "Denmark, end of 2022, against rules of 2020 and inflow of 2019": {
        "first": "danish-2010-2022@denmark-2009", "hold": "2020-08-01", "hold_inflow": 2019, "replicates": 16,
        "measures": ["stock:2022-12-31"],
    },
}  # fmt: skip


def attributions() -> pd.DataFrame:
    """What made the difference: a row a change, measure and cause."""
    tables = [pd.DataFrame(attributed(attribute(ask_change(**asked)))).assign(case=name)
              for name, asked in CHANGES.items()]  # fmt: skip
    whole = pd.concat(tables, ignore_index=True)
    kept = ["case", "measure", "title", "unit", "group", "mean", "mean_low", "mean_high", "share", "share_low",
            "share_high", "distinguishable"]  # fmt: skip
    return rounded(whole[kept])


def sensitivities() -> pd.DataFrame:
    """Shares of the variance of the pilot's saving, by input."""
    return rounded(
        pd.DataFrame(share_rows(analyse(inquire("uk-pilot-2026", measure="net_saving_npv", against="uk-2025"))))
    )


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Six digits that matter."""
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.6g}"))
    return table


def ship(folder: Path) -> None:
    """Put the posterior, the reference vector and the tables of a fit in their places."""
    for name, place in SHIPPED.items():
        shutil.copyfile(folder / name, place)
    for name in TABLES:
        target = REFERENCE / ("fit-manifest.json" if name == "manifest.json" else name)
        shutil.copyfile(folder / name, target)


def main(arguments: list[str]) -> None:
    """Write the tables, or those named, and the pages (a quarter of an hour on two cores)."""
    if arguments[:1] == ["ship"]:
        ship(Path(arguments[1]))
        arguments = arguments[2:]
    REFERENCE.mkdir(parents=True, exist_ok=True)
    made: dict[str, Callable[[], pd.DataFrame]] = {
        "headline": headline, "validation": lambda: validation_table(validation()), "forecast-pilot-2026": forecasts,
        "attribution": attributions, "sensitivity": sensitivities,
    }  # fmt: skip
    for name in arguments or made:
        made[name]().to_csv(REFERENCE / f"{name}.csv", index=False, lineterminator="\n")
    told = pd.read_csv(REFERENCE / "forecast-pilot-2026.csv")
    tables = {asked.name: told[told["forecast"] == asked.name].to_dict("records") for asked in (PILOT, NEXT)}
    draws = len(load_draws())
    forecast_page = text(tables, (PILOT, NEXT), FORECAST_DAY, draws)
    (REFERENCE / "forecast-pilot-2026.md").write_text(forecast_page, encoding="utf-8")
    (EVIDENCE / "VALIDATION.md").write_text(page(load_histories(), REFERENCE, draws), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
