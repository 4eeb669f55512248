"""The main levers as sliders of Mesa's, made from the declarations: names, bounds, units stand nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mesa.visualization import Slider

from abm.inputs.parameters import declarations, read
from abm.inputs.policy import Policy

#: What is set most: the offer, the help beside it, and its alternative.
MAIN = (
    "offer.amount_per_person", "offer.household_cap", "offer.acceptance_window_weeks",
    "reintegration.per_household", "advice.visits_per_1000_week", "enforcement.attempts_per_1000_week",
)  # fmt: skip
#: Ends of a slider where the declaration has no plausible range.
_USUAL_MOST = {"GBP/household": 60_000.0, "weeks": 104.0}
_STEPS = 40


@dataclass(frozen=True)
class Lever:
    """A lever as a slider: what it says, its ends, and where it stands under a policy.

    Attributes
    ----------
    path
        Its dotted path.
    what, own, unit
        What it is, the value that the policy has as text, and its unit as declared.
    least, most, step
        Of the slider.  A lever that can be without a limit has none at the right-hand end, `nothing`.
    value
        Where the slider stands: the policy's value, or the nearest that the slider has.
    nothing
        The position that means "no limit", or None.
    """

    path: str
    what: str
    own: str
    unit: str
    least: float
    most: float
    step: float
    value: float
    nothing: float | None
    whole: bool

    def slider(self, *set_to: float | None) -> Slider:
        """The same for Mesa's ``model_params``, where the policy has it or where somebody has set it."""
        at, now = self.value, self.own
        if set_to:
            at, now = (
                (self.most if set_to[0] is None else set_to[0]),
                f"{_told(set_to[0], self.unit)} (policy: {self.own})",
            )
        end = "" if self.nothing is None else "; right end: none"
        kind = int if self.whole else float
        numbers = {"value": at, "min": self.least, "max": self.most, "step": self.step}
        numbers = {name: kind(number) for name, number in numbers.items()}
        return Slider(f"{self.what}: {now}{end}", dtype=kind, **numbers)

    def meant(self, position: float) -> float | None:
        """The value of the lever at a position of the slider."""
        if self.nothing is not None and position >= self.nothing:
            return None
        return int(position) if self.whole else float(position)


def lever(policy: Policy, path: str) -> Lever:
    """A lever of a policy as a slider."""
    declared = declarations(Policy)[path]
    own = read(policy, path)
    least = float(declared.low if declared.low is not None else max(declared.ge or 0.0, 0.0))
    most = float(declared.high if declared.high is not None else _USUAL_MOST.get(declared.unit, declared.le or 100.0))
    if own is not None:
        least, most = min(least, float(own)), max(most, float(own))
    step = _step(most - least, whole=declared.whole)
    last = least + math.ceil((most - least) / step - 1e-9) * step
    nothing = last + step if declared.optional else None
    at = nothing if own is None and nothing is not None else _nearest(float(own or 0.0), least, last, step)
    what = declared.meaning.partition(";")[0]
    return Lever(
        path, f"{what[0].upper()}{what[1:]}", _told(own, declared.unit), declared.unit, least,
        last if nothing is None else nothing, step, at, nothing, declared.whole,
    )  # fmt: skip


def _told(value: Any, unit: str) -> str:
    """A value with its unit, as people write it: £1,500 per person, 4 weeks."""
    if value is None:
        return "none"
    number = f"{round(value, 2):,.10g}"
    money, _, each = unit.partition("/")
    if money == "GBP":
        return f"£{number}{f' per {each}' if each else ''}"
    return f"{number} {'week' if (number, unit) == ('1', 'weeks') else unit.replace('/', ' a ')}"


def _nearest(value: float, least: float, last: float, step: float) -> float:
    return min(last, least + round((value - least) / step) * step)


def _step(span: float, *, whole: bool) -> float:
    """About forty steps from end to end, each a round number."""
    raw = span / _STEPS
    power = 10.0 ** math.floor(math.log10(max(raw, 1e-12)))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    return max(1.0, step) if whole else step
