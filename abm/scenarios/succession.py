"""One policy after another: a timeline that is the first policy until some week, and the second from then on."""

from __future__ import annotations

from datetime import date
from typing import Any

from abm.inputs.parameters import InputError, Week, declarations, read
from abm.inputs.policy import Offer, Policy, Regime
from abm.numerics.calendar import week_of


def followed_by(policy: Policy, other: Policy, week: int, day: date | None) -> Policy:
    """A policy that is followed by another one, which nobody expects before its first week.

    Regimes of the first from that week on never come into force.  Those that the second had before it are part of how
    it begins.  An offer of both that stays as it is goes on; one that the second does not make ends.

    Parameters
    ----------
    week
        The first week of the second policy.
    day
        The day on which week 0 begins.

    Raises
    ------
    InputError
        If an offer of the second policy is over before it begins, or a date has to be turned into a week and `day` is
        not known.
    """
    for each in (policy, other):
        each.timeline(day)  # refuses dates that no week can be made of
    before = _in_force(policy, week - 1, day)
    now = _still_made(_in_force(other, week, day), before, week, day)
    begins = Regime(start=week, title=other.title or other.name, levers=_difference(before, now, week, day))
    earlier = [regime for regime in policy.regimes if _in_weeks(regime.start, day) < week]
    later = [
        regime.model_copy(update={"start": _in_weeks(regime.start, day)})
        for regime in other.regimes
        if _in_weeks(regime.start, day) > week
    ]
    name = f"{policy.name}, {other.name} from week {week}"
    return policy.model_copy(update={"name": name, "regimes": (*earlier, begins, *later)})


def _in_force(policy: Policy, week: int, day: date | None) -> Policy:
    """The levers that a policy has in a week, as it says them."""
    whole = policy.model_copy(update={"regimes": ()})
    for regime in policy.regimes:
        if _in_weeks(regime.start, day) <= week:
            whole = whole.with_values(regime.levers)
    return whole


def _still_made(policy: Policy, before: Policy, week: int, day: date | None) -> Policy:
    """A policy without its offers of nothing, none of the others being over (unless it is so under both policies)."""
    made = {}
    for name, offer in policy.offers.items():
        end = policy.in_weeks(day).offers[name].end_week
        if not any(getattr(offer, amount) for amount in Offer.model_fields if amount.startswith("amount_")):
            continue
        if end is not None and _in_weeks(end, day) <= week and offer != before.offers.get(name):
            path = policy.path_at(("offers", name, "end_week"))
            allowed = f"later than week {week}, in which {policy.name} comes into force: else nobody is made that offer"
            raise InputError(path, end, allowed)
        made[name] = offer
    return policy.model_copy(update={"offers": made})


def _difference(before: Policy, now: Policy, week: int, day: date | None) -> dict[str, Any]:
    """The levers of `now` that `before` does not have, by path.

    An offer says when it opens only if that is later than `week`: one whose terms change opens in that week anyway.
    """
    others = sorted({*before.offers, *now.offers} - {*Policy.usual})
    paths = [*declarations(Policy), *(f"offers.{name}.{leaf}" for name in others for leaf in Offer.model_fields)]
    found = {}
    for path in paths:
        was, is_now = read(before, path), read(now, path)
        place = Policy.place_of(path)
        if place[0] == "offers" and place[-1] == "start_week":
            opens = max(_in_weeks(is_now, day), week)
            if opens > week or _in_weeks(was, day) > week:
                found[path] = opens
        elif was != is_now:
            found[path] = is_now
    return found


def _in_weeks(when: Week, day: date | None) -> int:
    if isinstance(when, date):
        assert day is not None  # else `Policy.timeline` has refused it
        return week_of(when, day)
    return int(when)
