"""Countries of origin: safety and income by year, and how the procedure treated their citizens.

Incomes come from `evidence/gdp_per_capita.csv`, safety from the peace index of `evidence/origins.csv` and the
stability index of `evidence/political_stability.csv`, the rest from `evidence/origins.csv`.  What is known of no year
is filled with a median (of the country's region for income and safety, else of the table of origins), and the name of
the filled field is kept, so that nobody mistakes it for a figure.  A caseload may give figures of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from statistics import median
from types import MappingProxyType
from zlib import crc32

from abm.evidence.countries import STATELESS, codes, country_code, country_name, folded, known_country, regions
from abm.evidence.figures import column_figure, number, table
from abm.inputs.caseload import Caseload, Country
from abm.inputs.parameters import Figure, InputError, declarations

#: Peace index at which safety is one, and at which it is nought (1 is most peaceful; scores end near 4).
MOST_PEACEFUL, LEAST_PEACEFUL = 1.0, 4.0
#: Year of the scores of that index: from then on safety is as they say.
SCORED = 2022
#: Safety where the stability index is nought, and what a unit of it adds: least squares over the 47 origins with a
#: score, both of 2022 (R² 0.81, residual 0.08).  For the level of a country without a score.
STABILITY_LEVEL, STABILITY_SLOPE = 0.685, 0.172
#: What a unit of *change* of the stability index adds to safety: least squares within those countries over 2008–22,
#: held against the peace index of each year (R² 0.37, residual 0.04).  Collapses are understated
#: (Syria's by two fifths).
STABILITY_CHANGE = 0.10
#: Later than every figure: the nearest year to it is the newest.
NEWEST = 9_999
#: Dependants of a refused family: Section 9 project, 36 adults and 219 minors of 116 families (inferred).
DEPENDANTS_PER_FAMILY = 255 / 116
#: Most that the share of families can be: dependants also come with adult-only households (assumed).
MOST_FAMILIES = 0.6
#: Standard deviation between origins of that log odds (evidence: cohort shares by nationality).
ORIGINS_APART = 0.93
_REFUSED, _RETURNED = "latest_refusals_cohort2010_20", "voluntary_share_cohort2010_20"
#: Enforced share of the refused of 2010–20 from which removal to a country counts as feasible (assumed).
FEASIBLE_ENFORCED_SHARE = 0.15

_WORLD_BANK = "https://github.com/Miheergautam/OLYMPIQ-Visual-Analytics"


@dataclass(frozen=True, eq=False)
class Origin:
    """A country of origin in a year.

    Attributes
    ----------
    name, iso3
        Name as the statistics spell it, and its three-letter code.
    safety
        True safety, 0 to 1.  From 2022 on ``(4 − peace index 2022) / 3``, held within 0 and 1 (inferred); where there
        is no score, `STABILITY_LEVEL` and `STABILITY_SLOPE` times the stability index (inferred).  In earlier years
        that, and `STABILITY_CHANGE` for each unit by which the stability index was higher (inferred).
    income_gbp
        GDP per head of the year, in current dollars at the year's mean rate (inferred): current prices, because offers
        are sums of their time.
    grant_rate
        Share granted at first decision, year to September 2024.
    appeal_allowed
        Share of appeals allowed, 2019–22.
    family_share
        Share of refused households with dependants: refused dependants per refused main applicant,
        over `DEPENDANTS_PER_FAMILY`, at most `MOST_FAMILIES` (inferred).
    return_effect
        Log odds of voluntary return against those of all origins: refused main applicants of 2010–20 who had returned,
        shrunk towards nought by their number (inferred); nought where there are none.
    returnable
        Whether enforced return is feasible: enforced share of the refused of 2010–20 of at least
        `FEASIBLE_ENFORCED_SHARE`; taken as feasible where that share is unknown (inferred).  Those
        shares count transfers to other European states, so some origins pass that home would not take.
        No state takes the stateless (assumed).
    filled
        Fields that are a median of other countries because there is no figure.
    figures
        Each field's mark, source and year.
    """

    name: str
    iso3: str
    safety: float
    income_gbp: float
    grant_rate: float
    appeal_allowed: float
    family_share: float
    return_effect: float
    returnable: bool
    filled: tuple[str, ...]
    figures: Mapping[str, Figure]


def origin(name: str, year: int | None = None, *, field: str = "origin", file: str = "") -> Origin:
    """The country of that name, spelling or ISO code, with its figures of a year.

    Parameters
    ----------
    year
        Year of income and safety, or the nearest with figures; without one, the newest.
    field, file
        Where the name was given, for the error message.

    Raises
    ------
    InputError
        If no country is called that.
    """
    return _origin(country_code(name, field=field, file=file), NEWEST if year is None else year)


@cache
def origins() -> Mapping[str, Origin]:
    """Every country of the table of origins, by name, in the table's order, with its newest figures."""
    return MappingProxyType({row["nationality"]: _origin(row["iso3"], NEWEST) for row in table("origins")})


def safety_in(name: str, year: int) -> float:
    """True safety of a country in a year, 0 to 1 (see `Origin.safety`).

    Raises
    ------
    InputError
        If no country is called that.
    """
    return origin(name, year).safety


def income_in(name: str, year: int) -> float:
    """Income per head of a country in a year, GBP (see `Origin.income_gbp`).

    Raises
    ------
    InputError
        If no country is called that.
    """
    return origin(name, year).income_gbp


# ---- as a caseload has it ----------------------------------------------------------------------------


@cache
@cache
def year_of(date: str, *, file: str = "") -> int | None:
    """The year of a caseload's date; None if it has no date.

    Raises
    ------
    InputError
        If the date does not begin with a year.
    """
    if not date.strip():
        return None
    found = re.match(r"\s*((?:19|20)\d\d)(?!\d)", date)
    if not found:
        raise InputError("date", date, "a date with the year first, such as 2026-03-05", file=file)
    return int(found[1])


def place_name(name: str, places: Collection[str] = (), *, field: str = "origin", file: str = "") -> str:
    """What the country of some spelling is called here.

    Parameters
    ----------
    places
        Places that a caseload describes itself, which need not be countries.
    field, file
        Where the name was given, for the error message.

    Raises
    ------
    InputError
        If no country or place is called that.
    """
    if not known_country(name):
        for place in places:
            if folded(place) == folded(name):
                return place
    return country_name(country_code(name, more=places, field=field, file=file))


def home(caseload: Caseload, name: str) -> Origin:
    """A country as a caseload has it: figures of the year of its date, and those that it gives itself.

    Raises
    ------
    InputError
        If no country is called that, and the caseload does not say which it is like.
    """
    year, places = year_of(caseload.date), caseload.countries
    if not places:
        return known_home(name, year)
    name = place_name(name, places)
    key = next((place for place in places if place_name(place, places) == name), None)
    if key is None:
        return origin(name, year)
    said = places[key]
    land = origin(said.like or name, year, field=f"countries.{key}.like")
    values, figures = {}, dict(land.figures)
    for given, field in _GIVEN.items():
        value = getattr(said, given)
        if value is not None:
            values[field] = value
            figures[field] = caseload.figures.get(f"countries.{key}.{given}", Figure(value, source="set by the user"))
    filled = tuple(field for field in land.filled if field not in values)
    code = country_code(name) if known_country(name) else _own_code(name)
    return replace(land, name=name, iso3=code, filled=filled, figures=MappingProxyType(figures), **values)


@cache
def known_home(name: str, year: int | None) -> Origin:
    """A country of which a caseload says nothing itself: found once, since the points of a sweep are many."""
    return origin(place_name(name), year)


#: What a caseload may say of a country, and which field of an `Origin` that is.
_GIVEN = {name: {"income": "income_gbp"}.get(name, name) for name in declarations(Country)}


def _own_code(name: str) -> str:
    """A code for a place that is not a country: with a digit, so that ISO 3166 will never give it."""
    digits, places = "0123456789", crc32(folded(name).encode()) % 100
    return f"X{digits[places // 10]}{digits[places % 10]}"


def shares_by(
    column: str,
    *,
    limit: int | None = None,
    safe_threshold: float | None = None,
    among: tuple[str, ...] = (),
    year: int | None = None,
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
    year
        Year of whose safety `safe_threshold` is asked; without one, the newest.
    file
        Where the column was named, for the error message.

    Raises
    ------
    InputError
        If nobody is left.
    """
    counts = {}
    for row in table("origins"):
        name, count = row["nationality"], number(row, column)
        kept = (safe_threshold is None or origin(name, year).safety >= safe_threshold) and (not among or name in among)
        if count and kept:
            counts[name] = count
    largest = sorted(counts, key=lambda name: (-counts[name], name))[:limit]
    total = math.fsum(counts[name] for name in largest)
    if not largest:
        raise InputError("origins.column", column, "a column with at least one of the origins asked for", file=file)
    return {name: counts[name] / total for name in largest}


# ---- figures by year ---------------------------------------------------------------------------------


@cache
def _by_year(name: str) -> Mapping[str, Mapping[int, float]]:
    """A table with a row a country and a column a year: figures by code, then by year."""
    return MappingProxyType(
        {
            row["iso3"]: {int(year): float(cell) for year, cell in row.items() if year != "iso3" and cell}
            for row in table(name)
        }
    )


@cache
def _pounds_per_dollar() -> Mapping[int, float]:
    return MappingProxyType({int(row["year"]): float(row["gbp_per_usd"]) for row in table("exchange_rates")})


def _nearest(years: Iterable[int], year: int) -> int:
    """The nearest of some years; of two as near, the earlier."""
    return min(years, key=lambda known: (abs(known - year), known))


def _in_year(asked: int, found: int) -> str:
    """What a note says of a figure of one year that stands for another."""
    return "" if asked in (found, NEWEST) else f"{found} stands for {asked}, for which there is no figure"


@cache
def _source(code: str) -> str:
    """The country whose figures by year serve: itself, or the one that came after it."""
    return next((row["figures_of"] for row in table("countries") if row["iso3"] == code), "") or code


def _income(code: str, year: int) -> Figure | None:
    """GDP per head of the nearest year with a figure, at the rate of that year."""
    dollars = _by_year("gdp_per_capita").get(_source(code))
    if not dollars:
        return None
    found = _nearest(dollars, year)
    rate = _pounds_per_dollar()[found]
    told = [f"USD {dollars[found]:,.0f} in {found} at {rate}", _in_year(year, found), _of_another(code)]
    return Figure(
        dollars[found] * rate, "GBP/person/year", mark="inferred", url=_WORLD_BANK, note="; ".join(filter(None, told)),
        source="World Bank NY.GDP.PCAP.CD (March 2025); Federal Reserve Board, mean rate of the year",
    )  # fmt: skip


def _safety(code: str, year: int) -> Figure | None:
    """Safety of a year from the peace index of 2022 and the stability index."""
    row = _row(_source(code))
    index = number(row, "gpi_2022") if row else None
    stability = _by_year("political_stability").get(_source(code))
    if index is None and not stability:
        return None
    told = [_of_another(code)]
    if index is not None:
        level = (LEAST_PEACEFUL - index) / (LEAST_PEACEFUL - MOST_PEACEFUL)
        source, told = "Institute for Economics and Peace, peace index 2022", [f"(4 − {index}) / 3 in {SCORED}", *told]
    else:
        assert stability
        known = stability[_nearest(stability, SCORED)]
        level = STABILITY_LEVEL + STABILITY_SLOPE * known
        source, told = "Worldwide Governance Indicators, political stability", [f"index {known} in {SCORED}", *told]
    if year < SCORED and stability:
        found, last = _nearest(stability, year), _nearest(stability, SCORED)
        level += STABILITY_CHANGE * (stability[found] - stability[last])
        told += [f"{STABILITY_CHANGE} × ({stability[found]} − {stability[last]}) to {found}", _in_year(year, found)]
    return Figure(
        min(1.0, max(0.0, level)), "safety index 0–1", mark="inferred", source=source, url=_WORLD_BANK,
        note="; ".join(filter(None, told)),
    )  # fmt: skip


def _of_another(code: str) -> str:
    return "" if _source(code) == code else f"figure of {country_name(_source(code))}"


@cache
def _median(measure: Callable[[str, int], Figure | None], region: str, year: int) -> Figure:
    """Median of a region's countries in a year (of the world's, where a region has none)."""
    for among in (region, ""):
        found = [measure(code, year) for code in codes() if not among or regions()[code] == among]
        values = [figure for figure in found if figure is not None]
        if values:
            middle = median(figure.value for figure in values)
            return Figure(middle, values[0].unit, mark="assumed", note=f"no figure: median of {among or 'the world'}")
    raise LookupError(region)


# ---- figures of the table of origins ------------------------------------------------------------------


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({row["iso3"]: row for row in table("origins")})


def _row(code: str) -> Mapping[str, str] | None:
    return _rows().get(code)


def _family_share(row: Mapping[str, str]) -> float | None:
    main, dependants = number(row, "refused_main_applicants_ye_sep2024"), number(row, "refused_dependants_ye_sep2024")
    if not main or dependants is None:
        return None
    return min(MOST_FAMILIES, dependants / main / DEPENDANTS_PER_FAMILY)


#: What is read from the table of origins: how, and the column it comes from.
_MEASURED: Mapping[str, tuple[Callable[[Mapping[str, str]], float | None], str]] = MappingProxyType(
    {
        "grant_rate": (lambda row: number(row, "initial_grant_rate_ye_sep2024"), "initial_grant_rate_ye_sep2024"),
        "appeal_allowed": (lambda row: number(row, "appeal_allowed_share_2019_22"), "appeal_allowed_share_2019_22"),
        "family_share": (_family_share, "refused_dependants_ye_sep2024"),
    }
)


@cache
def _usual(name: str) -> float:
    """Median of a figure over the origins that have one."""
    found = [_MEASURED[name][0](row) for row in table("origins")]
    return median(value for value in found if value is not None)


def _measured(name: str, row: Mapping[str, str] | None) -> Figure:
    measure, column = _MEASURED[name]
    value = measure(row) if row else None
    if value is None:
        return Figure(_usual(name), "1", mark="assumed", note="no figure: median of the table of origins")
    return replace(column_figure(column), value=value, unit="1", mark="inferred")


@cache
def _all_returned() -> float:
    """Share of voluntary returns among the refused of 2010–20 of all origins of the table."""
    counts = [(number(row, _REFUSED) or 0.0, number(row, _RETURNED) or 0.0) for row in table("origins")]
    return math.fsum(n * share for n, share in counts) / math.fsum(n for n, _ in counts)


def _return_effect(row: Mapping[str, str] | None) -> Figure:
    """Effect of an origin on return: an empirical Bayes estimate on the scale of log odds."""
    n, share = (number(row, _REFUSED), number(row, _RETURNED)) if row else (None, None)
    if not n or not share:
        return Figure(0.0, "log odds", mark="assumed", note="no count: that of all origins")
    everybody = _all_returned()
    apart = math.log(share / (1.0 - share)) - math.log(everybody / (1.0 - everybody))
    noise = 1.0 / (n * share * (1.0 - share))
    value = apart * ORIGINS_APART**2 / (ORIGINS_APART**2 + noise)
    return replace(column_figure(_RETURNED), value=value, unit="log odds", mark="inferred")


def _returnable(code: str, row: Mapping[str, str] | None) -> Figure:
    if code == STATELESS:
        return Figure(False, "yes/no", mark="assumed", note="no state takes the stateless")
    enforced = number(row, "enforced_share_cohort2010_20") if row else None
    if enforced is None:
        return Figure(True, "yes/no", mark="assumed", note="share of enforced returns unknown: taken as feasible")
    feasible = enforced >= FEASIBLE_ENFORCED_SHARE
    return replace(column_figure("enforced_share_cohort2010_20"), value=feasible, unit="yes/no", mark="inferred")


@cache
def _origin(code: str, year: int) -> Origin:
    """The country of a code, with its figures of a year."""
    row, region = _row(code), regions()[code]
    measured = {"safety": _safety(code, year), "income_gbp": _income(code, year)}
    found = {
        "safety": measured["safety"] or _median(_safety, region, year),
        "income_gbp": measured["income_gbp"] or _median(_income, region, year),
        **{name: _measured(name, row) for name in _MEASURED},
        "return_effect": _return_effect(row),
        "returnable": _returnable(code, row),
    }
    filled = tuple(name for name, figure in found.items() if "median" in figure.note)
    values = {name: figure.value for name, figure in found.items()}
    return Origin(country_name(code), code, **values, filled=filled, figures=MappingProxyType(found))
