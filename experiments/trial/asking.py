"""What is asked of a trial: which offer, on how many families, for how long, and how they are assigned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from abm.arrays.setting import day_of
from abm.inputs.parameters import InputError
from abm.inputs.policy import Policy
from experiments.question.case import Case, Uncertainty
from experiments.question.control import own_offers
from experiments.question.defaults import DEFAULT_BASELINE, DEFAULT_CASELOAD, SEED
from experiments.question.question import Question, ask

By = Literal["family", "site"]
Outcome = Literal["departed", "saving"]
#: How each assignment is called in a policy.
SHARE_BY = {"family": "household", "site": "site"}
OUTCOMES: tuple[Outcome, ...] = ("departed", "saving")

#: What is asked when nothing else is said.
VARIANT, FAMILIES, MONTHS, REPLICATES = "uk-pilot-2026", (150, 300, 600), (6, 12, 24), 100
#: Bounds of the numbers.
FEWEST, MOST_FAMILIES, MOST_MONTHS = 10, 100_000, 240
#: Largest number of families with which a needed number is checked by running trials of that size.
MOST_CHECKED = 2_000
#: Chance of rejecting without an effect, and of rejecting at the effect that is to be seen.
LEVEL, POWER = 0.05, 0.80


@dataclass(frozen=True)
class Trial:
    """Everything that determines some trials.

    Attributes
    ----------
    question
        The baseline and the variant, their households, behaviours and seeds.
    offers
        Names of the variant's own offers: those that are assigned.
    opening
        Week in which the first of them opens; a trial begins in it.
    families, months
        Households at the start, and months after the opening at which outcomes are read.
    by
        What is drawn: each family, or each site.
    share
        Share of the families, or of the sites, to whom the offers are open.
    most_checked
        Largest number of families with which a needed number is checked; 0: none is.
    """

    question: Question
    offers: tuple[str, ...]
    opening: int
    families: tuple[int, ...] = FAMILIES
    months: tuple[int, ...] = MONTHS
    by: tuple[By, ...] = ("family", "site")
    share: float = 0.5
    outcomes: tuple[Outcome, ...] = OUTCOMES
    most_checked: int = MOST_CHECKED

    @property
    def variant(self) -> Case:
        """The policy that is tried."""
        return self.question.cases[1]

    @property
    def label(self) -> str:
        """How it is called."""
        return self.question.labels[1]

    @property
    def horizons(self) -> tuple[int, ...]:
        """Weeks after the opening at which outcomes are read."""
        return tuple(weeks_of(month) for month in self.months)

    def case(self, families: int, share: float, by: By = "family") -> Case:
        """The variant with its own offers open to a share."""
        policy = self.variant.policy
        paths = [policy.path_at(("offers", name)) for name in self.offers]
        levers: dict[str, Any] = {f"{path}.share": share for path in paths}
        levers |= {f"{path}.share_by": SHARE_BY[by] for path in paths}
        return replace(self.variant, policy=policy.set_throughout(levers), households=families)


def weeks_of(months: int) -> int:
    """Whole weeks of some months."""
    return round(months / 12 * 52)


def ask_trial(
    variant: str = VARIANT,
    *,
    against: str = DEFAULT_BASELINE,
    caseload: str = DEFAULT_CASELOAD,
    families: Sequence[int] = FAMILIES,
    months: Sequence[int] = MONTHS,
    by: By | None = None,
    share: float = 0.5,
    outcome: Outcome | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
    settings: Sequence[str] = (),
    uncertainty: Uncertainty | None = None,
    most_checked: int = MOST_CHECKED,
) -> Trial:
    """Load and check what is asked of a trial.

    Raises
    ------
    InputError
        Naming field, value, what is allowed and the nearest spelling.
    """
    sizes = _whole("--families", families, FEWEST, MOST_FAMILIES)
    read = _whole("--months", months, 1, MOST_MONTHS)
    if not 0.0 < share < 1.0:
        raise InputError("--share", share, "a number above 0 and below 1")
    if replicates < 2:
        raise InputError("--replicates", replicates, "a whole number of at least 2")
    if not 0 <= most_checked <= MOST_FAMILIES:
        raise InputError("--check", most_checked, f"a whole number from 0 (no check) to {MOST_FAMILIES:,}")
    bare = ask(
        [variant], baseline=against, caseload=caseload, replicates=replicates, weeks=1, seed=seed, settings=settings,
        uncertainty=uncertainty, in_brief=True,
    )  # fmt: skip
    policy = bare.cases[1].policy
    offers = own_offers(policy, bare.baseline.policy)
    if not offers:
        told = f"a policy with an offer that {bare.labels[0]} does not have: there is nothing to assign"
        raise InputError("VARIANT", variant, told)
    opening = _opening(bare.cases[1], offers)
    question = replace(bare, cases=tuple(replace(case, weeks=opening + weeks_of(max(read))) for case in bare.cases))
    return Trial(
        question=question, offers=tuple(offers), opening=opening, families=sizes, months=read,
        by=("family", "site") if by is None else (by,), share=share,
        outcomes=OUTCOMES if outcome is None else (outcome,), most_checked=most_checked,
    )  # fmt: skip


def _whole(name: str, values: Sequence[int], least: int, most: int) -> tuple[int, ...]:
    """Some whole numbers, each once, in order."""
    if not values:
        raise InputError(name, "", f"whole numbers from {least:,} to {most:,}, separated by commas")
    for value in values:
        if not least <= value <= most:
            raise InputError(name, value, f"whole numbers from {least:,} to {most:,}, separated by commas")
    return tuple(sorted(set(values)))


def _opening(case: Case, offers: Sequence[str]) -> int:
    """The first week in which one of the offers is open."""
    weeks = [
        max(begins, 0, int(offer.start_week))
        for begins, policy in case.policy.timeline(day_of(case.caseload))
        for name in offers
        if (offer := _offer(policy, name)) is not None
    ]
    if not weeks:
        raise InputError("VARIANT", case.policy.name, "a policy that has an offer of its own open in some week")
    return min(weeks)


def _offer(policy: Policy, name: str) -> Any:
    """An offer of a policy, if it is one of something and not over before the run."""
    offer = policy.offers.get(name)
    if offer is None or offer.amount_per_person == 0.0:
        return None
    over = offer.end_week is not None and int(offer.end_week) <= max(0, int(offer.start_week))  # type: ignore[arg-type]
    return None if over else offer
