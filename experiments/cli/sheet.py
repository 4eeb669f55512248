"""`returns sheet`: firm, fair, compassionate – one sheet a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED, WEEKS
from experiments.report.printed import AsJson, Settings, console, print_json, tell


def sheet_command(
    *variants: str,
    against: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    uncertainty: Literal["parameters", "seeds"] | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
    workers: int | None = None,
) -> int:
    """What each policy does on each of three words – firm, fair, compassionate – so that none is praised on one alone.

    For each word its measures and, by origin, size and housing, its groups with their numbers of households: the level
    under the baseline, the paired difference, its interval, and by rule whether that is better or worse.

    Parameters
    ----------
    variants
        Names of policies, or paths of TOML files; without any, those of returns compare.
    against
        The baseline.
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    replicates
        Runs of each policy; without a number about 100, fewer for a large caseload.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run; run r of every policy has seed + r.
    settings
        PATH=VALUE, as often as you like, as for returns compare.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
        Without a word, parameters if there is a posterior.
    out
        Folder for the sheets; without one, results/sheet- and the hash of the inputs.
    as_json
        Print verdicts and rows as JSON instead of the sheets.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    """
    from experiments.question.question import ask
    from experiments.report.three_words import GROUPINGS
    from experiments.running.threads import workers_of

    workers_of(workers)
    question = ask(
        variants, baseline=against, caseload=caseload, replicates=replicates, weeks=weeks, households=households,
        seed=seed, settings=settings, uncertainty=uncertainty, groups=GROUPINGS, in_brief=True,
    )  # fmt: skip
    from experiments.compare.comparing import compare
    from experiments.question.idle import idle_settings
    from experiments.report.sheet_shown import FILES, document, place_of, show, write
    from experiments.report.three_words import sheet_rows
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen

    place = place_of(question, out)
    with announcing_compilation(tell):
        comparison = compare(question, workers=workers, progress=progress_if_seen())
    rows = sheet_rows(comparison)
    for line in idle_settings(question.cases, question.without, question.seed, comparison.known()):
        tell(line)
    write(place, comparison, rows)
    files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        tell(files)
        print_json(document(rows))
        return 0
    show(console(), comparison, rows, files)
    return 0
