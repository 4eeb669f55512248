"""What the command line prints: tables on standard output, remarks on standard error, strict JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.console import Console

Settings = Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)]
AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
AsCsv = Annotated[bool, Parameter(name="--csv", negative="", show_default=False)]


def tell(message: str) -> None:
    """Say something that is not a result."""
    print(message, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print strict JSON: numbers that do not exist are null."""
    print(json.dumps(without_nan(value), indent=2, ensure_ascii=True, allow_nan=False, default=str))


def without_nan(value: Any) -> Any:
    """The same value with None for NaN and infinities."""
    if isinstance(value, dict):
        return {key: without_nan(held) for key, held in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_nan(held) for held in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def console() -> Console:
    """Standard output as a console: as wide as the terminal (or COLUMNS), plain when piped."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # `experiments.cli.main.main` says what it means

    return Output(highlight=False)
