"""What countries are called: every name and code of ISO 3166, other spellings, and people without a nationality.

The names of `evidence/origins.csv` and the spellings of `evidence/names.csv` are looked up first; the rest of the
world's names come from the library pycountry, which is not loaded before somebody asks for one of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from abm.evidence.figures import table
from abm.inputs.parameters import InputError, nearest_spelling

#: Code of people whom no state holds to be its citizens, among those that ISO 3166 leaves to its users.
STATELESS = "XXA"


def folded(name: str) -> str:
    """A name as names are compared: without case, accents, points, and differences of hyphen, ampersand and saint."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    for mark, meant in (("&", " and "), ("’", "'"), ("-", " "), ("–", " "), (".", ""), (",", " ")):
        plain = plain.replace(mark, meant)
    words = plain.split()
    return " ".join("saint" if word == "st" else word for word in words)


def country_code(name: str, *, more: Iterable[str] = (), field: str = "origin", file: str = "") -> str:
    """The three-letter code of the country of that name, spelling or ISO code (two or three letters, in any case).

    Parameters
    ----------
    more
        Names that are known besides, for the nearest spelling.
    field, file
        Where the name was given, for the error message.

    Raises
    ------
    InputError
        If no country is called that (with the nearest name), or two are.
    """
    code = _code(name)
    if code:
        return code
    if folded(name) in _either():
        raise InputError(field, name, f"two countries are called that: {nearest_country(name)}", file=file)
    raise InputError(field, name, "not the name or code of a country", file=file, nearest=nearest_country(name, more))


def known_country(name: str) -> bool:
    """Whether a country has that name, spelling or code."""
    return bool(_code(name))


@cache
def _code(name: str) -> str:
    """The code of the country of that name; empty if there is none."""
    key = folded(name)
    return _own().get(key) or ("" if key in _either() else _world().get(key, ""))


@cache
def country_name(code: str) -> str:
    """What the country of a three-letter code is called here."""
    return _names().get(code) or _pycountry()[code]


def nearest_country(name: str, more: Iterable[str] = ()) -> str | None:
    """The country whose name is closest to a misspelt one (both, if it is that of two), or None.

    Parameters
    ----------
    more
        Names that are known besides.
    """
    if folded(name) in _either():
        return " or ".join(country_name(code) for code in _either()[folded(name)])
    spelled = {folded(known): known for known in (*_spellings(), *_pycountry().values(), *more)}
    near = nearest_spelling(folded(name), spelled)
    return spelled[near] if near else None


@cache
def codes() -> tuple[str, ...]:
    """The three-letter code of every country, in alphabetical order."""
    return tuple(row["iso3"] for row in table("countries"))


@cache
def regions() -> Mapping[str, str]:
    """The region of each country, by code; none for the Antarctic and its islands."""
    return MappingProxyType({row["iso3"]: row["region"] for row in table("countries")})


# ---- indexes, each built when it is first needed -----------------------------------------------------


@cache
def _names() -> Mapping[str, str]:
    """Names of our own choice, by code: those of the table of origins first."""
    chosen = {row["iso3"]: row["name"] for row in table("names") if row["kind"] == "name"}
    return MappingProxyType(chosen | {row["iso3"]: row["nationality"] for row in table("origins")})


@cache
def _spellings() -> Mapping[str, str]:
    """Every name and other spelling in our own tables, with its code."""
    found = {row["name"]: row["iso3"] for row in table("names") if row["kind"] != "either"}
    return MappingProxyType(found | {row["nationality"]: row["iso3"] for row in table("origins")})


@cache
def _own() -> Mapping[str, str]:
    """Code by folded name, from our own tables; codes name themselves."""
    by_name = {folded(name): code for name, code in _spellings().items()}
    return MappingProxyType({code.casefold(): code for code in codes()} | by_name)


@cache
def _either() -> Mapping[str, tuple[str, ...]]:
    """Names that do not say which country is meant, folded, with the codes of those it may be."""
    return MappingProxyType(
        {folded(row["name"]): tuple(row["iso3"].split()) for row in table("names") if row["kind"] == "either"}
    )


@cache
def _library() -> tuple[Mapping[str, str], ...]:
    """What pycountry says of each country: names of several kinds and codes."""
    import pycountry  # a tenth of a second: only for a name that our own tables do not have

    kinds = ("alpha_3", "alpha_2", "name", "common_name", "official_name")
    return tuple({kind: getattr(country, kind, "") for kind in kinds} for country in pycountry.countries)


@cache
def _pycountry() -> Mapping[str, str]:
    """The library's name of each country, by code."""
    return MappingProxyType({c["alpha_3"]: c["common_name"] or c["name"] for c in _library()})


@cache
def _world() -> Mapping[str, str]:
    """Code by folded name or two-letter code, from the library."""
    found: dict[str, str] = {}
    for kind in ("official_name", "common_name", "alpha_2", "name"):
        found |= {folded(country[kind]): country["alpha_3"] for country in _library() if country[kind]}
    return MappingProxyType(found)
