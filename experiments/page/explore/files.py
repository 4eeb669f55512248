"""What can be taken away of a look along levers: the design that `returns sweep` runs, and the points."""

from __future__ import annotations

import csv
import io
import itertools
import json
import shlex
from collections.abc import Mapping
from typing import Any

from abm.measures import MEASURES
from experiments.page.explore.found import Whole, measures
from experiments.page.explore.plan import Plan, document, plain

#: Names of the columns of `points_csv`, after the levers.
COLUMNS = ("measure", "unit", "a_mean", "b_mean", "difference", "difference_mean_low", "difference_mean_high",
           "difference_run_p05", "difference_run_p95", "runs")  # fmt: skip


def names(plan: Plan) -> tuple[str, str]:
    """How the design calls B and A: by their names, or as the files that must lie beside it."""
    c = plan.choices
    b = f"{c.b}-edited-b.toml" if plan.own else c.b
    # A lever of one of two that are called alike cannot be set by that name.
    return b, f"{c.a}-edited-a.toml" if c.levers_a and c.a == c.b else c.a


def beside(plan: Plan) -> list[str]:
    """The sides whose policy must be saved as a file beside the design."""
    return [side for side, name in zip("ba", names(plan), strict=True) if name.endswith(".toml")]


def design_toml(plan: Plan) -> str:
    """The design of a plan as a file: the same points, runs and seeds."""
    b, a = names(plan)
    levers_a = plan.choices.levers_a if not a.endswith(".toml") else {}
    clash = any(path in plan.factors or path in plan.settings for path in levers_a)
    told = document(plan, b, a, prefix=f"{b}:" if clash else "")
    told["set"] |= {f"{a}:{path}": plain(value) for path, value in sorted(levers_a.items())}
    told["sampling"]["skip_clashes"] = bool(plan.study.clashes)
    lines = [f"# Run it with:  {command(plan)}"]
    for side in beside(plan):
        lines.append(f"# It needs {names(plan)['ba'.index(side)]} beside it: save “Policy {side.upper()} (TOML)” too.")
    sections = {key: value for key, value in told.items() if isinstance(value, Mapping)}
    lines += [f"{key} = {_toml(value)}" for key, value in told.items() if key not in sections]
    for key, section in sections.items():
        if section:
            lines += ["", f"[{key}]", *(f"{_key(name)} = {_toml(value)}" for name, value in section.items())]
    return "\n".join(lines) + "\n"


def file_name(plan: Plan) -> str:
    """The name under which the design is saved."""
    words = [path.replace(".", "-").replace("_", "-") for path in plan.factors]
    what = "-by-".join(words) if plan.method == "grid" else "levers-of-the-policy"
    return f"{what}{'-pull-on' if plan.pulled else ''}.toml"


def command(plan: Plan) -> str:
    """The command line that runs the design once it is saved."""
    return shlex.join(["returns", "sweep", file_name(plan)])


def points_csv(wholes: Mapping[str, Whole]) -> str:
    """Every measure at every point, a row each, tidy; beside the levers, whether the pull factor is on."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first = next(iter(wholes.values()))
    paths = [*first.study.points.columns]
    one = ["factor"] if first.study.points.varied is not None else []
    writer.writerow(["world", *one, *paths, *COLUMNS])
    for world, whole in wholes.items():
        for measure in measures():
            levels_of_a = whole.of_a(measure) if measure in MEASURES else itertools.repeat(None)
            for row, a in zip(whole.reading(measure).rows.to_dict("records"), levels_of_a, strict=False):
                numbers = [row["mean"] if measure in MEASURES else None, *(row[name] for name in COLUMNS[4:])]
                told = [world, *(row[name] for name in (*one, *paths)), measure, row["unit"], a, *numbers]
                writer.writerow(["" if value is None or value != value else value for value in told])
    return out.getvalue()


def _key(path: str) -> str:
    return path if path.replace("_", "").isalnum() else _toml(path)


def _toml(value: Any) -> str:
    """A plain value as TOML: its strings and lists are JSON's."""
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | str) else repr(value)
