"""The section on what was asked: caseload, runs, and the levers in which the policies differ."""

from __future__ import annotations

import numpy as np

from abm.inputs.parameters import Figure, declarations, read
from abm.inputs.policy import Policy
from experiments.report.amounts import NONE, financial_year, plain
from experiments.report.html.parts import Cell, Section, Subject, Table, Words


def question_section(subject: Subject) -> Section:
    """Caseload, runs, and the levers in which the policies differ."""
    q, runs = subject.question, subject.comparison.runs[0]
    world = q.caseload.world
    sample = "each simulated" if runs.weight == 1 else f"{runs.households:,} simulated, each for {runs.weight:,.4g}"
    varies = (
        f"chance and parameters vary ({len(np.unique(subject.comparison.vectors)):,} draws of the posterior)"
        if q.uncertainty == "parameters"
        else "chance varies; behaviour is the one fitted vector"
    )
    facts = [
        f"Caseload: {q.caseload.title or q.caseload.name} ({q.caseload.name}): {q.caseload.households:,} households at"
        f" the start, {sample}.",
        f"{q.weeks:,} weeks; {subject.comparison.replicates:,} runs of each policy on the same seeds"
        f" ({q.seed} to {q.seed + subject.comparison.replicates - 1}); {varies}.",
        f"Money in prices of {financial_year(world.price_year)}, discounted at {100 * world.discount_rate:.4g} % a"
        " year.",
        *(f"Set for this comparison: {setting}." for setting in q.settings),
    ]
    described = [
        f"{name[:1].upper()}{name[1:]} ({label}{'; the baseline' if position == 0 else ''}). {policy.describes}".strip()
        for position, (name, label, policy) in enumerate(zip(subject.names, q.labels, q.policies, strict=True))
    ]
    return Section(
        "question",
        "What was asked",
        parts=(Words(facts, listed=True), Words(described, listed=True), _levers(subject)),
    )


def _levers(subject: Subject) -> Table:
    """The levers in which the policies differ: a row a lever, a column a policy."""
    policies, known = subject.question.policies, declarations(Policy)
    paths = list(dict.fromkeys(path for policy in policies for path in policy.paths))
    rows = []
    for path in paths:
        values = [read(policy, path) for policy in policies]
        if all(value == values[0] for value in values):
            continue
        if all(
            _unmade(policy, path) or value == known[path].default
            for policy, value in zip(policies, values, strict=True)
        ):
            continue
        declared = known[path]
        unit = "" if declared.unit in ("1", "yes/no", "rule", "kind", "week", "origins") else declared.unit
        cells = [_lever(policy, path) for policy in policies]
        told = f"{_section(policies[0], path)}{declared.meaning.partition(';')[0]}"
        rows.append([Cell(told[:1].upper() + told[1:], f"{path}{f', {unit}' if unit else ''}"), *cells])
    if any(policy.regimes != policies[0].regimes for policy in policies):
        rows.append([Cell("changes in the course of time", "regimes"), *(Cell(f"{len(p.regimes)}") for p in policies)])
    return Table(
        "The levers in which the policies differ",
        ("Lever", *subject.names),
        rows,
        note="Marks: primary (official or a study's own text), press, inferred (arithmetic on sourced figures), fitted,"
        " assumed (nobody has measured it). All other levers are the same, and can be read in the files at the end.",
    )


def _section(policy: Policy, path: str) -> str:
    """Which offer a lever belongs to, in words."""
    place = policy.place_of(path)
    if place[0] != "offers":
        return ""
    return {"offer": "offer: ", "standing": "standing offer: "}.get(place[1], f"offer “{place[1]}”: ")


def _unmade(policy: Policy, path: str) -> bool:
    place = policy.place_of(path)
    return place[0] == "offers" and (place[1] not in policy.offers or policy.offers[place[1]].amount_per_person <= 0)


def _lever(policy: Policy, path: str) -> Cell:
    if _unmade(policy, path):
        return Cell("no such offer" if path.endswith("amount_per_person") else NONE)
    figure: Figure = policy.figure(path)
    url = figure.url if figure.url.startswith(("https://", "http://")) else ""
    value = plain(figure.value)
    told = value.replace("-", "−") if isinstance(figure.value, int | float) else value.replace("_", " ")
    return Cell(told, figure.source, figure.mark, url)
