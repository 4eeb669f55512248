"""Scenario files: named policies, caseloads and behaviours as TOML, each number with its source.

A value in a file is bare, or a figure::

    amount_per_person = { value = 10000, mark = "press", source = "…", url = "…" }
    hotel_night = { evidence = "costs:hotel_night_hac" }
    amount_per_person = { evidence = "incentives:dk_cooperating", times = 0.115, note = "DKK at 8.7" }

``extends = "uk-2025"`` starts from another file of the same kind; what the file gives replaces what it
inherits, field by field, sources included.  The word "none" takes a limit away.

The offers of a policy stand under their names, ``[offers.pilot]`` (or ``[[offers]]`` with ``name = "pilot"``; the names
``offer`` and ``standing`` may do without ``offers.``).  What changes in time stands in ``[[regime]]`` tables, each with
``from`` (a week or a date) and any levers, which go on until a later one gives others; a file with regimes of its own
does not inherit any.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.evidence.figures import EVIDENCE, evidence_figure
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.given import bytes_of, path_given
from abm.inputs.parameters import (
    RULE,
    Declarations,
    Figure,
    InputError,
    Inputs,
    M,
    build,
    declarations,
    is_name,
    nearest_spelling,
    parse_value,
)
from abm.inputs.policy import Policy
from abm.scenarios.countries import countries, filled
from abm.scenarios.entries import entry
from abm.scenarios.households import PREFIX, left_open
from abm.scenarios.overrides import apply_settings
from abm.scenarios.people import check_offers, check_origins, people
from abm.scenarios.tables import is_table

if TYPE_CHECKING:
    import pandas as pd

SCENARIOS = Path(__file__).parent
BEHAVIOUR = EVIDENCE / "behaviour.toml"
DRAWS = EVIDENCE / "posterior.csv"

_TEXTS: dict[type[Inputs], tuple[str, ...]] = {
    Policy: ("name", "title", "describes", "context"),
    Caseload: ("name", "title", "describes", "place", "date"),
    Behaviour: (),
}
#: Keys of a caseload file that say who the people are, read by `abm.scenarios.people`.
_PEOPLE = ("origins", "rows", "inflow")


#: Bits of the largest whole number that is read: a float holds no larger one.
LARGEST_BITS = 1_023
#: Longest chain of files that extend each other.
MOST_EXTENDED = 50


@dataclass
class Read:
    """What a file and those it extends give: values by dotted path, with their figures."""

    values: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


@cache
def policy_names() -> tuple[str, ...]:
    """Names of the shipped policies."""
    return tuple(sorted(path.stem for path in (SCENARIOS / "policies").glob("*.toml")))


@cache
def caseload_names() -> tuple[str, ...]:
    """Names of the shipped caseloads."""
    return tuple(sorted(path.stem for path in (SCENARIOS / "caseloads").glob("*.toml")))


def load_policy(given: str | Path | Mapping[str, Any], *, inside: Path | None = None) -> Policy:
    """The policy of that name, of the TOML file at that path, or of a table laid out like one.

    Parameters
    ----------
    inside
        The file in which the name, path or table stands: paths are relative to it, and messages name it.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    policy, file = _load(Policy, "policy", given, inside)
    if policy.standing.amount_per_person > 0.0 and "standing.start_week" not in policy.figures:
        allowed = "the week since which the offer stands: negative, if from before the run (-520: for ten years)"
        raise InputError("standing.start_week", "nothing", allowed, file=file)
    check_offers(policy, file=file)
    return policy


def load_caseload(given: str | Path | Mapping[str, Any], *, inside: Path | None = None) -> Caseload:
    """The caseload of that name, of the file at that path, or of a mapping laid out like one.

    Parameters
    ----------
    given
        A path may be that of a TOML file or of a table of people (CSV, .xlsx; see `caseload_from`).
    inside
        The file in which the name, path or mapping stands: paths are relative to it, and messages name it.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    made, file = _load(Caseload, "caseload", given, inside)
    check_origins(made, file=file)
    made._figures.update(filled(made))
    return made


def caseload_from(people: pd.DataFrame | pd.Series | str | Path, **given: Any) -> Caseload:
    """A caseload from a table of people: a pandas data frame, a CSV file, or the first sheet of a spreadsheet.

    Parameters
    ----------
    people
        A row a household (columns ``origin``, ``size``, and any of ``children``, ``school_children``, ``stage``,
        ``housing``, ``weeks_in_stage`` or ``stage_since``, ``weeks_in_country`` or ``arrived``), or so many alike with
        ``households`` or ``persons``; or without ``size`` a count of ``households`` or ``persons`` by ``origin``, and
        perhaps ``stage`` and ``housing``.  A named index counts as columns; the values of a series are households.
    **given
        Anything else that a caseload file holds, a section as a mapping: ``date="2026-01-05"``,
        ``inflow_per_week=40``, ``housing={"hotel": 0.2, "dispersal": 0.8, "own": 0.0}``, ``extends="uk-refused-2025"``.

    Returns
    -------
    Caseload
        Its ``describes`` says what is assumed because the table does not say it; so do its ``figures``, with the mark
        ``assumed``.

    Raises
    ------
    InputError
        Naming the table, the row, the column, the value, what is allowed and the nearest spelling.
    """
    if isinstance(people, str | Path):
        if not is_table(people):
            allowed = "a data frame, or the path of a CSV file or spreadsheet (.xlsx)"
            raise InputError("people", str(people), allowed)
        given = {"name": Path(people).stem, **given, "rows": str(path_given(people, "people"))}
    else:
        given = {"name": "people", **given, "rows": people}
    return load_caseload(given, inside=Path("caseload_from"))


def load_behaviour(name_or_path: str | Path | None = None) -> Behaviour:
    """The behavioural coefficients of a TOML file; without one, the fitted coefficients.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    if name_or_path is None:
        return _load(Behaviour, "behaviour", BEHAVIOUR)[0] if BEHAVIOUR.exists() else Behaviour()
    return _load(Behaviour, "behaviour", name_or_path)[0]


def load_behaviour_draws(path: Path = DRAWS) -> list[Behaviour]:
    """The behavioural vectors of a posterior, one a row; empty without such a file.

    A column is a field of `Behaviour` (with or without ``behaviour.`` before it); fields without a column
    keep their fitted value.  Columns ``draw``, ``chain`` and ``distance`` are not parameters, and those that begin with
    ``unknown.`` or ``discrepancy.`` belong to histories, not to households.

    Raises
    ------
    InputError
        If a column is unknown or a value is not allowed.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return behaviour_draws(csv.DictReader(lines), file=_shown(path))


def behaviour_draws(rows: Iterable[Mapping[str, Any]], *, file: str = "") -> list[Behaviour]:
    """The behavioural vectors of some rows of a table, column by name; see `load_behaviour_draws`.

    Raises
    ------
    InputError
        If a column is unknown or a value is not allowed.
    """
    fitted, known = load_behaviour(), declarations(Behaviour)
    figures = {name: fitted.figure(name) for name in known}
    made = []
    for row in rows:
        values = {}
        for column, text in row.items():
            name = str(column).removeprefix("behaviour.")
            if name in ("draw", "chain", "distance") or name.startswith(("unknown.", "discrepancy.")):
                continue
            if name not in known:
                raise InputError(name, text, "no such parameter", file=file, nearest=nearest_spelling(name, known))
            values[name] = parse_value(known[name], str(text), file=file)
        draw = fitted.with_values(values, file=file)
        # A draw varies a figure; where the figure comes from, and how far it is known, stays what it was.
        draw._figures.update({name: replace(figures[name], value=value) for name, value in values.items()})
        made.append(draw)
    return made


# ---- from a file to values ------------------------------------------------------------------------


def _load(
    model: type[M], kind: str, given: str | Path | Mapping[str, Any], inside: Path | None = None
) -> tuple[M, str]:
    """What was given, read and validated, and the file that messages name."""
    if isinstance(given, Mapping):
        path = inside or Path(kind)
        check_numbers(given, str(path))
        read = _read(model, kind, path, (), deepcopy(dict(given)))
    else:
        told = (kind, _shown(inside)) if inside else ("", "")
        path = _located(given, kind, inside.parent if inside else None, told)
        read = _read(model, kind, path, ())
    if "name" in _TEXTS[model]:
        read.values.setdefault("name", path.stem)
    if isinstance(read.values.get("regimes"), list):
        read.values["regimes"] = tuple(read.values["regimes"])
    made = build(model, _nested(model, read.values), file=_shown(path))
    made._figures.update(read.figures)
    if isinstance(made, Caseload) and not made.describes and (assumed := left_open(made)):
        made = made.model_copy(update={"describes": assumed})
    return made, _shown(path)


def _located(name_or_path: str | Path, kind: str, beside: Path | None = None, told: tuple[str, str] = ("", "")) -> Path:
    """The file of a shipped name, or of a path (relative to `beside`); `told`: the field and file that named it."""
    file, where = told[1], told[0] or kind
    text = str(name_or_path)
    table = kind == "caseload" and is_table(text)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or table or "/" in text or "\\" in text:
        path = path_given(text, where, file=file)
        path = path if beside is None or path.is_absolute() else beside / path
        if path.is_dir():
            raise InputError(where, text, "the path of a TOML file, not of a folder", file=file)
        if not path.exists():
            ending, holds = (path.suffix, "table") if table else (".toml", "TOML file")
            beside_it = [p.stem for p in path.parent.glob(f"*{ending}")] if path.parent.is_dir() else []
            near = nearest_spelling(path.stem, beside_it)
            near = f"{near}{ending}" if near else nearest_spelling(path.stem, _names(kind))
            raise InputError(where, text, f"the path of a {holds} that exists", file=file, nearest=near)
        return path
    if text not in _names(kind):
        allowed = f"a {kind} that is known, or the path of a TOML file" if _names(kind) else "the path of a TOML file"
        raise InputError(where, text, allowed, file=file, nearest=nearest_spelling(text, _names(kind)))
    return SCENARIOS / f"{_folder(kind)}" / f"{text}.toml"


def _folder(kind: str) -> str:
    return {"policy": "policies", "caseload": "caseloads"}.get(kind, kind)


def _names(kind: str) -> tuple[str, ...]:
    return {"policy": policy_names, "caseload": caseload_names}.get(kind, tuple)()


def _shown(path: Path) -> str:
    """The path as messages show it: from `abm/` on for a shipped file."""
    try:
        return str(Path("abm") / path.relative_to(SCENARIOS.parent))
    except ValueError:
        return str(path)


def document(path: Path) -> dict[str, Any]:
    """The TOML document at a path.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8, or is not TOML (with the line).
    """
    try:
        text = bytes_of(path, "file", file=_shown(path)).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError("text", fault.object[fault.start : fault.end], "UTF-8 text", file=_shown(path)) from None
    size, file = f"{len(text):,} characters", _shown(path)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _syntax_error(fault, text, path) from None
    except RecursionError:
        raise InputError("text", size, "TOML with fewer brackets inside brackets", file=file) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise InputError("text", size, "TOML with numbers of fewer digits", file=file) from None
    check_numbers(found, file)
    return found


def check_numbers(table: Mapping[str, Any], file: str = "") -> None:
    """See that whole numbers are no larger than any number that the model reckons with.

    Raises
    ------
    InputError
        Naming the field.
    """
    parts: list[tuple[str, Any]] = [("", table)]
    while parts:
        where, part = parts.pop()
        if isinstance(part, Mapping):
            parts += [(f"{where}.{key}" if where else str(key), value) for key, value in part.items()]
        elif isinstance(part, list):
            parts += [(f"{where}.{place}", value) for place, value in enumerate(part)]
        elif isinstance(part, int) and part.bit_length() > LARGEST_BITS:
            raise InputError(where, part, "a number of at most 308 digits", file=file)


def _syntax_error(fault: tomllib.TOMLDecodeError, text: str, path: Path) -> InputError:
    message, lines = str(fault), text.splitlines() or [""]
    line = len(lines)
    if "(at line " in message:
        line = int(message.split("(at line ")[1].split(",")[0])
    there = lines[min(line, len(lines)) - 1].strip()
    return InputError(f"line {line}", there, f"valid TOML: {message}", file=_shown(path))


def _read(
    model: type[Inputs], kind: str, path: Path, seen: tuple[Path, ...], table: dict[str, Any] | None = None
) -> Read:
    """What the file at `path` (or a table inside it) and all it extends give."""
    file = _shown(path)
    if table is None:
        table = {"rows": path.name} if model is Caseload and is_table(path) else document(path)
    whole = table
    base = whole.pop("extends", None)
    read = Read()
    if base is not None:
        if not isinstance(base, str):
            raise InputError("extends", base, f"the name of a {kind} or the path of a TOML file", file=file)
        if len(seen) >= MOST_EXTENDED:
            raise InputError("extends", base, f"at most {MOST_EXTENDED} files that extend each other", file=file)
        parent = _located(base, kind, path.parent, ("extends", file))
        chain = (*seen, path.resolve())
        if parent.resolve() in chain:
            raise InputError("extends", base, "a file that does not extend this one in turn", file=file)
        read = _read(model, kind, parent, chain)
        read.values.pop("name", None)
    said_who = "describes" in whole
    for key in _TEXTS[model]:
        if key in whole:
            text = whole.pop(key)
            read.values[key] = text = text.isoformat() if type(text) is date else text
            if not isinstance(text, str):
                raise InputError(key, text, "text", file=file)
    if model is Caseload:
        if "countries" in whole:
            read.values["countries"], told = countries(whole.pop("countries"), read.values.get("countries", {}), file)
            read.figures.update(told)
        if "inflow" in whole and "inflow_per_week" in whole:
            raise InputError(
                "inflow_per_week", whole["inflow_per_week"], "left out: inflow gives it by year", file=file
            )
        given = {key: whole.pop(key) for key in _PEOPLE if key in whole}
        values, figures = people(given, whole, read.values, folder=path.parent, file=file)
        read.values.update(values)
        if "rows" in given:  # what another table left open, and whom it described, goes with it
            read.figures = {where: figure for where, figure in read.figures.items() if not where.startswith(PREFIX)}
            if not said_who:
                read.values.pop("describes", None)
        read.figures.update(figures)
    if model is Policy:
        _offers_by_name(whole, file)
        _read_regimes(read, whole, file)
    for where, value, figure in _entries(whole, "", declarations(model), file):
        read.values[where] = value
        read.figures[where] = figure
    return read


def _offers_by_name(section: dict[str, Any], file: str, where: str = "offers") -> None:
    """Offers given as a list become sections under their names; the usual ones have sections of their own."""
    given = section.pop("offers", {})
    if isinstance(given, list):
        named: dict[str, Any] = {}
        for number, told in enumerate(given):
            if not isinstance(told, dict) or not isinstance(told.get("name"), str):
                allowed = 'the name of the offer, as in name = "pilot"'
                raise InputError(f"{where}.{number}.name", told, allowed, file=file)
            if told["name"] in named:
                raise InputError(f"{where}.{number}.name", told["name"], "each name once", file=file)
            named[told["name"]] = {key: value for key, value in told.items() if key != "name"}
        given = named
    if not isinstance(given, dict):
        raise InputError(where, given, "offers by name, written [offers.NAME] or [[offers]]", file=file)
    for name in [name for name in Policy.usual if name in given]:
        if name in section:
            allowed = f"given once: there is a section [{name}] as well"
            raise InputError(f"{where}.{name}", given[name], allowed, file=file)
        section[name] = given.pop(name)
    for name in given:
        if not is_name(name):
            raise InputError(f"{where}.{name}", name, "a name of letters, digits, - and _, a letter first", file=file)
    if given:
        section["offers"] = given


def _read_regimes(read: Read, whole: dict[str, Any], file: str) -> None:
    """The regimes of a policy file, with the figures behind their levers."""
    if "regime" not in whole:
        return
    given = whole.pop("regime")
    if not isinstance(given, list):
        raise InputError("regime", given, "tables written [[regime]]", file=file)
    read.figures = {path: figure for path, figure in read.figures.items() if not path.startswith("regime.")}
    made = []
    for number, told in enumerate(given):
        if not isinstance(told, dict):
            raise InputError("regime", told, "a table written [[regime]]", file=file)
        told = dict(told)
        start, title = told.pop("from", None), told.pop("title", "")
        if isinstance(start, str):
            with suppress(ValueError):
                start = date.fromisoformat(start)
        if isinstance(start, bool) or not (isinstance(start, int) or type(start) is date):
            raise InputError(f"regime.{number}.from", start, "a week, or a date such as 2006-01-12", file=file)
        _offers_by_name(told, file, f"regime.{number}.offers")
        levers = {}
        for where, value, figure in _entries(told, "", declarations(Policy), file):
            levers[where] = value
            read.figures[f"regime.{number}.{where}"] = figure
        made.append({"start": start, "title": title, "levers": levers})
    read.values["regimes"] = made


def _entries(
    section: Mapping[str, Any], prefix: str, known: Declarations, file: str
) -> Iterator[tuple[str, Any, Figure]]:
    """Each leaf of a document: dotted path, value, figure."""
    for key, given in section.items():
        where = f"{prefix}{key}"
        if where in known:
            value, figure = entry(known[where], given, file)
            yield where, value, figure
        elif any(path.startswith(f"{where}.") for path in known) or _holds_members(where, known):
            if not isinstance(given, dict):
                raise InputError(where, given, f"a section, written [{where}]", file=file)
            yield from _entries(given, f"{where}.", known, file)
        else:
            sections = {path.rsplit(".", 1)[0] for path in known if "." in path}
            near = nearest_spelling(where, [*known, *sections])
            if where == RULE:
                told = "left out, or given together with the rules that have such levers: --rule FILE.py"
                raise InputError(where, given, told, file=file)
            raise InputError(where, given, "no such field", file=file, nearest=near)


def _holds_members(where: str, known: Declarations) -> bool:
    """Whether a section holds members by name, or is one of them."""
    field, _, name = where.partition(".")
    return field in known.members and "." not in name


def _nested(model: type[Inputs], flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for where, value in flat.items():
        *parents, leaf = model.place_of(where)
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return nested


__all__ = [
    "apply_settings", "caseload_from", "caseload_names", "document", "evidence_figure", "load_behaviour",
    "load_behaviour_draws", "load_caseload", "load_policy", "policy_names",
]  # fmt: skip
