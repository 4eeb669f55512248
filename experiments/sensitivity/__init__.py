"""What an answer hangs on: sensitivity to inputs, and a change shared out over its causes."""

from experiments.sensitivity.analysis import Sensitivity, analyse
from experiments.sensitivity.inquiry import Inquiry, inquire

__all__ = ["Inquiry", "Sensitivity", "analyse", "inquire"]
