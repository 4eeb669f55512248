"""The card of one household: what became of it under A and under B, what the policy changed, what chance decided.

Both sides are told in the same week, as they stood in that week; every number is that of `abm.why`.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np

from abm.arrays.arrivals import ARRIVALS
from abm.browser.palette import LOOKS
from abm.household.stages import ROUTES, Stage
from abm.inputs.parameters import InputError
from abm.numerics.calendar import WEEKS_PER_YEAR
from abm.why import Explanation, explain_every
from abm.why_words import CHOSEN, DID, SPOKEN, Over, chance_over, percent, story, way_at_issue, what_it_did
from experiments.page.paired import Answer
from experiments.page.watch.card_rows import Row, Told, beliefs, chances, draws, is_open, numbers, people, state, terms
from experiments.page.watch.fates import neighbours, parted, parting_of

NAMES = ("A", "B")
_LEFT = {
    Stage.RETURNED_ASSISTED: "left in week {week} by assisted return",
    Stage.RETURNED_UNASSISTED: "left in week {week} without assistance",
    Stage.REMOVED: "was removed in week {week}",
    Stage.SETTLED: "was given leave to stay in week {week}",
}
_STANDS = {
    Stage.AWAITING: "waiting for a decision",
    Stage.REFUSED: "refused, its appeal still open",
    Stage.EXHAUSTED: "in contact, its claim failed",
    Stage.ABSCONDED: "out of contact",
    Stage.PROTECTED: "protected",
    Stage.BOOKED: "about to leave with an offer",
}
#: Chances over several weeks that were worked out, by what was asked.
_KEPT: dict[tuple[str, str, int, int], list[Row]] = {}
_MOST_KEPT = 256
_KEEPING = Lock()


def card(answer: Answer, household: int, week: int, *, in_view: bool = False, whole: bool = True) -> dict[str, Any]:
    """What the card shows.

    Parameters
    ----------
    household
        Identity.
    week
        The week in view.
    in_view
        Whether to tell of that week even if the fates part before it.  Otherwise the week told of is the one in which
        they part, if they have by then.
    whole
        Whether to work out the chances over all the weeks up to then, which takes a second or more.

    Raises
    ------
    InputError
        If no household of either run has that identity.
    """
    weeks = answer.choices.weeks
    week = min(max(0, week), weeks - 1)
    if not any((take.ids == household).any() for take in answer.film.takes):
        raise InputError("household", household, f"0 to {_stock(answer) - 1} (the stock), or the number of an arrival")
    order = parted(answer.film)
    parting = parting_of(order, household)
    at = week if in_view or parting is None or parting > week else max(0, parting)
    a, b = (_told(answer, side, household, at) for side in (0, 1))
    way = way_at_issue(a, b)
    first, every = terms(a, b, way)
    over = spans(answer, household, at, way) if whole else None
    sides = [_side(answer, k, household, found) for k, found in enumerate((a, b))]
    there = b or a
    return {
        "id": household,
        "week": week,
        "at": at,
        "parting": parting,
        "part": parting == at,
        "way": way,
        "spoken": SPOKEN[way],
        "who": people(there.household) if there else [],
        "verdict": _verdict([side["outcome"] for side in sides], parting),
        "story": _story(a, b, over, part=parting == at),
        "sides": sides,
        "state": state(a, b),
        "draws": draws(a, b, way),
        "spans": over,
        "terms": first,
        "every": every,
        "chances": chances(a, b),
        "beliefs": beliefs(a, b),
        "near": neighbours(order, household, week),
        "weeks": weeks,
        "years": list(range(int(weeks / WEEKS_PER_YEAR) + 1)),
        "weeks_a_year": WEEKS_PER_YEAR,
    }


def cards(answer: Answer, household: int, week: int, *, in_view: bool = False) -> Iterator[dict[str, Any]]:
    """The card, and again with the chances over several weeks; or why there is none, in people's words."""
    try:
        yield card(answer, household, week, in_view=in_view, whole=False)
    except InputError:
        yield {
            "id": household,
            "problem": unknown(answer, household),
            "near": neighbours(parted(answer.film), -1, week),
        }
        return
    yield card(answer, household, week, in_view=in_view)


def unknown(answer: Answer, household: int) -> str:
    """What is said of a household that neither run has."""
    return (
        f"There is no household {household}: the first {_stock(answer):,} have numbers 0 to {_stock(answer) - 1}. "
        "Those who come later have long numbers: choose them in the picture or in the list."
    )


def spans(answer: Answer, household: int, last: int, way: str) -> list[Row]:
    """The chance of a way out in one of the weeks up to one, and in those of them in which the offers differed.

    Only weeks count in which the household had a decision under both; each as it was, had it stayed until then.
    """
    seed = answer.choices.seed
    identities = [prepared.identity(seed) for prepared in answer.prepared]
    asked = (identities[0] + identities[1], way, household, last)
    found = _KEPT.get(asked)
    if found is None:
        found = _spans(answer, household, last, way)
        with _KEEPING:
            _KEPT[asked] = found
            while len(_KEPT) > _MOST_KEPT:
                del _KEPT[next(iter(_KEPT))]
    return found


def _spans(answer: Answer, household: int, last: int, way: str) -> list[Row]:
    sides: list[dict[int, Explanation]] = []
    for prepared in answer.prepared:
        try:
            found = list(explain_every(prepared, answer.choices.seed, household, range(last + 1)))
        except InputError:
            return []
        sides.append({told.week: told for told in found if isinstance(told, Explanation)})
    both = [(sides[0][week], sides[1][week]) for week in sides[0] if week in sides[1]]
    differing = [pair for pair in both if pair[0].offers != pair[1].offers and _open(*pair)]
    rows = []
    if both:
        shared = "" if len(both) == max(map(len, sides)) else " in which it had a decision under both"
        rows.append(_span(f"in one of the {len(both)} weeks up to then{shared}", both, way) | {"weeks": len(both)})
    if 0 < len(differing) < len(both):
        ends = differing[0][0].week, differing[-1][0].week
        which = f"week {ends[0]}" if ends[0] == ends[1] else f"weeks {ends[0]} to {ends[1]}"
        count = "the one week" if len(differing) == 1 else f"one of the {len(differing)} weeks"
        rows.append(
            _span(f"in {count} of them in which A and B had different things on offer ({which})", differing, way)
        )
    return rows


def _open(a: Explanation, b: Explanation) -> bool:
    """Whether what is open to the household differs: an offer that is closed in other words does not count."""
    one, other = ({k: told for k, told in f.offers.items() if is_open(told)} for f in (a, b))
    return one != other


def _span(name: str, weeks: list[tuple[Explanation, Explanation]], way: str) -> Row:
    a, b = weeks[-1]
    over = [chance_over(list(side), way) for side in zip(*weeks, strict=True)]
    return numbers(name, a, b, lambda found: over[found is b])


def _told(answer: Answer, side: int, household: int, week: int) -> Told:
    """A side's decision in a week, or where it stands; None if it never comes there."""
    try:
        return next(explain_every(answer.prepared[side], answer.choices.seed, household, (week,)))
    except InputError:
        return None


def _side(answer: Answer, k: int, household: int, found: Told) -> dict[str, Any]:
    history = answer.film.history(k, household)
    return {
        "name": NAMES[k],
        "decides": isinstance(found, Explanation),
        "household": found.household if found else None,
        "outcome": _outcome(history, answer.choices.weeks, answer.prepared[k].plain.world.withdrawal),
        "did": what_it_did(found) if found else "This household does not come under this policy.",
        "strip": [{"from": max(0, entered), "stage": stage} for entered, stage in history],
        "entries": _entries(found, history),
    }


def _entries(found: Told, history: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """What happened to it: up to the week told of as the replay has it, after that every change of stage."""
    known = [{"week": week, "text": _event(text)} for week, text in found.history] if found else []
    last = found.week - 1 if found else -1
    return known + [
        {"week": entered, "text": LOOKS[Stage(stage)].title} for entered, stage in history if entered > last and stage
    ]


def _event(text: str) -> str:
    """An event of the replay in the words of the page."""
    head, _, tail = text.rpartition(": ")
    if head == "considers":
        return f"thought about leaving, and {DID[CHOSEN[tail.upper().replace(' ', '_')]]}"
    stage = Stage.__members__.get(tail.upper().replace(" ", "_"))
    told = text if stage is None else LOOKS[stage].title
    return f"the state decided: {told}" if head == "the state" else told


def _story(a: Told, b: Told, over: list[Row] | None, *, part: bool) -> list[str]:
    if a is None or b is None:
        there = NAMES[0] if b is None else NAMES[1]
        return [f"This household comes under {there} only: the policies differ in who comes."]
    told = story(a, b, NAMES, Over(over[0]["weeks"], over[0]["a"], over[0]["b"]) if over else None)
    if part and isinstance(a, Explanation) and isinstance(b, Explanation) and a.choice == b.choice:
        told.append("What parted the fates this week was nothing that the household chose: see its events.")
    return told


def _outcome(history: list[tuple[int, int]], weeks: int, withdrawal: float) -> str:
    """How it ends for the household under one side, where so large a share of those who accept withdraw."""
    entered, stage = history[-1]
    if stage == Stage.ABSENT:
        return "never came"
    booked = [week for week, one in history if one == Stage.BOOKED]
    if Stage(stage) in _LEFT:
        told = _LEFT[Stage(stage)].format(week=entered)
        return told + (f" (accepted in week {booked[-1]})" if stage == Stage.RETURNED_ASSISTED and booked else "")
    returned = [w for w, s in history if Stage(s) in (Stage.RETURNED_ASSISTED, Stage.RETURNED_UNASSISTED)]
    before = f"left in week {returned[-1]}, came back, " if returned else ""
    if booked and not returned and stage != Stage.BOOKED:
        after = next(((week, one) for week, one in history if week > booked[-1]), (0, stage))
        withdrew = after[1] not in (*ROUTES, Stage.BOOKED)
        why = (
            f"withdrew in week {after[0]}, as {percent(withdrawal)} of those who accept do"
            if withdrew
            else "did not go"
        )
        before = f"accepted an offer in week {booked[-1]} but {why}, "
    return f"{before}still there at the end (week {weeks - 1}), {_STANDS[Stage(stage)]}"


def _verdict(outcomes: list[str], parting: int | None) -> str:
    a, b = outcomes
    if a == b and parting is not None:
        return f"{a[0].upper()}{a[1:]}, under both in the end; its fates part in week {max(0, parting)}."
    if a == b:
        return f"{a[0].upper()}{a[1:]}, under both."
    if (end := b[b.find("still there at the end") :]) == a[a.find("still there at the end") :]:
        ways = [(name, told.removesuffix(end).removesuffix(", ")) for name, told in (("B", b), ("A", a))]
        before = "; ".join(f"under {name} it {told}" for name, told in ways if told)
        return f"{before[0].upper()}{before[1:]}; under both it was {end}."
    return f"Under B it {_was(b)}; under A it {_was(a)}."


def _was(outcome: str) -> str:
    """An outcome after "it"."""
    return f"was {outcome}" if outcome.startswith("still") else outcome.replace(", still", ", and was still")


def _stock(answer: Answer) -> int:
    """Households with short numbers: those whose claim had failed when the run began."""
    return int(np.sum(answer.film.ids < ARRIVALS))
