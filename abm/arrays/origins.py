"""What is known of the countries from which the households of a run come, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abm.evidence.homeland import Origin as Land
from abm.evidence.homeland import home, known_home, place_name, year_of
from abm.inputs.caseload import Caseload
from abm.inputs.kept import once
from abm.inputs.policy import Offer
from abm.numerics.named import Named, numbers


class Origin(Named):
    """What is known of a country of origin, whatever the week."""

    share = "cumulative share of the households"
    safety = "true safety at the start"
    on_path = "1 if its safety follows the world's path"
    income = "income at home, GBP a year per head"
    effect = "effect on return, log odds"
    grant = "share granted at first decision"
    allowed = "share of appeals allowed"
    families = "share of households with children"
    returnable = "1 if removal is feasible"
    country = "a number that belongs to the country wherever it stands in a list"


ORIGIN = numbers(Origin)
#: The rows of the origins go on with one an offer: 1 where offer k is open to the origin.
OPEN_TO = len(Origin)


def origin_names(caseload: Caseload) -> list[str]:
    """The origins of a caseload, in the order of its setting's arrays."""
    return list(dict.fromkeys([*caseload.origins, *(row.origin for row in caseload.rows)]))


@once
def by_origin(caseload: Caseload, names: tuple[str, ...]) -> np.ndarray:
    """Figures by origin, a row an `Origin`."""
    world, composition, procedure, places = caseload.world, caseload.composition, caseload.procedure, caseload.countries
    if places:
        found = _of_lands([home(caseload, name) for name in names])
    else:
        found = _known(names, year_of(caseload.date)).copy()
    shares = np.array([caseload.origins.get(name, 0.0) for name in names])
    found[Origin.share] = np.cumsum(shares) / max(shares.sum(), 1e-300)
    paths = {name.strip() for name in world.safety_origins.split(",")}
    if "all" not in paths:
        on_path = {place_name(name, places) for name in paths}
        found[Origin.on_path] = [float(place_name(name, places) in on_path) for name in names]
    found[Origin.income] = np.maximum(found[Origin.income], world.income_floor)
    for row, given in (
        (Origin.grant, procedure.grant_rate),
        (Origin.allowed, procedure.appeal_allowed),
        (Origin.families, None if composition.family_share_by_origin else composition.family_share),
    ):
        if given is not None:
            found[row] = given
    return found


@once
def _known(names: tuple[str, ...], year: int | None) -> np.ndarray:
    """Figures of countries of which a caseload says nothing itself."""
    return _of_lands([known_home(name, year) for name in names])


def _of_lands(lands: Sequence[Land]) -> np.ndarray:
    """What is known of countries, a row an `Origin`; whoever stands in them is not."""
    found = {
        Origin.share: [0.0 for _ in lands],
        Origin.safety: [land.safety for land in lands],
        Origin.on_path: [1.0 for _ in lands],
        Origin.income: [land.income_gbp for land in lands],
        Origin.effect: [land.return_effect for land in lands],
        Origin.grant: [land.grant_rate for land in lands],
        Origin.allowed: [land.appeal_allowed for land in lands],
        Origin.families: [land.family_share for land in lands],
        Origin.returnable: [float(land.returnable) for land in lands],
        Origin.country: [float(int(land.iso3, 36)) for land in lands],
    }
    return np.array([found[row] for row in Origin])


@once
def open_to(offer: Offer, names: tuple[str, ...], places: tuple[str, ...]) -> tuple[float, ...]:
    """1 for each origin to which an offer is open, (origins,)."""
    if offer.origins.strip() == "all":
        return (1.0,) * len(names)
    named = [place_name(name.strip(), places) for name in offer.origins.split(",")]
    return tuple(float(place_name(name, places) in named) for name in names)
