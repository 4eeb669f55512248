"""What a worker does with a batch: each run as if it were alone, whatever became of the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import abm
from abm.model import Prepared
from experiments.question.study import Study, lay_out
from experiments.running.runs import TOGETHER, Done, Job, Runner

#: Points that differ in each of the three inputs; the amount of the third is above its cap.
AMOUNTS = [1000, 2000, 9000, 3000]
DESIGN: dict[str, Any] = {
    "variants": ["uk-pilot-2026"], "baseline": "uk-2025", "weeks": 6, "households": 40, "replicates": 2,
    "uncertainty": "seeds", "set": {"offer.household_cap": 8000},
    "factors": {
        "offer.amount_per_person": AMOUNTS, "world.hotel_night": [50.0, 100.0], "behaviour.money": [0.1, 2.0],
        "behaviour.discounting": [0.0, 0.5],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return lay_out(DESIGN)


def jobs_of(study: Study) -> list[Job]:
    return [
        Job(cell, study.locate(cell)[0], study.settings(cell), (0, 1)) for cell in np.flatnonzero(study.active).tolist()
    ]


def alone(study: Study, job: Job, replicate: int) -> Done:
    """A run by a worker that has done nothing before."""
    return Runner(study.shared)([Job(job.cell, job.variant, job.settings, (replicate,))])


def test_a_run_of_a_batch_is_what_it_is_alone(study: Study) -> None:
    jobs = jobs_of(study)
    done = Runner(study.shared)(jobs)
    assert len(done) > 3 * TOGETHER
    rows = [(job, replicate) for job in jobs for replicate in job.replicates]
    for row, (job, replicate) in enumerate(rows):
        one = alone(study, job, replicate)
        assert (done.cells[row], done.replicates[row]) == (job.cell, replicate)
        assert done.run_ids[row] == one.run_ids[0]
        assert done.errors.get(row) == one.errors.get(0)
        np.testing.assert_array_equal(done.measures[row], one.measures[0])
    refused = [row for row, (job, _) in enumerate(rows) if job.settings.get("offer.amount_per_person") == 9000]
    assert sorted(done.errors) == refused
    assert all("household_cap" in done.errors[row] for row in refused)
    assert len({name for name in done.run_ids if name}) == len(rows) - len(refused)


def test_a_run_that_raises_is_recorded_in_its_row_and_no_other(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, whole = jobs_of(study)[:6], Prepared.measures

    def fails_once(prepared: Prepared, seed: int) -> np.ndarray:
        if prepared.caseload.world.hotel_night == 100.0 and seed == study.shared.seed_of(0, 1):
            raise ArithmeticError("hotels are full")
        return whole(prepared, seed)

    wanted = Runner(study.shared)(jobs)
    monkeypatch.setattr(Prepared, "measures", fails_once)
    done = Runner(study.shared)(jobs)
    rows = [(job, replicate) for job in jobs for replicate in job.replicates]
    dear = [
        row for row, (job, replicate) in enumerate(rows) if job.settings["world.hotel_night"] == 100.0 and replicate
    ]
    assert dear
    assert sorted(done.errors) == dear
    assert all(done.errors[row].startswith("ArithmeticError: hotels are full") for row in dear)
    assert done.run_ids == wanted.run_ids
    others = [row for row in range(len(rows)) if row not in dear]
    np.testing.assert_array_equal(done.measures[others], wanted.measures[others])
    assert np.isnan(done.measures[dear]).all()
    assert done.measures.shape[1] == len(abm.MEASURES)
