"""The tables of the protocol, each from the declarations of the model."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType
from typing import get_args, get_type_hints

from abm.arrays.ledger import Line, Upkeep
from abm.arrays.origins import Origin
from abm.arrays.state import Flow, Kin, Land
from abm.household.decision import Circumstances, Terms
from abm.household.stages import Account, Choice, Column, Holds, Housing, Kind, Notice, Stage
from abm.inputs.parameters import Declaration, Figure, Inputs
from abm.inputs.policy import Policy
from abm.measures import COMPARED, MEASURES
from abm.numerics.draws import Purpose
from abm.numerics.named import Named
from abm.scenarios.overrides import known_paths
from abm.scenarios.scenario import load_behaviour, load_caseload, load_policy
from experiments.calibration.history import load_histories
from experiments.compare.further import FURTHER
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, DEFAULT_VARIANTS
from experiments.report.amounts import plain
from experiments.report.odd import rules
from experiments.report.odd.equations import charges, named
from experiments.report.odd.markdown import code, table

#: What the entries of a column are, in words.
KINDS = {
    Kind.NUMBER: "number", Kind.WHOLE: "whole number", Kind.PAST: "week, or not yet", Kind.COMING: "week, or never",
    Kind.WORKING: "within a week only",
}  # fmt: skip
#: What holds in a stage, in words.
HOLDS = {
    Holds.IN_COUNTRY: "in the country", Holds.IN_LIMBO: "in limbo", Holds.CHOOSES: "may choose",
    Holds.FOLLOWS_NEWS: "follows news", Holds.CASE_IS_OPEN: "case is open", Holds.WAS_REFUSED: "was refused",
    Holds.AT_RISK: "at risk", Holds.WENT_HOME: "went home by choice", Holds.GONE: "gone",
}  # fmt: skip
#: When a variable of a country of origin or of the state changes.
_ONCE, _WEEKLY = "for the run", "each week"


def _names(kind: type[Named]) -> list[list[str]]:
    return [[code(one.name), one.meaning] for one in kind]


def stages() -> str:
    """The stages, with what holds in each."""
    rows = [[code(s.name), s.meaning, ", ".join(HOLDS[what] for what in s.holds)] for s in Stage]
    return table(["stage", "meaning", "what holds in it"], rows)


def columns() -> str:
    """The state variables of a household."""
    return table(["column", "meaning", "kind"], ([code(c.name), c.meaning, KINDS[c.kind]] for c in Column))


def kinds() -> str:
    """What the columns that name something can name."""
    every = {"housing": Housing, "choice": Choice, "account": Account, "notice": Notice}
    return table(["column", "values"], (
        [code(name), "; ".join(f"`{one.name}` {one.meaning}" for one in kind)] for name, kind in every.items()
    ))  # fmt: skip


def origins() -> str:
    """The state variables of a country of origin, and what is seen of the state."""
    rows = [["country of origin", name, told, _ONCE] for name, told in _names(Origin)]
    rows += [["country of origin", name, told, _WEEKLY] for name, told in _names(Land)]
    rows += [["the state", code(f"credibility.{one.name}"), f"seen weekly chance of removal: {one.meaning}", _WEEKLY]
             for one in Kin]  # fmt: skip
    return table(["entity", "variable", "meaning", "when"], rows)


def week() -> str:
    """The processes of a week in their order, each by the first sentence of its rule."""
    rows = ([str(place), code(rule.partition(":")[2]), rules.says(rule), _file(rule)]
            for place, rule in enumerate(rules.week(), 1))  # fmt: skip
    return table(["", "rule", "what it does", "file"], rows)


def _file(rule: str) -> str:
    path = "/".join(rule.partition(":")[0].split(".")[1:]) + ".py"
    return f"[{path}]({path})"


#: What a household weighs without words for people, since it is a yes or no that its situation tells.
PLAIN = {
    "at_school": "1 if it has children of school age", "in_hotel": "1 if it lives in a hotel",
    "lost_support": "1 if state support was withdrawn", "has_children": "1 if it has children",
    "taste_return": "its lasting taste for returning", "taste_irregular": "its lasting taste for irregularity",
}  # fmt: skip


def circumstances() -> str:
    """What a household weighs."""
    rows = []
    for name, kind in get_type_hints(Circumstances, include_extras=True).items():
        told = get_args(kind)[1] if name not in PLAIN else PLAIN[name]
        rows.append([code(name), told])
    return table(["what it weighs", "meaning"], rows)


def purposes() -> str:
    """What is drawn."""
    rows = [[str(p.value), code(p.name), p.meaning, p.again] for p in Purpose]
    return table(["number", "purpose", "what the draw decides", "read in two places, since"], rows)


def flows() -> str:
    """What is counted each week."""
    return table(["flow", "meaning"], _names(Flow))


def lines() -> str:
    """The account: lines, what they have in common, and what is booked to each."""
    rows = [[code(one.name), one.meaning, one.concern.value, named(charges()[one.name])] for one in Line]
    return table(["line", "meaning", "concern", "what is booked"], rows)


def upkeep() -> str:
    """What became of a household's upkeep."""
    return table(["upkeep", "meaning"], _names(Upkeep))


def measures() -> str:
    """Every measure with unit, concern and definition."""
    parts = []
    for title, every in (("Of a run", MEASURES), ("Against a baseline, run by run with the same seed", COMPARED),
                         ("Of the runs of a comparison", FURTHER)):  # fmt: skip
        rows = [[code(m.id), m.title, m.unit, m.group, m.definition] for m in every.values()]
        parts.append(f"**{title}**\n\n" + table(["measure", "title", "unit", "concern", "definition"], rows))
    return "\n\n".join(parts)


def histories() -> str:
    """The histories: where, and how many rows are fitted, held out or context."""
    rows = []
    for history in load_histories():
        count = [sum(row.use == use for row in history.rows) for use in ("calibrate", "validate", "context")]
        rows.append([code(history.name), history.title, *map(str, count)])
    return table(["history", "what it is", "fitted", "held out", "context"], rows)


# ---- parameters -------------------------------------------------------------------------------------


#: Heads of a table of parameters; those of behaviour have what the fit makes of the range as well.
HEAD = ("name", "meaning", "unit", "value", "plausible range", "mark", "source, note")
FITTED = (*HEAD[:5], "posterior, 5th to 95th percentile", *HEAD[5:])


def parameters() -> str:
    """Every parameter by section; of the usual offers, whose parameters are the same, the first only."""
    behaviour = load_behaviour()
    known = {path: found for path, found in known_paths().items() if not path.startswith("standing.")}
    parts = []
    for section, paths in groupby(known, key=_section):
        rows = []
        for path in paths:
            model, declared = known[path]
            row = _row(path.removeprefix(f"{section}."), _declared(declared), declared)
            if model is type(behaviour):
                fitted = _row("", behaviour.figure(declared.path), None)
                row = [*row[:3], fitted[3], row[4], fitted[4], *fitted[5:]]
            rows.append(row)
        title = f"Levers: `{section}`" if model is Policy else f"`{section}`"
        parts.append(f"#### {title}\n\n" + table(FITTED if model is type(behaviour) else HEAD, rows))
    return "\n\n".join(parts)


def _section(path: str) -> str:
    return path.rpartition(".")[0]


def _declared(d: Declaration) -> Figure:
    return Figure(d.default, d.unit, d.low, d.high, d.mark, d.source)


def _row(name: str, found: Figure, declared: Declaration | None) -> list[str]:
    between = "" if found.low is None or found.high is None else f"{_short(found.low)} to {_short(found.high)}"
    if not between and declared is not None and declared.choices:
        between = ", ".join(declared.choices)
    meaning = declared.told if declared is not None else ""
    source = "; ".join(text for text in (found.source, found.note) if text)
    return [code(name), meaning, found.unit, _short(found.value), between, found.mark, source]


def _short(value: object) -> str:
    """A value as text; floats with four digits that matter."""
    return plain(float(f"{value:.4g}") if isinstance(value, float) and abs(value) < 10_000 else value)


def reference() -> str:
    """What the files of the pilot question say, by file; of the variants, what they say otherwise than the baseline."""
    base = load_policy(DEFAULT_BASELINE)
    parts = [_of_file(f"`{DEFAULT_CASELOAD}`", load_caseload(DEFAULT_CASELOAD)), _of_file(f"`{base.name}`", base)]
    parts += [_of_file(f"`{name}`, where it differs from `{base.name}`", load_policy(name), base.figures)
              for name in DEFAULT_VARIANTS]  # fmt: skip
    return "\n\n".join(parts)


def _of_file(title: str, inputs: Inputs, base: Mapping[str, Figure] = MappingProxyType({})) -> str:
    given = {path: f for path, f in inputs.figures.items() if base.get(path) != f and not isinstance(f.value, dict)}
    rows = ([row[0], *row[2:]] for row in (_row(path, figure, None) for path, figure in given.items()))
    return f"#### {title}\n\n" + table([HEAD[0], *HEAD[2:]], rows)


def terms() -> str:
    """The terms of the decision by group, as people are told of them."""
    rows = []
    for group, kind in get_type_hints(Terms).items():
        for name, told in get_type_hints(kind, include_extras=True).items():
            rows.append([group, code(name), str(get_args(told)[1])])
    return table(["group", "term", "in words"], rows)
