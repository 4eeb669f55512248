"""What a visitor can take away: figures and weekly series as CSV, an edited policy as TOML, the command line."""

from __future__ import annotations

import csv
import io
import shlex

from abm.measures import COMPARED, MEASURES
from abm.scenarios.export import to_toml
from experiments.page.paired import Answer, Spread, spread
from experiments.page.question import SIDES, Question, text_of

COLUMNS = ("variant", "measure", "unit", "mean", "low", "high", "difference", "difference_low", "difference_high")


def figures_csv(answer: Answer) -> str:
    """Every measure of A and of B with its middle 90 % of runs, tidy, as ``returns compare --json`` names them."""
    rows = []
    for side, prepared in enumerate(answer.prepared):
        for name, measure in MEASURES.items():
            values, base = answer.tally.measure(side, name), answer.tally.measure(0, name)
            rows.append((prepared.policy.name, name, measure.unit, *spread(values), *spread(values - base)))
        saved: Spread = spread(answer.tally.measure(0, "cost_npv") - answer.tally.measure(side, "cost_npv"))
        rows.append((prepared.policy.name, "net_saving_npv", COMPARED["net_saving_npv"].unit, *saved, *saved))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([["" if value != value else value for value in row] for row in rows])
    return out.getvalue()


def series_csv(answer: Answer) -> str:
    """Weekly stocks, flows and costs of the run on show, simulated households, A below B's column ``variant``."""
    import pandas as pd

    tables = []
    for k, side in enumerate(SIDES):
        table = answer.film.takes[k].run.series
        table.insert(0, "variant", answer.prepared[k].policy.name)
        table.insert(0, "side", side.upper())
        tables.append(table)
    text: str = pd.concat(tables).to_csv(index=False, lineterminator="\n")
    return text


def policy_toml(question: Question, side: str) -> str:
    """The policy of a side as a scenario file, with the command that gives the same figures."""
    policy, _, _ = question.inputs(side)
    return f"# The comparison it was part of:\n#   {command(question)}\n\n{to_toml(policy)}"


def command(question: Question) -> str:
    """The command line that compares the same two policies on the same seeds."""
    names = []
    for side in SIDES:
        edited = bool(question.levers(side))
        policy, _, _ = question.inputs(side)
        names.append(f"{policy.name}.toml" if edited else policy.name)
    words = ["returns", "compare", names[1], "--baseline", names[0], "--caseload", question.caseload]
    words += ["--replicates", str(question.replicates), "--weeks", str(question.weeks)]
    words += ["--households", str(question.size), "--seed", str(question.seed)]
    for path, value in sorted(question.shared.items()):
        words += ["--set", f"{path}={text_of(value)}"]
    return shlex.join(words)
