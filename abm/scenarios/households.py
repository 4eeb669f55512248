"""The households that a table lists: one a line, so many alike a line, or so many of an origin.

With the column `size`, the caseload has exactly these households.  Without it, and with a column that counts
(`households`, or `persons`), it has as many, of these origins, stages and kinds of housing; sizes and children are then
drawn from the section `composition`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from abm.evidence.homeland import place_name
from abm.inputs.caseload import Caseload, Composition, HouseholdRow, HousingMix, StageMix
from abm.inputs.parameters import Figure, InputError, build, declarations, nearest_spelling
from abm.scenarios.entries import entry
from abm.scenarios.tables import Line, Table, day_in, lines_of, number_in

#: Columns that count: how many households, or persons, a line stands for.
COUNTS = ("households", "persons")
#: Columns with a day, in the place of one with weeks until the caseload's date.
DAYS = {"stage_since": "weeks_in_stage", "arrived": "weeks_in_country"}
COLUMNS = (*HouseholdRow.model_fields, *COUNTS, *DAYS)
#: Columns that a count of origins may have besides, and the section whose shares they become.
MIXES: dict[str, tuple[str, type[StageMix] | type[HousingMix]]] = {
    "stage": ("stages", StageMix),
    "housing": ("housing", HousingMix),
}
#: Other words for a column, to suggest; they are not accepted, since several might be meant.
MEANT = {
    "nationality": "origin", "citizenship": "origin", "country": "origin", "country_of_origin": "origin",
    "household_size": "size", "family_size": "size", "count": "households", "n": "households", "number": "households",
    "families": "households", "people": "persons", "individuals": "persons", "minors": "children", "status": "stage",
    "accommodation": "housing",
}  # fmt: skip
#: Most households that counts may make one by one: a record of them takes its time.
MOST = 200_000
#: Figures that say what a table leaves open begin so.
PREFIX = "rows."

#: Sections that would say the same of households that are drawn.
_SECTIONS = {"children": "composition", "stage": "stages", "housing": "housing", "weeks_in_stage": "durations"}
_UNITS = {"children": "persons", "school_children": "persons", "weeks_in_stage": "weeks", "weeks_in_country": "weeks"}


@dataclass
class Listed:
    """What a table says of a caseload: values by path, and the figures behind them."""

    values: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


def listed(
    table: Table, lines: Sequence[Line], places: Sequence[str], whole: Mapping[str, Any], known: Mapping[str, Any],
    file: str,
) -> Listed:  # fmt: skip
    """The households of a table.

    Parameters
    ----------
    lines
        Its lines, of which there is at least one; their origins are known to be places.
    places
        Places that the caseload describes itself.
    whole, known
        The rest of the caseload's document, and what has been read of it: its date, and all of what it extends.
    file
        How messages call the document.

    Raises
    ------
    InputError
        Naming the table, the line, the column, the value and what is allowed.
    """
    if all(column in lines[0].cells for column in COUNTS):
        raise InputError(table.heading, "persons", "left out beside households: one of the two", file=table.file)
    for day, weeks in DAYS.items():
        if day in lines[0].cells and weeks in lines[0].cells:
            raise InputError(table.heading, day, f"left out beside {weeks}: one of the two", file=table.file)
    if "size" in lines[0].cells:
        return _one_by_one(table, lines, places, str(known.get("date", "")), whole)
    return _counted(table, lines, places, whole, known, file)


def lines_in(table: Table) -> list[Line]:
    """The lines of a table of households, with the header checked.

    Raises
    ------
    InputError
        Naming what the header has that is not known, or lacks.
    """
    lines = list(lines_of(table, COLUMNS, ("origin",), MEANT))
    if lines and not {"size", *COUNTS} & set(lines[0].cells):
        allowed = (
            "a header with the column size (persons of each household), or with households or persons (how many each"
            " line stands for)"
        )
        raise InputError(table.heading, ",".join(lines[0].cells), allowed, file=table.file)
    return lines


def left_open(caseload: Caseload) -> str:
    """What is assumed of a caseload's households because its table does not say it; nothing where it says all."""
    told = [
        f"{path.removeprefix(PREFIX)} = {figure.value} ({figure.note})"
        for path, figure in caseload.figures.items()
        if path.startswith(PREFIX)
    ]
    return f"Assumed of the households of {caseload.name} (mark: assumed): {'; '.join(told)}." if told else ""


# ---- households one by one, or so many alike ------------------------------------------------------


def _one_by_one(
    table: Table, lines: Sequence[Line], places: Sequence[str], day: str, whole: Mapping[str, Any]
) -> Listed:
    rows: list[HouseholdRow] = []
    uneven = 0
    for line in lines:
        row = _row(line, table, places, day)
        number = 1
        if "households" in line.cells:
            number = _count(line, table, "households")
        elif "persons" in line.cells:
            persons = _count(line, table, "persons")
            number = round(persons / row.size)
            uneven += persons != number * row.size
        if number > 1 and len(rows) + number > MOST:
            allowed = f"at most {MOST:,} households in all; without the column size, any number is drawn"
            raise InputError(f"{line.where}, {_counting(line)}", number, allowed, file=table.file)
        rows += [row] * number
    if not rows:
        raise InputError(table.heading, 0, "a table with at least one household", file=table.file)
    shares = {name: count / len(rows) for name, count in Counter(row.origin for row in rows).items()}
    source = f"rows of {table.name}"
    note = f"persons over size; {uneven} of {len(lines)} lines rounded to whole households" if uneven else ""
    made = Listed({"rows": tuple(rows), "households": len(rows), "origins": shares})
    made.figures["households"] = Figure(len(rows), "households", mark="inferred", source=source, note=note)
    made.figures["origins"] = Figure("shares", "1", mark="inferred", source=source)
    given = {DAYS.get(column, column): column for column in lines[0].cells}
    for column, declared in HouseholdRow.model_fields.items():
        if declared.is_required():
            continue
        blank = sum(not line.cells.get(given.get(column, column), "") for line in lines)
        if blank:
            note = f"blank in {blank} of {len(lines)} lines" if column in given else "no such column"
            section = _SECTIONS.get(column, "")
            note += f"; the section {section} is not of these households" if section in whole else ""
            made.figures[f"{PREFIX}{column}"] = Figure(
                declared.default, _UNITS.get(column, ""), mark="assumed", note=note
            )
    return made


def _row(line: Line, table: Table, places: Sequence[str], day: str) -> HouseholdRow:
    values: dict[str, Any] = {}
    for column, cell in line.cells.items():
        if column in COUNTS or (not cell and column not in ("origin", "size")):
            continue
        where = f"{line.where}, {column}"
        if column in DAYS:
            values[DAYS[column]] = _weeks(cell, table, where, day)
            continue
        kind = HouseholdRow.model_fields[column].annotation
        if column == "origin":
            values[column] = place_name(cell, places, field=where, file=table.file)
        elif kind is int or kind is float:
            values[column] = number_in(cell, table, where, whole=kind is int)
        else:
            values[column] = cell.casefold()
    try:
        return build(HouseholdRow, values)
    except InputError as fault:
        field = f"{line.where}, {fault.field}"
        raise InputError(field, fault.value, fault.allowed, file=table.file, nearest=fault.nearest) from None


def _weeks(cell: str, table: Table, where: str, day: str) -> float:
    """Weeks from a day until that of the caseload."""
    found = day_in(cell, table, where)
    try:
        now = date.fromisoformat(day.strip())
    except ValueError:
        allowed = f"weeks; or give the caseload a whole date, such as 2026-01-05, to count from (it has {day!r})"
        raise InputError(where, cell, allowed, file=table.file) from None
    if found > now:
        raise InputError(where, cell, f"a day up to {now}, the date of the caseload", file=table.file)
    return (now - found).days / 7


# ---- how many, of which origin --------------------------------------------------------------------


def _counted(
    table: Table, lines: Sequence[Line], places: Sequence[str], whole: Mapping[str, Any], known: Mapping[str, Any],
    file: str,
) -> Listed:  # fmt: skip
    counting = _counting(lines[0])
    for column in lines[0].cells:
        if column not in ("origin", *MIXES, *COUNTS):
            allowed = f"given together with size: a count of {counting} has origin, stage and housing besides"
            raise InputError(table.heading, column, allowed, file=table.file)
    counts = [_count(line, table, counting) for line in lines]
    total = sum(counts)
    if not total:
        raise InputError(table.heading, 0, f"a table with at least one of its {counting}", file=table.file)
    source = f"rows of {table.name}"
    made = Listed()
    households, note = total, ""
    if counting == "persons":
        size = _mean_size(whole, known, table, file)
        households, note = (
            max(1, round(total / size)),
            f"{total:,} persons, {size:.3g} in the mean household (composition)",
        )
    made.values["households"] = households
    made.figures["households"] = Figure(households, "households", mark="inferred", source=source, note=note)
    origins: Counter[str] = Counter()
    for line, count in zip(lines, counts, strict=True):
        name = place_name(line.cells["origin"], places, field=f"{line.where}, origin", file=table.file)
        origins[name] += count
    made.values["origins"] = {name: count / total for name, count in origins.items() if count}
    made.figures["origins"] = Figure("shares", "1", mark="inferred", source=source)
    if not _said("composition", whole, known):
        note = "no such column: sizes and children are drawn from the section composition"
        made.figures[f"{PREFIX}size"] = Figure("composition", mark="assumed", note=note)
    for column, (section, mix) in MIXES.items():
        if column not in lines[0].cells:
            if not _said(section, whole, known):
                usual = {name: share for name, share in mix().model_dump().items() if share}
                told = ", ".join(f"{share:.0%} {name}" for name, share in usual.items())
                made.figures[f"{PREFIX}{column}"] = Figure(told, mark="assumed", note="no such column")
            continue
        if whole.get(section):  # a heading under which nothing is set says nothing
            allowed = f"left out: the column {column} of {table.name} gives it"
            raise InputError(section, whole[section], allowed, file=file)
        shares = _shares(column, mix, table, lines, counts)
        for name, share in shares.items():
            made.values[f"{section}.{name}"] = share
            made.figures[f"{section}.{name}"] = Figure(
                share, "1", mark="inferred", source=source, note="for all origins alike"
            )
    return made


def _said(section: str, whole: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a caseload's file, or one that it extends, gives anything of a section."""
    return section in whole or any(path.startswith(f"{section}.") for path in known)


def _shares(
    column: str, mix: type[StageMix] | type[HousingMix], table: Table, lines: Sequence[Line], counts: Sequence[int]
) -> dict[str, float]:
    """The share of each stage, or kind of housing, of all that is counted."""
    found: Counter[str] = Counter(dict.fromkeys(mix.model_fields, 0))
    for line, count in zip(lines, counts, strict=True):
        word = line.cells[column].casefold()
        if word not in mix.model_fields:
            near = nearest_spelling(word, mix.model_fields)
            allowed = "one of " + ", ".join(mix.model_fields)
            raise InputError(f"{line.where}, {column}", line.cells[column], allowed, file=table.file, nearest=near)
        found[word] += count
    return {name: count / sum(counts) for name, count in found.items()}


def _counting(line: Line) -> str:
    return next(column for column in COUNTS if column in line.cells)


def _count(line: Line, table: Table, column: str) -> int:
    where = f"{line.where}, {column}"
    number = number_in(line.cells[column], table, where, whole=True)
    if number < 0:
        raise InputError(where, number, "a whole number of at least 0", file=table.file)
    return int(number)


def _mean_size(whole: Mapping[str, Any], known: Mapping[str, Any], table: Table, file: str) -> float:
    """Mean persons of a household as the section `composition` draws them."""
    values: dict[str, Any] = {}
    given = whole.get("composition", {})
    for name in Composition.model_fields:
        path = f"composition.{name}"
        if isinstance(given, Mapping) and name in given:
            values[name] = entry(declarations(Caseload)[path], given[name], file)[0]
        elif path in known:
            values[name] = known[path]
    made = build(Composition, values, file=file)
    if made.family_share_by_origin:
        allowed = "households, or persons with their size: here the share of families differs between origins"
        raise InputError(table.heading, "persons", allowed, file=table.file)
    children, seen, chance = 0.0, 0.0, math.exp(-made.extra_children)
    for number in range(1, made.max_children + 1):
        share = 1.0 - seen if number == made.max_children else chance
        children, seen, chance = children + share * number, seen + chance, chance * made.extra_children / number
    return 1.0 + made.family_share * (made.second_adult + children)
