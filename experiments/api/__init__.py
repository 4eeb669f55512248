"""What a Python user calls, a function a command of the command line, and the data frames that come back."""

from experiments.api.comparing import ask, compare, sweep
from experiments.api.explaining import attribute, sensitivity
from experiments.api.recording import fit, validate

__all__ = ["ask", "attribute", "compare", "fit", "sensitivity", "sweep", "validate"]
