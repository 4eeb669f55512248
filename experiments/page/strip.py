"""The strip under the question: what the comparison says in a line, on how many runs."""

from __future__ import annotations

from typing import Any

from experiments.page.answer.wording import in_short
from experiments.page.view import View


def strip(view: View) -> dict[str, Any]:
    """What the strip tells: ``sentences``, ``runs`` done and wanted, and ``fault`` if it could not be run.

    ``others`` says that others are running too, as long as this visitor waits.
    """
    answer = view.answer
    return {
        "sentences": in_short(answer) if answer else [],
        "runs": {"done": answer.tally.count if answer else 0, "of": view.choices.replicates},
        "fault": view.fault,
        "others": _others(view.others) if view.busy else "",
    }


def _others(count: int) -> str:
    if not count:
        return ""
    who = "one other visitor is" if count == 1 else f"{count} other visitors are"
    return f"waiting: {who} running too, and everybody has the same share"
