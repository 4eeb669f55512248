"""The outcomes of runs and of comparisons: each a function, with its title, unit, group and definition beside it."""

from __future__ import annotations

from abm.measures.against_baseline import SAVING_PARTS, difference
from abm.measures.declared import COMPARED, IDS, MEASURES, OWN, Group, Measure, Outcomes, Ratio, with_own
from abm.measures.of_runs import measured

__all__ = [
    "COMPARED", "IDS", "MEASURES", "OWN", "SAVING_PARTS", "Group", "Measure", "Outcomes", "Ratio", "difference",
    "measured", "with_own",
]  # fmt: skip
