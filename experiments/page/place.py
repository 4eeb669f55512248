"""Where in the page a visitor is: the tab, the week and the household, as part of the web address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from abm.inputs.parameters import InputError, nearest_spelling
from abm.measures import COMPARED, MEASURES
from abm.scenarios.overrides import known_paths

#: The tabs, in the order in which they stand.
TABS = ("answer", "watch", "explore", "evidence")
#: What of an address says where one is, not what was asked.
KEYS = ("tab", "week", "household", "lever", "second", "measure")
#: Of these, what is looked at under Explore.
LOOKED = KEYS[3:]
#: Identities of households are whole numbers below this.
_MOST = 2**53


@dataclass(frozen=True)
class Place:
    """A place in the page.

    Attributes
    ----------
    tab
        One of `TABS`.
    week
        The week in view, from −1 for the start; None: where A and B first differ.
    household
        The household whose card is open, or None.
    lever, second
        Paths of the levers that are looked along, or None for the usual ones.
    measure
        The measure that is looked at, or None for the net saving.
    """

    tab: str = TABS[0]
    week: int | None = None
    household: int | None = None
    lever: str | None = None
    second: str | None = None
    measure: str | None = None

    def query(self) -> str:
        """The place as part of a query; what is usual is left out."""
        told: dict[str, str | int] = {} if self.tab == TABS[0] else {"tab": self.tab}
        told |= {key: value for key in KEYS[1:] if (value := getattr(self, key)) is not None}
        return urlencode(told)

    @classmethod
    def from_query(cls, text: str | None) -> tuple[Place, list[str]]:
        """The place that an address names, and what of it could not be read, one sentence each."""
        found: dict[str, Any] = {}
        problems = []
        for key, value in parse_qsl((text or "").lstrip("?"), keep_blank_values=True):
            try:
                if key == "tab":
                    found[key] = _tab(value)
                elif key in LOOKED:
                    found[key] = _known(key, value)
                elif key in KEYS:
                    found[key] = _whole(key, value, -1 if key == "week" else 0)
            except InputError as fault:
                problems.append(f"From the address: {fault}")
        return cls(**found), problems


def _tab(value: str) -> str:
    if value not in TABS:
        raise InputError("tab", value, "one of " + ", ".join(TABS), nearest=nearest_spelling(value, TABS))
    return value


def _known(key: str, value: str) -> str:
    known = (*MEASURES, *COMPARED) if key == "measure" else tuple(known_paths())
    if value not in known:
        raise InputError(key, value, "one that there is", nearest=nearest_spelling(value, known))
    return value


def _whole(key: str, value: str, least: int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if not least <= number < _MOST:
        raise InputError(key, value, f"a whole number from {least}")
    return number
