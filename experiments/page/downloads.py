"""What a visitor can take away: figures and weekly series as CSV, an edited policy as TOML, the command line."""

from __future__ import annotations

import csv
import io
import shlex

import pandas as pd

from abm.scenarios.export import to_toml
from experiments.compare.paired import KEYS
from experiments.page.choices import SIDES, Choices, text_of
from experiments.page.paired import Answer

#: Those of a row by which it is known, and its numbers.
COLUMNS = KEYS[: KEYS.index("role")]


def figures_csv(answer: Answer) -> str:
    """Every measure of A and of B, with the keys and the numbers of ``returns compare --json``; blank where none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(KEYS)
    writer.writerows(["" if row[key] != row[key] else row[key] for key in KEYS] for row in answer.rows)
    return out.getvalue()


def series_csv(answer: Answer) -> str:
    """Weekly stocks, flows and costs of the run on show, simulated households, A below B's column ``variant``."""
    tables = []
    for k, side in enumerate(SIDES):
        table = answer.film.takes[k].run.series.copy()  # the run keeps its own
        table.insert(0, "variant", answer.prepared[k].policy.name)
        table.insert(0, "side", side.upper())
        tables.append(table)
    text: str = pd.concat(tables).to_csv(index=False, lineterminator="\n")
    return text


def policy_toml(choices: Choices, side: str) -> str:
    """The policy of a side as a scenario file, with the command that gives the same figures."""
    policy = choices.shown.policies[SIDES.index(side)]
    return f"# The comparison it was part of:\n#   {command(choices)}\n\n{to_toml(policy)}"


def command(choices: Choices) -> str:
    """The command line that compares the same two policies on the same seeds."""
    names = [
        f"{policy.name}.toml" if choices.levers(side) else policy.name
        for side, policy in zip(SIDES, choices.shown.policies, strict=True)
    ]
    words = ["returns", "compare", names[1], "--baseline", names[0], "--caseload", choices.caseload]
    words += ["--replicates", str(choices.replicates), "--weeks", str(choices.weeks)]
    words += ["--households", str(choices.size), "--seed", str(choices.seed)]
    for path, value in sorted(choices.shared.items()):
        words += ["--set", f"{path}={text_of(value)}"]
    return shlex.join(words)
