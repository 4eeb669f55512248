"""The outcomes of a comparison: each a function of those of a variant and of its baseline with the same seeds.

A saving is split by what became of people.  The *upkeep* of a household is what its support would cost at the price of
its first housing (at the start, or on arrival), from the week in which it came to the end of the run, whatever becomes
of it.  Each week of upkeep is either paid, or not paid for one reason: the household has left, is out of contact, is
protected or settled, has lost its support, or lives in cheaper housing.  A household has the same upkeep under every
policy, so what a policy saves is, exactly, how much more upkeep is not paid for each reason, less what more is spent on
casework, on departures, on those who come back and on those who come because of it (`SAVING_PARTS`).  A departure of
somebody who would otherwise have gone out of contact moves upkeep from one reason to another, and saves nothing.
"""

from __future__ import annotations

from typing import Any

from abm.measures.declared import COMPARED, TOO_SHORT, WIDER_OFF, Outcomes, Ratio, compared

_NONE_MORE = "no additional departures, or too few to tell"
_NO_OFFER = "no offer of its own"


@compared("net saving", unit="GBP", group="public money")
def net_saving_npv(run: Outcomes, base: Outcomes) -> Any:
    """Cost of asylum support and return under the baseline less that of the variant, paired by seed."""
    return base["cost_npv"] - run["cost_npv"]


@compared("net saving in the first year", unit="GBP", group="public money", absent=TOO_SHORT)
def net_saving_1y(run: Outcomes, base: Outcomes) -> Any:
    """Cost of the baseline less that of the variant in the first 52 weeks, paired by seed."""
    return base["cost_1y"] - run["cost_1y"]


@compared("net saving in three years", unit="GBP", group="public money", absent=TOO_SHORT)
def net_saving_3y(run: Outcomes, base: Outcomes) -> Any:
    """Cost of the baseline less that of the variant in the first 156 weeks, paired by seed."""
    return base["cost_3y"] - run["cost_3y"]


@compared("net saving in five years", unit="GBP", group="public money", absent=TOO_SHORT)
def net_saving_5y(run: Outcomes, base: Outcomes) -> Any:
    """Cost of the baseline less that of the variant in the first 260 weeks, paired by seed."""
    return base["cost_5y"] - run["cost_5y"]


@compared("net saving, wider account", unit="GBP", group="public money", absent=WIDER_OFF)
def net_saving_wider(run: Outcomes, base: Outcomes) -> Any:
    """Wider cost under the baseline less that of the variant, paired by seed."""
    return base["cost_wider"] - run["cost_wider"]


# ---- where a saving comes from: the parts sum to it -----------------------------------------------------


@compared("people who left", unit="GBP", group="public money")
def saving_departures(run: Outcomes, base: Outcomes) -> Any:
    """More upkeep not paid to people who have left, less what more is spent on those of them who come back."""
    return run["upkeep_left"] - base["upkeep_left"] + base["reentry_spend"] - run["reentry_spend"]


@compared("people out of contact", unit="GBP", group="public money")
def saving_out_of_contact(run: Outcomes, base: Outcomes) -> Any:
    """More upkeep not paid to people out of contact."""
    return run["upkeep_out_of_contact"] - base["upkeep_out_of_contact"]


@compared("people protected or settled", unit="GBP", group="public money")
def saving_settled(run: Outcomes, base: Outcomes) -> Any:
    """More upkeep not paid to people who are protected or settled; what they then cost or pay is not in it."""
    return run["upkeep_stays"] - base["upkeep_stays"]


@compared("support withdrawn", unit="GBP", group="public money")
def saving_withdrawn(run: Outcomes, base: Outcomes) -> Any:
    """More upkeep not paid to people whose case is open and whose support has ended."""
    return run["upkeep_withdrawn"] - base["upkeep_withdrawn"]


@compared("other housing", unit="GBP", group="public money")
def saving_housing(run: Outcomes, base: Outcomes) -> Any:
    """More upkeep not paid because supported people have moved from hotels to dispersal."""
    return run["upkeep_moved"] - base["upkeep_moved"]


@compared("offers, travel, help and advice", unit="GBP", group="public money")
def saving_offers(run: Outcomes, base: Outcomes) -> Any:
    """Less spent on offers, travel, help in kind and advice (a loss where more is spent)."""
    more = run["leaving_spend"] - base["leaving_spend"]
    return run["enforcement_spend"] - base["enforcement_spend"] - more


@compared("enforcement and detention", unit="GBP", group="public money")
def saving_enforcement(run: Outcomes, base: Outcomes) -> Any:
    """Less spent on enforcement and detention."""
    return base["enforcement_spend"] - run["enforcement_spend"]


@compared("casework and appeals", unit="GBP", group="public money")
def saving_casework(run: Outcomes, base: Outcomes) -> Any:
    """Less spent on casework and appeals."""
    return base["casework_spend"] - run["casework_spend"]


@compared("arrivals", unit="GBP", group="public money")
def saving_arrivals(run: Outcomes, base: Outcomes) -> Any:
    """Less upkeep because fewer come, and less spent on induced arrivals (a loss where more come)."""
    return base["upkeep"] - run["upkeep"] + base["induced_spend"] - run["induced_spend"]


#: The parts of a net saving; they sum to it, run by run.
SAVING_PARTS = tuple(name for name in COMPARED if name.startswith("saving_"))


# ---- against the same policy without its money ----------------------------------------------------------


@compared("without the money", unit="GBP", group="public money", control=True, absent=_NO_OFFER)
def net_saving_without_money(run: Outcomes, base: Outcomes, control: Outcomes) -> Any:
    """Cost of the baseline less that of the variant with its own offers at nought: publicity and threats alone.

    The offers are made, announced and closed as in the variant, and come to nothing.
    """
    return base["cost_npv"] - control["cost_npv"]


@compared("break-even payment", unit="GBP/household", group="public money", ratio=True, control=True, absent=_NO_OFFER)
def break_even_offer(run: Outcomes, base: Outcomes, control: Outcomes) -> Ratio:
    """Payment per assisted departure at which the variant costs what it costs without money, behaviour as simulated.

    The same policy with its own offers at nought, as announced, less the variant's cost without payments, divided by
    its assisted departures; none without an offer that the baseline does not make.
    """
    return Ratio(control["cost_npv"] - (run["cost_npv"] - run["offer_spend"]), run["assisted_departures"])


# ---- ratios to the baseline -----------------------------------------------------------------------------


@compared("break-even stay in a hotel", unit="weeks", group="public money", ratio=True, absent=_NONE_MORE)
def break_even_stay_hotel(run: Outcomes, base: Outcomes) -> Ratio:
    """Weeks that an additional person who leaves must otherwise have stayed in a hotel for the spending to pay.

    Additional spending on departures, divided by additional persons who depart and the price of a hotel week.
    """
    return _stay(run, base, base["hotel_week"])


@compared("break-even stay in dispersal", unit="weeks", group="public money", ratio=True, absent=_NONE_MORE)
def break_even_stay_dispersal(run: Outcomes, base: Outcomes) -> Ratio:
    """The same with the price of a week in dispersal housing."""
    return _stay(run, base, base["dispersal_week"])


def _stay(run: Outcomes, base: Outcomes, week: Any) -> Ratio:
    more = run["departed_persons"] - base["departed_persons"]
    return Ratio(run["leaving_spend"] - base["leaving_spend"], more * week, only_more=True)


@compared(
    "cost per additional return", unit="GBP/household", group="public money", ratio=True, absent=_NONE_MORE,
)  # fmt: skip
def cost_per_additional_return(run: Outcomes, base: Outcomes) -> Ratio:
    """Additional public cost divided by additional departures against the baseline (ratio of means).

    Only where more is spent and more leave.  A policy that saves while more leave dominates its baseline, one that
    costs while fewer leave is dominated: such ratios do not rank policies, and words stand in their place.
    """
    return Ratio(run["cost_npv"] - base["cost_npv"], run["departures"] - base["departures"], only_dearer=True)


def difference(name: str, run: Outcomes, base: Outcomes) -> Any:
    """How a measure of a variant differs from its baseline's, run by run; one of comparisons is itself a difference."""
    return COMPARED[name].of(run, base) if name in COMPARED else run[name] - base[name]
