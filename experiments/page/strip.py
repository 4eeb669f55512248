"""The strip under the question: what the comparison says in a line, on how many runs."""

from __future__ import annotations

from typing import Any

from experiments.page.answer.wording import in_short
from experiments.page.view import View


def strip(view: View) -> dict[str, Any]:
    """What the strip tells: ``sentences``, ``runs`` done and wanted, and ``fault`` if it could not be run."""
    answer = view.answer
    return {
        "sentences": in_short(answer) if answer else [],
        "runs": {"done": answer.tally.count if answer else 0, "of": view.choices.replicates},
        "fault": view.fault,
    }
