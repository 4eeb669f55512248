"""Every measure a second time, in plain Python, from what a run shows: its weeks, its households, its events.

Nothing of `abm.measures` and no array is used for what is expected; the weeks are the columns of households as they
stand after each of them.  A measure without a line in `BY_HAND` fails.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pytest
from tiny import LIVELY, busy_caseload, busy_policy

from abm import COMPARED, MEASURES, Prepared, Run, prepare
from abm.arrays.state import LAND, State
from abm.household.stages import COL, STAGES

Row = dict[str, Any]
LEFT = ("RETURNED_ASSISTED", "RETURNED_UNASSISTED", "REMOVED")
HOME = LEFT[:2]
OPEN = ("AWAITING", "REFUSED", "EXHAUSTED", "BOOKED")
LIMBO = (*OPEN, "ABSCONDED")
LASTING = ("PROTECTED", "SETTLED")
YEAR = 365.25 / 7  # weeks
INDUCED, CAME_BACK = 1, 2
HOTEL, DISPERSAL, OWN = 0, 1, 2


class Told(NamedTuple):
    """What a run shows, as lists and dicts."""

    prepared: Prepared
    series: list[Row]  # a row a week
    households: list[Row]  # a row a household, at the end
    events: list[Row]  # a row a week and event
    start: list[Row]  # what changes of the households, before week 0
    weekly: list[list[Row]]  # and after each week
    safety: list[list[float]]  # true safety by week and origin

    @property
    def world(self) -> Any:
        return self.prepared.caseload.world

    @property
    def weight(self) -> float:
        return self.prepared.caseload.households / self.prepared.households


WIDER = {"world__lasting_cost_year": 9_000.0, "world__lasting_taxes_year": 4_000.0,
         "world__unsupported_cost_year": 2_500.0}  # fmt: skip
HARSH = {"enforcement__attempts_per_1000_week": 60.0, "standing__amount_per_person": 5_000.0}


@cache
def setting(name: str) -> Prepared:
    """Small busy runs: one long enough for every measure, one short, and others to compare it with."""
    # fmt: off
    policies: dict[str, dict[str, Any]] = {
        "short": {}, "long": HARSH, "base": {"offer__amount_per_person": 0.0},
        "control": {**HARSH, "offer__amount_per_person": 0.0, "standing__amount_per_person": 0.0},
    }
    # fmt: on
    people = busy_caseload(households=400, **(WIDER if name != "short" else {}))
    weeks = {"long": 261, "base": 261, "short": 30}.get(name, 60)
    return prepare(busy_policy(**policies[name]), people, LIVELY, weeks=weeks, households=24)


@cache
def finished(name: str) -> Run:
    return setting(name).run(3, events=True)


@cache
def told(name: str) -> Told:
    run, prepared = finished(name), setting(name)
    state = prepared.begin(3)
    start, weekly = rows_of(state), []
    for week in range(prepared.weeks):
        prepared.advance(3, state, week, week + 1)
        weekly.append(rows_of(state))
    tables = [table.to_dict("records") for table in (run.series, run.households, run.flows(every="week"))]
    return Told(prepared, *tables, start, weekly, state.lands[LAND.true_safety].tolist())


def rows_of(state: State) -> list[Row]:
    """What changes of the households, as they stand."""
    names = ("stage", "since", "origin", "housing", "first_housing", "account", "withdrawn", "adults", "children")
    columns = zip(*(state.s[getattr(COL, name)].tolist() for name in names), strict=True)
    rows = [dict(zip(names, values, strict=True)) for values in columns]
    return [row | {"stage": STAGES[int(row["stage"])], "size": row["adults"] + row["children"]} for row in rows]


# ---- words of the definitions -----------------------------------------------------------------------


def never(week: float) -> bool:
    return math.isnan(week)


def at_risk(t: Told) -> list[Row]:
    return [h for h in t.households if not never(h["risk_from"])]


def gone_since(h: Row) -> bool:
    """Whether it left after it came to be at risk, or in that week."""
    return not never(h["left_at"]) and h["left_at"] >= h["risk_from"]


def own_departures(t: Told) -> list[Row]:
    return [h for h in t.households if not never(h["left_at"]) and h["account"] != INDUCED]


def incidence(t: Told, *routes: str) -> list[float]:
    """Share of those at risk who have left by some routes within 0, 1, 2 … weeks; NaN where nobody is seen so long.

    Aalen and Johansen's estimate, week by week: those who leave, of those who are still seen and still there.
    """
    last = len(t.series) - 1
    spells = [
        ((h["left_at"] if gone_since(h) else last) - h["risk_from"], h["route"] if gone_since(h) else None)
        for h in at_risk(t)
    ]
    found, staying = [0.0], 1.0
    for week in range(last + 1):
        seen = sum(lasted >= week for lasted, _ in spells)
        leaving = [route for lasted, route in spells if lasted == week and route is not None]
        if not seen and staying > 1e-12:
            return found + [math.nan] * (last + 1 - week)
        found.append(found[-1] + staying * sum(route in routes for route in leaving) / max(seen, 1))
        staying *= 1.0 - len(leaving) / max(seen, 1)
    return found


def within(t: Told, weeks: int, *routes: str) -> float:
    return incidence(t, *routes)[weeks] if weeks <= len(t.series) else math.nan


def median(t: Told) -> float:
    """Kaplan and Meier's: the first number of weeks within which half are gone."""
    return next((weeks for weeks, share in enumerate(incidence(t, *LEFT)) if share >= 0.5 - 1e-12), math.nan)


def share_at_risk(t: Told, holds: Callable[[Row], bool]) -> float:
    every = at_risk(t)
    return sum(map(holds, every)) / len(every)


def went(route: str) -> Callable[[Row], bool]:
    return lambda h: gone_since(h) and h["route"] == route


def total(t: Told, name: str) -> float:
    return t.weight * sum(week[name] for week in t.series)


def spent(t: Told, *lines: str, weeks: int | None = None) -> float:
    """Lines of the account, each week at its worth in week 0; NaN if the run is shorter."""
    if weeks is not None and weeks > len(t.series):
        return math.nan
    yearly = 1.0 + t.world.discount_rate
    return t.weight * sum(
        sum(week[f"cost_{line}"] for line in lines) / yearly ** (week["week"] / YEAR) for week in t.series[:weeks]
    )


HOUSED = ("hotel", "dispersal", "subsistence")
WORK = ("casework", "appeals")
FORCE = ("enforcement", "detention")
LEAVING = ("advice", "offer", "travel", "reintegration", *FORCE)
EVERY = (*HOUSED, *WORK, *LEAVING, "induced_arrivals", "re_entry")


def person_week(t: Told, housing: int) -> float:
    """Price of a week of one person, in pounds; parts are booked in whole pence."""
    w = t.world
    if housing == HOTEL:
        return (round(700 * w.hotel_night) + round(100 * w.hotel_subsistence_week)) / 100
    return (round(700 * w.dispersal_night) + round(100 * w.subsistence_week)) / 100 if housing == DISPERSAL else 0.0


def became(h: Row) -> str:
    """What a week's upkeep is, or why it is not paid."""
    if h["stage"] in LEFT or h["account"] == CAME_BACK:
        return "left"
    if h["stage"] in OPEN:
        return "supported" if h["housing"] != OWN and h["withdrawn"] == 0 else "withdrawn"
    return "out of contact" if h["stage"] == "ABSCONDED" else "stays"


def upkeep(t: Told, *kinds: str) -> float:
    """Support at the price of the first housing, of those who have come and were not induced to."""
    yearly = 1.0 + t.world.discount_rate
    return t.weight * sum(
        person_week(t, h["first_housing"]) * h["size"] / yearly ** (week / YEAR)
        for week, households in enumerate(t.weekly)
        for h in households
        if h["stage"] != "ABSENT" and h["account"] != INDUCED and (not kinds or became(h) in kinds)
    )


def wider(t: Told) -> float:
    w = t.world
    if w.lasting_cost_year == w.lasting_taxes_year == w.unsupported_cost_year == 0.0:
        return math.nan
    found = 0.0
    for week, households in enumerate(t.weekly):
        lasting = sum(h["size"] for h in households if h["stage"] in LASTING)
        yearly = (
            lasting * (w.lasting_cost_year - w.lasting_taxes_year) + destitute(households) * w.unsupported_cost_year
        )
        found += yearly / YEAR / (1.0 + w.discount_rate) ** (week / YEAR)
    return spent(t, *EVERY) + t.weight * found


def destitute(households: list[Row]) -> int:
    without = [h for h in households if h["stage"] in ("EXHAUSTED", "BOOKED") and h["withdrawn"] == 1]
    return sum(h["size"] for h in [*without, *(h for h in households if h["stage"] == "ABSCONDED")])


def came_back(t: Told) -> float:
    home = [h for h in own_departures(t) if h["route"] in HOME]
    return sum(h["reentries"] > 0 for h in home) / len(home)


def happened(t: Told, event: str, unit: str) -> float:
    """By `Run.flows`, which stands for the whole caseload."""
    return sum(e[unit] for e in t.events if e["event"] == event)


def changes(t: Told) -> list[tuple[int, Row, Row]]:
    """Week, and each household before and after it."""
    tables = [t.start, *t.weekly]
    return [
        (week, *pair)
        for week, (before, after) in enumerate(itertools.pairwise(tables))
        for pair in zip(before, after, strict=True)
    ]


def came(t: Told, *accounts: int) -> float:
    return t.weight * sum(
        was["stage"] == "ABSENT" and now["stage"] != "ABSENT" and now["account"] in accounts
        for _, was, now in changes(t)
    )


def unsafe_persons(t: Told) -> float:
    """Persons who left, each time that they left, while home was less safe than the world says."""
    return t.weight * sum(
        now["size"]
        for week, was, now in changes(t)
        if now["stage"] in LEFT and was["stage"] not in LEFT
        and t.safety[week][int(now["origin"])] < t.world.unsafe_below
    )  # fmt: skip


# ---- the measures -----------------------------------------------------------------------------------

BY_HAND: dict[str, Callable[[Told], float]] = {
    "assisted_return_rate_12m": lambda t: within(t, 52, "RETURNED_ASSISTED"),
    "return_rate_12m": lambda t: within(t, 52, *LEFT),
    "return_rate_24m": lambda t: within(t, 104, *LEFT),
    "return_rate_60m": lambda t: within(t, 260, *LEFT),
    "caseload_end": lambda t: t.weight * sum(h["stage"] in ("EXHAUSTED", "BOOKED") for h in t.households),
    "median_weeks_to_departure": median,
    "absconded_share": lambda t: share_at_risk(t, lambda h: not never(h["absconded_at"])),
    "removed_share": lambda t: share_at_risk(t, went("REMOVED")),
    "assisted_share": lambda t: share_at_risk(t, went("RETURNED_ASSISTED")),
    "unassisted_share": lambda t: share_at_risk(t, went("RETURNED_UNASSISTED")),
    "reentry_share": came_back,
    "departures": lambda t: t.weight * len(own_departures(t)),
    "assisted_departures": lambda t: t.weight * sum(h["route"] == "RETURNED_ASSISTED" for h in own_departures(t)),
    "departed_persons": lambda t: t.weight * sum(h["size"] for h in own_departures(t)),
    "removals": lambda t: t.weight * sum(h["route"] == "REMOVED" for h in own_departures(t)),
    "cost_npv": lambda t: spent(t, *EVERY),
    "cost_1y": lambda t: spent(t, *EVERY, weeks=52),
    "cost_3y": lambda t: spent(t, *EVERY, weeks=156),
    "cost_5y": lambda t: spent(t, *EVERY, weeks=260),
    "outside_account_end": lambda t: t.weight * sum(h["stage"] in ("ABSCONDED", *LASTING) for h in t.households),
    "offer_spend": lambda t: spent(t, "offer"),
    "accommodation_spend": lambda t: spent(t, *HOUSED),
    "induced_spend": lambda t: spent(t, "induced_arrivals"),
    "cost_per_departure": lambda t: spent(t, *LEAVING) / (t.weight * len(own_departures(t))),
    "leaving_spend": lambda t: spent(t, *LEAVING),
    "enforcement_spend": lambda t: spent(t, *FORCE),
    "casework_spend": lambda t: spent(t, *WORK),
    "reentry_spend": lambda t: spent(t, "re_entry"),
    "upkeep": upkeep,
    "upkeep_left": lambda t: upkeep(t, "left"),
    "upkeep_out_of_contact": lambda t: upkeep(t, "out of contact"),
    "upkeep_stays": lambda t: upkeep(t, "stays"),
    "upkeep_withdrawn": lambda t: upkeep(t, "withdrawn"),
    "upkeep_moved": lambda t: upkeep(t, "supported") - spent(t, *HOUSED),
    "cost_wider": wider,
    "hotel_week": lambda t: person_week(t, HOTEL),
    "dispersal_week": lambda t: person_week(t, DISPERSAL),
    "child_years_in_limbo": lambda t: t.weight / YEAR * sum(
        h["children"] for households in t.weekly for h in households if h["stage"] in LIMBO
    ),
    "children_removed": lambda t: happened(t, "removed", "children"),
    "destitution_weeks": lambda t: t.weight * sum(map(destitute, t.weekly)),
    "unsafe_returns": unsafe_persons,
    "unsafe_share": lambda t: sum(h["left_unsafe"] for h in own_departures(t)) / len(own_departures(t)),
    "arrivals": lambda t: came(t, 0, INDUCED),
    "induced_arrivals": lambda t: came(t, INDUCED),
    "at_risk": lambda t: t.weight * len(at_risk(t)),
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("which", ["long", "short", "base"])
def test_a_measure_is_what_its_definition_makes_of_weeks_and_households(which: str, name: str) -> None:
    assert name in BY_HAND, "compute it here in plain Python, by its definition"
    expected = BY_HAND[name](told(which))
    assert finished(which).measures[name] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


def test_the_runs_show_every_measure() -> None:
    """No measure is nought or none in all of them: what is compared above is something."""
    shown = [finished(which).measures for which in ("long", "short", "base")]
    assert [name for name in MEASURES if all(math.isnan(m[name]) or m[name] == 0.0 for m in shown)] == []
    assert set(BY_HAND) == set(MEASURES)


# ---- against a baseline -----------------------------------------------------------------------------

Pair = Callable[[Told, Told, Told], "float | tuple[float, ...]"]


def less(*lines: str, weeks: int | None = None) -> Pair:
    """How much less is spent than under the baseline."""
    return lambda run, base, control: spent(base, *lines, weeks=weeks) - spent(run, *lines, weeks=weeks)


def more_unpaid(*kinds: str) -> Pair:
    return lambda run, base, control: upkeep(run, *kinds) - upkeep(base, *kinds)


def stay(housing: int) -> Pair:
    def found(run: Told, base: Told, control: Told) -> tuple[float, ...]:
        more = sum(h["size"] for h in own_departures(run)) - sum(h["size"] for h in own_departures(base))
        return spent(run, *LEAVING) - spent(base, *LEAVING), run.weight * more * person_week(base, housing)

    return found


#: A number, or what stands above and below the line of a ratio.
COMPARED_BY_HAND: dict[str, Pair] = {
    "net_saving_npv": less(*EVERY),
    "net_saving_1y": less(*EVERY, weeks=52),
    "net_saving_3y": less(*EVERY, weeks=156),
    "net_saving_5y": less(*EVERY, weeks=260),
    "net_saving_wider": lambda run, base, control: wider(base) - wider(run),
    "saving_departures": lambda run, base, control: (
        upkeep(run, "left") - spent(run, "re_entry") - (upkeep(base, "left") - spent(base, "re_entry"))
    ),
    "saving_out_of_contact": more_unpaid("out of contact"),
    "saving_settled": more_unpaid("stays"),
    "saving_withdrawn": more_unpaid("withdrawn"),
    "saving_housing": lambda run, base, control: (
        upkeep(run, "supported") - spent(run, *HOUSED) - (upkeep(base, "supported") - spent(base, *HOUSED))
    ),
    "saving_offers": less("advice", "offer", "travel", "reintegration"),
    "saving_enforcement": less(*FORCE),
    "saving_casework": less(*WORK),
    "saving_arrivals": lambda run, base, control: (
        upkeep(base) + spent(base, "induced_arrivals") - upkeep(run) - spent(run, "induced_arrivals")
    ),
    "net_saving_without_money": lambda run, base, control: spent(base, *EVERY) - spent(control, *EVERY),
    "break_even_offer": lambda run, base, control: (
        spent(control, *EVERY) - sum(spent(run, line) for line in EVERY if line != "offer"),
        BY_HAND["assisted_departures"](run),
    ),
    "break_even_stay_hotel": stay(HOTEL),
    "break_even_stay_dispersal": stay(DISPERSAL),
    "cost_per_additional_return": lambda run, base, control: (
        spent(run, *EVERY) - spent(base, *EVERY), run.weight * (len(own_departures(run)) - len(own_departures(base))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARED)
def test_a_measure_against_a_baseline_is_what_its_definition_makes_of_the_runs(name: str) -> None:
    assert name in COMPARED_BY_HAND, "compute it here in plain Python, by its definition"
    names = ("long", "base", "control")[: 3 if COMPARED[name].control else 2]
    found = COMPARED[name].of(*(finished(which).measures for which in names))
    expected = COMPARED_BY_HAND[name](*map(told, ("long", "base", "control")))
    parts = (found.above, found.below) if COMPARED[name].ratio else found
    assert parts == pytest.approx(expected, rel=1e-9, abs=1e-4)
    assert expected != 0.0


# ---- by group ---------------------------------------------------------------------------------------

GROUPS: dict[str, Callable[[Row], Any]] = {
    "origin": lambda h: h["origin"],
    "size": lambda h: h["size"],
    "family": lambda h: "family" if h["children"] > 0 else "no children",
    "housing": lambda h: ("HOTEL", "DISPERSAL", "OWN")[int(h["first_housing"])],
}


@pytest.mark.parametrize("group", GROUPS)
def test_rates_by_group_are_those_of_its_households(group: str) -> None:
    t, shown = told("long"), finished("long").by(group)
    assert shown["removed_rate"].sum() > 0.0
    groups = {GROUPS[group](h) for h in at_risk(t)}
    assert set(shown.index) == groups
    for name in groups:
        own = t._replace(households=[h for h in t.households if GROUPS[group](h) == name])
        ours = at_risk(own)
        children = sum(h["children"] for h in ours)
        expected = {
            "households": len(ours),
            "return_rate": within(own, 52, *LEFT),
            "assisted_return_rate": within(own, 52, "RETURNED_ASSISTED"),
            "removed_rate": within(own, 52, "REMOVED"),
            "absconded_share": share_at_risk(own, lambda h: not never(h["absconded_at"])),
            "unsafe_share": share_at_risk(own, lambda h: h["left_unsafe"] == 1.0),
            "children_removed_share": sum(h["children"] for h in ours if h["route"] == "REMOVED") / children
            if children else math.nan,
        }  # fmt: skip
        assert dict(shown.loc[name]) == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), name
