"""The tour of a first visit: four steps, one a tab."""

from __future__ import annotations

from typing import Any

#: What is told, step by step, and the tab that is shown with it.
STEPS: tuple[dict[str, Any], ...] = (
    {
        "tab": "answer",
        "title": "The answer",
        "text": "Two policies are tried on the same families with the same luck. The line above says what B changes "
        "against A; the range beside a number holds nine runs in ten. Read the second saving too: it is what is left "
        "if a better offer draws more people to come.",
    },
    {
        "tab": "watch",
        "title": "The families",
        "text": "One mark is one household. Press Play, or step to a week in which the two policies part, and pick a "
        "mark to read why that household stayed or left: what the policy changed, and what chance decided.",
    },
    {
        "tab": "explore",
        "title": "The levers",
        "text": "See how the result moves along the whole range of a lever, and where the offer stops paying for "
        "itself. Picking a point makes it policy B.",
    },
    {
        "tab": "evidence",
        "title": "The evidence",
        "text": "Every input has a mark: measured, reported, worked out, fitted or assumed. Here are their sources, "
        "how well the model reproduces what it was fitted to, and where it failed on histories it had not seen.",
    },
)
