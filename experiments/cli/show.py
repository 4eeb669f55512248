"""`returns list`: what there is.  `returns show`: the figures of a policy or caseload, with their sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import App

from experiments.report.printed import AsJson, console, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.text import Text

    from abm.inputs.parameters import Declaration, Figure, Inputs
    from abm.inputs.policy import Offer, Policy

MarkName = Literal["primary", "press", "inferred", "fitted", "assumed"]
#: How a mark is coloured: assumptions must catch the eye.
SHADES = {"primary": "green", "press": "cyan", "inferred": "blue", "fitted": "yellow", "assumed": "bold red"}

#: Keys that only a design of a sweep, and only a history has.
_DESIGN, _HISTORY = {"variants", "factors", "sampling"}, {"row", "not_represented"}

list_app = App(name="list", help="List variants, caseloads, levers, measures or parameters.")


@list_app.command(name="variants")
def list_variants(*, as_json: AsJson = False) -> int:
    """List the named policies."""
    from abm.scenarios.scenario import load_policy, policy_names

    return _scenarios([load_policy(name) for name in policy_names()], as_json)


@list_app.command(name="caseloads")
def list_caseloads(*, as_json: AsJson = False) -> int:
    """List the caseloads."""
    from abm.scenarios.scenario import caseload_names, load_caseload

    return _scenarios([load_caseload(name) for name in caseload_names()], as_json)


@list_app.command(name="levers")
def list_levers(*, mark: MarkName | None = None, as_json: AsJson = False) -> int:
    """List the levers of a policy: path, unit, bounds, default, meaning, mark, source.

    Parameters
    ----------
    mark
        Only those whose default carries this mark.
    """
    return _parameters(True, mark, as_json)


@list_app.command(name="parameters")
def list_parameters(*, mark: MarkName | None = None, as_json: AsJson = False) -> int:
    """List the parameters of world, caseload and behaviour.

    Parameters
    ----------
    mark
        Only those whose default carries this mark.
    """
    return _parameters(False, mark, as_json)


@list_app.command(name="rules")
def list_rules(*, as_json: AsJson = False) -> int:
    """List the rules of one's own that --rule brings: what each is, where it acts, its parameters."""
    from rich.text import Text

    from abm.rules import rules_of

    rows = rules_of()
    if as_json:
        print_json(rows)
        return 0
    output = console()
    if not rows:
        output.print("No rules but the model's own. Bring some with --rule FILE.py (see abm/RULES.md).")
    for row in rows:
        output.print(Text.assemble((row["name"], "bold"), f"  {row['kind']}: {row['label']}"))
        told = [row["acts"], row["parameters"]]
        if any(told):
            _indented(output, "; ".join(filter(None, told)))
    return 0


@list_app.command(name="measures")
def list_measures(*, as_json: AsJson = False) -> int:
    """List the measures with their units and definitions."""
    from rich.text import Text

    from experiments.compare.further import TOLD_OF

    every = list(TOLD_OF.values())
    if as_json:
        told = ("id", "title", "unit", "definition", "group", "compared")
        print_json([{name: getattr(measure, name) for name in told} for measure in every])
        return 0
    output = console()
    for measure in every:
        needs = ", needs a baseline" if measure.compared else ""
        output.print(Text.assemble((measure.id, "bold"), f"  {measure.unit}; {measure.group}{needs}"))
        _indented(output, f"{measure.title}: {measure.definition}")
    return 0


def show_command(name: str, /, *, mark: MarkName | None = None, as_json: AsJson = False) -> int:
    """Show the figures of a policy, a caseload or the behaviour: value, range, mark and source.

    Figures marked assumed have no source: the range says how wrong they may be.

    Parameters
    ----------
    name
        Name of a policy or caseload, path of its file, or behaviour.
    mark
        Only figures with this mark.
    as_json
        Print the figures as JSON.
    """
    from rich.text import Text

    from abm.inputs.parameters import declarations
    from experiments.report.marks import figures_of

    inputs = _found(name)
    known = declarations(type(inputs))
    figures = {path: f for path, f in figures_of(inputs).items() if mark in (None, f.mark)}
    if as_json:
        print_json([
            {"path": path, "value": f.value, "unit": f.unit, "low": f.low, "high": f.high, "mark": f.mark,
             "source": f.source, "url": f.url, "note": f.note, "given": path in inputs.figures,
             "meaning": known[path].meaning if path in known else ""}
            for path, f in figures.items()
        ])  # fmt: skip
        return 0
    output = console()
    _head(output, inputs, name)
    given = [path for path in figures if path in inputs.figures]
    rest = [path for path in figures if path not in inputs.figures]
    if given:
        output.print(Text("Given by its file", style="bold reverse"))
    for path in given:
        _figure(output, path, figures[path], known.get(path))
    if rest and given:
        output.print(Text("Left at their defaults", style="bold reverse"))
    for path in rest:
        if mark is None and given:
            _in_short(output, path, figures[path])
        else:
            _figure(output, path, figures[path], known.get(path))
    _count(output, figures.values())
    return 0


# ---- finding ----------------------------------------------------------------------------------------


def _found(name: str) -> Inputs:
    """The policy, caseload or behaviour of a name or path."""
    from abm.inputs.parameters import InputError, nearest_spelling
    from abm.scenarios.kinds import kind_of
    from abm.scenarios.scenario import (
        caseload_names,
        load_behaviour,
        load_caseload,
        load_policy,
        policy_names,
    )

    if name == "behaviour":
        return load_behaviour()
    if name in policy_names():
        return load_policy(name)
    if name in caseload_names():
        return load_caseload(name)
    from abm.inputs.given import path_given

    if name.endswith(".py"):
        allowed = f"a policy, caseload or behaviour; rules are told by: returns list rules --rule {name}"
        raise InputError("NAME", name, allowed)
    path = path_given(name, "NAME")
    if not name.endswith((".toml", ".csv", ".xlsx")) and not path.is_file():
        _refuse_other_names(name)
        known = [*policy_names(), *caseload_names(), "behaviour"]
        allowed = "the name of a policy or caseload, the path of its file, or behaviour"
        raise InputError("NAME", name, allowed, nearest=nearest_spelling(name, known))
    if not path.is_file():
        return load_policy(path)
    kind = kind_of(path)
    if kind == "behaviour":
        return load_behaviour(path)
    _refuse_others(path)
    return load_caseload(path) if kind == "caseload" else load_policy(path)


def _refuse_other_names(name: str) -> None:
    """Say of the name of a ready design or history what it is, and which command reads it."""
    from experiments.calibration.history import history_names
    from experiments.question.design import design_names

    for what, command, names in (("design", "sweep", design_names()), ("history", "validate", history_names())):
        if name in names:
            _refuse(name, what, command)


def _refuse(name: str, what: str, command: str) -> None:
    from abm.inputs.parameters import InputError

    allowed = f"a policy, a caseload or the behaviour; this is a {what}: returns {command} {name} reads it"
    raise InputError("NAME", name, allowed)


def _refuse_others(path: Path) -> None:
    """Say of a file that is no input what it is, and which command reads it."""
    from abm.scenarios.scenario import document
    from abm.scenarios.tables import is_table

    keys = set() if is_table(path) else set(document(path))
    for what, command, its in (("design", "sweep", _DESIGN), ("history", "validate", _HISTORY)):
        if keys & its:
            _refuse(str(path), what, command)


# ---- printing ---------------------------------------------------------------------------------------


def _indented(output: Console, text: str, style: str = "") -> None:
    from rich.padding import Padding
    from rich.text import Text

    output.print(Padding(Text(text, style=style), (0, 0, 0, 4), expand=False))


def _scenarios(loaded: Iterable[Any], as_json: bool) -> int:
    from rich.text import Text

    every = list(loaded)
    if as_json:
        print_json([{"name": x.name, "title": x.title, "describes": x.describes} for x in every])
        return 0
    output = console()
    for inputs in every:
        size = f" ({inputs.households:,} households)" if hasattr(inputs, "households") else ""
        output.print(Text.assemble((inputs.name, "bold"), f"  {inputs.title}{size}"))
        _indented(output, inputs.describes)
    return 0


def _parameters(levers: bool, mark: str | None, as_json: bool) -> int:
    from rich.text import Text

    from abm.inputs.policy import Policy
    from abm.scenarios.overrides import known_paths
    from experiments.report.amounts import plain

    chosen = {
        path: declared
        for path, (model, declared) in known_paths().items()
        if (model is Policy) == levers and mark in (None, declared.mark)
    }
    if as_json:
        print_json([
            {"path": path, "unit": d.unit, "default": d.default, "least": d.ge, "most": d.le, "low": d.low,
             "high": d.high, "choices": list(d.choices), "meaning": d.meaning, "higher": d.higher, "mark": d.mark,
             "source": d.source}
            for path, d in chosen.items()
        ])  # fmt: skip
        return 0
    output = console()
    for path, d in chosen.items():
        output.print(Text.assemble((path, "bold"), f" = {plain(d.default)}", (f"  {d.allowed}", "dim")))
        _indented(output, d.told)
        _sourced(output, d.mark, d.source, d.low, d.high)
    return 0


def _head(output: Console, inputs: Inputs, name: str) -> None:
    from rich.text import Text

    from abm.inputs.policy import Policy

    title = getattr(inputs, "title", "Coefficients of the household's decision")
    output.print(Text.assemble((getattr(inputs, "name", name), "bold"), f"  {title}"))
    for text in (getattr(inputs, "describes", ""), getattr(inputs, "context", "")):
        if text:
            output.print(Text(text))
    origins = getattr(inputs, "origins", {})
    if origins:
        ordered = sorted(origins.items(), key=lambda item: -item[1])
        output.print(Text("Origins: " + ", ".join(f"{land} {share:.1%}" for land, share in ordered if share)))
    if isinstance(inputs, Policy):
        _timeline(output, inputs)
    output.print()


def _timeline(output: Console, policy: Policy) -> None:
    """The offers of a policy and, a line a regime, what is announced when."""
    from rich.table import Table
    from rich.text import Text

    if policy.offers:
        output.print(Text("Offers: " + "; ".join(f"{name} {_terms(offer)}" for name, offer in policy.offers.items())))
    if not policy.regimes:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for regime in policy.regimes:
        levers = ", ".join(f"{path} = {'none' if value is None else value}" for path, value in regime.levers.items())
        told = Text.assemble((regime.title, "bold"), "\n" if regime.title else "", (levers, "dim"))
        table.add_row(f"from {_said(regime.start)}", told)
    output.print(Text("Timeline: each announced when it begins, and known to nobody before", style="bold reverse"))
    output.print(table)


def _terms(offer: Offer) -> str:
    opens = offer.start_week
    since = f"since week {opens}" if isinstance(opens, int) and opens < 0 else f"from {_said(opens)}"
    until = "" if offer.end_week is None else f" until {_said(offer.end_week)}"
    return f"GBP {offer.amount_per_person:,.0f} a person, {since}{until}"


def _said(when: Any) -> str:
    return f"week {when}" if isinstance(when, int) and not isinstance(when, bool) else str(when)


def _figure(output: Console, path: str, figure: Figure, declared: Declaration | None) -> None:
    from rich.text import Text

    from experiments.report.amounts import plain

    value = "" if isinstance(figure.value, dict) else f" = {plain(figure.value)}"
    output.print(Text.assemble((path, "bold"), value, _unit(figure.unit) if value else ""))
    if declared is not None:
        _indented(output, declared.told)
    source = "; ".join(text for text in (figure.source, figure.note) if text)
    _sourced(output, figure.mark, source, figure.low, figure.high)
    if figure.url:
        output.print(Text(f"    {figure.url}", "dim"), soft_wrap=True)


def _in_short(output: Console, path: str, figure: Figure) -> None:
    """A figure left at its default, on one line."""
    from rich.text import Text

    from experiments.report.amounts import plain

    shade = SHADES[figure.mark] if figure.mark != "assumed" else "red"
    told = Text.assemble((path, "bold"), f" = {plain(figure.value)}", _unit(figure.unit), (f"  {figure.mark}", shade))
    output.print(told)


def _sourced(output: Console, mark: str, source: str, low: float | None, high: float | None) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from experiments.report.amounts import plain

    between = ""
    if low is not None or high is not None:
        between = f", plausible {plain(low) if low is not None else '…'} to {plain(high) if high is not None else '…'}"
    text: Text = Text.assemble((mark.upper() if mark == "assumed" else mark, SHADES[mark]), between)
    if source:
        text.append(f": {source}")
    output.print(Padding(text, (0, 0, 0, 4), expand=False))


def _unit(unit: str) -> str:
    return "" if unit in ("1", "yes/no", "rule", "kind", "stage", "names", "") else f" {unit}"


def _count(output: Console, figures: Iterable[Figure]) -> None:
    from collections import Counter

    from rich.text import Text

    count = Counter(figure.mark for figure in figures)
    total = sum(count.values())
    told = ", ".join(f"{number} {mark}" for mark, number in count.most_common())
    output.print()
    output.print(Text(f"{total} figures: {told}." if total else "No figure carries this mark."))
