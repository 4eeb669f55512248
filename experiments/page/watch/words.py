"""What the tab says of the whole picture: who is drawn, when the policies change, where A and B part."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm.arrays.arrivals import ARRIVALS
from abm.household.stages import COL
from abm.model import Prepared
from abm.numerics.calendar import WEEKS_PER_YEAR, limited
from experiments.page.choices import SIDES
from experiments.page.film import AFTER_WEEKS, Film
from experiments.page.paired import Answer


def people(film: Film) -> str:
    """What those who are drawn are called: families, if every household has children."""
    children = np.concatenate([found.run.state.s[COL.children] for found in film.takes])
    return "families" if (children > 0).all() else "households"


def numbers(answer: Answer) -> list[str]:
    """Who is drawn and whom they stand for, one sentence each."""
    film, prepared = answer.film, answer.prepared[0]
    who = people(film)
    stock = int((film.ids < ARRIVALS).sum())
    later = int(film.later.sum())
    pending = len(film.ids) - stock - later
    told = [f"{stock:,} {who} whose claim had failed are there at the start"]
    if pending:
        told.append(f"{pending:,} more are still waiting for a decision or an appeal then")
    if later:
        told.append(f"{later:,} come in {_period(film.weeks)}")
    return [f"{'; '.join(told)}: {len(film.ids):,} drawn.", _weight(prepared, who)]


def _period(weeks: int) -> str:
    years = weeks / WEEKS_PER_YEAR
    if abs(years - round(years)) < 0.05 and round(years) > 0:
        return "a year" if round(years) == 1 else f"{round(years)} years"
    return f"{weeks} weeks"


def _weight(prepared: Prepared, who: str) -> str:
    weight = prepared.weight
    if abs(weight - 1.0) < 0.005:
        return f"One drawn stands for one of the caseload's {prepared.caseload.households:,}."
    if weight > 1.0:
        return f"One drawn stands for {weight:.1f} of the caseload's {prepared.caseload.households:,}."
    return f"Each of the caseload's {prepared.caseload.households:,} {who} is simulated about {1.0 / weight:.1f} times."


def parting(film: Film) -> str:
    """Where A and B part."""
    if film.parting is None:
        return "In this run A and B never part: every household stands the same under both in every week."
    when = "at the start" if film.parting < 0 else f"in week {film.parting}"
    return f"A and B first part {when}."


def after_words() -> str:
    """What counts as a departure after a tie's."""
    return (
        f"A departure counts here if it was decided within {AFTER_WEEKS} weeks after a household that it knows had "
        "gone home by its own choice (when it accepted an offer, or else when it left). Some do so by chance alone, "
        "and those who know each other share a country, so this does not yet measure how far one follows another."
    )


def windows(side: int, prepared: Prepared) -> list[dict[str, Any]]:
    """What of a policy is dated: changes of it, and offers that open late or close, as stretches of weeks.

    Returns
    -------
    list
        With the side, the first and last week of each and what it is; only what lies within the run.
    """
    weeks, found = prepared.weeks, []

    def add(first: int, last: int, text: str) -> None:
        if first < weeks and last >= 0:
            found.append({"side": SIDES[side], "from": max(0, first), "to": min(weeks - 1, last), "text": text})

    ends = [spell.week for spell in prepared.spells[1:]] + [weeks]
    for spell, end in zip(prepared.spells, ends, strict=True):
        if spell.week > 0:
            add(spell.week, spell.week, spell.title or "the policy changes")
        for name, offer in zip(prepared.offers, spell.plain.offers, strict=True):
            if offer.amount_per_person <= 0.0:
                continue
            first, closes = max(spell.week, int(offer.start_week)), offer.end_week
            last = min(end, int(closes) if limited(closes) else end) - 1
            if last >= first and (first > spell.week or last < end - 1):
                called = "offer open" if name == "offer" else f"{name} offer open"
                add(first, last, called)
    for row in found:
        stretch = f"week {row['from']}" if row["from"] == row["to"] else f"weeks {row['from']}–{row['to']}"
        row["text"] = f"{row['text']} {'in ' if row['from'] == row['to'] else ''}{stretch}"
    return found
