"""Which inputs an answer hangs on: screening, shares of variance, tornado, and where a sign turns."""

from experiments.sensitivity.analysis import Sensitivity, analyse
from experiments.sensitivity.inquiry import Inquiry, inquire

__all__ = ["Inquiry", "Sensitivity", "analyse", "inquire"]
