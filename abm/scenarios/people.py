"""Who the people of a caseload file are: shares of origins, or a table of households."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from abm.evidence.countries import country_code, folded, known_country, nearest_country
from abm.evidence.figures import column_figure
from abm.evidence.homeland import place_name, shares_by, year_of
from abm.inputs.caseload import Caseload
from abm.inputs.given import path_given
from abm.inputs.parameters import MARKS, Figure, InputError, declarations, nearest_spelling, read
from abm.inputs.policy import Policy
from abm.scenarios.entries import entry
from abm.scenarios.households import lines_in, listed
from abm.scenarios.tables import Table, read_table, table_of

#: Safety from which `among = "safe"` keeps an origin, unless the file says otherwise.
SAFE_THRESHOLD = 0.45

_TEXTS = ("mark", "source", "url", "note")
_COLUMN_KEYS = ("column", "limit", "among", "safe_threshold", *_TEXTS)


def people(
    given: Mapping[str, Any], whole: Mapping[str, Any], known: Mapping[str, Any], *, folder: Path, file: str
) -> tuple[dict[str, Any], dict[str, Figure]]:
    """Values and figures of the keys `origins`, `inflow` and `rows`, and the household count that rows imply.

    Parameters
    ----------
    given
        Those keys of the document that are there.
    whole
        The rest of the document.
    known
        What has been read of the caseload: its date and countries, and all of a file that it extends.
    folder, file
        Where the document is, and how messages call it.
    """
    places = tuple(known.get("countries", ()))
    values: dict[str, Any] = {}
    figures: dict[str, Figure] = {}
    if "origins" in given:
        values["origins"], figures["origins"] = _origins(given["origins"], places, known.get("date", ""), file)
    if "inflow" in given:
        values["inflow"], found = _inflow(given["inflow"], file)
        figures.update(found)
    if "rows" in given:
        table = _table(given["rows"], folder, file)
        lines = lines_in(table)
        if not lines:
            allowed = f"a table with at least one household, not the empty {Path(table.file).name}"
            raise InputError("rows", table.name, allowed, file=file)
        first: dict[str, str] = {}
        for line in lines:
            first.setdefault(line.cells["origin"], f"{line.where}, origin")
        _check_names(first, places, table.file)
        told = listed(table, lines, places, whole, known, file)
        count, drawn = told.values["households"], "rows" not in told.values
        if whole.get("households", count) != count:
            what = "households" if drawn or count != len(lines) else "rows"
            allowed = f"left out, or {count}, the number of {what} of {table.name}"
            raise InputError("households", whole["households"], allowed, file=file)
        if drawn and "origins" in given:
            allowed = f"left out: {table.name} counts each origin"
            raise InputError("origins", given["origins"], allowed, file=file)
        for key in ("households", "origins"):
            if key in whole or key in given or (key == "origins" and not drawn and key in known):
                del told.values[key], told.figures[key]
        values.update(told.values)
        figures.update(told.figures)
        values["rows"] = told.values.get("rows", ())
    return values, figures


def _table(given: Any, folder: Path, file: str) -> Table:
    """The table that `rows` names, or is."""
    if isinstance(given, str):
        return read_table(path_given(folder / given, "rows", file=file), given, file)
    if hasattr(given, "to_frame") or hasattr(given, "itertuples"):
        return table_of(given)
    raise InputError("rows", given, "the path of a CSV file or of a spreadsheet (.xlsx)", file=file)


def _inflow(section: Any, file: str) -> tuple[dict[str, float], dict[str, Figure]]:
    """Arrivals a week by year, with the figures behind them."""
    if not isinstance(section, dict):
        raise InputError("inflow", section, "a table by year, such as { 2005 = 740, 2006 = 337 }", file=file)
    declared = declarations(Caseload)["inflow_per_week"]
    values, figures = {}, {}
    for year, given in section.items():
        where = f"inflow.{year}"
        value, figures[where] = entry(replace(declared, path=where), given, file)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(where, value, declared.allowed, file=file)
        values[year] = float(value)
    return values, figures


def check_origins(caseload: Caseload, *, file: str = "") -> None:
    """Refuse a date without a year, and origins that are neither countries nor described by the caseload.

    Raises
    ------
    InputError
        Naming the field and the nearest spelling.
    """
    year_of(caseload.date, file=file)
    places = caseload.countries
    for name in caseload.origins:
        place_name(name, places, field=f"origins.{name}", file=file)
    for name, number in {row.origin: number for number, row in enumerate(caseload.rows)}.items():
        place_name(name, places, field=f"rows.{number}.origin", file=file)
    paths = caseload.world.safety_origins
    if paths.strip() != "all":
        for name in paths.split(","):
            place_name(name.strip(), places, field="world.safety_origins", file=file)


def check_offers(policy: Policy, *, file: str = "") -> None:
    """Refuse offers to origins that the table of origins does not know.

    Raises
    ------
    InputError
        Naming the field and the nearest spelling.
    """
    given = [(path, read(policy, path)) for path in policy.paths]
    for number, regime in enumerate(policy.regimes):
        given += [(f"regime.{number}.{path}", value) for path, value in regime.levers.items()]
    for path, value in given:
        if path.endswith(".origins") and str(value).strip() != "all":
            for name in str(value).split(","):
                country_code(name.strip(), field=path, file=file)


# ---- shares of origins ----------------------------------------------------------------------------


def _origins(section: Any, places: Sequence[str], date: str, file: str) -> tuple[dict[str, float], Figure]:
    if not isinstance(section, dict):
        raise InputError("origins", section, "a section of shares by country, or with a column", file=file)
    for key in _TEXTS:
        if key in section and not isinstance(section[key], str):
            raise InputError(f"origins.{key}", section[key], "text", file=file)
    if "mark" in section and section["mark"] not in MARKS:
        near = nearest_spelling(str(section["mark"]), MARKS)
        raise InputError("origins.mark", section["mark"], "one of " + ", ".join(MARKS), file=file, nearest=near)
    return _by_column(section, date, file) if "column" in section else _by_name(section, places, file)


def _by_name(section: Mapping[str, Any], places: Sequence[str], file: str) -> tuple[dict[str, float], Figure]:
    shares: dict[str, float] = {}
    _check_names({name: f"origins.{name}" for name in section if name not in _TEXTS}, places, file)
    for given, share in section.items():
        if given in _TEXTS:
            continue
        where = f"origins.{given}"
        name = place_name(given, places, field=where, file=file)
        if name in shares:
            raise InputError(where, share, f"one share for {name}, which is given twice", file=file)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError(where, share, "a share from 0 to 1", file=file)
        shares[name] = float(share)
    told = {key: section[key] for key in _TEXTS if key in section}
    return shares, Figure("shares", "1", **{"mark": "assumed", **told})


def _by_column(section: Mapping[str, Any], date: str, file: str) -> tuple[dict[str, float], Figure]:
    for key, value in section.items():
        if key not in _COLUMN_KEYS:
            near = nearest_spelling(key, _COLUMN_KEYS)
            raise InputError(f"origins.{key}", value, "one of " + ", ".join(_COLUMN_KEYS), file=file, nearest=near)
    column, limit, among = section["column"], section.get("limit"), section.get("among", [])
    if not isinstance(column, str):
        raise InputError("origins.column", column, "the name of a column of the table of origins", file=file)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise InputError("origins.limit", limit, "a whole number of at least 1", file=file)
    threshold = section.get("safe_threshold", SAFE_THRESHOLD)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise InputError("origins.safe_threshold", threshold, "a number from 0 to 1", file=file)
    names: tuple[str, ...] = ()
    if isinstance(among, list) and all(isinstance(name, str) for name in among):
        names = tuple(place_name(name, field="origins.among", file=file) for name in among)
    elif among != "safe":
        raise InputError("origins.among", among, '"safe", or a list of countries', file=file)
    found = column_figure(column, field="origins.column", file=file)
    if found.unit not in ("persons", "applicants", "decisions"):
        raise InputError("origins.column", column, f"a column that counts people, not {found.unit}", file=file)
    safe = threshold if among == "safe" else None
    year = year_of(date, file=file)
    shares = shares_by(column, limit=limit, safe_threshold=safe, among=names, year=year, file=file)
    figure = Figure(
        value=column,
        unit="1",
        mark=section.get("mark", "inferred"),
        source=section.get("source", found.source),
        url=section.get("url", found.url),
        note=section.get("note", ""),
    )
    return shares, figure


# ---- names ----------------------------------------------------------------------------------------


def _check_names(first: Mapping[str, str], places: Sequence[str], file: str) -> None:
    """Refuse names that are not known: one as everywhere, several together; `first`: where each was given."""
    own = {folded(place) for place in places}
    unknown = [name for name in first if not known_country(name) and folded(name) not in own]
    if len(unknown) == 1:
        place_name(unknown[0], places, field=first[unknown[0]], file=file)
    if unknown:
        near = {name: nearest_country(name, places) for name in unknown}
        told = [f"{first[name]} {name!r}" + (f" ({near[name]}?)" if near[name] else "") for name in unknown]
        allowed = "names or ISO codes of countries, which these are not: " + "; ".join(told)
        raise InputError("origins", f"{len(unknown)} names", allowed, file=file)
