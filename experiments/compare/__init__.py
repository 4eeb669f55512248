"""Comparisons: policies on the same households and seeds, and the rows of paired differences."""

from experiments.compare.comparing import Comparison, Runs, compare
from experiments.compare.paired import rows

__all__ = ["Comparison", "Runs", "compare", "rows"]
