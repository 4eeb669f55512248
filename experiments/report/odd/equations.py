"""The equations of the protocol: written once, with the parameters by their paths, shown with their symbols.

`equations.toml` holds a text for each, in LaTeX, in which ``@behaviour.money`` stands for the symbol of that parameter
(`symbols.toml`), and words, in which ``@behaviour.money@`` stands for its path.  `rules` are the functions it tells
of, `context` those that pass a parameter to them.  A test reads the functions: what they read of the parameters is what
the equation names, no more and no less.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from abm.scenarios.overrides import known_paths
from experiments.report.odd.markdown import code, table

HERE = Path(__file__).parent
_PATH = r"@([a-z0-9_]+(?:\.[a-z0-9_]+)+)"
_SYMBOL, _NAME = re.compile(_PATH), re.compile(_PATH + "@")


@dataclass(frozen=True)
class Equation:
    """A submodel's equations.

    Attributes
    ----------
    id, title
        Its name in the template, and for people.
    text
        LaTeX, with parameters by their paths.
    where
        What the letters mean that are no parameters.
    rules
        Functions that it tells of, as ``module:name``.
    context
        Functions in which the rest of its parameters are read.
    """

    id: str
    title: str
    text: str
    where: str
    rules: tuple[str, ...]
    context: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Paths of its parameters, in the order in which they come."""
        return tuple(dict.fromkeys([*_SYMBOL.findall(self.text), *_NAME.findall(self.where)]))

    def shown(self) -> str:
        """The equations, what the letters mean, the parameters, and where they are written as code."""
        text = _SYMBOL.sub(lambda found: "{" + symbols()[found[1]] + "}", self.text.strip())
        known, inside = known_paths(), set(_SYMBOL.findall(self.text))
        rows = [[f"${symbols()[path]}$" if path in inside else "", code(path), known[path][1].meaning]
                for path in self.parameters]  # fmt: skip
        rules = self.rules or self.context
        written = ", ".join(f"[`{name}`]({_file(module)})" for module, name in map(_split, rules))
        parts = [f"**{self.title}** ({written})", f"```math\n{text}\n```", named(self.where).strip()]
        parts += [table(["symbol", "parameter", "meaning"], rows)] if rows else []
        return "\n\n".join(part for part in parts if part)


def named(text: str) -> str:
    """A text in which ``@path@`` is the path as code."""
    return _NAME.sub(lambda found: code(found[1]), text)


def paths_in(text: str) -> list[str]:
    """The parameters that a text names by ``@path@``."""
    return _NAME.findall(text)


def _split(rule: str) -> tuple[str, str]:
    module, _, name = rule.partition(":")
    return module, name


def _file(module: str) -> str:
    """Path of a module's file from the protocol's own folder."""
    return "/".join(module.split(".")[1:]) + ".py"


@cache
def symbols() -> dict[str, str]:
    """Symbols in LaTeX, by path of the parameter."""
    told: dict[str, str] = tomllib.loads((HERE / "symbols.toml").read_text(encoding="utf-8"))
    return told


@cache
def equations() -> dict[str, Equation]:
    """The equations by id."""
    told = tomllib.loads((HERE / "equations.toml").read_text(encoding="utf-8"))
    return {
        name: Equation(name, one["title"], one["text"], one.get("where", ""), tuple(one["rules"]),
                       tuple(one.get("context", ())))
        for name, one in told.items() if name != "charges"
    }  # fmt: skip


@cache
def charges() -> dict[str, str]:
    """What is booked to each line of the account, by its name."""
    told: dict[str, str] = tomllib.loads((HERE / "equations.toml").read_text(encoding="utf-8"))["charges"]
    return told
