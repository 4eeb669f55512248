"""A policy, caseload or behaviour as the text of a scenario file, which loads again as the same values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from abm.inputs.caseload import Caseload, Country
from abm.inputs.parameters import Declaration, Figure, InputError, Inputs, declarations, read
from abm.inputs.policy import Policy

_TEXTS = ("name", "title", "describes", "context", "place", "date")


def to_toml(inputs: Inputs) -> str:
    """The TOML text of an input: what differs from the defaults, and every figure with its source.

    Raises
    ------
    InputError
        If a caseload has a table of households of its own, which TOML text cannot hold.
    """
    if isinstance(inputs, Caseload) and inputs.rows:
        raise InputError("rows", f"{len(inputs.rows)} households", "a caseload without a table of its own")
    lines = [f"{key} = {_text(value)}" for key in _TEXTS if (value := getattr(inputs, key, ""))]
    section = ""
    known = declarations(type(inputs))
    for path in sorted(inputs.paths, key=_section):
        declared = known[path]
        value, figure = read(inputs, path), inputs.figures.get(path)
        opens = path == "standing.start_week" and read(inputs, "standing.amount_per_person") > 0.0
        is_there = path.endswith(".amount_per_person") and inputs.place_of(path)[1] in getattr(inputs, "offers", ())
        if figure is None and value == declared.default and not (opens or is_there):
            continue
        if _section(path) != section:
            section = _section(path)
            lines += ["", f"[{section}]"]
        lines.append(f"{path.rsplit('.', 1)[-1]} = {_entry(value, declared, figure)}")
    if isinstance(inputs, Policy):
        for number, regime in enumerate(inputs.regimes):
            lines += ["", "[[regime]]", f"from = {toml_value(regime.start)}"]
            lines += [f"title = {_text(regime.title)}"] if regime.title else []
            for path, value in regime.levers.items():
                figure = inputs.figures.get(f"regime.{number}.{path}")
                lines.append(f"{path} = {_entry(value, known[path], figure)}")
    if isinstance(inputs, Caseload) and inputs.inflow:
        lines += ["", "[inflow]"]
        for year, rate in inputs.inflow.items():
            lines.append(f"{year} = {_entry(rate, known['inflow_per_week'], inputs.figures.get(f'inflow.{year}'))}")
    if isinstance(inputs, Caseload):
        lines += ["", "[origins]", *_origins(inputs.origins, inputs.figures.get("origins"))]
        for name, said in inputs.countries.items():
            lines += ["", f"[countries.{_text(name)}]", *_country(name, said, inputs.figures)]
    return "\n".join(lines) + "\n"


def _section(path: str) -> str:
    return path.rpartition(".")[0]


def _entry(value: Any, declared: Declaration, figure: Figure | None) -> str:
    if figure is None:
        return toml_value(value)
    parts = [f"value = {toml_value(value)}"]
    parts += [f"{key} = {toml_value(x)}" for key in ("low", "high") if (x := getattr(figure, key)) is not None]
    parts.append(f"mark = {_text(figure.mark)}")
    if figure.unit != declared.unit:
        parts.append(f"unit = {_text(figure.unit)}")
    parts += [f"{key} = {_text(x)}" for key in ("source", "url", "note") if (x := getattr(figure, key))]
    return "{ " + ", ".join(parts) + " }"


def _origins(shares: Mapping[str, float], figure: Figure | None) -> Iterator[str]:
    if figure is not None:
        for key in ("mark", "source", "url", "note"):
            if getattr(figure, key):
                yield f"{key} = {_text(getattr(figure, key))}"
    for name, share in shares.items():
        yield f"{_text(name)} = {toml_value(share)}"


def _country(name: str, said: Country, figures: Mapping[str, Figure]) -> Iterator[str]:
    if said.like:
        yield f"like = {_text(said.like)}"
    for field, declared in declarations(Country).items():
        value = getattr(said, field)
        if value is not None:
            yield f"{field} = {_entry(value, declared, figures.get(f'countries.{name}.{field}'))}"


def toml_value(value: Any) -> str:
    """A value as TOML; None as the word that takes a limit away."""
    if value is None:
        return _text("none")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A TOML basic string (JSON's escapes are TOML's; only DEL must be escaped besides)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
