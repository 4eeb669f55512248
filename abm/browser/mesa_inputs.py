"""What can be set on Mesa's own page, in people's words: policy and caseload by title, levers, size and seed."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from mesa.visualization import Slider

from abm.browser.sliders import MAIN, lever
from abm.inputs.parameters import InputError
from abm.scenarios.scenario import caseload_names, load_caseload, load_policy, policy_names

#: Most households to start with: a stock page sends every picture whole.
MOST = 2_000
#: The arguments of `abm.browser.mesa_page.StockModel`.
Asked = dict[str, Any]
FIRST: Asked = {
    "policy": "uk-pilot-2026",
    "caseload": "uk-families-2026",
    "households": 150,
    "weeks": 260,
    "rng": "0",
    "levers": {},
}
_LABELS = {"rng": "Seed", "households": "Households", "weeks": "Weeks", "policy": "Policy", "caseload": "Caseload"}


@cache
def titles() -> dict[str, dict[str, str]]:
    """The title of every shipped policy and caseload, by name; the name where two would have one title."""
    policies = {name: load_policy(name).title or name for name in policy_names()}
    caseloads = {name: load_caseload(name).title or name for name in caseload_names()}
    return {"policy": _apart(policies), "caseload": _apart(caseloads)}


def _apart(known: dict[str, str]) -> dict[str, str]:
    said = list(known.values())
    return {name: title if said.count(title) == 1 else name for name, title in known.items()}


def inputs(asked: Asked) -> dict[str, Any]:
    """What Mesa's `UserInputs` shows: selects, the main levers as sliders, households, weeks and seed."""
    policy = load_policy(asked["policy"])
    shown: dict[str, Any] = {}
    for field, known in titles().items():
        values = sorted(known.values())
        shown[field] = {"type": "Select", "label": _LABELS[field], "value": known[asked[field]], "values": values}
    for path in MAIN:
        set_to = [asked["levers"][path]] if path in asked["levers"] else []
        shown[path] = lever(policy, path).slider(*set_to)
    shown["households"] = Slider(
        f"Households at the start: {asked['households']:,}", value=asked["households"], min=50, max=MOST, step=50
    )
    shown["weeks"] = Slider(f"Weeks of the run: {asked['weeks']}", value=asked["weeks"], min=26, max=520, step=26)
    shown["rng"] = {"type": "InputText", "label": "Seed (a whole number)", "value": str(asked["rng"])}
    return shown


def changed(asked: Asked, name: str, value: Any) -> Asked:
    """What is asked for once one input was moved; another policy begins with its own levers."""
    if name in titles():
        value = next((key for key, title in titles()[name].items() if title == value), value)
    if name == "policy":
        return asked if value == asked["policy"] else {**asked, "policy": value, "levers": {}}
    if name in MAIN:
        at = lever(load_policy(asked["policy"]), name)
        if name not in asked["levers"] and value == at.slider().value:
            return asked
        return {**asked, "levers": {**asked["levers"], name: at.meant(value)}}
    return {**asked, name: str(value) if name == "rng" else value}


def in_words(error: InputError) -> str:
    """A refusal for people: the label of an input instead of its name in the files."""
    known = dict(_LABELS)
    if error.field in MAIN:
        known[error.field] = lever(load_policy(FIRST["policy"]), error.field).what
    allowed = "a whole number of at least 0" if error.field == "rng" else error.allowed
    for path in MAIN:
        at = lever(load_policy(FIRST["policy"]), path)
        name, pound = path.rpartition(".")[2], "£" if at.unit.startswith("GBP") else ""
        for number in re.findall(rf"\b{name} \((\d+)(?:\.0)?\)", allowed):
            allowed = allowed.replace(f"({number}", f"({pound}{int(number):,}")
        allowed = allowed.replace(name, f"“{at.what}”")
    return f"{known.get(error.field, error.field)}: {_given(error)} is not accepted; allowed is {allowed}."


def _given(error: InputError) -> str:
    if not isinstance(error.value, (int, float)):
        return repr(error.value)
    money = error.field in MAIN and lever(load_policy(FIRST["policy"]), error.field).unit.startswith("GBP")
    return f"{'£' * money}{error.value:,.10g}"
