"""The strip under the question: the verdict of `returns compare`, with the pull factor off and on, on how many runs.

Until there are as many runs as a claim takes (`experiments.statistics.precision.FIRST`), means alone are told.
"""

from __future__ import annotations

from typing import Any

from experiments.page.answer.wording import supported, written
from experiments.page.paired import Answer
from experiments.page.view import View
from experiments.question.question import PULL_ON
from experiments.report.amounts import number, pounds
from experiments.report.names import names_of
from experiments.report.verdict import horizon
from experiments.statistics.precision import FIRST


def strip(view: View) -> dict[str, Any]:
    """What the strip tells: ``sentences``, ``savings``, ``runs`` done and wanted, and ``fault`` if it was not run.

    ``others`` says that others are running too, as long as this visitor waits.
    """
    answer = view.answer
    return {
        "sentences": sentences(answer) if answer else [],
        "savings": savings(answer) if answer else None,
        "runs": {"done": answer.tally.count if answer else 0, "of": view.choices.replicates},
        "fault": view.fault,
        "others": _others(view.others) if view.busy else "",
    }


def enough(answer: Answer) -> bool:
    """Whether there are runs enough for a claim."""
    return answer.tally.count >= FIRST


def sentences(answer: Answer) -> list[str]:
    """The verdict as the command tells it; from few runs, means alone and that it is no finding yet."""
    if enough(answer):
        return answer.verdict
    done, of = answer.tally.count, answer.choices.replicates
    base, name = names_of(answer.question)
    saving, left, limbo = (answer.row(name) for name in ("net_saving_npv", "departures", "child_years_in_limbo"))
    saving = saving["mean"]
    word = "costs the public" if saving <= 0 else "saves the public"
    start = f"So far, {done} of {of} runs" if done < of else f"Only {of} run{'s' * (of > 1)}"
    money = f"“{name}” {word} {pounds(abs(saving))}" if saving else f"“{name}” costs as much as it"
    need = "No finding yet" if of >= FIRST else f"Too few to rely on: ask for {FIRST} runs or more"
    return [
        f"{start}: over {horizon(answer.choices.weeks)}, against “{base}”, {money} on average. {need}.",
        f"Departures change by {_signed(left)} households, child-years in limbo by {_signed(limbo)}.",
    ]


def savings(answer: Answer) -> dict[str, Any]:
    """The net saving with the pull factor off and on, side by side, and whether the sign turns."""
    found = answer.finding
    off, on = answer.row("net_saving_npv"), answer.row("net_saving_npv_with_pull")
    sure = enough(answer)
    (elasticity,) = PULL_ON.values()

    def told(row: dict[str, Any], title: str, why: str = "") -> dict[str, str]:
        mean, low, high = (row[key] for key in ("mean", "run_p05", "run_p95"))
        word = "costs the same" if mean == 0 else "saves" if mean > 0 else "costs"
        between = written("GBP", [], [mean, low, high]).changes(low, high) if sure and low != high else ""
        return {
            "title": title,
            "word": word,
            "amount": pounds(abs(mean)) if mean else "",
            "between": between,
            "why": why,
        }

    turns = found.turns if sure else off["mean"] * on["mean"] < 0
    warning = "the sign turns" if sure else "so far, the sign turns"
    return {
        "off": told(off, as_asked(answer)),
        "on": told(on, f"Pull factor on: offers draw arrivals (elasticity {elasticity:g})", nobody_drawn(answer)),
        "turns": f"!! {warning}: read this first" if turns else "",
        "names": dict(zip("ab", names_of(answer.question), strict=True)),
    }


def as_asked(answer: Answer) -> str:
    """What the pull factor is in the question itself."""
    set_to = answer.question.caseload.world.pull_elasticity
    return f"Pull factor as you set it (elasticity {set_to:g})" if set_to else "Pull factor off: offers draw nobody"


def nobody_drawn(answer: Answer) -> str:
    """Why the pull factor changes nothing, in a sentence; nothing where it does change something."""
    if any(found.pulled is not None for side in answer.tally.outcomes for found in side):
        return ""
    if answer.question.caseload.world.pull_elasticity:
        return "It is on already: the same figure."
    a, b = answer.choices.shown.policies
    own = [offer for name, offer in b.offers.items() if offer.amount_per_person > 0 and a.offers.get(name) != offer]
    if own and not b.regimes and all(offer.claims_before_week is not None for offer in own):
        return "Those who come later cannot take B's offer, so nobody is drawn: the same figure."
    return "Neither policy draws more than come today: the same figure."


def _signed(row: dict[str, Any]) -> str:
    """A difference with no more digits than its standard error supports."""
    value = row["difference"]
    digits = min(0 if abs(value) >= 10 else 1, supported([value], row["difference_standard_error"]))
    return number(round(value, digits), max(0, digits), signed=True)


def _others(count: int) -> str:
    if not count:
        return ""
    who = "one other visitor is" if count == 1 else f"{count} other visitors are"
    return f"waiting: {who} running too, and everybody has the same share"
