"""The levers as the page lists them, made from the declarations: in groups, with what each stands at and rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from abm.inputs.behaviour import Behaviour
from abm.inputs.parameters import OWN, RULE, Declaration, Figure, declarations
from abm.inputs.policy import Policy
from abm.inputs.world import World
from abm.scenarios.overrides import known_paths
from experiments.page.choices import SIDES, Choices, caseload_of, fitted_behaviour, policy_of
from experiments.page.declared import declared_at
from experiments.page.lever_labels import OPTIONS
from experiments.page.lever_words import ONE, allowed_of, label_of, name_of, told, unit_of
from experiments.question.defaults import WEEKS

#: The levers that stand on top: those in which shipped policies differ most (money, its terms and to whom it is open,
#: support, removals), and the one on which the sign of the public's cost turns.
MOST_USED = (
    "standing.amount_per_person", "offer.amount_per_person", "offer.household_cap", "offer.acceptance_window_weeks",
    "offer.families_only", "offer.safe_origins_only", "support.families",
    "enforcement.attempts_per_1000_week", "world.pull_elasticity",
)  # fmt: skip

#: What is said of a default that no policy file gives.
NOT_SET = "not set by this policy: the default"

#: Title and meaning of the groups of a policy, by the first word of the path.
_GROUPS = {
    "offer": ("This offer", "Money for leaving: how much, for whom, when, and how it is paid."),
    "standing": ("The standing offer", "The offer that goes on beside it; a household takes the better of the two."),
    "reintegration": ("Help after return", "Help in kind after an assisted return."),
    "advice": ("Advice", "Advisers who visit households and explain the offer."),
    "support": ("Support after refusal", "Housing and subsistence once appeal rights are exhausted."),
    "housing": ("Hotels", "Where supported households live."),
    "enforcement": ("Removal by force", "How many attempts, on whom, and what is announced."),
    "procedure": ("Speed of decisions", "Decisions, appeals and reviews against today's speed."),
    "status": ("Protection", "Whether protection is reviewed, and when it lasts for good."),
    "settlement": ("Leave to stay after refusal", "Regularisation of households whose claim has failed."),
    "scope": ("Safe countries", "Which countries of origin count as safe."),
    "entry": ("Coming again", "Family reunion, and bans on coming again."),
    RULE: ("Levers of your rules", "What the rules given with --rule let a policy set."),
}
#: Groups of the shared figures: each begins at the parameter named and holds those declared after it.
_PARTS = {
    "world.hotel_night": ("Unit costs", "What things cost the public."),
    "world.lasting_cost_year": ("Wider costs", "Outside the account: counted only where a figure is set."),
    "world.removal_success": ("Chances and delays", "Of removals, of coming back, of papers and payments."),
    "world.income_floor": ("Safety and income at home", "How the countries of origin develop."),
    "world.pull_elasticity": ("Arrivals", "Whether offers draw people here: the pull factor."),
    "behaviour.consider": ("Behaviour: attention", "When a household thinks of leaving at all."),
    "behaviour.assisted": ("Behaviour: money", "How much an offer weighs, now or later."),
    "behaviour.origin": ("Behaviour: home", "Safety and prospects in the country of origin."),
    "behaviour.norm": ("Behaviour: peers", "What households learn and fear from those they know."),
    "behaviour.host_ties": ("Behaviour: life here", "Roots here, school, hope, housing and lost support."),
    "behaviour.removal_risk": ("Behaviour: fear of removal", "What a risk of removal does."),
    "behaviour.unassisted": ("Behaviour: other ways out", "Returning alone, or out of contact."),
    "behaviour.learning_safety": ("Behaviour: beliefs", "How what they believe moves with news."),
}
_OWN = (f"behaviour.{RULE}", "Parameters of your rules", "What the rules given with --rule declare.")

#: Ends of a slider where neither plausible nor hard bounds give one; a number beyond them can be typed.
_USUAL_MOST = {
    "GBP/household": 60_000.0, "GBP/person": 20_000.0, "week": float(WEEKS), "weeks": 104.0, "years": 20.0,
    "months": 60.0, "1/week": 0.1, "1/year": 1.0, "1": 1.0,
}  # fmt: skip


def panel(choices: Choices | None = None) -> list[dict[str, Any]]:
    """Groups of levers with all that is declared about each.

    Each group has ``id``, ``title``, ``meaning``, ``shared`` and ``levers``.

    Parameters
    ----------
    choices
        Whose policies may have offers of other names, each a group of its own; None: none of them.
    """
    return list(_panel(other_offers(choices) if choices else (), tuple(OWN.values())))


def other_offers(choices: Choices) -> tuple[str, ...]:
    """Offers of either policy that have a name of their own."""
    names = {name for policy in (policy_of(choices.a), policy_of(choices.b)) for name in policy.offer_names}
    return tuple(sorted(names - set(Policy.usual)))


@lru_cache(maxsize=64)
def _panel(others: tuple[str, ...], own_declarations: tuple[type, ...]) -> tuple[dict[str, Any], ...]:
    """The groups; `own_declarations`: those of rules of one's own, for which other panels are kept."""
    groups: list[dict[str, Any]] = []
    for section, (title, meaning) in _GROUPS.items():
        paths = [path for path, (model, _) in known_paths().items() if model is Policy and _head(path) == section]
        if section == RULE and not paths:
            continue
        groups.append(_group(section, title, meaning, paths, shared=False))
        if section == "standing":
            leaves = [path.partition(".")[2] for path in paths]
            groups += [
                _group(f"offers.{name}", f"Offer “{name}”", _GROUPS["offer"][1],
                       [f"offers.{name}.{leaf}" for leaf in leaves], shared=False)
                for name in others
            ]  # fmt: skip
    part: list[str] = []
    shared = _shared_paths()
    own = [path for path in shared if path.startswith(f"{_OWN[0]}.")]
    for path in shared[: len(shared) - len(own)]:
        if path in _PARTS:
            part = []
            groups.append({"path": path, "paths": part})
        part.append(path)
    told = [
        _group(group["path"], *_PARTS[group["path"]], group["paths"], shared=True) if "path" in group else group
        for group in groups
    ]
    return (*told, _group(*_OWN, own, shared=True)) if own else tuple(told)


def _head(path: str) -> str:
    return path.partition(".")[0]


def _shared_paths() -> list[str]:
    """Figures of the world and of behaviour, in the order of their declaration."""
    return [*(f"world.{name}" for name in declarations(World)), *(f"behaviour.{n}" for n in declarations(Behaviour))]


def _group(name: str, title: str, meaning: str, paths: Iterable[str], *, shared: bool) -> dict[str, Any]:
    side = "both" if shared else "a"
    levers = [_lever(declared_at(path, side=side)) for path in paths]
    return {"id": name, "title": title, "meaning": meaning, "shared": shared, "levers": levers}


def _lever(declared: Declaration) -> dict[str, Any]:
    least, most = _ends(declared)
    unit = unit_of(declared)
    ranged = declared.low is not None and declared.high is not None
    return {
        "path": declared.path,
        "label": label_of(declared.path),
        "name": name_of(declared.path),
        "meaning": declared.meaning,
        "before": unit.before,
        "after": unit.after,
        "one": ONE.get(unit.after, unit.after),
        "factor": unit.factor,
        "kind": "int" if declared.whole else declared.kind,
        "choices": [{"value": word, "text": OPTIONS.get(word, word.replace("_", " "))} for word in declared.choices],
        "optional": declared.optional,
        "least": least,
        "most": most,
        "step": _step(least, most, whole=declared.whole),
        "ge": None if declared.ge is None else declared.ge * unit.factor,
        "le": None if declared.le is None else declared.le * unit.factor,
        "allowed": allowed_of(declared),
        "plausible": f"{told(declared.path, declared.low)} to {told(declared.path, declared.high)}" if ranged else "",
    }


def _ends(declared: Declaration) -> tuple[float, float]:
    """Ends of the slider: the plausible range if there is one, inside the hard bounds."""
    if not (declared.whole or declared.kind == "float"):
        return 0.0, 1.0
    least, most = declared.low, declared.high
    if least is None:
        least = max(declared.ge or 0.0, 0.0)
    if most is None:
        most = _USUAL_MOST.get(declared.unit, declared.le if declared.le is not None else 100.0)
        most = min(most, declared.le) if declared.le is not None else most
    return least, max(most, least + 1e-9)


def _step(least: float, most: float, *, whole: bool) -> float:
    """About a hundred steps from end to end, each a round number."""
    raw = (most - least) / 100.0
    power = 10.0 ** math.floor(math.log10(max(raw, 1e-12)))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    return max(1.0, step) if whole else step


def levers_of(choices: Choices) -> list[dict[str, Any]]:
    """Every lever that the page lists for some choices."""
    return [lever for group in panel(choices) for lever in group["levers"]]


def sides_of(path: str) -> tuple[str, ...]:
    """Whose a lever is: ``a`` and ``b``, or ``both`` alike."""
    return ("both",) if path.startswith(("world.", "behaviour.")) else SIDES


def starts(choices: Choices) -> dict[str, dict[str, dict[str, Any]]]:
    """What each lever starts at in the caseload and policies chosen, and what that rests on; by path, then by side.

    Each has ``value``, ``mark``, ``source`` and ``urls``.
    """
    return _starts(choices.caseload, choices.a, choices.b)


@lru_cache(maxsize=64)
def _starts(caseload: str, a: str, b: str) -> dict[str, dict[str, dict[str, Any]]]:
    choices = Choices(caseload, a, b)
    return {
        lever["path"]: {side: _start(choices, side, lever["path"]) for side in sides_of(lever["path"])}
        for lever in levers_of(choices)
    }


def _start(choices: Choices, side: str, path: str) -> dict[str, Any]:
    figure = _figure(choices, side, path)
    source = "; ".join(text for text in (figure.source, figure.note) if text)
    if not source and side != "both" and path not in policy_of(choices.a if side == "a" else choices.b).figures:
        source = NOT_SET
    return {
        "value": choices.starting(side, path), "mark": figure.mark, "source": source, "urls": urls_of(figure),
    }  # fmt: skip


def urls_of(figure: Figure) -> list[str]:
    """The addresses of a figure's source."""
    return [url for url in figure.url.split() if url.startswith(("http://", "https://"))]


def _figure(choices: Choices, side: str, path: str) -> Figure:
    if side != "both":
        policy = policy_of(choices.a if side == "a" else choices.b)
        return policy.figure(path) if path in policy.paths or path in policy.figures else _absent(path)
    if path.startswith("world."):
        return caseload_of(choices.caseload).figure(path)
    return fitted_behaviour().figure(path.removeprefix("behaviour."))


def _absent(path: str) -> Figure:
    """The figure of an offer that a policy does not have."""
    declared = declared_at(path, side="a")
    return Figure(declared.default, declared.unit, declared.low, declared.high, declared.mark, "no such offer here")


def values(choices: Choices) -> dict[str, dict[str, Any]]:
    """What each lever stands at, by path, then by side: ``value``, and whether it was moved (``yours``)."""
    found: dict[str, dict[str, Any]] = {}
    for path, sides in starts(choices).items():
        found[path] = {}
        for side, start in sides.items():
            moved = choices.shared if side == "both" else choices.levers(side)
            found[path][side] = {"value": moved.get(path, start["value"]), "yours": path in moved}
    return found


def apart(choices: Choices) -> list[str]:
    """Paths of the levers in which A and B differ."""
    return [path for path, at in values(choices).items() if "both" not in at and at["a"]["value"] != at["b"]["value"]]


def differing(choices: Choices) -> int:
    """Number of levers in which A and B differ; what changes later in the policies' time counts as one."""
    return len(apart(choices)) + (policy_of(choices.a).regimes != policy_of(choices.b).regimes)


def called(path: str) -> str:
    """What a lever is called where those of several offers stand together."""
    return f"{name_of(path)} (this offer)" if _head(path) == "offer" else name_of(path)


def foremost(choices: Choices) -> list[dict[str, Any]]:
    """The groups of the short list: the most used levers, and the others that differ or were moved."""
    every = {lever["path"]: lever for lever in levers_of(choices)}
    moved = {path for path, at in values(choices).items() if any(side["yours"] for side in at.values())}
    wanted = {*apart(choices), *moved}
    others = [lever for path, lever in every.items() if path in wanted and path not in MOST_USED]
    return [
        {"id": "most-used", "title": "Most used", "meaning": "", "shared": False,
         "levers": [every[path] | {"label": called(path)} for path in MOST_USED]},
        {"id": "others", "title": "Others that differ or were moved", "meaning": "", "shared": False,
         "levers": [lever | {"label": called(lever["path"])} for lever in others]},
    ]  # fmt: skip
