"""What every tab of the page is given: the question, its answer, where the visitor is, and what can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from experiments.page.choices import Choices
from experiments.page.paired import Answer
from experiments.page.place import Place


@dataclass(frozen=True)
class View:
    """What a tab shows and what it can ask for.

    Attributes
    ----------
    choices
        What the visitor asks now.
    answer
        What was run last, of this question or, while `busy`, of the one before; None before the first run.
    place
        Tab, week and household in view.
    busy
        Whether the runs of the present question are still to come.
    fault
        Why the present question could not be run, or "".
    dark
        Whether the page is dark.
    change
        Ask something else: gets a function from the present choices to new ones; what that refuses with an
        `InputError` is told at the top of the page.
    go
        Move to another place; changes of the tab are steps that Back undoes.
    others
        Visitors whose runs go on too, told while this one waits for first figures.
    """

    choices: Choices
    answer: Answer | None
    place: Place
    busy: bool
    fault: str
    dark: bool
    change: Callable[[Callable[[Choices], Choices]], None]
    go: Callable[[Place], None]
    others: int = 0
