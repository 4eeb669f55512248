"""Intervals and stopping rules: what can be said of numbers from runs, whatever they measure."""
