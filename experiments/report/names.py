"""What policies are called for people: by their titles, without the place that they share with the baseline."""

from __future__ import annotations

import re
from collections import Counter

from experiments.question.question import Question

#: A title that begins with a place: "United Kingdom, pilot of March 2026", "United Kingdom 2025: the standing offer".
PLACED = re.compile(r"([A-Z][\w ]*?)(?:[,:] | (?=\d{4}))(.+)")
#: A title that begins with its years: they are better told at the end.
DATED = re.compile(r"(\d{4}(?:–\d{4})?): (.+)")


def names_of(question: Question) -> tuple[str, ...]:
    """A name for each policy, the baseline first: its title, or its label where it has none or shares one.

    Where several settings of one policy are compared, each is called by what was set; a policy that is held against
    itself without what was set, by its being set.
    """
    short = list(_short(question))
    baseline, *others = question.labels
    if baseline in others:
        short[1 + others.index(baseline)] += ", as set"
    if question.varied:
        # Labels are those of the policy and what was set: see `experiments.question.varied`.
        short[1:] = [label.removeprefix(f"{question.varied}, ") for label in question.labels[1:]]
    count = Counter(short)
    return tuple(
        name if count[name] == 1 else f"{name} ({label})" for name, label in zip(short, question.labels, strict=True)
    )


def named(question: Question) -> str:
    """What the policy is called of which several settings are compared."""
    setting = question.labels[1].removeprefix(question.varied)
    return _short(question)[1].removesuffix(setting)


def _short(question: Question) -> tuple[str, ...]:
    """Titles without the place that they share with the baseline's, and with their years last."""
    titles = [policy.title or label for label, policy in zip(question.labels, question.policies, strict=True)]
    places = [found[1] if (found := PLACED.fullmatch(title)) else "" for title in titles]
    shared = places[0] if places.count(places[0]) > 1 else ""
    return tuple(
        _dated_last(title.removeprefix(shared).lstrip(" ,:") if shared and place == shared else title)
        for title, place in zip(titles, places, strict=True)
    )


def _dated_last(title: str) -> str:
    found = DATED.fullmatch(title)
    return f"{found[2]} ({found[1]})" if found else title
