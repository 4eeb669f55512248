"""What a caseload file says of countries itself: sections such as ``[countries.Moldova]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from abm.evidence.countries import known_country, nearest_country
from abm.evidence.homeland import home, origin, place_name
from abm.inputs.caseload import Caseload, Country
from abm.inputs.parameters import Figure, InputError, build, declarations, nearest_spelling
from abm.scenarios.entries import entry

#: Figures of the table that a caseload cannot do without, by the name under which it may give its own.
_NEEDED = {"income": "income_gbp", "safety": "safety"}


def countries(
    given: Any, inherited: Mapping[str, Mapping[str, Any]], file: str
) -> tuple[dict[str, dict[str, Any]], dict[str, Figure]]:
    """What a file says of each country, by its name, field by field, and the figures behind it.

    Parameters
    ----------
    given
        The section `countries` of the document.
    inherited
        The same of the file that it extends.
    file
        How messages call the document.

    Raises
    ------
    InputError
        If a place is neither a country nor said to be like one, or a figure is not allowed.
    """
    if not isinstance(given, dict):
        raise InputError("countries", given, "sections by country, written [countries.NAME]", file=file)
    values = {name: dict(said) for name, said in inherited.items()}
    figures: dict[str, Figure] = {}
    seen: dict[str, str] = {}
    for key, section in given.items():
        where = f"countries.{key}"
        if not isinstance(section, dict):
            raise InputError(where, section, f"a section, written [{where}]", file=file)
        if not known_country(key) and "like" not in section and key not in values:
            allowed = "a country, or a place with `like`: the country whose figures it has unless it gives them"
            raise InputError(where, key, allowed, file=file, nearest=nearest_country(key))
        name = place_name(key, (*values, key), field=where, file=file)
        if name in seen:
            raise InputError(where, key, f"one section for {name}, which is called {seen[name]} before", file=file)
        seen[name] = key
        said = values.setdefault(name, {})
        for field, value, figure in _fields(section, name, file):
            said[field] = value
            if figure is not None:
                figures[f"countries.{name}.{field}"] = figure
        _check(name, said, file)
    return values, figures


def filled(caseload: Caseload) -> dict[str, Figure]:
    """Incomes and safety of a caseload's origins that are known of no year: the medians that stand for them."""
    found: dict[str, Figure] = {}
    for name in dict.fromkeys([*caseload.origins, *(row.origin for row in caseload.rows)]):
        land = home(caseload, name)
        for field, kept in _NEEDED.items():
            if kept in land.filled:
                found[f"countries.{land.name}.{field}"] = land.figures[kept]
    return found


def _fields(section: Mapping[str, Any], name: str, file: str) -> Iterator[tuple[str, Any, Figure | None]]:
    known = declarations(Country)
    for field, given in section.items():
        where = f"countries.{name}.{field}"
        if field == "like":
            if not isinstance(given, str):
                raise InputError(where, given, "the name of a country", file=file)
            yield field, origin(given, field=where, file=file).name, None
        elif field in known:
            value, figure = entry(replace(known[field], path=where), given, file)
            yield field, value, figure
        else:
            allowed = "one of " + ", ".join(("like", *known))
            raise InputError(where, given, allowed, file=file, nearest=nearest_spelling(field, known))


def _check(name: str, said: Mapping[str, Any], file: str) -> None:
    try:
        build(Country, said)
    except InputError as fault:
        field = f"countries.{name}.{fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=file, nearest=fault.nearest) from None
