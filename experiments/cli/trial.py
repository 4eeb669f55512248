"""`returns trial`: what a randomised trial of a policy's offer would find."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED
from experiments.report.printed import AsJson, Settings, console, print_json, tell


def trial_command(
    variant: str = "uk-pilot-2026",
    *,
    families: str = "150,300,600",
    months: str = "6,12,24",
    by: Literal["family", "site"] | None = None,
    share: float = 0.5,
    outcome: Literal["departed", "saving"] | None = None,
    replicates: int = 100,
    caseload: str = DEFAULT_CASELOAD,
    against: str = DEFAULT_BASELINE,
    seed: int = SEED,
    settings: Settings = (),
    uncertainty: Literal["parameters", "seeds"] | None = None,
    check: int = 2_000,
    out: Path | None = None,
    as_json: AsJson = False,
    workers: int | None = None,
) -> int:
    """Try a policy's offer on some families first: power, the smallest effect to be seen, and what leaks between arms.

    In each run the same families have the offer open to all, to none, and, by lot, to a share of them: the trial. Its
    estimate and test are a trialist's; the truth is known. Says how many families and months would settle whether the
    offer makes more leave, and whether it saves.

    Parameters
    ----------
    variant
        Name of a policy, or path of a TOML file. Tried are its offers that --against does not have.
    families
        Numbers of families, separated by commas.
    months
        Months after the offer opens at which outcomes are read, separated by commas.
    by
        What is drawn: each family, or each site (hotel) with all who live there. Without it, both.
    share
        Share of the families, or of the sites, to whom the offer is open: above 0 and below 1.
    outcome
        departed: whether a family has left, by any route; saving: what it has cost the less. Without it, both.
    replicates
        Runs of each number of families; run r has seed + r and the next draw of the posterior.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
        How many live at a site: --set caseload.network.site_households=15.
    against
        The policy whose offers are not tried.
    seed
        Seed of the first run.
    settings
        PATH=VALUE, as often as you like. A policy lever is set in the variant; world., behaviour. and caseload. paths
        are set for all.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
        Without a word, parameters if there is a posterior.
    check
        Largest number of families with which a needed number is checked by running such trials; 0: none is.
    out
        Folder for the results; without one, results/trial- and the hash of the inputs.
    as_json
        Print rows as JSON instead of the tables.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    """
    from experiments.running.threads import workers_of
    from experiments.trial.asking import ask_trial

    workers_of(workers)
    trial = ask_trial(
        variant, against=against, caseload=caseload, families=whole_numbers("--families", families),
        months=whole_numbers("--months", months), by=by, share=share, outcome=outcome, replicates=replicates, seed=seed,
        settings=settings, uncertainty=uncertainty, most_checked=check,
    )  # fmt: skip
    from experiments.question.idle import idle_settings
    from experiments.report.trial_files import FILES, place_of, write
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen
    from experiments.trial.answering import conduct_all
    from experiments.trial.rows import rows as rows_of

    place = place_of(trial, out)
    progress = progress_if_seen()
    with announcing_compilation(tell):
        found = conduct_all(trial, workers=workers, progress=progress)
    rows = rows_of(found)
    q = trial.question
    for line in idle_settings(q.cases, q.without, q.seed):
        tell(line)
    write(place, found, rows)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        for line in (*found.remarks, files):
            tell(line)
        print_json(rows)
        return 0
    from experiments.report.trial_terminal import show

    show(console(), found, rows, files)
    return 0


def whole_numbers(name: str, text: str) -> list[int]:
    """Whole numbers separated by commas.

    Raises
    ------
    InputError
        If one is not a whole number.
    """
    from abm.inputs.parameters import InputError

    found = []
    for part in text.split(","):
        try:
            found.append(int(part.strip().replace("_", "")))
        except ValueError:
            raise InputError(name, text, "whole numbers separated by commas, such as 150,300") from None
    return found
