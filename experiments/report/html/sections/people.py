"""Sections on people: who leaves, what happens to those who stay, whom peers move, and three households."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm.browser.palette import LOOKS
from abm.household.stages import Stage
from experiments.report.amounts import number
from experiments.report.html.charts import people
from experiments.report.html.drawn import drawn
from experiments.report.html.parts import Chart, Part, Section, Subject, Words
from experiments.report.html.runs.lives import Life, lives
from experiments.report.html.runs.witnesses import LEAST, SOON, WORLDS, following, groups
from experiments.report.html.sections.telling import found_of, name_of, source
from experiments.report.html.sections.top import forest
from experiments.report.notes import is_nought
from experiments.statistics.intervals import spread

#: Replicates of the runs made for these sections.
WHO, PEERS = 16, 20
#: What happens to people.
PEOPLE = (
    "child_years_in_limbo",
    "destitution_weeks",
    "absconded_share",
    "removals",
    "children_removed",
    "unsafe_returns",
    "reentry_share",
)
#: What households are told apart by, in words.
BY = {"origin": "By country of origin", "size": "By persons in the household", "housing": "By first housing"}
#: Terms of a decision that are shown.
TERMS = 5


def who_section(subject: Subject) -> Section:
    """Return rates by group."""
    heading = "Who leaves"
    if subject.question.weeks <= 52:
        return Section("who", heading, ("The run is too short for a rate within twelve months.",))
    runs = subject.few(WHO)
    found = groups(subject, runs)
    weight = subject.comparison.runs[0].weight
    counts = {(group.by, group.name): group.households * weight for group in found[0]}
    several = {by for by in BY if sum(key[0] == by for key in counts) > 1}
    rows: list[dict[str, Any]] = []
    for name, held in zip(subject.names, found, strict=True):
        for group in held:
            if (group.by, group.name) in counts and group.by in several:
                told = f"{_group(group.by, group.name)} ({counts[group.by, group.name]:,.0f})"
                rows.append(
                    {
                        "by": BY[group.by],
                        "group": told,
                        "policy": name,
                        "rate": group.rate,
                        "households": group.households * weight,
                    }
                )
    figure = drawn(
        "who",
        lambda width: people.dumbbells(rows, subject.names, width),
        rows,
        title="Who leaves within twelve months",
        note=source(
            subject,
            f"Share of households at risk that left by any route within twelve months, over {runs}"
            " runs together; in"
            f" brackets households ever at risk a run, under the baseline. Groups of fewer than {LEAST}"
            " simulated"
            " households are told together.",
        ),
        alt="Share that left within twelve months. "
        + " ".join(f"{row['group']}, {row['policy']}: {100 * row['rate']:.1f} %." for row in rows),
        columns=2,
    )
    return Section("who", heading, (), (Chart(figure),))


def _group(by: str, name: str) -> str:
    if by == "size" and name.isdigit():
        return f"{name} person{'s' * (name != '1')}"
    return name.lower() if by == "housing" else name


def people_section(subject: Subject) -> Section:
    """What happens to people: differences, and what happens to nobody."""
    nought = [name_of(name) for name in PEOPLE if is_nought(found_of(subject, name))]
    chart = forest(subject, "people", "What happens to people: change against the baseline", PEOPLE)
    texts = [f"Nothing under any policy, in any run: {', '.join(nought)}."] if nought else []
    return Section("people", "What happens to people", texts, (chart,) if chart else ())


def peers_section(subject: Subject) -> Section:
    """How many departures follow one of a tie, as fitted and without what peers do."""
    runs = subject.few(PEERS)
    found = following(subject, runs)
    vectors = subject.question.vectors(runs)
    rows: list[dict[str, Any]] = []
    for world in WORLDS:
        for position, name in enumerate(subject.names):
            told = spread(found[world][position], vectors)
            if not told.defined:
                continue
            low, high = (value if not np.isnan(value) else told.mean for value in (told.mean_low, told.mean_high))
            rows.append(
                {
                    "policy": name,
                    "world": world,
                    "mean": told.mean,
                    "mean_low": low,
                    "mean_high": high,
                    "run_p05": told.run_p05,
                    "run_p95": told.run_p95,
                    "runs": told.defined,
                }
            )
    heading = "Whom peers move"
    if not rows:
        return Section("peers", heading, ("Nobody leaves by choice in these runs.",))
    title = f"Departures by choice within {SOON} weeks of a tie's departure"
    figure = drawn(
        "peers",
        lambda width: people.followers(rows, subject.names, width),
        rows,
        title=title,
        note=source(
            subject,
            f"Share of departures by choice; mean of {runs} runs, thick: its 90 % interval, thin:"
            " middle 90 % of runs."
            " “Without” sets the weight of the share of ties who left (behaviour.norm) to 0, then also the"
            " attention that"
            " a departure raises; what ties report of home goes on. The rest is chance, and what ties have in"
            " common.",
        ),
        alt=f"{title}. " + " ".join(f"{row['policy']}, {row['world']}: {100 * row['mean']:.1f} %." for row in rows),
        columns=2,
    )
    lead = (
        "No published study gives the size of a peer effect; the record does not identify it, so these are consequences"
        " of assumptions."
    )
    return Section("peers", heading, (lead,), (Chart(figure),))


# ---- three households --------------------------------------------------------------------------------

_CHOICE = {
    "STAY": ("stayed", "stay"),
    "ASSISTED_RETURN": ("chose assisted return", "assisted return"),
    "UNASSISTED_RETURN": ("chose to return without assistance", "unassisted return"),
    "GO_IRREGULAR": ("went out of contact", "go irregular"),
}


#: The term that is always shown, by what moved the household.
_POINTED = {"moved by a peer": "peers who left", "moved by the money": "the offer"}


def households_section(subject: Subject) -> Section:
    """Three lives."""
    parts: list[Part] = []
    for found in lives(subject):
        parts += [Words((found,))] if isinstance(found, str) else _life(subject, found)
    lead = (
        f"Single households under “{subject.name}”, with the one fitted behaviour. Households that policies move are"
        " rare: those shown"
        f" were looked for. They are examples, not evidence."
    )
    return Section("households", "Three households", (lead,), tuple(parts))


def _life(subject: Subject, life: Life) -> list[Part]:
    told, label = life.told, subject.question.labels[subject.about]
    names = (subject.names[0], subject.name)
    rows = [
        {"policy": name, "stage": int(stage), "from": first, "to": last, "title": LOOKS[stage].title}
        for name, held in zip(names, life.stages, strict=True)
        for first, last, stage in held
        if stage != Stage.ABSENT
    ]
    who = told.household
    children = f"{who['children']} child{'ren' * (who['children'] != 1)}"
    people_told = (
        f"{who['origin']}, {who['adults']} adult{'s' * (who['adults'] != 1)}, {children}, housed in {who['housing']}"
    )
    chosen, way = _CHOICE[told.choice]
    chance = told.probabilities.get(way, float("nan"))
    decided = (
        f"In week {told.week} it considered its situation and {chosen}; the chance of that was {_percent(chance)},"
        " and the draw of"
        " that week decided."
    )
    if told.choice == "STAY":
        decided = (
            f"In week {told.week} it last considered its situation and stayed: the chance of leaving or going out of"
            " contact that"
            f" week was {_percent(1.0 - told.probabilities['stay'])}."
        )
    counterfactual = {
        "moved by the money": "On the same draws it does not leave when the policy's own offer comes to a penny.",
        "moved by a peer": "On the same draws it does not leave when the weight of peers who left is nought.",
    }.get(life.kind, "Of the stock that stays to the end, its chance is the middle one.")
    command = f"returns why {label} --household {life.household} --week {told.week} --seed {life.seed}"
    named = [(f"{name} ({_ways(to)})", value) for name, value, to in told.terms if value and _counts(to, told.choice)]
    constants = [(name, value) for name, value in named if name.startswith("constant of")]
    weighed_most = sorted((one for one in named if one not in constants), key=lambda one: -abs(one[1]))
    pointed = [one for one in weighed_most[TERMS:] if one[0].startswith(_POINTED.get(life.kind, "\0"))]
    terms = [{"term": name, "value": value} for name, value in (*weighed_most[:TERMS], *pointed)]
    constant = ", ".join(f"the {name.partition(' (')[0]}, {number(value, 1, signed=True)}" for name, value in constants)
    heading = f"Household {life.household}: {life.kind}"
    note = source(subject, f"Seed {life.seed}; the line marks the decision of week {told.week}.")
    stages = drawn(
        f"household-{life.household}-{life.seed}-life",
        lambda width: people.strip(rows, width, subject.question.weeks, [{"week": told.week}]),
        rows,
        title=heading,
        note=note,
        alt=f"{heading}. "
        + " ".join(f"{row['policy']}: {row['title']} from week {row['from']} to {row['to']}." for row in rows),
    )
    weighed = drawn(
        f"household-{life.household}-{life.seed}-terms",
        lambda width: people.weights(terms, width),
        terms,
        title=f"What weighed most in week {told.week}",
        note=source(
            subject,
            "The largest terms of the utility of leaving (staying is nought) beside what all"
            f" households share: {constant}.",
        ),
        alt=f"What weighed most in week {told.week}: "
        + "; ".join(f"{name} {number(value, 2, signed=True)}" for name, value in weighed_most[:TERMS]),
    )
    return [
        Chart(stages),
        Words((f"{people_told}. {decided} {counterfactual} All its terms: {command}.",)),
        Chart(weighed),
    ]


def _ways(way: str) -> str:
    return {"return": "any return", "irregular": "going out of contact"}.get(way, f"{way} return")


def _counts(way: str, choice: str) -> bool:
    """Whether a term belongs to the way out that was chosen (for a stayer: to assisted return)."""
    wanted = {"UNASSISTED_RETURN": ("return", "unassisted"), "GO_IRREGULAR": ("irregular",)}
    return way in wanted.get(choice, ("return", "assisted"))


def _percent(share: float) -> str:
    return f"{100 * share:.2g}\N{NO-BREAK SPACE}%"
