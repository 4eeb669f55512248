"""The tab that looks along levers: one of them, two at once, and all of the policy one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import solara

from abm.browser.components import component, drawn_by
from experiments.page.answer.charts import script
from experiments.page.background import Latest, in_background
from experiments.page.choices import Choices
from experiments.page.downloads import policy_toml
from experiments.page.explore import files, shown
from experiments.page.explore.charts import BARS
from experiments.page.explore.found import FIRST, Whole, measures
from experiments.page.explore.numeric import levers, numeric, with_effect
from experiments.page.explore.plan import FEW, LEVELS, Plan, ends, line, plane, same_when_pulled
from experiments.page.explore.running import AT_ONCE, PACE, Found, explored, finished
from experiments.page.view import View

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
#: What is looked along unless something else is chosen.
_LEVER, _SECOND = "offer.amount_per_person", "offer.acceptance_window_weeks"
#: Runs of each end of a lever before the tornado keeps those that move most.
_LOOK = 3


@drawn_by("section.vue")
def Section(
    id: str,
    title: str,
    about: str,
    legend: str,
    pickers: list[dict[str, Any]],
    toggles: list[dict[str, Any]],
    state: dict[str, Any],
    shown: dict[str, Any],
    files: list[dict[str, str]],
    file: dict[str, Any],
    command: str,
    script: str,
    dark: bool,
    event_choose: Callable[[dict[str, Any]], None],
    event_start: Callable[[Any], None],
    event_stop: Callable[[Any], None],
    event_point: Callable[[dict[str, Any]], None],
    event_download: Callable[[dict[str, str]], None],
) -> None:
    """One look: what is chosen, how far it is, what was found, and what can be taken away."""


class Look(NamedTuple):
    """What a section asks for.

    Attributes
    ----------
    key
        All that determines the runs.
    plans
        What is run at the most.
    run
        Runs it, telling how far each plan is.
    words
        How many runs that is, and about how long.
    """

    key: str
    plans: Sequence[Plan]
    run: Callable[[Callable[[], bool]], Iterator[tuple[Found, ...]]]
    words: str


class Held(NamedTuple):
    """What a section has: what was found, and the picture of it for what was looked at then."""

    key: str
    found: tuple[Found, ...]
    wholes: list[Whole]
    showing: tuple[Any, ...]
    shown: dict[str, Any]
    ended: bool = False


@component
def ExploreTab(view: View) -> None:
    """What a policy does over the whole range of a lever, of two, and at the ends of each."""
    drawing, set_drawing = solara.use_state(Latest())
    solara.use_effect(lambda: in_background(lambda stopped: iter([script()]), set_drawing), [])
    solara.Style(_STYLE)
    _Line(view, drawing.value or "")
    _Map(view, drawing.value or "")
    _Tornado(view, drawing.value or "")


@component
def _Line(view: View, drawing: str) -> None:
    path, measure = _lever(view), _measure(view)
    plans = [line(view.choices, path)]
    if not same_when_pulled(view.choices, [path]):
        plans.append(line(view.choices, path, pulled=True))
    look = Look(
        "line" + _keys(plans), plans, lambda stopped: _one_after_the_other(plans, stopped), shown.in_words(plans)
    )

    def picture(wholes: Sequence[Whole]) -> dict[str, Any]:
        beside = wholes[1] if len(wholes) > 1 else None
        return shown.line_shown(view.choices, measure, wholes[0], beside, dark=view.dark)

    def set_to(told: dict[str, Any]) -> None:
        _move(view, {path: plans[0].factors[path][int(told["point"])]})

    lever = levers()[path]
    _Looked(
        view, look, drawing, picture, [path, measure, lever.value(view.choices)], set_to,
        told={
            "id": "line",
            "title": "Along one lever",
            "about": "What B does, against A, from end to end of the lever's plausible range, all else as it is now. "
            "Click a point, or use its button in the table, to set B to it; “Undo” at the top takes that back.",
            "legend": "Line and marks: mean over the runs. Band: the middle 90 % of runs. Dotted: where B stands now. "
            "Thick piece of the zero line: 90 % interval of the break-even.",
            "pickers": [_lever_picker("lever", "Lever", path), _measure_picker(measure)],
        },
        alone=True,
    )  # fmt: skip


@component
def _Map(view: View, drawing: str) -> None:
    pulled, set_pulled = solara.use_state(False)
    path, measure = _lever(view), _measure(view)
    second = _second(view, path)
    pulling = pulled and not same_when_pulled(view.choices, [path, second])
    plans = [plane(view.choices, path, second, pulled=pulling)]
    look = Look(
        "map" + _keys(plans), plans, lambda stopped: _one_after_the_other(plans, stopped), shown.in_words(plans)
    )
    values = plans[0].factors

    def set_to(told: dict[str, Any]) -> None:
        i, j = divmod(int(told["point"]), len(values[second]))
        _move(view, {path: values[path][i], second: values[second][j]})

    _Looked(
        view, look, drawing, lambda wholes: shown.map_shown(view.choices, measure, wholes[0], dark=view.dark),
        [path, second, measure, *(levers()[one].value(view.choices) for one in (path, second))], set_to,
        told={
            "id": "map",
            "title": "Two levers at once",
            "about": f"The lever above and a second one, at most {LEVELS} values each. "
            "Click a cell, or use its button in the table, to set both.",
            "legend": "Numbers: means. Dotted cells: the sign is uncertain (the 90 % interval of the mean holds zero). "
            "Thick black line: the mean turns from below zero to above it. Diamond: where B stands now.",
            "pickers": [_lever_picker("second", "Second lever", second)],
            "toggles": [{"key": "pulled", "title": "with the pull factor on", "value": pulled}],
        },
        toggled=set_pulled,
    )  # fmt: skip


@component
def _Tornado(view: View, drawing: str) -> None:
    pulled, set_pulled = solara.use_state(False)
    measure, choices = _measure(view), view.choices
    pulling = pulled and not same_when_pulled(choices, [])
    paths = [lever.path for lever in with_effect(choices)]
    first = ends(choices, paths, min(_LOOK, choices.replicates), pulled=pulling)
    most = ends(choices, paths[:BARS], min(FEW, choices.replicates), pulled=pulling)

    def run(stopped: Callable[[], bool]) -> Iterator[tuple[Found, ...]]:
        for found in explored(first, stopped):
            yield (found,)
        if stopped() or choices.replicates <= first.replicates:
            return
        chosen = _moving(Whole(found), measure)[:BARS]
        if chosen:
            for again in explored(ends(choices, chosen, most.replicates, pulled=pulling), stopped):
                yield (found, again)

    def look_along(told: dict[str, Any]) -> None:
        if str(told["point"]) in numeric():
            view.go(replace(view.place, lever=str(told["point"])))

    words = shown.tornado_in_words(first, most)
    key = f"tornado {measure} {most.replicates} {_keys([first])}"
    _Looked(
        view, Look(key, (first, most), run, words), drawing,
        lambda wholes: shown.tornado_shown(measure, wholes[-1], dark=view.dark), [measure], look_along,
        told={
            "id": "tornado",
            "title": "Every lever of the policy",
            "about": "Each lever of B by itself, from the low to the high end of its plausible range (or every setting "
            "it has), the others as they are. Levers of an offer that B does not make are left out. Click a bar, or "
            "use its button in the table, to look along that lever above.",
            "legend": "Solid line: B as it is. Dashed: zero, as under A. Beside each bar: the lever's value there.",
            "pickers": [],
            "toggles": [{"key": "pulled", "title": "with the pull factor on", "value": pulled}],
        },
        toggled=set_pulled,
    )  # fmt: skip


@component
def _Looked(
    view: View,
    look: Look,
    drawing: str,
    picture: Callable[[Sequence[Whole]], dict[str, Any]],
    shows: Sequence[Any],
    pointed: Callable[[dict[str, Any]], None],
    told: Mapping[str, Any],
    alone: bool = False,
    toggled: Callable[[bool], None] = lambda on: None,
) -> None:
    """A section with its runs: `alone` when it may start by itself."""
    latest, set_latest = solara.use_state(Latest())
    drawn, set_drawn = solara.use_state(Latest())
    said, set_said = solara.use_state(("", ""))
    asked, set_asked = solara.use_state(("", 0))
    file, set_file = solara.use_state(Latest())

    by_itself = solara.use_memo(
        lambda: (alone and sum(map(PACE.seconds, look.plans)) <= AT_ONCE) or all(map(finished, look.plans)), [look.key]
    )
    wanted = said == ("start", look.key) or (by_itself and said != ("stop", look.key))

    #: What is shown now, for the thread that runs: it draws what it found, so that no picture is overtaken.
    now = solara.use_ref((picture, tuple(shows)))
    now.current = (picture, (view.dark, *shows))

    def run(stopped: Callable[[], bool]) -> Iterator[Held]:
        wholes: list[Whole] = []
        held = None
        for found in look.run(stopped):
            known = {id(old.found): old for old in wholes}
            wholes = [known.get(id(one)) or Whole(one) for one in found]
            draws, asked_for = now.current
            held = Held(look.key, found, wholes, asked_for, draws(wholes))
            yield held
        if held and not stopped():
            yield held._replace(ended=True)

    solara.use_effect(lambda: in_background(run, set_latest) if wanted else None, [look.key, wanted])
    held: Held | None = latest.value if latest.value and latest.value.key == look.key else None
    there: tuple[Found, ...] = held.found if held else ()
    showing = now.current[1]

    def draw(stopped: Callable[[], bool]) -> Iterator[Any]:
        if held and held.showing != showing:
            yield look.key, showing, picture(held.wholes)

    solara.use_effect(lambda: in_background(draw, set_drawn), [look.key, showing])

    def write(stopped: Callable[[], bool]) -> Iterator[Any]:
        kind, count = asked
        if held and kind:
            yield {**_file(view.choices, [one.plan for one in there], held.wholes, kind), "count": count}

    solara.use_effect(lambda: in_background(write, set_file), [asked])

    def choose(picked: dict[str, Any]) -> None:
        key, value = str(picked["key"]), picked["value"]
        if key == "pulled":
            toggled(bool(value))
        elif value in ((*measures(),) if key == "measure" else numeric()) and key in ("lever", "second", "measure"):
            chosen: dict[str, Any] = {key: str(value)}
            view.go(replace(view.place, **chosen))

    done, of = sum(one.done for one in there), sum(plan.runs for plan in look.plans)
    complete = bool(held and held.ended)
    problem = latest.problem if wanted else ""
    Section(
        id=told["id"],
        title=told["title"],
        about=told["about"],
        legend=told["legend"],
        pickers=told["pickers"],
        toggles=list(told.get("toggles", [])),
        state={
            "plan": look.words,
            "done": done,
            "of": done if complete else of,
            "running": wanted and not complete and not problem,
            "complete": complete,
            "problem": problem,
        },
        shown=_newest(held, drawn.value, showing),
        files=_offered([one.plan for one in there]) if there else [],
        file=file.value or {"name": "", "text": "", "count": 0},
        command=files.command(there[-1].plan if told["id"] == "tornado" else there[0].plan) if there else "",
        script=drawing,
        dark=view.dark,
        event_choose=choose,
        event_start=lambda _: set_said(("start", look.key)),
        event_stop=lambda _: set_said(("stop", look.key)),
        event_point=pointed,
        event_download=lambda one: set_asked((str(one["kind"]), asked[1] + 1)),
    )


def _newest(held: Held | None, drawn: Any, showing: tuple[Any, ...]) -> dict[str, Any]:
    """What the runs drew or, where something else is looked at since, what was drawn of them for that."""
    if held is None:
        return shown.NO_RUNS
    if held.showing != showing and drawn and drawn[:2] == (held.key, showing):
        return dict(drawn[2])
    return held.shown


# ---- what is chosen -----------------------------------------------------------------------------------


def _lever(view: View) -> str:
    return view.place.lever if view.place.lever in numeric() else _LEVER


def _second(view: View, path: str) -> str:
    """The second lever; never the first one."""
    wanted = view.place.second if view.place.second in numeric() else _SECOND
    return wanted if wanted != path else next(one for one in (_LEVER, _SECOND) if one != path)


def _measure(view: View) -> str:
    return view.place.measure if view.place.measure in measures() else FIRST[0]


def _lever_picker(key: str, title: str, path: str) -> dict[str, Any]:
    return {"key": key, "title": title, "value": path, "search": True, "options": shown.lever_options()}


def _measure_picker(measure: str) -> dict[str, Any]:
    options = [
        {**one, "group": "Most used" if one["value"] in FIRST else one["group"]} for one in shown.measure_options()
    ]
    return {"key": "measure", "title": "Measure", "value": measure, "search": False, "options": options}


def _move(view: View, values: Mapping[str, Any]) -> None:
    """Set B (and A, for what both share) to a point."""

    def moved(now: Choices) -> Choices:
        for path, value in values.items():
            now = now.moved("both" if levers()[path].shared else "b", path, value)
        return now

    view.change(moved)


# ---- running and taking away -----------------------------------------------------------------------------


def _keys(plans: Sequence[Plan]) -> str:
    return " ".join(f"{plan.key} × {plan.replicates}" for plan in plans)


def _one_after_the_other(plans: Sequence[Plan], stopped: Callable[[], bool]) -> Iterator[tuple[Found, ...]]:
    before: tuple[Found, ...] = ()
    for plan in plans:
        for found in explored(plan, stopped):
            yield (*before, found)
        if stopped():
            return
        before = (*before, found)


def _moving(whole: Whole, measure: str) -> list[str]:
    """The levers that make a difference to a measure, those that make most of it first."""
    rows = shown.swings_of(whole, measure)
    return [str(row["factor"]) for row in rows if row["most"] > row["least"]]


def _offered(plans: Sequence[Plan]) -> list[dict[str, str]]:
    """The files of a section, by kind."""
    told = [{"kind": "design", "title": "Design for returns sweep (TOML)"}]
    if len(plans) > 1 and plans[1].pulled and not plans[0].pulled:
        told.append({"kind": "design-on", "title": "The same, pull factor on (TOML)"})
    told += [{"kind": side, "title": f"Policy {side.upper()} (TOML)"} for side in files.beside(plans[-1])]
    return [*told, {"kind": "points", "title": "Points (CSV)"}]


def _file(choices: Choices, plans: Sequence[Plan], wholes: Sequence[Whole], kind: str) -> dict[str, str]:
    two_worlds = len(plans) > 1 and plans[1].pulled is not plans[0].pulled
    if kind in ("a", "b"):
        return {"name": files.names(plans[-1])["ba".index(kind)], "text": policy_toml(choices, kind)}
    if kind == "points":
        shown_now = wholes if two_worlds else wholes[-1:]
        named = {"pull factor on" if one.plan.pulled else "as asked": one for one in shown_now}
        return {"name": files.file_name(plans[0]).replace(".toml", ".csv"), "text": files.points_csv(named)}
    plan = plans[0] if two_worlds and kind == "design" else plans[-1]
    return {"name": files.file_name(plan), "text": files.design_toml(plan)}
