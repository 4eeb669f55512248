"""`returns economics`: which of several policies, or of anybody's strategies, is worth its money."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED, WEEKS
from experiments.report.printed import AsJson, Settings, console, print_json, tell

#: What a list of policies may be instead, by the end of its name.
TABLES = (".csv", ".tsv", ".txt")


def economics_command(
    *variants: str,
    caseload: str = DEFAULT_CASELOAD,
    baseline: str = DEFAULT_BASELINE,
    effect: str = "departures",
    worth: str | None = None,
    discount: float | None = None,
    replicates: int | None = None,
    weeks: int = WEEKS,
    households: int | None = None,
    seed: int = SEED,
    settings: Settings = (),
    workers: int | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Which policy is worth its money: cost and effect, how sure, and what to find out first.

    Policies are run as in returns compare; cost is the public cost in present value. Incremental cost-effectiveness
    with dominance, the probability that each policy is the best at each worth of the effect, the expected loss of a
    wrong choice, and what finding out would be worth. Or a table of anybody's strategies, as returns economics
    strategies.csv: columns strategy, cost, effect, and draw where costs and effects are drawn.

    Parameters
    ----------
    variants
        Names of policies, or paths of TOML files; or one table of strategies (.csv).
    caseload
        Name of a caseload, or path of a TOML file or of a table of people (CSV, .xlsx).
    baseline
        The policy that the others are compared with.
    effect
        Id of a measure, with :more or :less for the direction that is better; see returns list measures.
    worth
        What a unit of the effect may be worth, as 0,50000,100000; in pounds, or in the table's unit of cost.
    discount
        Discount rate a year, 0.035 unless the caseload says otherwise. 3.5, 1.5 and 0 % are always shown as well.
    replicates
        Runs of each policy; without a number twice as many as returns compare makes, since information needs draws.
    weeks
        Horizon in weeks.
    households
        Households simulated; without a number all, up to the caseload's default_sample.
    seed
        Seed of the first run; run r of every policy has seed + r.
    settings
        PATH=VALUE, as often as you like, as in returns compare.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    out
        Folder for the results; without one, results/economics- and the hash of the inputs.
    as_json
        Print the rows of the strategies as JSON instead of tables and sentences.
    """
    if any(name.lower().endswith(TABLES) for name in variants):
        given = {
            "--caseload": (caseload, DEFAULT_CASELOAD), "--baseline": (baseline, DEFAULT_BASELINE),
            "--effect": (effect, "departures"), "--discount": (discount, None), "--replicates": (replicates, None),
            "--weeks": (weeks, WEEKS), "--households": (households, None), "--seed": (seed, SEED),
            "--set": (settings, ()), "--workers": (workers, None),
        }  # fmt: skip
        return _of_table(variants, [name for name, (one, usual) in given.items() if one != usual], worth, out, as_json)
    from experiments.compare.comparing import compare
    from experiments.economics.appraisal import parse_worths
    from experiments.economics.effects import effect_of
    from experiments.economics.information import INSTALL, installed
    from experiments.economics.policies import WORTHS, policies
    from experiments.question.idle import idle_settings
    from experiments.question.question import ask, even_replicates, usual_replicates
    from experiments.report.economics_files import place_of_policies, write_policies
    from experiments.running.compiling import announcing_compilation
    from experiments.running.progress import progress_if_seen

    wanted, worths = effect_of(effect), WORTHS if worth is None else parse_worths(worth)
    changes = settings if discount is None else (*settings, f"world.discount_rate={discount!r}")
    asking = {"baseline": baseline, "caseload": caseload, "weeks": weeks, "households": households, "seed": seed,
              "settings": changes, "in_brief": True}  # fmt: skip
    question = ask(variants, replicates=replicates, **asking)  # type: ignore[arg-type]
    if replicates is None:
        more = even_replicates(2 * usual_replicates(question.baseline), len(question.behaviours))
        question = ask(variants, replicates=more, **asking)  # type: ignore[arg-type]
    place = place_of_policies(question, effect, worths, out)
    with announcing_compilation(tell):
        comparison = compare(question, workers=workers, progress=progress_if_seen())
    found = policies(comparison, wanted, worths)
    information = found.appraisal.information(found.groups, seed=seed) if installed() else []
    if not installed():
        tell(f"What finding out inputs would be worth is left out: it needs the extra `economics`, {INSTALL}.")
    for line in idle_settings(question.cases, question.without, seed):
        tell(line)
    files = f"Written to {place.path}: {', '.join(write_policies(place, found, information))}, manifest.json"
    if as_json:
        tell(files)
        print_json(found.appraisal.rows)
        return 0
    from experiments.report.economics_terminal import show_policies

    show_policies(console(), found, information, [files])
    return 0


def _of_table(variants: Sequence[str], idle: Sequence[str], worth: str | None, out: Path | None, as_json: bool) -> int:
    """Appraise a table of strategies; `idle` are options that say nothing about one."""
    from abm.inputs.parameters import InputError
    from experiments.economics.appraisal import Appraisal, Terms, parse_worths, usual_worths
    from experiments.economics.table import load_table
    from experiments.report.economics_files import place_of_table, write_table

    if len(variants) > 1:
        raise InputError("VARIANT", " ".join(variants), "policies, or one table of strategies and nothing else")
    if idle:
        raise InputError(idle[0], "given", "policies only: a table brings its own costs and effects", file=variants[0])
    table = load_table(Path(variants[0]))
    reference = int(table.cost.mean(axis=0).argmin())
    found = Appraisal(table.names, table.cost, table.effect, (0.0,), Terms("", "cost", "effect"), reference)
    worths = usual_worths(found.rows) if worth is None else parse_worths(worth)
    found = Appraisal(table.names, table.cost, table.effect, worths, found.terms, reference)
    place = place_of_table(table, worths, out)
    if table.ignored:
        tell(f"{table.path}: not used, since it is none of strategy, cost, effect, draw: {', '.join(table.ignored)}.")
    if worth is not None and not found.uncertain:
        tell("--worth changes nothing here: without a column draw nothing is uncertain, and every worth is told.")
    files = f"Written to {place.path}: {', '.join(write_table(place, table, found))}, manifest.json"
    if as_json:
        tell(files)
        print_json(found.rows)
        return 0
    from experiments.report.economics_terminal import show_table

    show_table(console(), table, found, [files])
    return 0
