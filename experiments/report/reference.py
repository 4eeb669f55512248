"""The small reference tables, and the pages made from them: ``python -m experiments.report.reference``.

They are what the README quotes; everything is written into ``results/reference`` here.  The tests run parts of them
again and compare.  After ``returns fit``, ``python -m experiments.report.reference ship results/fit`` first puts the
posterior and the tables of the fit in their places.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

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
from experiments.report.validation_files import validation_table
from experiments.report.validation_page import page

REFERENCE = Path("results") / "reference"
#: Day on which the forecast was made; runs of each of its pairs; draws for the histories.
FORECAST_DAY, PAIRS, DRAWN = "2026-11-28", 800, 200
#: What a fit leaves, and what of it is shipped beside the evidence or among the reference tables.
SHIPPED = {"posterior.csv": DRAWS, "reference.toml": BEHAVIOUR}
TABLES = ("fit.csv", "parameters.csv", "correlations.csv", "ranks.csv", "prior-predictive.png", "manifest.json")


def headline() -> pd.DataFrame:
    """The pilot question as `returns compare` puts it without arguments, rounded to six digits."""
    table = pd.DataFrame(compared_rows(compare(ask())))
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.6g}"))
    return table


def validation() -> Validation:
    """Every shipped history against the draws of the posterior."""
    return validate(load_histories(), load_draws(), count=DRAWN)


def forecasts() -> tuple[pd.DataFrame, str]:
    """The forecasts as a table and as a page."""
    draws = load_draws()
    tables = {asked.name: rows(asked, forecast(asked, draws, runs=PAIRS)) for asked in (PILOT, NEXT)}
    whole = pd.DataFrame([row for table in tables.values() for row in table])
    return whole, text(tables, (PILOT, NEXT), FORECAST_DAY, len(draws))


def ship(folder: Path) -> None:
    """Put the posterior, the reference vector and the tables of a fit in their places."""
    for name, place in SHIPPED.items():
        shutil.copyfile(folder / name, place)
    for name in TABLES:
        target = REFERENCE / ("fit-manifest.json" if name == "manifest.json" else name)
        shutil.copyfile(folder / name, target)


def main(arguments: list[str]) -> None:
    """Write the tables (some minutes on two cores)."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    if arguments[:1] == ["ship"]:
        ship(Path(arguments[1]))
    headline().to_csv(REFERENCE / "headline.csv", index=False, lineterminator="\n")
    validation_table(validation()).to_csv(REFERENCE / "validation.csv", index=False, lineterminator="\n")
    table, told = forecasts()
    table.to_csv(REFERENCE / "forecast-pilot-2026.csv", index=False, lineterminator="\n")
    (REFERENCE / "forecast-pilot-2026.md").write_text(told, encoding="utf-8")
    (EVIDENCE / "VALIDATION.md").write_text(page(load_histories(), REFERENCE, len(load_draws())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
