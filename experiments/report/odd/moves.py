"""From which stage a household moves to which, by which rule, and what counts it; and diagrams of that.

The rules are not data, so that the moves are written down here; a test reads the rules and finds the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from abm.arrays.state import Flow
from abm.household.stages import Holds, Stage
from abm.inputs.policy import Offer


class Move(NamedTuple):
    """A move that a rule makes: from any of some stages to one."""

    rule: str  # module and function that change the stage
    before: tuple[Stage, ...]
    after: Stage
    flow: Flow
    words: str  # on the arrow
    chosen: bool = False  # by the household


def holding(*what: Holds) -> tuple[Stage, ...]:
    """The stages in which all of this holds."""
    return tuple(stage for stage in Stage if all(one in stage.holds for one in what))


#: Stages to which an offer can be open.
OPEN = tuple(stage for stage in Stage if f"open_{stage.name.lower()}" in Offer.model_fields)
_WEEK, _PROCEDURE, _ARRIVING = "abm.week.week", "abm.week.procedure", "abm.week.arriving"
_LEAVING = "abm.week.departures"

MOVES: tuple[Move, ...] = (
    Move(f"{_ARRIVING}:arrive", (Stage.ABSENT,), Stage.AWAITING, Flow.arrivals, "arrival"),
    Move(f"{_ARRIVING}:arrive", (Stage.ABSENT,), Stage.EXHAUSTED, Flow.arrivals, "arrival, if the caseload says so"),
    Move(f"{_PROCEDURE}:protect", (Stage.AWAITING,), Stage.PROTECTED, Flow.granted, "granted"),
    Move(f"{_PROCEDURE}:refuse", (Stage.AWAITING,), Stage.REFUSED, Flow.refused, "refused"),
    Move(f"{_PROCEDURE}:protect", (Stage.REFUSED,), Stage.PROTECTED, Flow.appeals_allowed, "appeal allowed"),
    Move(f"{_PROCEDURE}:exhaust", (Stage.REFUSED,), Stage.EXHAUSTED, Flow.exhausted, "appeal dismissed, or none"),
    Move(f"{_PROCEDURE}:refuse", (Stage.PROTECTED,), Stage.REFUSED, Flow.revoked, "ended at review"),
    Move(f"{_PROCEDURE}:line_up_for_review", (Stage.PROTECTED,), Stage.SETTLED, Flow.settled, "years of protection"),
    Move(f"{_WEEK}:accept", tuple(s for s in OPEN if s is not Stage.PROTECTED), Stage.BOOKED, Flow.accepted,
         "accepts an offer", True),
    Move(f"{_WEEK}:depart", (Stage.BOOKED,), Stage.RETURNED_ASSISTED, Flow.assisted, "leaves"),
    Move(f"{_WEEK}:depart", (Stage.PROTECTED,), Stage.RETURNED_ASSISTED, Flow.assisted,
         "accepts, leaves at once", True),
    Move(f"{_WEEK}:depart", (Stage.BOOKED,), Stage.AWAITING, Flow.withdrawn, "withdraws, was not refused"),
    Move(f"{_WEEK}:depart", (Stage.BOOKED,), Stage.EXHAUSTED, Flow.withdrawn, "withdraws, was refused"),
    Move(f"{_WEEK}:act", holding(Holds.CHOOSES), Stage.RETURNED_UNASSISTED, Flow.unassisted, "goes home", True),
    Move(f"{_LEAVING}:go_irregular", holding(Holds.CHOOSES, Holds.CASE_IS_OPEN), Stage.ABSCONDED, Flow.absconded,
         "goes out of contact", True),
    Move(f"{_LEAVING}:go_irregular", (Stage.REFUSED, Stage.EXHAUSTED), Stage.ABSCONDED, Flow.moved_on, "moves on"),
    Move(f"{_WEEK}:fate", (Stage.ABSCONDED,), Stage.EXHAUSTED, Flow.detected, "found again"),
    Move(f"{_WEEK}:fate", (Stage.EXHAUSTED, Stage.ABSCONDED), Stage.SETTLED, Flow.regularised, "regularised"),
    Move("abm.week.enforcement:remove", (Stage.EXHAUSTED, Stage.ABSCONDED, Stage.BOOKED), Stage.REMOVED, Flow.removed,
         "removed"),
    Move(f"{_ARRIVING}:come_back", holding(Holds.WENT_HOME), Stage.AWAITING, Flow.re_entered, "claims again"),
)  # fmt: skip


def diagram(moves: Sequence[Move], direction: str = "LR") -> str:
    """Some moves and the stages between which they go, as a flowchart of Mermaid; heavy where a household chooses."""
    there = {stage for move in moves for stage in (*move.before, move.after)}
    lines = [f"flowchart {direction}"]
    for stage in (stage for stage in Stage if stage in there):
        left, right = ("([", "])") if Holds.GONE in stage.holds else ("[", "]")
        lines.append(f'    {stage.name}{left}"{stage.name}<br>{stage.meaning}"{right}')
    for move in moves:
        before, arrow = " & ".join(stage.name for stage in move.before), "==>" if move.chosen else "-->"
        lines.append(f'    {before} {arrow}|"{move.words}"| {move.after.name}')
    return "\n".join(lines)
