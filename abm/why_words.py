"""What is told of a household's decision, in plain words: for the page, for Mesa, for whoever shows an `abm.why`.

Two draws decide a week: whether the household thinks about leaving at all, and what it then picks.  The luck is the
same under any two policies of one seed, so that what differs between them is the policy's doing.  (The luck of the pick
is an error for each way out; told as one even number for one way, it moves a little with what the others are worth.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from abm.household.decision import RETURN
from abm.household.stages import Choice, Stage
from abm.model import Prepared
from abm.why import WAYS, Explanation, Standing, explain_every

#: The ways out as people say them, and the choices that lead there.
SPOKEN = {
    "stay": "staying",
    "assisted return": "assisted return",
    "unassisted return": "return without assistance",
    "go irregular": "going out of contact",
}
CHOSEN = {
    Choice.STAY.name: "stay",
    Choice.ASSISTED_RETURN.name: "assisted return",
    Choice.UNASSISTED_RETURN.name: "unassisted return",
    Choice.GO_IRREGULAR.name: "go irregular",
}
DID = {
    "stay": "stayed",
    "assisted return": "chose assisted return",
    "unassisted return": "chose to return without assistance",
    "go irregular": "went out of contact",
}
#: Differences of a weekly chance below the first change little, from the second on nearly everything.
LITTLE, NEARLY_ALL = 0.05, 0.5


@dataclass(frozen=True)
class Word:
    """A term as people say it, and what it means."""

    short: str
    meaning: str


#: Terms of the decision by the names that `abm.why` gives them.
WORDS: Mapping[str, Word] = {
    "constant of assisted return": Word(
        "What is not explained by the terms (fitted constant)",
        "Set so that as many take assisted return as the records say; it holds everybody back alike.",
    ),
    "constant of unassisted return": Word(
        "What is not explained by the terms (fitted constant)",
        "Set so that as many return without assistance as the records say; it holds everybody back alike.",
    ),
    "constant of going irregular": Word(
        "What is not explained by the terms (fitted constant)",
        "Set so that as many go out of contact as the records say; it holds everybody back alike.",
    ),
    "the offer, against income at home": Word(
        "The money on offer", "What it is worth a head, against a year's income at home; each pound more counts less.",
    ),
    "the best offer still to come": Word(
        "A better offer may come, or this one lasts", "What can still be had later takes away from leaving now.",
    ),
    "country of origin, whatever happens there": Word(
        "Where they come from", "How readily people of this country have returned in the past, whatever the cause.",
    ),
    "safety at home, as believed, against the start": Word(
        "Safety at home", "How much safer (or less safe) they believe home to be than when the run began.",
    ),
    "income at home": Word("Living at home", "What people earn there: a poorer home draws less."),
    "peers who left": Word("People they know have left", "The share of their ties who went home by choice."),
    "ties to the host country": Word("Roots here", "They grow with the years in the country."),
    "children at school": Word("Children at school", "Families with children of school age are less ready to leave."),
    "hope of being allowed to stay": Word(
        "Hope of being allowed to stay",
        "The chance they still see of a right to stay.",
    ),
    "life in a hotel": Word("Life in a hotel", "Those housed in hotels are readier to leave."),
    "support withdrawn": Word("Support withdrawn", "They no longer get housing and money from the state."),
    "risk of removal, as believed": Word(
        "Fear of removal",
        "The chance of being removed within a year, as they believe.",
    ),
    "lasting taste for returning": Word(
        "This household's own leaning to return",
        "What sets one household apart and no figure shows: drawn once by chance, the same under A and B.",
    ),
    "having children": Word("Having children", "Families rarely go out of contact."),
    "lasting taste for irregularity": Word(
        "This household's own leaning to go out of contact",
        "What sets one household apart and no figure shows: drawn once by chance, the same under A and B.",
    ),
}  # fmt: skip


def is_constant(term: str) -> bool:
    """Whether a term is the fitted constant of a way out, which is no reason of a household's own."""
    return term.startswith("constant of ")


def belongs(part: str, way: str) -> bool:
    """Whether terms of a part (``assisted``, ``unassisted``, ``return``, ``irregular``) count for a way out."""
    groups = next((groups for name, groups in WAYS.values() if name == way), ())
    return part == way or part in {"return" if group in RETURN else group for group in groups}


def percent(share: float) -> str:
    """A chance in per cent, in two digits that count: never 0 % or 100 % for what is neither."""
    value = 100.0 * share
    if math.isnan(share):
        return "–"
    if share in (0.0, 1.0):
        return f"{value:.0f}\u00a0%"
    if value < 1e-4:
        return "under 0.0001\u00a0%"
    if 100.0 - value < 1e-4:
        return "over 99.9999\u00a0%"
    return f"{value:.{_decimals(value)}f}\u00a0%"


def _decimals(value: float) -> int:
    """Decimals for two digits that count, of the value or, above nine tenths, of what is left to a hundred."""
    if value >= 90.0:
        return max(1, -math.floor(math.log10(100.0 - value)))
    return max(0, 1 - math.floor(math.log10(value)))


def compared(draw: float, *chances: float) -> tuple[str, ...]:
    """A draw and the chances it is held against, with as many digits as it takes to tell it from each."""
    values = (draw, *chances)
    told, decimals = tuple(map(percent, values)), 1
    while any(told[0] == text and draw != value for text, value in zip(told, values, strict=True)) and decimals < 15:
        told = tuple(percent(v) if v in (0.0, 1.0) else f"{100.0 * v:.{decimals}f}\u00a0%" for v in values)
        decimals += 1
    return told


def chance_in_week(found: Explanation, way: str) -> float:
    """The chance that a household takes a way out in the week: that it thinks about leaving, and then picks it."""
    return found.attention * found.probabilities.get(way, 0.0)


def chance_over(found: list[Explanation], way: str) -> float:
    """The chance that a household takes a way out in one of several weeks, as each of them was: 1 − Π (1 − chance)."""
    stays = 1.0
    for week in found:
        stays *= 1.0 - chance_in_week(week, way)
    return 1.0 - stays


def would_pick(found: Explanation) -> str:
    """The way that a household picks if it thinks about leaving that week, whether it does or not."""
    return max(found.utilities, key=lambda way: found.utilities[way] + found.draws[way])


def way_at_issue(a: Explanation | Standing | None, b: Explanation | Standing | None) -> str:
    """The way out to tell of: the one taken, if possible under B, else the one that could have been."""
    both = [found for found in (b, a) if isinstance(found, Explanation)]
    taken = [CHOSEN[found.choice] for found in both if found.choice != Choice.STAY.name]
    if taken:
        return taken[0]
    likely = [way for way in ("assisted return", "unassisted return") if any(way in f.probabilities for f in both)]
    return likely[0] if likely else "unassisted return"


def what_it_did(found: Explanation | Standing) -> str:
    """What a household did in a week, in one sentence."""
    if isinstance(found, Standing):
        return without_decision(found)
    if not found.considered:
        return f"In week {found.week} it did not think about leaving, and stayed."
    return f"In week {found.week} it thought about leaving, and {DID[CHOSEN[found.choice]]}."


def without_decision(found: Standing) -> str:
    """Why a household has no decision to make in a week, in one sentence."""
    week, since = found.week, found.since
    then = "that week" if since == week else f"in week {since}" if since >= 0 else "before the start"
    return {
        Stage.ABSENT: f"In week {week} it is not here yet.",
        Stage.BOOKED: f"In week {week} it has nothing to decide: it accepted an offer {then} and waits to leave.",
        Stage.SETTLED: f"In week {week} it has nothing to decide: it was given leave to stay {then}.",
        Stage.RETURNED_ASSISTED: f"In week {week} it is gone: it left {then} by assisted return.",
        Stage.RETURNED_UNASSISTED: f"In week {week} it is gone: it left {then} without assistance.",
        Stage.REMOVED: f"In week {week} it is gone: it was removed {then}.",
    }.get(found.stage, f"In week {week} it has nothing to decide.")


def household_story(prepared: Prepared, seed: int, household: int, week: int) -> list[str]:
    """What a household did in a week of one run, how likely it was, and what pushed most: a few sentences.

    Raises
    ------
    InputError
        If there is no such household.
    """
    (found,) = explain_every(prepared, seed, household, (week,))
    told = [what_it_did(found)]
    if isinstance(found, Standing):
        return told
    way = way_at_issue(found, found)
    draw, chance = compared(found.attention_draw, found.attention)
    side = "below" if found.considered else "not below"
    told.append(f"Whether it thought about leaving was chance: drawn {draw}, {side} {chance}.")
    told.append(f"Of what it then picks: {_drawn(found, way)}.")
    pushed = [f"{_lower(WORDS[name].short)} {value:+.2f}".replace("-", "−") for name, value in reasons(found, way)]
    return [*told, f"What counts most for (+) and against (−) {SPOKEN[way]}: {', '.join(pushed)}."]


def reasons(found: Explanation, way: str, count: int = 5) -> list[tuple[str, float]]:
    """The terms of a way out that push most, by the names that `abm.why` gives them; fitted constants are none."""
    own = [(n, value) for n, value, part in found.terms if value and belongs(part, way) and not is_constant(n)]
    return sorted(own, key=lambda term: -abs(term[1]))[:count]


@dataclass(frozen=True)
class Over:
    """The chance of a way out in one of so many weeks, under each of two policies."""

    weeks: int
    a: float
    b: float


def story(
    a: Explanation | Standing,
    b: Explanation | Standing,
    names: tuple[str, str] = ("A", "B"),
    over: Over | None = None,
) -> list[str]:
    """What the policy changed in a week of a household, and what chance decided: a sentence or two on each.

    Parameters
    ----------
    a, b
        The same household in the same week under two policies, with the same seed.
    names
        What the policies are called.
    over
        The chance over all weeks up to this one; without it, nothing is said on how much the policy changed.
    """
    one, other = names
    if not (isinstance(a, Explanation) and isinstance(b, Explanation)):
        lines = [f"Under {name}: {_lower(what_it_did(found))}" for name, found in ((one, a), (other, b))]
        return [*lines, "So there are no two decisions to compare in this week."]
    way = way_at_issue(a, b)
    return [*_policy(a, b, way, names, over), *_chance(a, b, way, names)]


def _policy(a: Explanation, b: Explanation, way: str, names: tuple[str, str], over: Over | None) -> list[str]:
    before, after = chance_in_week(a, way), chance_in_week(b, way)
    why = _through(a, b, way) if before > 0.0 and after > 0.0 and before != after else ""
    in_week = f"in week {b.week} the chance of {SPOKEN[way]} was {_both(before, after, names)}{why}."
    if over is None:
        return [in_week[0].upper() + in_week[1:]]
    if over.a == over.b:
        return [f"The policy changed nothing here: {in_week}"]
    change = abs(over.b - over.a)
    much = "little" if change < LITTLE else "much" if change < NEARLY_ALL else "nearly everything"
    told = f"The policy changed {much}"
    if max(over.a, over.b) < LITTLE:  # "little" would deny what draws the fates apart, if one is many times the other
        told = f"Unlikely under both, and more likely under {names[over.b > over.a]}"
    if over.weeks == 1:
        return [f"{told}: {in_week}"]
    return [
        f"{told}: over the {over.weeks} weeks up to then the chance of {SPOKEN[way]} was "
        f"{_both(over.a, over.b, names)}.",
        in_week[0].upper() + in_week[1:],
    ]


def _both(before: float, after: float, names: tuple[str, str]) -> str:
    """The chance under each policy, with enough digits to tell them apart."""
    if before == after:
        return f"{percent(after)} under both"
    second, first = compared(after, before)
    return f"{second} under {names[1]} and {first} under {names[0]}"


def _through(a: Explanation, b: Explanation, way: str) -> str:
    """Whether the policy moved whether it thinks about leaving, or what it then picks."""
    thinking = math.log(b.attention / a.attention)
    picking = math.log(b.probabilities[way] / a.probabilities[way])
    if abs(thinking) > 2.0 * abs(picking):
        return ", mostly because the household thinks about leaving " + ("more" if thinking > 0 else "less") + " often"
    if abs(picking) > 2.0 * abs(thinking):
        return ", mostly because of what it then weighs"
    return ", both because of how often it thinks about leaving and of what it then weighs"


def _chance(a: Explanation, b: Explanation, way: str, names: tuple[str, str]) -> list[str]:
    one, other = names
    if not (a.considered or b.considered):
        draw, chance = compared(b.attention_draw, max(a.attention, b.attention))
        return [f"Chance decided that it did not think about leaving under either: drawn {draw}, not below {chance}."]
    if a.considered and b.considered:
        if a.choice == b.choice:
            return [f"It thought about leaving under both and {DID[CHOSEN[b.choice]]}: {_drawn(b, way)}."]
        return [
            f"Chance decided the rest: it thought about leaving under both, and the draw for {SPOKEN[way]} was "
            f"{_beside(a, b, way, names)}."
        ]
    there, found, elsewhere, missed = (other, b, one, a) if b.considered else (one, a, other, b)
    draw, above, below = compared(found.attention_draw, found.attention, missed.attention)
    first = (
        f"What parted them is that it thought about leaving under {there} and not under {elsewhere}: "
        f"drawn {draw}, below {there}'s {above} and not below {elsewhere}'s {below}."
    )
    taken = CHOSEN[found.choice]
    shown = way if taken == "stay" else taken
    would = would_pick(missed)
    also = (
        f"With the same draw it would have {_would(would)} under {elsewhere} too, had it thought about it."
        if would == taken
        else f"Had it thought about it under {elsewhere}, it would have {_would(would)}."
    )
    return [first, f"Chance decided the rest: it {DID[taken]}, {_drawn(found, shown)}. {also}"]


def _drawn(found: Explanation, way: str) -> str:
    """The draw of a way out and its chance."""
    if way not in found.picks:
        return f"{SPOKEN[way]} was not open to it"
    draw, chance = compared(found.picks[way], found.probabilities[way])
    side = "below" if found.picks[way] < found.probabilities[way] else "not below"
    return f"the draw for {SPOKEN[way]} was {draw}, {side} its chance of {chance}"


def _beside(a: Explanation, b: Explanation, way: str, names: tuple[str, str]) -> str:
    parts = []
    for name, found in zip(reversed(names), (b, a), strict=True):
        if way not in found.picks:
            parts.append(f"of no use under {name}, where it was not open to the household")
            continue
        draw, chance = compared(found.picks[way], found.probabilities[way])
        side = "below" if found.picks[way] < found.probabilities[way] else "not below"
        parts.append(f"{draw} under {name}, {side} its chance of {chance}")
    return ", and ".join(parts)


def _would(way: str) -> str:
    return {
        "stay": "stayed", "assisted return": "chosen assisted return",
        "unassisted return": "chosen to return without assistance", "go irregular": "gone out of contact",
    }[way]  # fmt: skip


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
