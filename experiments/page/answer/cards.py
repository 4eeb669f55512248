"""The six differences, B less A, each a card; what else the same runs say of the money; and what the numbers are of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from abm.arrays.arrivals import ARRIVALS
from abm.inputs.policy import Offer, Policy
from experiments.economics.decision import acceptability
from experiments.economics.effects import effect_of
from experiments.economics.policies import NOT_IN_THE_LEDGER, policies
from experiments.page.answer.wording import Written, written
from experiments.page.paired import Answer
from experiments.page.strip import enough, nobody_drawn
from experiments.question.question import PULL_ON
from experiments.report.amounts import NONE, number, pounds
from experiments.report.first_screen import in_short
from experiments.report.html.sections.worth import quadrants
from experiments.report.verdict import horizon

#: Measure, title, and what a difference is counted in.
CARDS = (
    ("departures", "Departures in total", "households"),
    ("return_rate_12m", "Left within twelve months of their claim failing", "points"),
    ("cost_npv", "Public cost", ""),
    ("child_years_in_limbo", "Children's years in limbo", "child-years"),
    ("destitution_weeks", "Weeks without support", "person-weeks"),
    ("absconded_share", "Ever out of contact", "points"),
)  # fmt: skip
#: What a departure may be worth to whoever decides, GBP.
WORTHS = (0.0, 25_000.0, 50_000.0, 100_000.0, 200_000.0)
_KEYS = ("difference", "difference_run_p05", "difference_run_p95")

Row = Mapping[str, Any]


def cards(answer: Answer) -> list[dict[str, Any]]:
    """The six cards: title, the difference with its interval in words and as places on a bar, and levels."""
    made = []
    for name, title, unit in CARDS:
        base, row = answer.row(name, 0), answer.row(name)
        bars: list[tuple[str, Row]] = [("", row)]
        if name == "cost_npv":
            (elasticity,) = PULL_ON.values()
            saving = answer.row("net_saving_npv_with_pull")
            set_to = answer.question.caseload.world.pull_elasticity
            bars = [(f"pull factor {set_to:g}, as you set it" if set_to else "pull factor off", row)]
            if not nobody_drawn(answer):
                bars.append((f"pull factor on ({elasticity:g})", _as_cost(saving)))
            elif not set_to:
                bars = [("pull factor off or on: nobody is drawn", row)]
        made.append({"id": name, "title": title, **_card(answer, base, row, bars, unit)})
    return made


def _as_cost(saving: Row) -> dict[str, float]:
    """A saving as what B costs more than A."""
    return {
        "difference": -saving["mean"],
        "difference_run_p05": -saving["run_p95"],
        "difference_run_p95": -saving["run_p05"],
    }


def _beside(put: Written, first: Row, found: Row, keys: Sequence[str]) -> Written:
    """The way of writing of a further bar: that of the first, unless it is a hundred times as large or as small."""
    one, other = abs(first["difference"]), abs(found["difference"])
    if other <= 100.0 * one and one <= 100.0 * other:
        return put
    return written(first["unit"], [], [found[key] for key in keys])


def _card(answer: Answer, base: Row, row: Row, bars: list[tuple[str, Row]], unit: str) -> dict[str, Any]:
    sure = enough(answer)
    keys = _KEYS if sure else _KEYS[:1]
    levels, change = [base["mean"], row["mean"]], [row["difference"]]
    put = written(
        row["unit"], levels, [*change, *(row[key] for key in keys)], agree=True, error=row["difference_standard_error"]
    )
    puts = [put, *(_beside(put, row, found, keys) for _, found in bars[1:])]
    ends = [found[key] for _, found in bars for key in keys if not math.isnan(found[key])]
    least, most = min([0.0, *ends]), max([0.0, *ends])
    room = 0.06 * (most - least) or 1.0
    least, most = least - room, most + room
    return {
        "unit": unit,
        "a": put.level(base["mean"]),
        "b": put.level(row["mean"]),
        "zero": _place(0.0, least, most),
        "bars": [
            _bar(title, found, written_so, unit, (least, most), sure=sure)
            for (title, found), written_so in zip(bars, puts, strict=True)
        ],
    }


def _bar(title: str, row: Row, put: Written, unit: str, ends: tuple[float, float], *, sure: bool) -> dict[str, Any]:
    mean, low, high = (float(row[key]) for key in _KEYS)
    told = {
        "title": title,
        "mean": put.change(mean),
        "at": _place(mean, *ends),
        "between": "",
        "low": None,
        "high": None,
    }
    if math.isnan(mean):
        return told | {"words": "There is none in these runs.", "apart": False}
    what = f"{title}: " if title else ""
    words = f"{what}B less A is {put.change(mean)} {unit}".rstrip() + (" on average" if sure else " so far")
    if not sure:
        return told | {"words": f"{words}.", "apart": False}
    side = "above zero" if low > 0 else "below zero" if high < 0 else "on both sides of zero, or at it"
    between = put.changes(low, high) if low != high else ""
    words += f"; nine runs in ten lie within {between}: {side}." if between else "."
    return told | {
        "between": between, "low": _place(low, *ends), "high": _place(high, *ends), "words": words,
        "apart": low > 0 or high < 0,
    }  # fmt: skip


def _place(value: float, least: float, most: float) -> float | None:
    """Where a value stands between two ends, in per cent."""
    return None if math.isnan(value) else round(100 * (value - least) / (most - least), 2)


# ---- what else the runs say of the money ------------------------------------------------------------


def facts(answer: Answer) -> list[dict[str, str]]:
    """Chance of saving, deadweight and break-even payment: ``title``, ``value``, ``small`` and ``definition``."""
    return [_chance(answer), _deadweight(answer), _break_even(answer)]


def _chance(answer: Answer) -> dict[str, str]:
    definition = "share of runs in which B costs less than A with the same seed; the pull factor off, and on"
    if not enough(answer):
        return _fact("Chance that B saves", NONE, "told from 20 runs on", definition)
    off, on = (answer.row(name)["mean"] for name in ("chance_of_saving", "chance_of_saving_with_pull"))
    return _fact(
        "Chance that B saves", f"{_of_all(off)} of runs", f"with the pull factor on: {_of_all(on)}", definition
    )


def _of_all(share: float) -> str:
    """A share of runs, never rounded to all or none."""
    return f"{100 * share:.0f} %" if share in (0.0, 1.0) else f"{min(99, max(1, round(100 * share)))} %"


def _deadweight(answer: Answer) -> dict[str, str]:
    row, share = answer.row("deadweight"), answer.row("deadweight_share")["mean"]
    definition = (
        "payments of B's offers to households that leave by choice under A as well; what A's own offer pays is in it"
    )
    small = "" if math.isnan(share) else f"{_of_all(share)} of all that is paid"
    return _fact("Paid to those who would have gone anyway", pounds(row["mean"]), small, definition)


def _break_even(answer: Answer) -> dict[str, str]:
    row = answer.row("break_even_offer")
    definition = (
        "payment per assisted departure up to which B costs no more than the same policy without its money, behaviour"
        " as simulated; the pull factor off"
    )
    if math.isnan(row["mean"]):
        return _fact("Break-even payment", NONE, "B makes no offer of its own, or nobody takes it", definition)
    small = _of_mean(row) if enough(answer) else "a household; so far"
    return _fact("Break-even payment", pounds(row["mean"]).replace("£−", "−£"), small, definition)


def _of_mean(row: Row) -> str:
    low, high = row["mean_low"], row["mean_high"]
    ends = (pounds(value).replace("£−", "−£") for value in (low, high))
    return "a household" if math.isnan(low) else "a household; 90 % interval of the mean: {} to {}".format(*ends)


def _fact(title: str, value: str, small: str, definition: str) -> dict[str, str]:
    return {"title": title, "value": value, "small": small, "definition": definition}


def economics(answer: Answer) -> dict[str, Any]:
    """What an economist asks of the same runs: ratios, quadrants, acceptability, and who bears it."""
    comparison, sure = answer.comparison, enough(answer)
    base, run = comparison.runs
    cost, left = ([held.measure(name) for held in (base, run)] for name in ("cost_npv", "departures"))
    ratio, households = answer.row("cost_per_additional_return"), answer.question.caseload.households
    saving = answer.row("net_saving_npv")["mean"] / households
    put = written("GBP", [], [saving])
    told = [
        _fact("Net saving a household of the caseload at the start", put.change(saving), "pull factor off", ""),
        _fact(
            "Cost per additional departure",
            ratio["words"] or (NONE if math.isnan(ratio["mean"]) else pounds(ratio["mean"])),
            "a ratio is given only where more is spent and more leave, and both can be told from zero", "",
        ),
        _break_even(answer),
    ]  # fmt: skip
    effect = effect_of("departures")
    payers = policies(comparison, effect, WORTHS).payers
    shares = acceptability(list(zip(*cost, strict=True)), list(zip(*left, strict=True)), WORTHS)
    money = written("GBP", [], [row["difference"] for row in payers])
    return {
        "facts": told,
        "sure": sure,
        "quadrants": [
            {"title": title, "share": f"{100 * share:.0f} %"}
            for title, share in quadrants(cost[1] - cost[0], left[1] - left[0]).items()
        ],
        "worths": [
            {"worth": in_short(worth) if worth else "£0", "share": f"{100 * float(share[1]):.0f} %"}
            for worth, share in zip(WORTHS, shares, strict=True)
        ],
        "payers": [
            {"payer": row["payer"], "more": money.change(row["difference"])}
            for row in payers[1::2]
        ],
        "outside": NOT_IN_THE_LEDGER,
    }  # fmt: skip


# ---- what the numbers are of ------------------------------------------------------------------------


def first_look(answer: Answer) -> list[str]:
    """Who is there, who comes and who is left at the end, and what stands on offer beside what is compared."""
    caseload, years = answer.question.caseload, horizon(answer.choices.weeks)
    come, end = answer.row("arrivals", 0)["mean"], answer.row("caseload_end", 0)["mean"]
    out = answer.row("outside_account_end", 0)["mean"]
    mean = "" if enough(answer) else " (so far)"
    arriving = f"about {_about(come)} come in {years}" if round(come) else f"nobody comes in {years}"
    film = answer.film
    pending = (len(film.ids) - int((film.ids < ARRIVALS).sum()) - int(film.later.sum())) * answer.prepared[0].weight
    waiting = f", and {_about(pending)} more wait for a decision or an appeal" if round(pending) else ""
    told = [
        f"{number(caseload.households)} households whose claim has failed are there now{waiting}; {arriving}; under A,"
        f" about {_about(end)} await removal at the end and about {_about(out)} are in the country with protection,"
        f" settled or out of contact{mean}."
    ]
    a, b = answer.choices.shown.policies
    return [*told, f"A: {_offers(a)}.", f"B: {_offers(b, a)}."]


def _about(value: float) -> str:
    """A count with no more than three digits that say something."""
    digits = 0 if value < 1_000 else 3 - len(str(round(value)))
    return number(round(value, digits))


def _offers(policy: Policy, base: Policy | None = None) -> str:
    """The offers of a policy in words, the standing one first; what the other makes as well only in brief."""
    made = {name: offer for name, offer in policy.offers.items() if offer.amount_per_person > 0}
    same = [name for name in made if base and base.offers.get(name) == made[name]]
    names = sorted((name for name in made if name not in same), key=lambda name: name != "standing")
    parts = [f"{_called(name)} {_offer(made[name])}" for name in names]
    if same:
        word = "the same offer as A" if len(same) == 1 else f"the same {len(same)} offers as A"
        parts.insert(0, word if names else f"{word}, and no other")
    changes = len(policy.regimes)
    after = f"; it changes {changes} time{'s' * (changes > 1)} in these years (below)" if changes else ""
    return ("; and ".join(parts) or "no offer") + after


def _called(name: str) -> str:
    return {"standing": "a standing offer of", "offer": "an offer of", "undecided": "an offer of"}.get(
        name, f"the offer “{name.replace('_', ' ')}” of"
    )


def _countries(offer: Offer) -> str:
    count = len(offer.origins.split(","))
    return f"{count} countries only" if count > 1 else f"{offer.origins} only"


def _offer(offer: Offer) -> str:
    told = f"£{number(offer.amount_per_person)} a person"
    if offer.open_awaiting and not offer.open_exhausted:
        told += " for giving up a claim that is not decided"
    if offer.origins != "all":
        told += f" ({_countries(offer)})"
    if offer.household_cap is not None:
        told += f" (at most £{offer.household_cap:,.0f} a household)"
    when = {0.0: "after departure", 1.0: "at departure"}.get(offer.paid_at_departure, "in part at departure")
    told += f", paid {when}"
    if offer.acceptance_window_weeks is not None:
        told += f", to be taken within {offer.acceptance_window_weeks} week{'s' * (offer.acceptance_window_weeks > 1)}"
    if offer.end_week is not None:
        told += f", closed from {'week ' * isinstance(offer.end_week, int)}{offer.end_week}"
    return told
