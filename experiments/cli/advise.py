"""`returns advise`: how much a person, with how long to accept, to whom, and how early."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED, WEEKS
from experiments.report.printed import AsJson, console, print_json, tell


def advise_command(
    *,
    amounts: str = "3000,10000,20000",
    windows: str = "1,13,none",
    to: str = "present,families,all",
    when: str = "exhausted,refused",
    baseline: Annotated[str, Parameter(name=("--against", "--baseline"))] = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    uncertainty: Literal["parameters", "seeds"] | None = None,
    as_json: AsJson = False,
    out: Path | None = None,
    workers: int | None = None,
) -> int:
    """Say which offer follows from which goal: how much a person, how long to accept, to whom, how early.

    Runs every combination of the answers against the policy that stands, with and without the pull factor, and says for
    each goal which is best on average, how likely another would have done better, and what to find out first.

    Parameters
    ----------
    amounts
        GBP a person, separated by commas. A household gets at most four times as much.
    windows
        Weeks to accept from being made the offer, separated by commas; none: no deadline.
    to
        Of: present (families of safe countries who are there in week 0), families, all.
    when
        Of: exhausted (once appeals are exhausted), refused (from the first refusal on).
    baseline
        The policy that stands; it goes on beside the offer.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    replicates
        Runs of each offer; without a number about 100, fewer for a large caseload.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run; run r of every offer has seed + r.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
        Without a word, parameters if there is a posterior.
    as_json
        Print JSON instead of text.
    out
        Folder for the tables; without one, results/advise- and the hash of the inputs.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    """
    from experiments.economics.advice import advise, inquire
    from experiments.report.advised import FILES, advice_rows, answer_rows, place_of, show, worth_rows, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import Silent, progress_for
    from experiments.running.threads import workers_of

    workers_of(workers)
    asked = inquire(
        amounts=[_number("--amounts", text) for text in _listed(amounts)],
        windows=[None if text == "none" else _weeks(text) for text in _listed(windows)], audiences=_listed(to),
        moments=_listed(when), baseline=baseline, caseload=caseload, replicates=replicates, weeks=weeks,
        households=households, seed=seed, uncertainty=uncertainty,
    )  # fmt: skip
    place = place_of(asked, out)
    tell(f"{len(asked.options)} offers, {asked.question.replicates:,} runs of each, without and with the pull factor.")
    with announcing_compilation(tell):
        found = advise(asked, workers=workers, progress=Silent() if as_json else progress_for())
    write(place, found)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        tell(files)
        print_json({"advice": advice_rows(found), "answers": answer_rows(found), "worth": worth_rows(found),
                    "stake_of_the_pull_factor": found.stake})  # fmt: skip
        return 0
    show(console(), found, files)
    return 0


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _number(field: str, text: str) -> float:
    from abm.inputs.parameters import InputError

    try:
        return float(text)
    except ValueError:
        raise InputError(field, text, "numbers separated by commas, as in 3000,10000,20000") from None


def _weeks(text: str) -> int:
    from abm.inputs.parameters import InputError

    try:
        return int(text)
    except ValueError:
        raise InputError("--windows", text, "whole weeks or none, separated by commas, as in 1,13,none") from None
