"""What is assumed of the people of a caseload because their table does not say it."""

from __future__ import annotations

from abm.inputs.caseload import Caseload
from abm.scenarios.households import left_open
from experiments.report.printed import tell


def tell_left_open(caseload: Caseload) -> None:
    """Tell what the table of a caseload's people leaves open, if it does."""
    if told := left_open(caseload):
        tell(told)
