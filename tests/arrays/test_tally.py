"""What a run adds up to, computed a second time: the median by Kaplan and Meier, and the sums over the table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from tiny import QUIET, STILL, busy, caseload, flow

from abm import Prepared, Run, prepare
from abm.arrays.ledger import Line
from abm.arrays.state import LEDGER_AT, Flow, State
from abm.arrays.tally import Tally
from abm.household.stages import ACCOUNT, COL, STAGE, Stage, went_home
from abm.numerics.calendar import NEVER, WEEKS_PER_YEAR
from abm.week.compiled import tallied

# ---- the median by Kaplan and Meier ----------------------------------------------------------------------


def measured(durations: list[float], events: list[bool], weeks: int) -> float:
    """The model's median for households with given times: a departure, or the end of their follow-up."""
    prepared: Prepared = prepare(STILL, caseload(households=len(durations)), QUIET, weeks=weeks)
    state: State = prepared.begin(0)
    prepared.advance(0, state, 0, weeks)
    for i, (time, left) in enumerate(zip(durations, events, strict=True)):
        # A household that leaves in week w (from 0) has left by the end of w + 1 weeks.
        state.s[COL.risk_from, i] = 0.0 if left else weeks - time
        state.s[COL.left_at, i] = time - 1.0 if left else NEVER
        state.s[COL.route, i] = STAGE.RETURNED_ASSISTED if left else 0.0
    return float(tallied(prepared.setting, state, 1.0).median_weeks)


def by_hand(durations: list[float], events: list[bool]) -> float:
    """Kaplan–Meier by scipy: the first time at which survival is at most a half."""
    times, left = np.array(durations, float), np.array(events)
    data = stats.CensoredData(uncensored=times[left], right=times[~left])
    survival = stats.ecdf(data).sf
    below = survival.quantiles[survival.probabilities <= 0.5 + 1e-12]
    return float(below[0]) if len(below) else math.nan


def test_median_of_a_textbook_case() -> None:
    """Times 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16 …: the treated leukaemia patients of 1963, median 23 weeks."""
    durations = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    events = [True] * 9 + [False] * 12
    assert measured(durations, events, 40) == 23.0 == by_hand(durations, events)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(25))
def test_median_is_the_kaplan_meier_median(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    durations = rng.integers(1, 60, n).astype(float).tolist()
    events = (rng.random(n) < rng.uniform(0.3, 1.0)).tolist()
    if not any(events) or all(events):
        events[0], events[-1] = True, False
    assert measured(durations, events, 60) == pytest.approx(by_hand(durations, events), nan_ok=True)


@pytest.mark.parametrize("n", [2, 6, 10, 14, 22, 100, 250])
def test_median_where_exactly_half_have_left(n: int) -> None:
    """A survival of one half is reached, whatever the rounding of the product."""
    durations = [float(k + 1) for k in range(n // 2)] + [300.0] * (n // 2)
    assert measured(durations, [True] * (n // 2) + [False] * (n // 2), 300) == n / 2


def test_without_half_leaving_there_is_no_median() -> None:
    assert math.isnan(measured([5.0, 60.0, 60.0], [True, False, False], 60))


# ---- sums --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run() -> Run:
    return busy().run(5)


@pytest.fixture(scope="module")
def told(run: Run) -> Tally:
    found: Tally = tallied(run.prepared.setting, run.state, run.prepared.weight)
    return found


def test_flows_and_stocks_are_those_of_the_history(run: Run, told: Tally) -> None:
    assert [told.flows[kind] for kind in Flow] == [flow(run, kind.name).sum() for kind in Flow]
    assert told.stocks.tolist() == run.state.history[-1, : len(Stage)].tolist()
    assert told.weight == run.prepared.weight


def test_lines_are_discounted_to_week_nought(run: Run, told: Tally) -> None:
    weekly = 1.035 ** -(np.arange(run.prepared.weeks) / WEEKS_PER_YEAR)
    for line in Line:
        pounds = float(run.state.history[:, LEDGER_AT + line] @ weekly) / 100.0
        assert told.lines[line] == pytest.approx(pounds, rel=1e-12), line.name


def test_departures_are_counted_by_the_stage_left_to(run: Run, told: Tally) -> None:
    s = run.state.s
    left, risk = s[COL.left_at] >= 0, s[COL.risk_from] >= 0
    after = left & risk & (s[COL.left_at] >= s[COL.risk_from])
    assert told.at_risk == risk.sum()
    assert told.at_risk_absconded == np.sum(risk & (s[COL.absconded_at] >= 0))
    own = left & (s[COL.account] != ACCOUNT.INDUCED)
    assert own.sum() < left.sum()
    for stage in Stage:
        to = s[COL.route] == stage
        assert told.left[stage] == np.sum(own & to), stage.name
        assert told.at_risk_left[stage] == np.sum(after & to), stage.name
    assert told.left_persons == (s[COL.adults] + s[COL.children])[own].sum()
    assert told.left_unsafe == s[COL.left_unsafe, own].sum()
    assert told.came_back == np.sum(own & went_home(s[COL.route]) & (s[COL.reentries] > 0))
    assert told.left.sum() > 100
