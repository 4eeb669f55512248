"""What is asked when nothing else is said: by every command, every design and the page."""

from __future__ import annotations

#: The pilot question: policies, and the caseload that they are tried on.
DEFAULT_BASELINE = "uk-2025"
DEFAULT_VARIANTS = ("uk-pilot-2026", "uk-upfront-national", "danish-2021")
DEFAULT_CASELOAD = "uk-families-2026"

#: The same question for all refused: policies, caseload, and how many households stand for it.
FOR_ALL_VARIANTS = ("uk-upfront-national", "uk-upfront-early")
FOR_ALL_CASELOAD, FOR_ALL_HOUSEHOLDS = "uk-refused-2025", 1_000

#: Horizon in weeks, and seed of the first run.
WEEKS, SEED = 260, 0

#: Most replicates that a precision may ask for.
MAX_REPLICATES = 2_000

#: Of a sensitivity analysis: seeds of each point, trajectories of the screening, base points of the shares of variance,
#: inputs that they are of at most, and seeds at the reference and at the ends of the tornado.  About five minutes on
#: two cores for the families of the pilot, five years and two policies.
REPLICATES, TRAJECTORIES, POINTS, MOST_DECOMPOSED, AT_ENDS = 2, 5, 128, 10, 32
