"""Countries of origin: safety, income, and how the procedure treated their citizens.

The table is `evidence/origins.csv`.  What a country's row does not say is filled with the median of the
countries that say it, and the name of the filled field is kept, so that nobody mistakes it for a figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median
from types import MappingProxyType

from abm.evidence.figures import number, table
from abm.inputs.parameters import InputError, nearest_spelling

#: Peace index at which safety is one, and at which it is nought (1 is most peaceful; scores end near 4).
MOST_PEACEFUL, LEAST_PEACEFUL = 1.0, 4.0
#: Pounds for a dollar, 2023 (assumed: a rounded yearly average).
GBP_PER_USD = 0.79
#: Dependants of a refused family: Section 9 project, 36 adults and 219 minors of 116 families (inferred).
DEPENDANTS_PER_FAMILY = 255 / 116
#: Most that the share of families can be: dependants also come with adult-only households (assumed).
MOST_FAMILIES = 0.6
#: Enforced share of the refused of 2010–20 from which removal to a country counts as feasible (assumed).
FEASIBLE_ENFORCED_SHARE = 0.15

#: Other spellings found in the sources.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "Congo": "Congo (Democratic Republic)",
        "DR Congo": "Congo (Democratic Republic)",
        "Democratic Republic of the Congo": "Congo (Democratic Republic)",
        "Gambia": "Gambia, The",
        "The Gambia": "Gambia, The",
        "Russian Federation": "Russia",
        "Türkiye": "Turkey",
        "Viet Nam": "Vietnam",
        "Serbia & Montenegro": "Serbia and Montenegro",
        "Yugoslavia": "Serbia and Montenegro",
    }
)


@dataclass(frozen=True)
class Origin:
    """A country of origin.

    Attributes
    ----------
    name, iso3
        Name as the statistics spell it, and its three-letter code.
    safety
        True safety at the start, 0 to 1: ``(4 − peace index 2022) / 3``, held within 0 and 1 (inferred).
    income_gbp
        GDP per head in pounds, from dollars at `GBP_PER_USD` (inferred).
    grant_rate
        Share granted at first decision, year to September 2024.
    appeal_allowed
        Share of appeals allowed, 2019–22.
    family_share
        Share of refused households with dependants: refused dependants per refused main applicant,
        over `DEPENDANTS_PER_FAMILY`, at most `MOST_FAMILIES` (inferred).
    returnable
        Whether enforced return is feasible: enforced share of the refused of 2010–20 of at least
        `FEASIBLE_ENFORCED_SHARE`; taken as feasible where that share is unknown (inferred).  Those
        shares count transfers to other European states, so some origins pass that home would not take.
    filled
        Fields that are the median of the other countries because the table has no figure.
    """

    name: str
    iso3: str
    safety: float
    income_gbp: float
    grant_rate: float
    appeal_allowed: float
    family_share: float
    returnable: bool
    filled: tuple[str, ...] = ()


def _safety(row: Mapping[str, str]) -> float | None:
    index = number(row, "gpi_2022")
    if index is None:
        return None
    return min(1.0, max(0.0, (LEAST_PEACEFUL - index) / (LEAST_PEACEFUL - MOST_PEACEFUL)))


def _income(row: Mapping[str, str]) -> float | None:
    dollars = number(row, "gdp_per_capita_usd")
    return None if dollars is None else dollars * GBP_PER_USD


def _family_share(row: Mapping[str, str]) -> float | None:
    main, dependants = number(row, "refused_main_applicants_ye_sep2024"), number(row, "refused_dependants_ye_sep2024")
    if not main or dependants is None:
        return None
    return min(MOST_FAMILIES, dependants / main / DEPENDANTS_PER_FAMILY)


_MEASURED = {
    "safety": _safety,
    "income_gbp": _income,
    "grant_rate": lambda row: number(row, "initial_grant_rate_ye_sep2024"),
    "appeal_allowed": lambda row: number(row, "appeal_allowed_share_2019_22"),
    "family_share": _family_share,
}


@cache
def origins() -> Mapping[str, Origin]:
    """Every country of the table, by name, in the table's order."""
    rows = table("origins")
    found = {field: [measure(row) for row in rows] for field, measure in _MEASURED.items()}
    usual = {field: median(v for v in values if v is not None) for field, values in found.items()}
    made: dict[str, Origin] = {}
    for place, row in enumerate(rows):
        values = {field: column[place] for field, column in found.items()}
        filled = tuple(field for field, value in values.items() if value is None)
        enforced = number(row, "enforced_share_cohort2010_20")
        known = {field: usual[field] if value is None else value for field, value in values.items()}
        made[row["nationality"]] = Origin(
            name=row["nationality"],
            iso3=row["iso3"],
            returnable=enforced is None or enforced >= FEASIBLE_ENFORCED_SHARE,
            filled=filled,
            **known,
        )
    return MappingProxyType(made)


def origin(name: str, *, field: str = "origin", file: str = "") -> Origin:
    """The country of that name, or of a spelling in `ALIASES`.

    Parameters
    ----------
    field, file
        Where the name was given, for the error message.

    Raises
    ------
    InputError
        If no country is called that.
    """
    known = origins()
    name = ALIASES.get(name, name)
    if name not in known:
        near = nearest_spelling(name, [*known, *ALIASES])
        raise InputError(field, name, "not a country of the table of origins", file=file, nearest=near)
    return known[name]


def shares_by(
    column: str,
    *,
    limit: int | None = None,
    safe_threshold: float | None = None,
    among: tuple[str, ...] = (),
    file: str = "",
) -> dict[str, float]:
    """Shares of the origins, in proportion to a column of the table; they sum to one.

    Parameters
    ----------
    column
        Column of `evidence/origins.csv` that counts people.
    limit
        Keep only this many of the largest.
    safe_threshold
        Keep only origins at least this safe.
    among
        Keep only these origins.
    file
        Where the column was named, for the error message.

    Raises
    ------
    InputError
        If nobody is left.
    """
    known = origins()
    counts = {}
    for row in table("origins"):
        name, count = row["nationality"], number(row, column)
        kept = (safe_threshold is None or known[name].safety >= safe_threshold) and (not among or name in among)
        if count and kept:
            counts[name] = count
    largest = sorted(counts, key=lambda name: (-counts[name], name))[:limit]
    total = math.fsum(counts[name] for name in largest)
    if not largest:
        raise InputError("origins.column", column, "a column with at least one of the origins asked for", file=file)
    return {name: counts[name] / total for name in largest}
