"""An appraisal in sentences: what to choose at which worth, how sure that is, and what to find out first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.economics.appraisal import Appraisal, Row
from experiments.economics.groups import EVERYTHING
from experiments.economics.strategies import EXTENDED, NON_DOMINATED
from experiments.report.amounts import number, plain, pounds

#: Groups of inputs named in the sentence on what to find out first.
NAMED = 3


def money(value: float, currency: str, *, signed: bool = False) -> str:
    """An amount: short with a currency (£2.4m), in full without one."""
    sign = "-" if value < 0 else "+" if signed and value > 0 else ""
    if currency:
        return sign + pounds(abs(value))
    if value == 0:
        return "0"
    return sign + (number(abs(value)) if abs(value) >= 1_000 else plain(float(f"{abs(value):.4g}")))


def worth_told(worth: float, currency: str) -> str:
    """A worth as it was given: £50,000."""
    return f"{currency}{number(worth)}" if worth.is_integer() else money(worth, currency)


def a_unit(found: Appraisal) -> str:
    """What is worth something: *a unit of the effect (additional departures, households)*."""
    told = ", ".join(filter(None, (found.terms.effect, found.terms.unit)))
    return "a unit of effect" if told == "effect" else f"a unit of effect ({told})"


def choices(found: Appraisal) -> str:
    """Which strategy has the highest expected net benefit at which worth, in one sentence."""
    steps = found.steps
    if len(steps) == 1:
        return f"At every worth of {a_unit(found)}: {' or '.join(steps[0][1])}."
    told = []
    for (begins, names), (ends, _) in zip(steps, [*steps[1:], (None, [])], strict=True):
        which = " or ".join(names)
        if ends is None:
            told.append(f"{which} above {money(begins, found.terms.currency)}")
        elif not begins:
            told.append(f"{which} below {money(ends, found.terms.currency)}")
        else:
            told.append(f"{which} from there to {money(ends, found.terms.currency)}")
    return f"By the worth of {a_unit(found)}: {'; '.join(told)}."


def left_out(found: Appraisal) -> Iterator[str]:
    """Why strategies are not on the frontier."""
    for row in found.rows:
        if row["status"] == NON_DOMINATED:
            continue
        if row["status"] == EXTENDED:
            yield f"{row['strategy']} is extendedly dominated: a mixture of two others does as much for less."
        else:
            by = next(
                other["strategy"] for other in found.rows
                if other["status"] != row["status"] and other["cost"] <= row["cost"]
                and other["effect"] >= row["effect"]
            )  # fmt: skip
            yield f"{row['strategy']} is dominated: {by} does at least as much for no more."


def how_sure(found: Appraisal) -> Iterator[str]:
    """For each worth: what to choose, its probability of being the best, and what choices lose on average."""
    currency = found.terms.currency
    for w, worth in enumerate(found.worths):
        best = int(found.frontier.best[w])
        others = sorted((float(found.loss[w, k]), name) for k, name in enumerate(found.names) if k != best)
        told = "; ".join(f"{name} {money(loss, currency)}" for loss, name in others)
        yield (
            f"At {worth_told(worth, currency)}: {found.names[best]}, the best in"
            f" {100 * float(found.frontier.probability[w]):.0f} % of draws. Expected loss:"
            f" {money(float(found.perfect[w]), currency)}" + (f"; of the others {told}." if told else ".")
        )


def telling(found: Appraisal, information: Sequence[Row]) -> int:
    """Position of the worth at which finding out is worth most: of the inputs if that is known, else of everything."""
    every = [row["evppi"] for row in information if row["group"] == EVERYTHING]
    values = every if any(every) else found.perfect.tolist()
    return values.index(max(values))


def find_out(found: Appraisal, information: Sequence[Row]) -> Iterator[str]:
    """What would be worth finding out first, at the worth where it is worth most."""
    if not found.perfect.any():
        yield "In every draw the same is best: at no worth would anything found out change the choice."
        return
    at, currency = telling(found, information), found.terms.currency
    worth = worth_told(found.worths[at], currency)
    perfect = money(float(found.perfect[at]), currency)
    yield (
        f"Knowing everything before choosing, chance included, would be worth {perfect} at {worth} a unit, where"
        " finding out is worth most: no study can be worth more."
    )
    here = [row for row in information if row["worth"] == found.worths[at]]
    if not here:
        return
    every = next(row for row in here if row["group"] == EVERYTHING)
    groups = sorted((row for row in here if row is not every), key=lambda row: -row["evppi"])
    yield (
        f"Of it {_value(every, currency)} is {EVERYTHING} that the posterior leaves open, as far as {found.draws:,}"
        " draws show; the rest is mostly chance, which no study takes away. What the posterior does not vary (costs,"
        " inflow, the pull factor) is in neither."
    )
    told = [row for row in groups if min(row["evppi"], row["held_out"]) > row["standard_error"]][:NAMED]
    if told:
        first = "; ".join(f"{row['group']} {_value(row, currency)}" for row in told)
        yield f"Worth finding out first: {first}. In brackets: standard error; by draws held out (biased downwards)."
    else:
        yield (
            "No group of inputs by itself can be told to be worth finding out: none exceeds its standard error both as"
            " fitted and by draws held out. More runs (--replicates) tell more."
        )


def _value(row: Row, currency: str) -> str:
    error, held_out = (money(row[key], currency) for key in ("standard_error", "held_out"))
    return f"{money(row['evppi'], currency)} (± {error}; {held_out})"
