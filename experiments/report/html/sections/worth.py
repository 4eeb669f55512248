"""The section on cost against effect: a dot a run, shares of the quarters, and the acceptability curves."""

from __future__ import annotations

import numpy as np

from experiments.economics.decision import acceptability
from experiments.report.html.charts import money
from experiments.report.html.drawn import drawn
from experiments.report.html.parts import Cell, Chart, Section, Subject, Table
from experiments.report.html.sections.telling import money as money_scale
from experiments.report.html.sections.telling import source

#: What a departure may be worth, GBP: the axis of the acceptability curves.
WORTHS = np.linspace(0.0, 200_000.0, 81)


def worth_section(subject: Subject) -> Section:
    """The cost-effectiveness plane, shares of its quadrants, and the acceptability curves."""
    _, *others = subject.comparison.runs
    cost = np.stack([runs.measure("cost_npv") for runs in subject.comparison.runs], axis=1)
    effect = np.stack([runs.measure("departures") for runs in subject.comparison.runs], axis=1)
    more, left = cost[:, 1:] - cost[:, :1], effect[:, 1:] - effect[:, :1]
    s = money_scale(more.ravel().tolist())
    rows = [
        {"policy": name, "effect": float(left[r, k]), "cost": float(more[r, k] * s.factor), "run": r}
        for k, name in enumerate(subject.names[1:])
        for r in range(len(more))
    ]
    shares_of = [quadrants(more[:, k], left[:, k]) for k in range(len(others))]
    heads = ("Policy", *shares_of[0])
    table = Table(
        "Share of runs in each quarter of the plane",
        heads,
        [
            [Cell(name), *(Cell(f"{100 * share:.0f} %") for share in found.values())]
            for name, found in zip(subject.names[1:], shares_of, strict=True)
        ],
    )
    plane = drawn(
        "plane",
        lambda width: money.plane(
            rows, subject.names[1:], width, ("additional departures", f"additional cost, {s.label}")
        ),
        rows,
        title="Cost against departures, run by run",
        note=source(
            subject,
            "A dot a run: additional public cost and additional departures against the baseline;"
            " cross: the mean."
            " Bottom right: more leave and it costs less.",
        ),
        alt="Cost against departures, a dot a run. "
        + " ".join(
            f"{name}: " + ", ".join(f"{told} in {100 * share:.0f} %" for told, share in found.items()) + " of runs."
            for name, found in zip(subject.names[1:], shares_of, strict=True)
        ),
        columns=min(3, max(2, len(others))),
    )
    shares = acceptability(cost, effect, WORTHS)
    curve = [
        {"policy": name, "worth": float(worth) / 1e3, "share": float(shares[k, position])}
        for position, name in enumerate(subject.names)
        for k, worth in enumerate(WORTHS)
    ]
    ends = {name: (shares[0, k], shares[-1, k]) for k, name in enumerate(subject.names)}
    curves = drawn(
        "acceptability",
        lambda width: money.acceptability(
            curve, subject.names, width, "what a departure is worth beyond what it saves, £k"
        ),
        curve,
        title="How often each policy is the best, by what a departure is worth",
        note=source(
            subject,
            "Share of runs in which a policy has the highest net benefit: departures at their worth,"
            " less public"
            " cost. Whether a departure is worth anything beyond the money is a judgement that the model does"
            " not make.",
        ),
        alt="How often each policy is the best. "
        + " ".join(
            f"{name}: {100 * a:.0f} % of runs at £0, {100 * b:.0f} % at £{WORTHS[-1] / 1e3:.0f}k."
            for name, (a, b) in ends.items()
        ),
    )
    return Section("worth", "Cost against effect", (), (Chart(plane), table, Chart(curves)))


def quadrants(cost: np.ndarray, left: np.ndarray) -> dict[str, float]:
    """Share of runs in each quarter of the plane, by additional cost and additional departures, shape (runs,) each."""
    known = {
        "costs less, more leave": (cost < 0) & (left > 0),
        "costs more, more leave": (cost > 0) & (left > 0),
        "costs less, as many or fewer leave": (cost < 0) & (left <= 0),
        "costs more, as many or fewer leave": (cost > 0) & (left <= 0),
        "costs the same": cost == 0,
    }
    return {name: float(found.mean()) for name, found in known.items()}
