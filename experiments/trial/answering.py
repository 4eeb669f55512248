"""An answer: the trials that were asked for, and those that check how many families would be needed."""

from __future__ import annotations

import time
from dataclasses import replace

from experiments.running.progress import Progress, Silent
from experiments.trial.asking import Trial
from experiments.trial.conducting import Conducted, conduct
from experiments.trial.rows import to_check


def conduct_all(trial: Trial, *, workers: int | None = None, progress: Progress | None = None) -> Conducted:
    """Conduct the trials that were asked for, and those that check how many families would be needed."""
    begun, shown = time.perf_counter(), progress or Silent()
    count = len(trial.families) * trial.question.replicates
    shown.start(count, 0, "threads of this machine")
    try:
        runs = conduct(trial, workers=workers, told=lambda done: shown.update(done, 0, count))
        vectors = trial.question.vectors(trial.question.replicates)
        for size, way in to_check(trial, runs, vectors):
            before, count = count, count + trial.question.replicates

            def tell(done: int, before: int = before, total: int = count) -> None:
                shown.update(before + done, 0, total)

            found = conduct(trial, [size], by=[way], workers=workers, told=tell)
            runs += [replace(one, checked=True) for one in found]
    finally:
        shown.end()
    return Conducted(trial, runs, vectors, time.perf_counter() - begun, _other_levers(trial))


def _other_levers(trial: Trial) -> list[str]:
    """A sentence where the policy does more than can be assigned."""
    size = trial.families[0]
    one = trial.case(size, 0.0).prepared().measures(trial.question.seed)
    base = replace(trial.question.baseline, households=size).prepared().measures(trial.question.seed)
    if one.tobytes() == base.tobytes():
        return []
    return [
        f"{trial.label} changes more than its offer: what else it changes beside {trial.question.labels[0]} holds for"
        " both arms, and is not in the effect."
    ]
