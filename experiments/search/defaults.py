"""How much is searched when nothing else is said; apart, so that a help text need not import the search."""

from __future__ import annotations

#: Discovery: points (half to find boxes with, half to try them on), seeds of each, inputs and boxes at most.
POINTS, SEEDS, MOST, BOXES = 1000, 4, 3, 2
#: Frontier: policies tried, of how many in a generation, runs of each in the search, and of those kept in the end.
TRIALS, GENERATION, REPLICATES, FINAL_REPLICATES = 200, 20, 20, 100
