"""`returns attribute`: what made the difference between two situations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from experiments.question.defaults import SEED
from experiments.report.printed import AsJson, Settings, console, print_json, tell
from experiments.running.progress import progress_if_seen

FromSettings = Annotated[tuple[str, ...], Parameter(name="--from-set", negative="", show_default=False)]
ToSettings = Annotated[tuple[str, ...], Parameter(name="--to-set", negative="", show_default=False)]
Measures = Annotated[tuple[str, ...], Parameter(name="--measure", negative="", show_default=False)]


def attribute_command(
    first: Annotated[str, Parameter(name="FROM")],
    second: Annotated[str | None, Parameter(name="TO")] = None,
    /,
    *,
    measure: Measures = (),
    groups: str | None = None,
    hold: str | None = None,
    hold_inflow: int | None = None,
    weeks: int | None = None,
    households: int | None = None,
    replicates: int | None = None,
    seed: int = SEED,
    uncertainty: Literal["parameters", "seeds"] | None = None,
    settings: Settings = (),
    from_settings: FromSettings = (),
    to_settings: ToSettings = (),
    as_json: AsJson = False,
    out: Path | None = None,
    workers: int | None = None,
) -> int:
    """Share the change of a measure between two situations out over its causes.

    A situation is POLICY@CASELOAD, or POLICY on the usual caseload; both are names, or paths of TOML files. What
    differs falls into named groups of inputs, every mixture of the two situations is run with the same seeds, and each
    group gets its Shapley share: the shares sum to the change in every run.

    Parameters
    ----------
    first
        The situation from which.
    second
        The situation to which. Left out with --hold.
    measure
        As often as you like: a measure (returns list measures), stock:DATE for persons awaiting departure on that day,
        or a weekly count between two days, as in assisted_persons:2006-01-02..2007-01-01; a number of weeks may stand
        in place of a day. Without any, departures and cost_npv.
    groups
        Groups to be told apart, separated by commas; whatever else differs is told together as other. Without it, all:
        offer, publicity, threat, enforcement, procedure, support, status, inflow, ways-out, composition, safety, other.
    hold
        DATE: the one situation is what happened, and it is compared with itself without any change of policy from that
        day on, and with the inflow of that year in all later years.
    hold_inflow
        The year whose inflow goes on, if another than that of --hold.
    weeks
        Horizon in weeks; without a number 260, or as many as the days of --measure ask for.
    households
        Households simulated in each situation; without a number all, up to the caseload's default_sample.
    replicates
        Runs of each mixture; without a number, one of each parameter vector.
    seed
        Seed of the first run; run r of every mixture has seed + r.
    uncertainty
        parameters: each run takes the next draw of the posterior; seeds: the one fitted vector.
        Without a word, parameters if there is a posterior.
    settings
        PATH=VALUE in both situations, as often as you like.
    from_settings
        PATH=VALUE in the first situation only.
    to_settings
        PATH=VALUE in the second situation only.
    as_json
        Print rows as JSON instead of the table.
    out
        Folder for shares.csv, runs.csv, mixtures.csv and a manifest.
    workers
        Threads; without a number, one a core. The results do not depend on it.
    """
    from experiments.running.threads import workers_of
    from experiments.sensitivity.asking import ask
    from experiments.sensitivity.attribution import attribute

    workers_of(workers)
    named = [name.strip() for name in groups.split(",") if name.strip()] if groups else []
    asked = ask(
        first, second, measures=measure, groups=named, weeks=weeks, households=households, replicates=replicates,
        seed=seed, uncertainty=uncertainty, settings=settings, first_settings=from_settings,
        second_settings=to_settings, hold=hold, hold_inflow=hold_inflow,
    )  # fmt: skip
    from experiments.report.attributed import FILES, place_of, rows, show, write
    from experiments.running.compiling import announcing_compilation

    place = place_of(asked, out) if out is not None else None
    with announcing_compilation(tell):
        found = attribute(asked, workers=workers, progress=progress_if_seen())
    told = rows(found)
    files = ""
    if place is not None:
        write(place, found, told)
        files = f"Written to {place.path}: {', '.join(FILES)}, manifest.json"
    if as_json:
        if files:
            tell(files)
        print_json({
            "from": asked.labels[0], "to": asked.labels[1], "weeks": asked.both[0].weeks, "seed": asked.seed,
            "replicates": asked.replicates, "uncertainty": asked.uncertainty, "mixtures": len(found.values),
            "rows": told,
        })  # fmt: skip
        return 0
    show(console(), found, told, files)
    return 0
