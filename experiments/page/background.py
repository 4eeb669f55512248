"""Work beside what a visitor sees: a thread of its own for each, of which the newest has the last word.

Runs themselves are shared out by `experiments.running.threads`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from abm.inputs.parameters import InputError

_turns = itertools.count(1)


class Latest(NamedTuple):
    """The newest thing that a thread told, and what went wrong since; `turn` grows with each thread started."""

    turn: int = 0
    value: Any = None
    problem: str = ""


def in_background(
    work: Callable[[Callable[[], bool]], Iterator[Any]], keep: Callable[[Callable[[Latest], Latest]], None]
) -> Callable[[], None]:
    """Start `work` in a thread of its own; the function returned stops it.

    Parameters
    ----------
    work
        Yields values; it gets a function that tells whether it was stopped.
    keep
        Changes the state that holds the `Latest`.  What an older thread tells late never replaces what
        a newer one told.
    """
    turn, over = next(_turns), threading.Event()

    def tell(value: Any, problem: str) -> None:
        if not over.is_set():
            keep(lambda held: held if held.turn > turn else Latest(turn, held.value if problem else value, problem))

    def body() -> None:
        try:
            for value in work(over.is_set):
                tell(value, "")
        except InputError as error:
            tell(None, str(error))
        except Exception as error:
            tell(None, f"This could not be run ({type(error).__name__}: {error}).")
            raise

    threading.Thread(target=body, daemon=True).start()
    return over.set
