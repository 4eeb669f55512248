"""A lottery in the place of an offer: whoever leaves with help wins the whole amount, or nothing.

A household weighs it by expected utility, with the utility of the model's own incentive, ln(1 + m / Y) per head: what
the ticket counts for is the sure amount that is worth as much.  With a chance of 1 it is the offer as it was.
"""

from __future__ import annotations

from abm.rules import exp, lever, log, offer_shape


def prize(amount: float, u: float, lottery_chance: float) -> float:
    """What is paid: all or nothing, by the household's own draw."""
    return amount if u < lottery_chance else 0.0


@offer_shape(
    offer="offer",
    paid=prize,
    lottery_chance=lever(
        1.0, unit="1", ge=0, le=1, low=0.1, high=1.0, meaning="chance of winning the amount of the offer"
    ),
)
def ticket(amount: float, adults: float, children: float, income: float, lottery_chance: float) -> float:
    """A lottery ticket."""
    year = income * (adults + children)
    return year * (exp(lottery_chance * log(1.0 + amount / year)) - 1.0)
