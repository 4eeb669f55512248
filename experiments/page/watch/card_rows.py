"""The rows of a household's card: who they are, how they stood, the chances and draws, the terms and beliefs of a week.

Each row has the numbers of `abm.why` as they are (`a`, `b`; None where a side has none) and as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from abm.household.stages import Stage
from abm.why import WAYS, Explanation, Standing
from abm.why_words import SPOKEN, WORDS, belongs, chance_in_week, compared, is_constant, percent
from experiments.page.choices import SIDES

Told = Explanation | Standing | None
Row = dict[str, Any]
#: Terms that stand outside the fold.
FIRST = 5
_HOUSED = {"hotel": "in a hotel", "dispersal": "in dispersal housing", "own": "on its own account"}
_SINCE = {
    Stage.AWAITING: "waiting for a first decision",
    Stage.REFUSED: "refused; an appeal is possible or pending",
    Stage.EXHAUSTED: "claim failed for good",
    Stage.ABSCONDED: "out of contact",
    Stage.BOOKED: "accepted an offer, waits to leave",
    Stage.PROTECTED: "protected",
    Stage.SETTLED: "allowed to stay for good",
    Stage.RETURNED_ASSISTED: "gone, by assisted return",
    Stage.RETURNED_UNASSISTED: "gone, without assistance",
    Stage.REMOVED: "removed",
    Stage.ABSENT: "not here yet",
}


def people(who: Mapping[str, Any]) -> list[Row]:
    """What does not change with the weeks: where they come from, who they are, when they came."""
    adults, children, school = who["adults"], who["children"], who["school children"]
    family = [_count(adults, "adult", "adults")]
    if children:
        of_school = f" ({school} of school age)" if school else " (none of school age)"
        family.append(_count(children, "child", "children") + of_school)
    came = who["arrived in week"]
    when = f"in week {came}" if came >= 0 else f"{_count(-came, 'week', 'weeks')} before the start"
    return [
        {"name": "from", "text": who["origin"]},
        {"name": "family", "text": ", ".join(family)},
        {"name": "came", "text": when},
    ]


def state(a: Told, b: Told) -> list[Row]:
    """How the household stood in the week told of, under each side."""
    return [row(name, a, b, written) for name, written in _STATE]


def row(name: str, a: Told, b: Told, written: Callable[[Explanation | Standing], str]) -> Row:
    """A row of words on each side."""
    one, other = ("–" if found is None else written(found) for found in (a, b))
    return {"name": name, "a": one, "b": other, "same": one == other}


def _stage(found: Explanation | Standing) -> str:
    stage = found.stage if isinstance(found, Standing) else Stage[found.stage]
    weeks = found.household.get("weeks in this stage")
    return _SINCE[stage] + ("" if weeks is None else f", for {_count(weeks, 'week', 'weeks')}")


def _housing(found: Explanation | Standing) -> str:
    if isinstance(found, Standing) and found.stage not in (Stage.BOOKED, Stage.SETTLED):
        return "–"
    return f"{_HOUSED[found.household['housing']]}, place {found.household['site']}"


def _support(found: Explanation | Standing) -> str:
    if isinstance(found, Standing) and found.stage is not Stage.BOOKED:
        return "–"
    stage = found.stage if isinstance(found, Standing) else Stage[found.stage]
    if stage in (Stage.ABSCONDED, Stage.PROTECTED):
        return "none of the asylum system"
    return "withdrawn" if found.household["support withdrawn"] else "goes on"


def _ties(found: Explanation | Standing) -> str:
    who = found.household
    known, here, home = who["ties"], who["ties still in the country"], who["ties who went home"]
    rest = known - here - home
    parts = [
        f"{here} still in the country",
        *([f"{home} went home"] if home else []),
        *([f"{rest} removed"] if rest > 0 else []),
    ]
    return f"{known} ({', '.join(parts)})" if known else "nobody here"


def _offers(found: Explanation | Standing) -> str:
    if isinstance(found, Standing):
        return "–"
    return "; ".join(map(_offer, filter(is_open, found.offers.values()))) or "nothing"


def is_open(offer: str) -> bool:
    """Whether what `abm.why` tells of an offer is that the household can have it."""
    return offer.startswith("GBP")


def _offer(told: str) -> str:
    amount, week = told.removeprefix("GBP ").split(", made to it in week ")
    since = f"in week {week}" if int(week) >= 0 else f"{_count(-int(week), 'week', 'weeks')} before the start"
    return f"£{amount} (made {since})"


_STATE: tuple[tuple[str, Callable[[Explanation | Standing], str]], ...] = (
    ("stage", _stage),
    ("housing", _housing),
    ("support", _support),
    ("households they know", _ties),
    ("acquaintances abroad", lambda found: str(found.household["ties abroad"])),
    ("on offer", _offers),
)  # fmt: skip


def draws(a: Told, b: Told, way: str) -> list[Row]:
    """The two draws of the week: whether it thinks about leaving, and whether it then takes the way at issue."""
    if not (isinstance(a, Explanation) or isinstance(b, Explanation)):
        return []

    def cells(chance: Callable[[Explanation], float], draw: Callable[[Explanation], float]) -> Row:
        told: Row = {}
        for side, found in (("a", a), ("b", b)):
            if not isinstance(found, Explanation):
                told |= {side: None, f"{side}_text": "–", f"{side}_draw": None, f"{side}_drawn": ""}
                continue
            least, number = chance(found), draw(found)
            drawn, written = compared(number, least)
            hit = number < least
            told |= {side: least, f"{side}_text": written, f"{side}_draw": number, f"{side}_hit": hit}
            told[f"{side}_drawn"] = f"drawn {drawn}: {'below, so yes' if hit else 'not below, so no'}"
        return told

    return [
        {"name": "thinks about leaving", **cells(lambda f: f.attention, lambda f: f.attention_draw)},
        {
            "name": f"if so, picks {SPOKEN[way]}",
            **cells(lambda f: f.probabilities.get(way, 0.0), lambda f: f.picks.get(way, 1.0)),
        },
        numbers(f"both together: {SPOKEN[way]} in this week", a, b, lambda f: chance_in_week(f, way)),
    ]


def numbers(name: str, a: Told, b: Told, of: Callable[[Explanation], float | None]) -> Row:
    """A row of chances."""
    one, other = (of(found) if isinstance(found, Explanation) else None for found in (a, b))
    return {"name": name, "a": one, "b": other, "a_text": chance(one), "b_text": chance(other)}


def chance(value: float | None) -> str:
    """A chance, or a dash."""
    return "–" if value is None else percent(value)


def chances(a: Told, b: Told) -> list[Row]:
    """The chance of each choice, once it thinks about leaving."""
    ways = [way for way in SPOKEN if any(isinstance(f, Explanation) and way in f.probabilities for f in (a, b))]
    return [{"way": way, **numbers(SPOKEN[way], a, b, lambda f, way=way: f.probabilities.get(way))} for way in ways]  # type: ignore[misc]


def terms(a: Told, b: Told, way: str) -> tuple[list[Row], list[Row]]:
    """The terms of a week: those of the way at issue that differ or push most, and all of them.

    Those that differ most between A and B come first, then those that push most; fitted constants are no reasons, and
    stand in the second list only, as does what is zero on both sides.
    """
    values: dict[tuple[str, str], list[float | None]] = {}
    for k, found in enumerate((a, b)):
        if isinstance(found, Explanation):
            for name, value, part in found.terms:
                values.setdefault((name, part), [None, None])[k] = value
    every = [_term(name, part, *both) for (name, part), both in values.items()]
    reasons = [t for t in every if belongs(t["part"], way) and not t["constant"] and (t["a"] or t["b"])]
    return sorted(reasons, key=_rank)[:FIRST], every


def _rank(term: Row) -> tuple[float, float]:
    one, other = term["a"], term["b"]
    apart = 0.0 if one is None or other is None else abs(other - one)
    # What is alike to the digits shown does not count as differing.
    return -(apart if apart >= 0.005 else 0.0), -max(abs(one or 0.0), abs(other or 0.0))


def _term(name: str, part: str, a: float | None, b: float | None) -> Row:
    word = WORDS[name]
    return {
        "term": name, "part": part, "constant": is_constant(name), "name": word.short, "meaning": word.meaning,
        "for": "both ways of returning" if part == "return" else SPOKEN[WAYS[part][0]],
        "a": a, "b": b, "a_text": signed(a), "b_text": signed(b),
    }  # fmt: skip


def signed(value: float | None) -> str:
    """What a term is worth, with its sign."""
    if value is None:
        return "–"
    return "0" if value == 0.0 else f"{'+' if value > 0 else '−'}{plain(abs(value))}"


def plain(value: float) -> str:
    """A number with two decimals, or, if that would be nought, with one digit that counts."""
    return "0" if value == 0.0 else f"{value:.2f}" if abs(value) >= 0.005 else f"{value:.1g}"


def beliefs(a: Told, b: Told) -> list[Row]:
    """What the household saw and believed in the week."""
    names = list(dict.fromkeys(name for f in (a, b) if isinstance(f, Explanation) for name in f.beliefs))
    rows = [numbers(name, a, b, lambda f, name=name: f.beliefs[name]) for name in names]  # type: ignore[misc]
    for told in rows:
        money = "(GBP" in told["name"]
        for side in SIDES:
            value = told[side]
            told[f"{side}_text"] = "–" if value is None else f"£{value:,.0f}" if money else plain(value)
    return rows


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
