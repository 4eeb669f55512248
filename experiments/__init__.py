"""Questions asked of the model: comparisons, sweeps, and what they leave on disk."""
