"""What some runs give, to the last bit: ``python tests/golden.py`` writes ``tests/golden.json`` anew.

The file names the model that it was made by.  Figures may change with the model and with nothing else: not with a
version of Python or of a library, nor with a processor.  So it is not written anew for the model that it was made by.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import abm

GOLDEN = Path(__file__).with_name("golden.json")
#: Policy and caseload of each run; and measures that can be read in the file.
RUNS = {
    "pilot": ("uk-pilot-2026", "uk-families-2026"),
    "offer for all refused": ("uk-upfront-early", "uk-refused-2025"),
    "Denmark, with a timeline": ("danish-2010-2022", "denmark-2009"),
}
TOLD = ("departures", "cost_npv", "return_rate_12m")


def made() -> dict[str, dict[str, Any]]:
    """A hash of each run's weekly history and measures, to the last bit, and some outcomes to read."""
    found: dict[str, dict[str, Any]] = {}
    for name, (policy, caseload) in RUNS.items():
        run = abm.simulate(policy, caseload, seed=11, weeks=156, households=400)
        digest = hashlib.blake2b(digest_size=16)
        for numbers in (run.state.history, run.values):
            # A NaN has many spellings, and they mean the same.
            digest.update(np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes())
        outcomes = {measure: repr(float(run.measures[measure])) for measure in TOLD}
        found[name] = {"history and measures": digest.hexdigest(), **outcomes}
    return found


def main() -> int:
    """Write the file, unless it is the same model that would have to give other figures."""
    kept = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {"model": None, "runs": {}}
    runs = made()
    if runs == kept["runs"]:
        print("the figures are those of the file: left as it is")
        return 0
    if kept["model"] == abm.MODEL_VERSION:
        print("the same model gives other figures: look for a library or a processor, not for a new file")
        return 1
    text = json.dumps({"model": abm.MODEL_VERSION, "runs": runs}, indent=2, ensure_ascii=False)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
    print(f"written for {abm.MODEL_VERSION}: say in the changelog that figures change")
    return 0


if __name__ == "__main__":
    sys.exit(main())
