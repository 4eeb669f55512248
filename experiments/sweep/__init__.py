"""Sweeps: a design run once and only once, however often it is stopped, and its tables."""

from experiments.sweep.sweeping import InterruptedSweep, Outcome, sweep
from experiments.sweep.tables import results

__all__ = ["InterruptedSweep", "Outcome", "results", "sweep"]
