"""Advice as text and as tables: what follows from each goal, how firmly, and what to find out first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from abm.model import model_version
from experiments.economics.advice import GOALS, Advice, Goal, Inquiry, Recommendation
from experiments.question.question import PULL_ON
from experiments.report.amounts import Scale, number, pounds, scale
from experiments.report.verdict import horizon
from experiments.statistics.precision import FIRST
from experiments.storing.output import Place, Writer, fingerprint

#: What advice leaves in its folder, besides the manifest.
FILES = ("advice.csv", "answers.csv", "options.csv", "worth.csv")
#: Parts of the question, for people.
PARTS = {"amount": "how much", "window": "how long to accept", "to": "to whom", "when": "how early"}
#: Groups of inputs that are told at most.
MOST_WORTH = 4

_ELASTICITY = next(iter(PULL_ON.values()))
WORLDS = {False: "none drawn", True: f"drawn ({_ELASTICITY:g})"}
#: Columns before what is recommended.
LEFT = 15


def show(console: Console, found: Advice, files: str = "") -> None:
    """Print advice."""
    question = found.comparison.question
    standing = question.baseline.policy
    console.print(Text("How much a person, how long to accept, to whom, and how early?", style="bold reverse"))
    varies = "a draw of the posterior a run" if question.uncertainty == "parameters" else "the one fitted vector"
    console.print(
        Text(
            f"{question.caseload.title}, {horizon(question.weeks)}, against “{standing.title or standing.name}”."
            f" Offers that differ: {len(found.options) - 1}; runs of each: {found.comparison.replicates:,} ({varies});"
            " in square brackets the 5th and 95th percentile of the runs. No threat is announced with any. None drawn,"
            f" drawn: whether offers draw arrivals (elasticity of the caseload, and {_ELASTICITY:g}, the upper bound in"
            " the evidence). Families now there: of safe countries, in week 0, as in the pilot; the others with those"
            " who come later.",
            style="dim",
        )
    )
    for goal in GOALS:
        console.print()
        console.print(Text(goal.title[0].upper() + goal.title[1:], style="bold"))
        for told in (one for one in found.recommended if one.goal is goal):
            world = f"  {WORLDS[told.with_pull]}:".ljust(LEFT)
            console.print(Text.assemble((world, "dim"), (found.options[told.best].label, "bold")), soft_wrap=True)
            for line in sentences(found, told):
                console.print(Text(" " * LEFT + line), soft_wrap=True)
    console.print()
    console.print(Text("What each answer can reach", style="bold reverse"))
    console.print(_answers(found))
    console.print()
    console.print(Text("What to find out first", style="bold reverse"))
    for line in first_questions(found):
        console.print(Text(line))
    console.print()
    for line in caveats(found):
        console.print(Text(line, style="dim"))
    if files:
        console.print(files)


def sentences(found: Advice, told: Recommendation) -> list[str]:
    """How good a recommendation is, and how likely to be wrong."""
    s = _scale(told.goal, [told.p95, told.p05])
    if told.best == 0:
        return ["no offer that was asked about does better on average"]
    reached = f"{_in_words(told.goal, told.mean)} {s.difference_interval(told.p05, told.p95)}".rstrip()
    worse = f"in {_share(told.worse)} of the runs" if told.worse else "in no run"
    by = f" ({_plain(told.goal, told.loss)} forgone on average)" if told.loss > 0 else ""
    alike = f"; {len(told.alike)} cannot be told from it" if told.alike else ""
    return [
        f"{reached}; worse than no new offer {worse}",
        f"another would have done better in {_share(told.wrong)} of the runs{by}{alike}",
    ]


def _in_words(goal: Goal, value: float) -> str:
    if goal.unit == "GBP":
        return f"{'saves' if value >= 0 else 'costs'} {pounds(abs(value))}"
    unit = {"households": "departures"}.get(goal.unit, goal.unit)
    return f"{_scale(goal, [value]).difference(value)} {unit}"


def _plain(goal: Goal, value: float) -> str:
    return pounds(value) if goal.unit == "GBP" else f"{number(value, 1)} {goal.unit}"


def _share(value: float) -> str:
    if value in (0.0, 1.0):
        return "all" if value else "none"
    return f"{number(min(99.0, max(1.0, 100.0 * value)))} %"


def _scale(goal: Goal, values: list[float]) -> Scale:
    return scale(goal.unit, values, values)


def _answers(found: Advice) -> Table:
    """The best mean that each answer can have, whatever the others are."""
    shown = [one for one in found.recommended if one.goal.name in ("money", "departures")]
    scales = [scale(one.goal.unit, [mean for each in shown if each.goal is one.goal for *_, mean in each.levels])
              for one in shown]  # fmt: skip
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", overflow="fold")
    for one, s in zip(shown, scales, strict=True):
        what = f"saved, {s.label}" if one.goal.unit == "GBP" else "departures added"
        world = "drawn" if one.with_pull else "none drawn"
        table.add_column(Text(f"{what}\n{world}"), justify="right", header_style="dim")
    best = [{(part, words): mean for part, words, mean in one.levels} for one in shown]
    for part, title in PARTS.items():
        table.add_row(Text(title, style="dim"))
        for answer in (words for p, words, _ in shown[0].levels if p == part):
            cells = [number(means[part, answer] * s.factor, s.decimals, signed=True)
                     for means, s in zip(best, scales, strict=True)]  # fmt: skip
            table.add_row(f"  {answer}", *cells)
    return table


def first_questions(found: Advice) -> Iterator[str]:
    """What would be worth knowing before choosing for the least cost."""
    money = next(one for one in found.recommended if one.goal is GOALS[0] and not one.with_pull)
    if found.stake > 0:
        yield (
            f"Whether offers draw arrivals: to choose “{found.options[money.best].label}” where they do (elasticity"
            f" {_ELASTICITY:g}) forgoes {pounds(found.stake)}."
        )
    else:
        yield "Whether offers draw arrivals would not change the choice for the least cost."
    named = [one for one in found.worth if one.stands_out][:MOST_WORTH]
    for one in named:
        yield f"{one.what[0].upper()}{one.what[1:]}: worth {pounds(one.value)} (± {pounds(one.standard_error)})."
    if found.worth and not named:
        most = max(found.worth, key=lambda one: one.value)
        yield (
            "Of the groups of inputs of behaviour none can be told to be worth finding out"
            + (
                f" (most: {most.what}, {pounds(most.value)} ± {pounds(most.standard_error)})."
                if most.value > 0
                else "."
            )
        )
    if not found.worth:
        yield (
            "What knowing the inputs of behaviour would be worth is not reckoned: it takes draws of the posterior, 20"
            " runs and the extra `economics`."
        )


def caveats(found: Advice) -> Iterator[str]:
    """What has to be known to read this."""
    if found.comparison.replicates < FIRST:
        yield f"Runs of each offer: {found.comparison.replicates}; fewer than {FIRST} are too few to rely on."
    yield (
        "Each recommendation follows from its goal alone: the best mean among the offers asked about. Which goal counts"
        " is not the model's to say. “Another would have done better” counts runs, chance included; where options are"
        " close it is high and little is lost."
    )
    amounts = [w for p, w, _ in found.recommended[0].levels if p == "amount"]
    edge = {dict(found.options[one.best].answers).get("amount") for one in found.recommended} - {None}
    if edge == {amounts[-1]} and len(amounts) > 1:
        yield f"Every goal takes {amounts[-1]}, the largest amount asked about: a larger one may be better still."
    if found.same:
        yield (
            f"{len(found.same)} more offers are the same here as one of these, e.g. “{found.same[0][0]}” as"
            f" “{found.same[0][1]}”."
        )


# ---- tables -----------------------------------------------------------------------------------------


def advice_rows(found: Advice) -> list[dict[str, Any]]:
    """A row a goal and world."""
    own = found.comparison.question.caseload.world.pull_elasticity
    return [
        {
            "goal": one.goal.name, "measure": one.goal.measure, "unit": one.goal.unit,
            "pull_elasticity": _ELASTICITY if one.with_pull else own,
            "recommended": found.options[one.best].label, **dict(found.options[one.best].answers),
            "mean": one.mean, "run_p05": one.p05, "run_p95": one.p95, "wrong": one.wrong,
            "wrong_standard_error": one.wrong_error, "worse_than_now": one.worse, "loss": one.loss,
            "alike": [found.options[k].label for k in one.alike],
        }
        for one in found.recommended
    ]  # fmt: skip


def answer_rows(found: Advice) -> list[dict[str, Any]]:
    """A row a goal, world and answer: the best mean that it can have."""
    return [
        {"goal": one.goal.name, "with_pull": one.with_pull, "part": part, "answer": words, "best_mean": mean,
         "unit": one.goal.unit}
        for one in found.recommended for part, words, mean in one.levels
    ]  # fmt: skip


def worth_rows(found: Advice) -> list[dict[str, Any]]:
    """A row a group of inputs."""
    return [{"group": one.what, "worth": one.value, "standard_error": one.standard_error, "held_out": one.held_out,
             "unit": "GBP"}
            for one in found.worth]  # fmt: skip


def option_rows(found: Advice) -> list[dict[str, Any]]:
    """A row an option, goal and world: mean and interval of the difference from the policy that stands."""
    from experiments.compare.paired import rows

    measures = {goal.measure: goal for goal in GOALS}
    kept = []
    for row in rows(found.comparison):
        name = row["measure"].removesuffix("_with_pull")
        if row["role"] == "variant" and name in measures and not row["group"]:
            kept.append({key: row[key] for key in ("variant", "measure", "unit", "difference", "difference_mean_low",
                         "difference_mean_high", "difference_run_p05", "difference_run_p95", "runs")})  # fmt: skip
    return kept


def place_of(asked: Inquiry, out: Path | None) -> Place:
    """Where advice goes.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    mark = fingerprint(inputs(asked))
    return Place(out or Path("results") / f"advise-{mark[:8]}", "advise", mark)


def inputs(asked: Inquiry) -> dict[str, Any]:
    """Everything that determines advice, as plain values."""
    question = asked.question
    return {
        "model": model_version(), "baseline": question.baseline.policy.model_dump(mode="json"),
        "options": [list(option.settings) for option in asked.options], "caseload": question.caseload.record(),
        "behaviours": [member.model_dump(mode="json") for member in question.behaviours], "seed": question.seed,
        "replicates": question.replicates, "weeks": question.weeks, "households": question.households,
    }  # fmt: skip


def write(place: Place, found: Advice) -> None:
    """Write the folder.

    Raises
    ------
    InputError
        If it cannot be written; nothing is left behind.
    """
    tables = zip(FILES, (advice_rows(found), answer_rows(found), option_rows(found), worth_rows(found)), strict=True)
    files: dict[str, Writer] = {name: _writer(rows) for name, rows in tables}
    place.write(files, {"inputs": inputs(found.inquiry)})


def _writer(rows: list[dict[str, Any]]) -> Writer:
    def write_table(path: Path) -> None:
        import pandas as pd

        table = pd.DataFrame(rows)
        if "alike" in table:
            table["alike"] = table["alike"].map("; ".join)
        table.to_csv(path, index=False, lineterminator="\n")

    return write_table
