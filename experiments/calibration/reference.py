"""The small reference tables: ``python -m experiments.calibration.reference`` writes ``results/reference/`` here anew.

They are what the README quotes.  The tests run parts of them again and compare.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.compare.comparing import compare
from experiments.compare.paired import rows
from experiments.question.question import ask

REFERENCE = Path("results") / "reference"


def headline() -> pd.DataFrame:
    """The pilot question as `returns compare` puts it without arguments, rounded to six digits."""
    table = pd.DataFrame(rows(compare(ask())))
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.6g}"))
    return table


def main() -> None:
    """Write the headline, the fit and the held-out histories (some minutes on two cores)."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    headline().to_csv(REFERENCE / "headline.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
