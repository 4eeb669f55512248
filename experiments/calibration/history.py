"""A history is a file: a caseload, the policy that was in force, a span, and the rows that the record has of it.

A row says what was counted (departures by a route, a stock, those out of contact …), of whom, from when to when, the
figure with its range, whether the fit may use it (``calibrate``), whether it is held out (``validate``) or only told
(``context``), and its source.  Shipped histories stand in ``experiments/histories``; any other path reads the same.
`experiments/histories/README.md` shows the format.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from abm.arrays.setting import day_of
from abm.evidence.homeland import place_name
from abm.household.stages import Holds, Stage
from abm.inputs.caseload import Caseload
from abm.inputs.given import path_given
from abm.inputs.parameters import InputError, Inputs, Mark, Week, build, nearest_spelling
from abm.inputs.policy import Policy
from abm.scenarios.overrides import apply_settings, known_paths
from abm.scenarios.scenario import document, load_behaviour, load_caseload, load_policy

HISTORIES = Path(__file__).parents[1] / "histories"

What = Literal["departures", "acceptances", "disappearances", "stock", "out of contact"]
Route = Literal["assisted", "unassisted", "voluntary", "removed", "any"]
Use = Literal["calibrate", "validate", "context"]
#: What is counted at a date; the others are counted from one date to another.
STOCKS = ("stock", "out of contact")
#: Stages of a stock that names none: those who await departure.
AWAITING_DEPARTURE = ("exhausted", "booked")
IN_COUNTRY = tuple(stage.name.lower() for stage in Stage if Holds.IN_COUNTRY in stage.holds)


class Binomial(Inputs):
    """The chance of a share: so many of n."""

    binomial: int = Field(ge=1, le=100_000_000)


class Row(Inputs):
    """One figure of the record."""

    id: str = Field(min_length=1)
    quantity: str = ""
    what: What
    route: Route | None = None
    count: Literal["persons", "households", "children"] = "persons"
    begin: Week | None = None
    end: Week | None = None
    at: Week | None = None
    stages: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    families: bool | None = None
    housing: Literal["hotel", "dispersal", "own"] | None = None
    over: str | None = None
    value: Annotated[float, Field(ge=0)] | None = None
    low: Annotated[float, Field(ge=0)] | None = None
    high: Annotated[float, Field(ge=0)] | None = None
    sampling: Literal["none", "poisson"] | Binomial = "none"
    use: Use = "context"
    mark: Mark = "assumed"
    source: str = ""
    url: str = ""
    note: str = ""

    @property
    def is_stock(self) -> bool:
        """Whether it is counted at a date."""
        return self.what in STOCKS


class Unknown(Inputs):
    """A number of the history that is not known: drawn over its range, or fitted."""

    path: str | tuple[str, ...]
    low: float
    high: float
    scale: Literal["log", "linear"] | None = None
    mark: Mark = "assumed"
    source: str = ""
    url: str = ""
    note: str = ""

    @property
    def sets(self) -> tuple[str, ...]:
        """The paths that it sets."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def on_log(self) -> bool:
        """Whether its logarithm is normal."""
        return self.scale == "log" or (self.scale is None and self.low > 0.0)


class NotRepresented(Inputs):
    """What the record has and the model cannot say, and why."""

    id: str
    quantity: str = ""
    why: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    use: Use = "validate"
    mark: Mark = "assumed"
    source: str = ""
    url: str = ""
    note: str = ""


class Document(Inputs):
    """A history file as it is written, its tables of caseload and policy aside."""

    title: str = ""
    describes: str = ""
    place: str = ""
    until: date | None = None
    weeks: int | None = Field(None, ge=1, le=5_000)
    households: int | None = Field(None, ge=1, le=10_000_000)
    settings: dict[str, Any] = Field(default_factory=dict)
    unknown: dict[str, Unknown] = Field(default_factory=dict)
    row: tuple[Row, ...] = ()
    not_represented: tuple[NotRepresented, ...] = ()


@dataclass(frozen=True)
class History:
    """A history, read and checked.

    Attributes
    ----------
    name
        Of the file.
    place
        Which country it is of: what a year brings is shared by the rows of one place.
    policy, caseload
        None in a file that only says what cannot be represented.
    weeks
        Length of the run.
    households
        Simulated at the start; None: the caseload's own sample.
    rows, unknown, not_represented
        As the file gives them.
    digest
        Hash of the file.
    """

    name: str
    title: str
    describes: str
    place: str
    policy: Policy | None
    caseload: Caseload | None
    weeks: int
    households: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    not_represented: tuple[NotRepresented, ...] = ()
    file: str = ""
    digest: str = ""

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """The rows by id."""
        return {row.id: row for row in self.rows}

    @property
    def day(self) -> date | None:
        """The day on which week 0 begins."""
        return None if self.caseload is None else day_of(self.caseload)

    def week(self, when: Week) -> float:
        """Weeks from the start of the run to a date (to the day), or a week as it is."""
        if isinstance(when, date):
            assert self.day is not None  # checked when the file was read
            return (when - self.day).days / 7.0
        return float(when)

    def at(self, row: Row) -> int:
        """The whole week at whose beginning a stock is counted."""
        assert row.at is not None
        return round(self.week(row.at))

    def span(self, row: Row) -> tuple[float, float]:
        """First week and end of what a row counts; that of a stock is a moment."""
        if row.is_stock:
            return float(self.at(row)), float(self.at(row))
        assert row.begin is not None
        assert row.end is not None
        return self.week(row.begin), self.week(row.end)


@cache
def history_names() -> tuple[str, ...]:
    """Names of the shipped histories."""
    return tuple(sorted(path.stem for path in HISTORIES.glob("*.toml")))


def load_histories(given: Sequence[str | Path] = ()) -> list[History]:
    """Histories by name or path of a TOML file; all that are shipped without any.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling; also if two rows have the same id.
    """
    found = [load_history(one) for one in given or history_names()]
    seen: dict[str, str] = {}
    for history in found:
        for name in (*history.by_id, *(left_out.id for left_out in history.not_represented)):
            if name in seen:
                raise InputError("row.id", name, f"a name of its own: {seen[name]} has it too", file=history.file)
            seen[name] = history.file
        _check_shared(history, found)
    return found


def _check_shared(history: History, others: Sequence[History]) -> None:
    """What goes by one name is the same number everywhere."""
    for name, told in history.unknown.items():
        for other in others:
            same = other.unknown.get(name)
            if same and (same.low, same.high, same.on_log) != (told.low, told.high, told.on_log):
                allowed = f"one range for one name: {other.file} has {same.low:g} to {same.high:g}"
                raise InputError(f"unknown.{name}", f"{told.low:g} to {told.high:g}", allowed, file=history.file)


def load_history(given: str | Path) -> History:
    """One history, by name or path of a TOML file.

    Raises
    ------
    InputError
        Naming file, field, value, what is allowed and the nearest spelling.
    """
    path = _located(given)
    file = path.name if path.parent == HISTORIES else str(path)
    whole = document(path)
    people, levers = whole.pop("caseload", None), whole.pop("policy", None)
    told = _document(whole, file)
    shared: dict[str, Any] = {
        "name": path.stem,
        "title": told.title,
        "describes": told.describes,
        "place": told.place,
        "file": file,
        "digest": hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest(),
    }
    if people is None and levers is None and not told.row:
        return History(policy=None, caseload=None, weeks=0, households=None,
                       not_represented=told.not_represented, **shared)  # fmt: skip
    if not told.row:
        raise InputError("row", "nothing", "at least one table written [[row]]: what is on record", file=file)
    for name, value in (("caseload", people), ("policy", levers)):
        if not isinstance(value, str | Mapping):
            raise InputError(name, value, f"the name of a {name}, the path of a TOML file, or a table", file=file)
    caseload, policy = load_caseload(people, inside=path), load_policy(levers, inside=path)
    settings = dict(_leaves(told.settings))
    policy, caseload, _ = apply_settings(policy, caseload, load_behaviour(), settings, file=f"{file}: settings")
    history = History(policy=policy, caseload=caseload, weeks=0, households=told.households, settings=settings,
                      unknown=told.unknown, rows=told.row, not_represented=told.not_represented, **shared)  # fmt: skip
    object.__setattr__(history, "weeks", _weeks(history, told, file))
    _check(history)
    return history


def _located(given: str | Path) -> Path:
    text = str(given)
    if isinstance(given, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        path = path_given(text, "history")
        if path.is_file():
            return path
        raise InputError("history", text, "the path of a TOML file that exists")
    if text not in history_names():
        allowed = "a history that is known, or the path of a TOML file"
        raise InputError("history", text, allowed, nearest=nearest_spelling(text, history_names()))
    return HISTORIES / f"{text}.toml"


#: How the file spells what Python keeps for itself.
_SPELT = {"from": "begin", "to": "end"}


def _document(whole: dict[str, Any], file: str) -> Document:
    for key, tables in (("row", "[[row]]"), ("not_represented", "[[not_represented]]")):
        if not isinstance(whole.get(key, []), list) or not all(isinstance(one, dict) for one in whole.get(key, [])):
            raise InputError(key, whole[key], f"tables written {tables}", file=file)
    for key, table in (("unknown", "[unknown.NAME]"), ("settings", "[settings]")):
        if not isinstance(whole.get(key, {}), dict):
            raise InputError(key, whole[key], f"a table, written {table}", file=file)
    rows = [dict(row) for row in whole.get("row", [])]
    for number, row in enumerate(rows):
        named = f"row {row.get('id', number)}"
        for key in ("begin", "end"):
            if key in row:
                raise InputError(f"{named}.{key}", row[key], "written from and to", file=file)
        rows[number] = {_SPELT.get(key, key): value for key, value in row.items()}
        for key in ("stages", "origins"):
            value = rows[number].get(key)
            if isinstance(value, str):
                rows[number][key] = tuple(part.strip() for part in value.split(","))
            elif isinstance(value, list):
                rows[number][key] = tuple(value)
    whole = {**whole, "row": tuple(rows), "not_represented": tuple(whole.get("not_represented", ()))}
    for name, unknown in whole.get("unknown", {}).items():
        if not isinstance(unknown, dict):
            raise InputError(f"unknown.{name}", unknown, f"a table, written [unknown.{name}]", file=file)
        if isinstance(unknown.get("path"), list):
            unknown["path"] = tuple(unknown["path"])
    try:
        return build(Document, whole, file=file)
    except InputError as fault:
        raise _as_written(fault, rows, whole) from None


def _as_written(fault: InputError, rows: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> InputError:
    """The same fault with the names that the file has: the row by its id, `from` and `to`."""
    parts = fault.field.split(".")
    known: Sequence[str] = list(Document.model_fields)
    if parts[0] == "row" and len(parts) > 1 and parts[1].isdigit():
        known = [next((old for old, new in _SPELT.items() if new == name), name) for name in Row.model_fields]
        parts = [f"row {rows[int(parts[1])].get('id', parts[1])}", *parts[2:]]
        parts[1:2] = [next((old for old, new in _SPELT.items() if new == name), name) for name in parts[1:2]]
    elif parts[0] == "unknown" and len(parts) > 2:
        known = list(Unknown.model_fields)
    near = nearest_spelling(parts[-1], known) if fault.allowed == "no such field" else fault.nearest
    return InputError(".".join(parts), fault.value, fault.allowed, file=fault.file, nearest=near)


def _leaves(section: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in section.items():
        found += _leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(f"{prefix}{key}", value)]
    return found


def _weeks(history: History, told: Document, file: str) -> int:
    """Length of the run: as told, or to the end of the last row."""
    if told.weeks is not None and told.until is not None:
        raise InputError("weeks", told.weeks, "given by weeks or by until, not both", file=file)
    if told.weeks is not None:
        return told.weeks
    if told.until is None:
        raise InputError("until", None, "the day on which the run ends (or weeks = its length)", file=file)
    if history.day is None:
        raise InputError("until", told.until, "left out (weeks = …): the caseload has no date", file=file)
    weeks = math.ceil((told.until - history.day).days / 7.0)
    if not 1 <= weeks <= 5_000:
        allowed = f"a day after the caseload's ({history.day}), at most 5,000 weeks later"
        raise InputError("until", told.until, allowed, file=file)
    return weeks


def _check(history: History) -> None:
    assert history.caseload is not None
    file, known = history.file, history.by_id
    places = history.caseload.countries
    if len(known) < len(history.rows):
        ids = [row.id for row in history.rows]
        twice = next(name for name in ids if ids.count(name) > 1)
        raise InputError("row.id", twice, "each id once", file=file)
    for name, told in history.unknown.items():
        _check_unknown(history, name, told)
    for row in history.rows:
        _check_row(history, row)
        here = {place_name(name, places) for name in history.caseload.origins}
        for origin in row.origins:
            if place_name(origin, places, field=f"row {row.id}.origins", file=file) not in here:
                near = nearest_spelling(origin, history.caseload.origins)
                allowed = "origins that the caseload has"
                raise InputError(f"row {row.id}.origins", origin, allowed, file=file, nearest=near)
        if row.over is not None and row.over not in known:
            near = nearest_spelling(row.over, known)
            raise InputError(f"row {row.id}.over", row.over, "the id of a row of this file", file=file, nearest=near)
        if row.over is not None and (row.over == row.id or known[row.over].over is not None):
            raise InputError(f"row {row.id}.over", row.over, "a row that is not itself over another", file=file)


def _check_unknown(history: History, name: str, told: Unknown) -> None:
    file, known = history.file, known_paths()
    if not told.low < told.high:
        raise InputError(f"unknown.{name}.high", told.high, f"above low ({told.low:g})", file=file)
    if told.on_log and told.low <= 0.0:
        allowed = 'above 0, since its logarithm is drawn (or scale = "linear")'
        raise InputError(f"unknown.{name}.low", told.low, allowed, file=file)
    for path in told.sets:
        if path not in known or not (known[path][1].whole or known[path][1].kind == "float"):
            allowed = "the path of a number, as with --set"
            raise InputError(f"unknown.{name}.path", path, allowed, file=file, nearest=nearest_spelling(path, known))
        if path.startswith("behaviour."):
            allowed = "a path of the policy, the world or the caseload: behaviour has draws of its own"
            raise InputError(f"unknown.{name}.path", path, allowed, file=file)


def _check_row(history: History, row: Row) -> None:
    file, where = history.file, f"row {row.id}"
    if (row.what == "departures") is not (row.route is not None):
        allowed = "given for departures" if row.route is None else "left out: only departures have a route"
        raise InputError(f"{where}.route", row.route, allowed, file=file)
    if row.is_stock:
        if row.at is None or row.begin is not None or row.end is not None:
            raise InputError(f"{where}.at", row.at, f"a date or a week, and no from and to: {row.what} is at a date",
                             file=file)  # fmt: skip
    elif row.begin is None or row.end is None or row.at is not None:
        missing = "at" if row.at is not None else "from" if row.begin is None else "to"
        raise InputError(f"{where}.{missing}", row.at, f"from and to: {row.what} are counted over a time", file=file)
    for spelt, when in (("from", row.begin), ("to", row.end), ("at", row.at)):
        if isinstance(when, date) and history.day is None:
            raise InputError(f"{where}.{spelt}", when, "a week: the caseload has no date", file=file)
    if row.stages and row.what != "stock":
        raise InputError(f"{where}.stages", list(row.stages), "left out: only a stock has stages", file=file)
    for stage in row.stages:
        if stage not in (*IN_COUNTRY, "all"):
            near = nearest_spelling(stage, IN_COUNTRY)
            allowed = "any of all, " + ", ".join(IN_COUNTRY)
            raise InputError(f"{where}.stages", stage, allowed, file=file, nearest=near)
    first, last = history.span(row)
    spelt = "at" if row.is_stock else "from"
    if not 0.0 <= first <= last <= history.weeks or (first == last and not row.is_stock):
        told = row.at if row.is_stock else f"{row.begin} to {row.end}"
        start = f" ({history.day})" if history.day else ""
        allowed = f"within the run, from week 0{start} to week {history.weeks}, the end after the beginning"
        raise InputError(f"{where}.{spelt}", told, allowed, file=file)
    if row.value is None and row.use == "calibrate":
        raise InputError(f"{where}.value", None, "a figure: the row is to be fitted", file=file)
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    if row.value is None and (row.low is not None or row.high is not None):
        raise InputError(f"{where}.value", None, "a figure inside low and high", file=file)
    if row.value is not None and not (low or 0.0) <= row.value <= (high or 0.0):
        raise InputError(
            f"{where}.low", row.low, f"a range around the value ({row.value:g}), high above low", file=file
        )
    if isinstance(row.sampling, Binomial) and row.value is not None and row.value > 1.0:
        raise InputError(f"{where}.value", row.value, "a share, from 0 to 1: its sampling is binomial", file=file)
    if isinstance(row.sampling, Binomial) and row.over is None:
        raise InputError(f"{where}.over", None, "the row that the share is of: its sampling is binomial", file=file)
