"""A new policy or caseload as a commented file: every parameter that is declared, with unit, range, mark and meaning.

What can be set stands there as ``#name = value`` with the value that holds if nobody touches it: to set it, take the
``#`` away and change the value.  Comments in words begin with ``# ``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

from abm.inputs.caseload import Caseload, HouseholdRow
from abm.inputs.parameters import Declaration, Inputs, declarations, read
from abm.inputs.policy import Policy
from abm.scenarios.export import toml_value
from abm.scenarios.scenario import load_caseload, load_policy

_WIDTH = 116

#: Two households, for a table to begin with.
EXAMPLES = (
    HouseholdRow(
        origin="Albania", size=4, children=2, school_children=1, stage="exhausted", housing="hotel",
        weeks_in_stage=26.0, weeks_in_country=104.0,
    ),
    HouseholdRow(
        origin="Iraq", size=1, stage="refused", housing="dispersal", weeks_in_stage=8.0, weeks_in_country=60.0,
    ),
)  # fmt: skip

_HOW = (
    "A line `#name = value` is a setting at the value that it has if you leave it so: take the # away and change the"
    " value to set it. A value may carry where it comes from:"
    ' { value = 5000, low = 2500, high = 7500, mark = "press", source = "…", url = "…" };'
    " without, it counts as assumed."
    " Marks: primary, press, inferred, fitted, assumed."
)
_REGIME = (
    "What changes in time, each from a week or a date on, as an announcement that nobody knows of before:",
    "#[[regime]]",
    "#from = 2027-01-01",
    '#title = "…"',
    "#offer.amount_per_person = 2000",
)


def policy_template(name: str, *, extends: str = "", folder: Path = Path()) -> str:
    """The text of a new policy file, with every lever.

    Parameters
    ----------
    extends
        Name of a policy, or path of its file, from which the new one starts: its values are the ones shown.
    folder
        Where the new file will be: a path is from there.

    Raises
    ------
    InputError
        If there is no such policy.
    """
    base = load_policy(extends, inside=folder / "extends") if extends else Policy()
    lines = [*_head(name, "policy", extends), ""]
    lines += ["[offer]", *_settings(base, "offer.", set_here=() if extends else ("offer.amount_per_person",))]
    for section in dict.fromkeys(path.rpartition(".")[0] for path in base.paths):
        if section in ("offer", "standing") or section.startswith("offers."):
            continue
        lines += ["", *_comment(_about(Policy, section)), f"[{section}]", *_settings(base, f"{section}.")]
    lines += [
        "",
        *_comment(
            "A second offer, under any name, has the same levers as [offer]; a household takes the best that is open to"
            " it. One that has stood since before the run has a start_week below 0."
        ),
        "#[offers.another]",
        "#amount_per_person = 1000",
        "#start_week = -104",
        "",
        *_comment(_REGIME[0]),
        *_REGIME[1:],
    ]
    return "\n".join(lines) + "\n"


def caseload_template(name: str, *, day: date, extends: str = "", rows: str = "", folder: Path = Path()) -> str:
    """The text of a new caseload file, with every parameter of the caseload and its world.

    Parameters
    ----------
    day
        The day on which week 0 begins.
    extends
        Name of a caseload, or path of its file, from which the new one starts: its values are the ones shown.
    rows
        Name of the table of households beside it; without one, the people are shares of origins.
    folder
        Where the new file will be: a path is from there.

    Raises
    ------
    InputError
        If there is no such caseload.
    """
    base = load_caseload(extends, inside=folder / "extends") if extends else Caseload(origins={"Albania": 1.0})
    texts = ['#place = "…"', "# the day on which week 0 begins", f"date = {toml_value(day)}"]
    lines = [*_head(name, "caseload", extends), *texts, ""]
    if rows:
        lines += [
            *_comment(
                "The table of people: a row a household, or so many alike with a column households or persons."
                " Columns: "
                + ", ".join(HouseholdRow.model_fields)
                + ", and stage_since or arrived with days in the place of weeks."
            ),
            f"rows = {toml_value(rows)}",
        ]
    lines += _settings(base, "", but=("households",) if rows else (), set_here=() if extends else ("households",))
    if not rows:
        lines += [
            "",
            *_comment(
                "Who they are: shares of each origin, which sum to 1. Countries by name or ISO code. Instead, a table:"
                ' rows = "people.csv" above, a row a household, or a count of households or persons by origin.'
            ),
            *(["[origins]", "Albania = 0.5", "Iraq = 0.5"] if not extends else ["#[origins]", "#Albania = 1.0"]),
        ]
    for section in dict.fromkeys(path.rpartition(".")[0] for path in base.paths):
        if section:
            lines += ["", *_comment(_about(Caseload, section)), f"[{section}]", *_settings(base, f"{section}.")]
    lines += [
        "",
        *_comment("What you know better of a country than the shipped table (income, safety, grant_rate, …):"),
        "#[countries.Albania]",
        "#safety = 0.7",
    ]
    return "\n".join(lines) + "\n"


def rows_template() -> str:
    """The text of a new table of households: the header and two examples."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HouseholdRow.model_fields)
    for row in EXAMPLES:
        writer.writerow([f"{value:g}" if isinstance(value, float) else value for value in row.model_dump().values()])
    return file.getvalue()


def _head(name: str, kind: str, extends: str) -> Iterator[str]:
    yield from _comment(f"The {kind} {name}: returns show {name}.toml reads it back with every mark. {_HOW}")
    yield f"title = {toml_value(name)}"
    yield '#describes = "What it is, in a sentence."'
    if extends:
        yield f"extends = {toml_value(extends)}"
    else:
        yield f'#extends = "…"   # another {kind} from which it starts; what stands here replaces what that has'


def _settings(
    base: Inputs, section: str, *, but: tuple[str, ...] = (), set_here: tuple[str, ...] = ()
) -> Iterator[str]:
    """Each parameter of a section: its meaning, what is allowed, and the line that sets it, or sets it here."""
    known = declarations(type(base))
    for path in base.paths:
        if path.rpartition(".")[0] != section.rstrip(".") or path in but:
            continue
        declared = known[path]
        yield from _comment(declared.meaning)
        figure = base.figure(path)
        yield from _comment("  " + _allowed(declared, figure.mark, figure.source))
        yield f"{'' if path in set_here else '#'}{path.rpartition('.')[2]} = {toml_value(read(base, path))}"


def _allowed(declared: Declaration, mark: str, source: str) -> str:
    between = ""
    if declared.low is not None and declared.high is not None:
        between = f"; plausible {declared.low:.12g} to {declared.high:.12g}"
    allowed = f"text ({declared.unit})" if declared.kind == "str" else declared.allowed
    return f"{allowed}{between}; {mark}" + (f": {source}" if source else "")


def _about(model: type[Inputs], section: str) -> str:
    """What the docstring of a section says."""
    kind: Any = model.model_fields[section].annotation
    return str(kind.__doc__).strip().splitlines()[0]


def _comment(text: str) -> list[str]:
    indent = text[: len(text) - len(text.lstrip())]
    start = f"# {indent}"
    return wrap(
        text.strip(), _WIDTH, initial_indent=start, subsequent_indent=start, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
