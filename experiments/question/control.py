"""The control of a comparison: a policy without its money, so that what publicity and threats do alone can be told."""

from __future__ import annotations

from datetime import date

from abm.inputs.parameters import Week, read
from abm.inputs.policy import Offer, Policy, Regime

#: GBP a person: an offer of nothing at all is no offer, which is neither announced nor closed.
A_PENNY = 0.01


def without_money(policy: Policy, baseline: Policy) -> Policy | None:
    """The same policy with a penny in place of each amount of its own.

    Its own are the offers whose terms are at some time others than those that the baseline has under the same name.
    They are announced, opened, changed and closed as they are in the policy; whatever else is on offer stays.

    Returns
    -------
    Policy or None
        None where the policy has no offer of its own.
    """
    own = own_offers(policy, baseline)
    if not own:
        return None
    regimes = tuple(_without(policy, number, own) for number in range(len(policy.regimes)))
    amounts = {name: policy.offers[name].amount_per_person for name in own if name in policy.offers}
    changes = {_path(policy, name, "amount_per_person"): A_PENNY for name, amount in amounts.items() if amount > 0}
    return policy.model_copy(update={"regimes": regimes}).with_values(changes)


def own_offers(policy: Policy, baseline: Policy) -> list[str]:
    """Names of the offers whose terms are at some time others than the baseline's under the same name."""
    return [name for name in policy.offer_names if _is_own(_terms(policy, name), _terms(baseline, name))]


def _is_own(terms: list[tuple[Week | None, Offer]], theirs: list[tuple[Week | None, Offer]]) -> bool:
    return terms != theirs and any(offer.amount_per_person > 0 for _, offer in terms)


def _terms(policy: Policy, name: str) -> list[tuple[Week | None, Offer]]:
    """The terms of an offer through the time of a policy: at first, and from each regime on that changes them."""
    found: list[tuple[Week | None, Offer]] = []
    for start, now in _stages(policy):
        offer = now.offers.get(name, Offer())
        if not found or offer != found[-1][1]:
            found.append((start, offer))
    return found


def _stages(policy: Policy) -> list[tuple[Week | None, Policy]]:
    """The policy at first and from each of its regimes on."""
    now = policy.model_copy(update={"regimes": ()})
    found: list[tuple[Week | None, Policy]] = [(None, now)]
    for regime in policy.regimes:
        now = now.with_values(regime.levers)
        found.append((regime.start, now))
    return found


def _without(policy: Policy, number: int, own: list[str]) -> Regime:
    """A regime with a penny in place of each amount that it gives one of those offers; no amount stays no amount."""
    regime, levers = policy.regimes[number], dict(policy.regimes[number].levers)
    (_, before), (_, after) = _stages(policy)[number : number + 2]
    for path in regime.levers:
        place = policy.place_of(path)
        if place[0] != "offers" or place[1] not in own or place[2] != "amount_per_person" or not read(after, path) > 0:
            continue
        levers[path] = A_PENNY
        offer = after.offers[place[1]]
        # An amount that changes is announced, which a penny that stays a penny would not be.
        if offer != before.offers.get(place[1]) and not _is_over(offer, regime.start):
            levers.setdefault(_path(policy, place[1], "start_week"), regime.start)
    return regime.model_copy(update={"levers": levers})


def _path(policy: Policy, name: str, leaf: str) -> str:
    return policy.path_at(("offers", name, leaf))


def _is_over(offer: Offer, when: Week) -> bool:
    """Whether an offer is known to have ended by then."""
    end = offer.end_week
    if isinstance(end, date) and isinstance(when, date):
        return end < when
    return isinstance(end, int) and isinstance(when, int) and end < when
