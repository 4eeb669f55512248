"""The card of a household, for any page of Mesa's: who it is, what it last weighed, its chances, and what was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import solara
from mesa.visualization.utils import update_counter

from abm.browser.components import component
from abm.browser.palette import LOOKS
from abm.household.stages import COL, Stage
from abm.inputs.parameters import InputError
from abm.mesa_model import Household, ReturnModel
from abm.numerics.calendar import happened
from abm.why import WAYS, Explanation, row_of

_WAYS = {
    "stay": "stay", "assisted": "leave with assistance", "assisted return": "leave with assistance",
    "unassisted": "leave without assistance", "unassisted return": "leave without assistance",
    "return": "leave, either way", "irregular": "go out of contact", "go irregular": "go out of contact",
}  # fmt: skip
#: How figures and cards look in any page of Mesa's.
PARTS = Path(__file__).with_name("parts.css").read_text(encoding="utf-8")
#: Terms that are told first; the others are folded.
_FIRST = 5


@dataclass(frozen=True)
class Card:
    """What a card says.

    Attributes
    ----------
    title
        Household and week.
    who
        (what, value) of the household as it is now.
    told
        One sentence on its last decision, or why there is none.
    chances
        (way out, chance, draw, utility and draw, whether it was chosen).
    terms
        (term, value, way out that it speaks for), largest first; constants, which are everybody's, at the end.
    """

    title: str
    who: list[tuple[str, str]]
    told: str
    chances: list[tuple[str, float, float, float, bool]]
    terms: list[tuple[str, float, str]]


def card_of(model: ReturnModel, household: int) -> Card:
    """The card of a household in the present week of a model's run.

    Its last decision is reckoned anew from inputs and seed (see `ReturnModel.why`); the card says so where that cannot
    be, since columns were changed by hand.

    Parameters
    ----------
    model
        Any model of the package.
    household
        Its identity: 0 to households − 1 for those who were there at the start.

    Raises
    ------
    InputError
        If no household has that identity, or it has not arrived yet.
    """
    row = row_of(model.state, household)
    _ = model.agents  # makes them
    agent = model.by_row.get(row)  # a look-up: the model may step in another thread meanwhile
    if agent is None:
        arrives = int(model.state.s[COL.arrived, row])
        raise InputError("household", household, f"one that is there; this one arrives in week {arrives}")
    last = float(model.state.s[COL.considered_at, row])
    title = f"Household {household}, week {model.week}"
    if not happened(last) or last < 0.0:
        told = "It has not considered its situation yet."
        if agent.last_choice:
            told = "It had accepted an offer before the run began."
        return Card(title, _who(agent), told, [], [])
    try:
        why = model.why(household, int(last))
    except InputError as error:
        return Card(title, _who(agent), str(error), [], [])
    return Card(title, _who(agent), _sentence(why), _chances(why), _terms(why))


def _who(agent: Household) -> list[tuple[str, str]]:
    people = f"{agent.adults} {'adult' if agent.adults == 1 else 'adults'}"
    if agent.children:
        people += f", {agent.children} {'child' if agent.children == 1 else 'children'}"
    return [
        ("origin", agent.origin),
        ("people", people),
        ("stage", LOOKS[Stage[agent.stage]].title),
        ("housing", agent.housing.lower()),
        ("households it knows here", f"{agent.ties}; {agent.ties_left} more have left by choice"),
    ]


def _sentence(why: Explanation) -> str:
    key = {"STAY": "stay", "ASSISTED_RETURN": "assisted return", "UNASSISTED_RETURN": "unassisted return"}
    way = key.get(why.choice, "go irregular")
    chance = percent(why.probabilities[way])
    return f"In week {why.week} it considered its situation and chose to {_WAYS[way]} (chance {chance}, drawn)."


def _chances(why: Explanation) -> list[tuple[str, float, float, float, bool]]:
    sums = {way: why.utilities[way] + why.draws[way] for way in why.utilities}
    best = max(sums, key=lambda way: sums[way])
    return [(_WAYS[way], why.probabilities[way], why.draws[way], sums[way], way == best) for way in sums]


def _terms(why: Explanation) -> list[tuple[str, float, str]]:
    open_ways = {part for name, parts in WAYS.values() if name in why.utilities for part in parts} | {"return"}
    found = [(name, value, _WAYS[way]) for name, value, way in why.terms if value and way in open_ways]
    return sorted(found, key=lambda term: (term[0].startswith("constant"), -abs(term[1])))


def percent(share: float) -> str:
    """A chance for people."""
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def signed(value: float) -> str:
    """A term for people, with a real minus sign."""
    return f"{value:+.2f}".replace("-", "−")


def card_html(card: Card) -> str:
    """The card as HTML; every text in it is escaped."""
    who = "".join(f"<dt>{escape(what)}</dt><dd>{escape(value)}</dd>" for what, value in card.who)
    parts = [f"<h3>{escape(card.title)}</h3><dl>{who}</dl><p><b>{escape(card.told)}</b></p>"]
    if card.chances:
        rows = "".join(
            f"<tr{' class=m-chosen' if chosen else ''}><th scope=row>{escape(way)}{' ✓' if chosen else ''}</th>"
            f"<td>{percent(chance)}</td><td>{signed(draw)}</td><td>{signed(total)}</td></tr>"
            for way, chance, draw, total, chosen in card.chances
        )
        head = "".join(f"<th scope=col>{name}</th>" for name in ("way out", "chance", "draw", "utility + draw"))
        head = f"<tr>{head}</tr>"
        parts.append(f"<table>{head}{rows}</table><p class=m-hint>What has the largest utility + draw is chosen.</p>")
    if card.terms:
        first, rest = card.terms[:_FIRST], card.terms[_FIRST:]
        head = (
            "<tr><th scope=col>what weighs most</th><th scope=col>term</th>"
            "<th scope=col>speaks for (+) or against (−)</th></tr>"
        )
        parts.append(f"<table>{head}{_rows(first)}</table>")
        if rest:
            parts.append(f"<details><summary>{len(rest)} more terms</summary><table>{_rows(rest)}</table></details>")
    return "".join(parts)


def _rows(terms: list[tuple[str, float, str]]) -> str:
    return "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{signed(value)}</td><td>{escape(way)}</td></tr>"
        for name, value, way in terms
    )


@component
def household_card(model: ReturnModel, household: int | None = None) -> None:
    """The card of one household, in a page of Mesa's (or any page of Solara's).

    Give it to `SolaraViz` as it is, and a visitor types the household's number; or bind the number.

    Parameters
    ----------
    model
        Any `ReturnModel`, also one of your own that inherits from it.
    household
        Its identity; by default a box asks for it.

    Notes
    -----
    The decision is reckoned anew from the model's inputs and seed: `card_of` says what follows from that.

    Examples
    --------
    >>> from mesa.visualization import SolaraViz
    >>> from abm import ReturnModel
    >>> from abm.browser import household_card
    >>> model = ReturnModel("uk-pilot-2026", weeks=52)
    >>> page = SolaraViz(model, components=[(household_card, 0), (lambda m: household_card(m, 12), 0)])
    """
    update_counter.get()
    typed, set_typed = solara.use_state("0")
    asked = typed.strip() if household is None else str(household)
    week = getattr(model, "week", 0)
    html = solara.use_memo(lambda: _told(model, asked), [id(model), week, asked])
    with solara.Column(classes=["m-card"], gap="4px"):
        solara.Style(PARTS)
        if household is None:
            solara.InputText("Household number", value=typed, on_value=set_typed, continuous_update=False)
        solara.HTML("div", unsafe_innerHTML=html)


def _told(model: ReturnModel, asked: str) -> str:
    if not asked.isdigit():
        return f"<p role=alert>{escape(str(InputError('household', asked, 'a whole number of at least 0')))}</p>"
    try:
        return card_html(card_of(model, int(asked)))
    except InputError as error:
        return f"<p role=alert>{escape(str(error))}</p>"
