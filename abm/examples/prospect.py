"""Prospect theory: chances are weighted, and money is valued by a power, in the place of the model's own terms.

Value and weighting are those of A. Tversky and D. Kahneman, "Advances in prospect theory", Journal of Risk and
Uncertainty 5 (1992): value m ** 0.88 of a gain; a chance p weighs p ** g / (p ** g + (1 - p) ** g) ** (1 / g), with
g = 0.61 for gains and 0.69 for losses.  An offer of a year's income counts for as much as before.
"""

from __future__ import annotations

from abm.rules import exp, log, parameter, term


def power(base: float, exponent: float) -> float:
    """A power of a number that is not negative."""
    return exp(exponent * log(base)) if base > 0.0 else 0.0


def weight(chance: float, curvature: float) -> float:
    """How much a chance counts for."""
    is_in, is_out = power(chance, curvature), power(1.0 - chance, curvature)
    return is_in / power(is_in + is_out, 1.0 / curvature)


def value(cash: float, income: float, money: float, diminishing: float) -> float:
    """What a gain is worth."""
    return money * log(2.0) * power(cash / income, diminishing)


_VALUE = parameter(
    0.88, unit="1", ge=0.1, le=1, low=0.5, high=1.0, mark="primary", source="Tversky and Kahneman 1992",
    meaning="power by which a gain is valued",
)  # fmt: skip
_GAINS = parameter(
    0.61, unit="1", ge=0.3, le=1, low=0.5, high=1.0, mark="primary", source="Tversky and Kahneman 1992",
    meaning="curvature of the weight of a chance of gain (1: none)",
)  # fmt: skip
_LOSSES = parameter(
    0.69, unit="1", ge=0.3, le=1, low=0.5, high=1.0, mark="primary", source="Tversky and Kahneman 1992",
    meaning="curvature of the weight of a chance of loss (1: none)",
)  # fmt: skip


@term(into="assisted", replaces="assisted.incentive", pt_value=_VALUE)
def prospect_offer(cash_now: float, income: float, b_money: float, pt_value: float) -> float:
    """The offer, valued as a gain."""
    return value(cash_now, income, b_money, pt_value)


@term(into="assisted", replaces="assisted.waiting", pt_value=_VALUE)
def prospect_waiting(cash_later: float, income: float, b_money: float, b_anticipation: float, pt_value: float) -> float:
    """The best offer still to come, valued as a gain."""
    return -b_anticipation * value(cash_later, income, b_money, pt_value)


@term(into="return", replaces="here.hope", pt_gains=_GAINS)
def prospect_hope(hope: float, b_hope: float, pt_gains: float) -> float:
    """Hope of being allowed to stay, weighted."""
    return -b_hope * weight(hope, pt_gains)


@term(into="return", replaces="leaving.removal_risk", pt_losses=_LOSSES)
def prospect_removal(removal: float, b_removal_risk: float, pt_losses: float) -> float:
    """Risk of removal, weighted."""
    return b_removal_risk * weight(removal, pt_losses)


@term(into="irregular", replaces="irregular.removal_risk", pt_losses=_LOSSES)
def prospect_hiding(removal: float, b_removal_risk_irregular: float, pt_losses: float) -> float:
    """Risk of removal, weighted, towards going out of contact."""
    return b_removal_risk_irregular * weight(removal, pt_losses)
