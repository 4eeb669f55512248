"""The model in a space of Mesa's: a network whose nodes are households' places, and whose edges are their ties."""

from __future__ import annotations

import inspect
import threading
from contextlib import nullcontext
from typing import Any

import numpy as np
from mesa.discrete_space import Network

from abm.arrays.ties import to_networkx
from abm.browser.layout import ASPECT, Picture, picture
from abm.household.stages import COL
from abm.inputs.behaviour import Behaviour
from abm.inputs.caseload import Caseload
from abm.inputs.policy import Policy
from abm.mesa_model import ReturnModel

#: Mesa 3.3 has no places in its networks; later versions have.
_HAS_PLACES = "layout" in inspect.signature(Network.__init__).parameters


def laid_out(model: ReturnModel) -> Picture:
    """Places by origin and site, the same as on the page of two policies."""
    s = model.state.s
    order = np.lexsort((s[COL.id], s[COL.site]))
    return picture(s[COL.origin].astype(np.int64), order)


class HouseholdNetwork(Network):
    """Mesa's network with a cell for each household of the run, also for those who are still to come.

    Attributes
    ----------
    picture
        Where everything is, and the blocks of the origins.
    places
        (x, y) of every node, y upwards; the picture is 1 high and `ASPECT` wide.
    model
        The model whose households stand in it.
    drawing
        Held while the model steps and while it is drawn: Mesa plays in one thread and answers a visitor in another.
    """

    def __init__(self, model: ReturnModel) -> None:
        self.model = model
        self.drawing = threading.RLock()
        self.picture = laid_out(model)
        x, y = self.picture.xy[:, 0] * ASPECT, 1.0 - self.picture.xy[:, 1]
        self.places = {row: (float(x[row]), float(y[row])) for row in range(len(x))}
        graph = to_networkx(model.state.tie_start, model.state.ties)
        layout: dict[str, Any] = {"layout": self.places} if _HAS_PLACES else {}
        super().__init__(graph, random=model.random, **layout)


class PlacedModel(ReturnModel):
    """`ReturnModel` with a ``grid``, as Mesa's drawing of spaces wants one.

    The space is made when somebody asks for it: a run that nobody looks at is not slower.  Parameters are
    those of `ReturnModel`.

    Examples
    --------
    >>> from abm.browser import PlacedModel
    >>> model = PlacedModel("uk-pilot-2026", weeks=52)
    >>> len(list(model.grid.agents)) == len(model.agents)
    True
    """

    _grid: HouseholdNetwork | None = None

    def __init__(
        self,
        policy: Policy | str = "uk-2025",
        caseload: Caseload | str = "uk-families-2026",
        behaviour: Behaviour | str | None = None,
        **kwargs: Any,  # by this name Mesa's pages know that there may be more
    ) -> None:
        super().__init__(policy, caseload, behaviour, **kwargs)

    @property
    def grid(self) -> HouseholdNetwork:
        """The households in their places, with their ties."""
        if self._grid is None:
            self._grid = HouseholdNetwork(self)
            for household in self.agents:
                household.cell = self._grid[household.row]
        return self._grid

    def step(self) -> None:
        """One week; never while the households are drawn."""
        with self._grid.drawing if self._grid is not None else nullcontext():
            super().step()

    def _meet(self, row: int) -> None:
        super()._meet(row)
        if self._grid is not None:
            self.by_row[row].cell = self._grid[row]

    def set_policy(self, policy: Policy | str, *, from_week: int | None = None) -> None:
        """As `ReturnModel.set_policy`; the space is made anew, since others may come under the new policy."""
        super().set_policy(policy, from_week=from_week)
        if self._grid is not None:
            for household in self.agents:
                household.cell = None
            self._grid = None
