"""What the policies offer, in a sentence, and what they announce later in their time."""

from __future__ import annotations

from typing import Any

from experiments.page.choices import SIDES, Choices, policy_of
from experiments.page.lever_words import name_of, told
from experiments.page.levers import other_offers, values


def offers_told(choices: Choices) -> dict[str, str]:
    """What A and B offer at the start, by side: "standing offer: £3,000 a person after departure; this offer: none".

    What only one of them offers is told of the other as none.
    """
    at = values(choices)
    names = ("standing", "offer", *(f"offers.{name}" for name in other_offers(choices)))
    told = {side: {name: _offer_told(name, side, at) for name in names} for side in SIDES}
    made = [name for name in names if any(told[side][name] for side in SIDES)]
    return {
        side: "; ".join(f"{_called(name)}: {told[side][name] or 'none'}" for name in made)
        if any(told[side].values())
        else "no offer"
        for side in SIDES
    }


def _called(name: str) -> str:
    return {"standing": "standing offer", "offer": "this offer"}.get(name, f"offer “{name.partition('.')[2]}”")


def _offer_told(name: str, side: str, at: dict[str, dict[str, Any]]) -> str:
    def stands(leaf: str) -> Any:
        return at[f"{name}.{leaf}"][side]["value"]

    if not stands("amount_per_person"):
        return ""
    paid = stands("paid_at_departure")
    amount, child = told("offer.amount_per_person", stands("amount_per_person")), stands("child_share")
    words = [amount if child == 1 else f"{amount.removesuffix('a person')}an adult, {100 * child:.4g} % of it a child,"]
    words.append("at departure" if paid == 1 else "after departure" if paid == 0 else f"{100 * paid:g} % at departure")
    window = stands("acceptance_window_weeks")
    if window is not None:
        words.append(f"within {7 * window} days" if window <= 4 else f"within {window} weeks")
    whom = "families" if stands("families_only") else "people"
    whom += " from safe countries" if stands("safe_origins_only") else ""
    words += [f"for {whom} only"] if whom != "people" else []
    words += ["for giving up a claim"] if stands("open_awaiting") and not stands("open_exhausted") else []
    words += [] if stands("origins") == "all" else ["(some countries only)"]
    return " ".join(words)


def timeline(choices: Choices) -> list[dict[str, Any]]:
    """What the policies announce later in their time: side, when, and what then holds."""
    return [
        {"side": side, "when": when(regime.start), "title": regime.title,
         "changes": [f"{name_of(path)}: {told(path, value)}" for path, value in regime.levers.items()]}
        for side in SIDES
        for regime in policy_of(choices.a if side == "a" else choices.b).regimes
    ]  # fmt: skip


def when(start: Any) -> str:
    """A week or date in words."""
    return told("offer.start_week", start)
