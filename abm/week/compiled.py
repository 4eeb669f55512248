"""The compiled driver: the rules and routines of the model, run over all households of a run at once.

This module holds no behaviour.  It compiles the functions that Mesa's driver calls as plain Python,
releases the interpreter lock while they run, and keeps the result on disk.  The key of that cache
includes a hash of every source file of the model, so that a changed rule can never meet stale code.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from types import FunctionType
from typing import Any

from abm.arrays.paths import safety_paths
from abm.arrays.population import populate, who_comes
from abm.arrays.setting import Setting
from abm.arrays.state import State, new_state
from abm.arrays.tally import Tally, tally
from abm.arrays.ties import draw_ties
from abm.inputs.parameters import InputError
from abm.numerics.arithmetic import entry
from abm.numerics.reference import by_reference
from abm.week.procedure import stock_at_start
from abm.week.week import one_week

#: Wings whose text decides what a run does; and the tables that they read.
WINGS = ("numerics", "inputs", "evidence", "household", "arrays", "week")
TABLES = tuple(
    f"evidence/{name}.csv"
    for name in ("origins", "countries", "names", "gdp_per_capita", "exchange_rates", "political_stability")
)


def source_hash(*others: str) -> str:
    """Hash of the rules: every source file of the wings they live in, and of some others, and the tables they read."""
    here = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=8)
    sources = [path.relative_to(here).as_posix() for wing in (*WINGS, *others) for path in (here / wing).glob("*.py")]
    for name in sorted([*sources, *TABLES]):
        digest.update(name.encode())
        digest.update((here / name).read_bytes())
    return digest.hexdigest()


def _entries(fingerprint: str) -> tuple[Any, Any, Any]:
    # `fingerprint` is a free variable of each function below and so part of the key of Numba's cache.

    def begin(key: Any, x: Setting) -> State:
        _ = fingerprint
        inputs = by_reference(x)
        table, arrivals = who_comes(key, inputs)
        start, to = draw_ties(key, inputs, by_reference(table))
        populate(key, inputs, by_reference(table))
        state = new_state(inputs, table, arrivals, start, to, safety_paths(key, inputs))
        stock_at_start(key, inputs, by_reference(state))
        return state

    begin = entry(begin)

    def advance(key: Any, x: Setting, state: State, first: int, last: int) -> None:
        _ = fingerprint
        inputs, changing = by_reference(x), by_reference(state)
        for week in range(first, last):
            one_week(key, week, inputs, changing)

    advance = entry(advance)

    def tallied(x: Setting, state: State, weight: float) -> Tally:
        _ = fingerprint
        found: Tally = tally(by_reference(x), by_reference(state), weight)
        return found

    return begin, advance, entry(tallied)


begin, advance, tallied = _entries(source_hash())


def _functions() -> dict[tuple[str, str], Any]:
    """The functions that the rules are made of, by module and name."""
    modules = {name: module for name, module in sys.modules.items() if name.split(".")[:1] == ["abm"]}
    return {
        (name, word): found
        for name, module in modules.items()
        if name.split(".")[1:2] and name.split(".")[1] in WINGS
        for word, found in vars(module).items()
        if isinstance(found, FunctionType)
    }


_AS_THEY_ARE = _functions()


def _by_module() -> list[tuple[dict[str, Any], Callable[[dict[str, Any]], Any], Any]]:
    """The same by module: its names, what reads the functions from them at a stroke, and what it should find."""
    found: list[tuple[dict[str, Any], Callable[[dict[str, Any]], Any], Any]] = []
    for module in dict.fromkeys(module for module, _ in _AS_THEY_ARE):
        names = vars(sys.modules[module])
        reader = itemgetter(*(name for of, name in _AS_THEY_ARE if of == module))
        found.append((names, reader, reader(names)))
    return found


_BY_MODULE = _by_module()


def check_rules() -> None:
    """See that no function of the rules was replaced from outside: the compiled week would go on with the old one.

    Raises
    ------
    InputError
        Naming the function.
    """
    with suppress(KeyError):
        if all(reader(names) == found for names, reader, found in _BY_MODULE):
            return
    for (module, name), function in _AS_THEY_ARE.items():
        if getattr(sys.modules[module], name, None) is not function:
            allowed = "left as it is: what is compiled would not follow; register a rule instead (see abm.rules)"
            raise InputError(f"{module}.{name}", "another function", allowed)
