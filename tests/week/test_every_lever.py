"""Every lever of a policy has a statement of what it does: a test that pulls it, by name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from abm.inputs.parameters import declarations
from abm.inputs.policy import Offer, Policy

TESTS = Path(__file__).parents[1]
OFFER, STATE = "week/test_levers_of_an_offer.py", "week/test_levers_of_the_state.py"

#: The test that says what a lever does; those of the standing offer, and of any other, are those of `offer`.
SAYS: dict[str, str] = {
    "offer.amount_per_person": f"{OFFER}::test_an_amount_is_paid_for_each_person_and_nought_is_no_offer",
    "offer.child_share": f"{OFFER}::test_a_child_counts_by_its_share",
    "offer.household_cap": f"{OFFER}::test_no_household_gets_more_than_the_cap",
    "offer.start_week": f"{OFFER}::test_an_offer_opens_in_its_week_and_one_from_long_ago_is_no_news",
    "offer.end_week": f"{OFFER}::test_an_offer_closes_in_its_week",
    "offer.deadline": f"{OFFER}::test_a_deadline_is_for_accepting_or_for_having_left",
    "offer.acceptance_window_weeks": f"{OFFER}::test_a_window_closes_so_many_weeks_after_the_offer_is_made",
    "offer.early_bonus": f"{OFFER}::test_a_bonus_that_ends_draws_attention_in_its_last_two_weeks",
    "offer.early_weeks": f"{OFFER}::test_an_early_bonus_is_paid_in_its_weeks",
    "offer.decline_per_week": f"{OFFER}::test_an_amount_declines_by_the_week_after_the_early_weeks_down_to_its_floor",
    "offer.floor_share": f"{OFFER}::test_an_amount_declines_by_the_week_after_the_early_weeks_down_to_its_floor",
    "offer.in_kind_share": f"{OFFER}::test_what_is_in_kind_costs_the_same_and_is_worth_what_it_is_valued",
    "offer.paid_at_departure": f"{OFFER}::test_what_is_not_paid_at_departure_is_paid_after_if_it_is_paid_at_all",
    "offer.later_payment_weeks": f"{OFFER}::test_what_is_paid_later_is_worth_less",
    **{
        f"offer.open_{stage}": f"{OFFER}::test_an_offer_is_open_in_the_stages_that_it_names_and_in_no_other"
        for stage in ("awaiting", "refused", "exhausted", "absconded", "protected")
    },
    "offer.safe_origins_only": f"{OFFER}::test_an_offer_is_for_those_meant",
    "offer.families_only": f"{OFFER}::test_an_offer_is_for_those_meant",
    "offer.origins": f"{OFFER}::test_an_offer_is_for_those_meant",
    "offer.claims_before_week": f"{OFFER}::test_claims_made_too_late_are_not_offered_anything",
    "offer.share": f"{OFFER}::test_an_offer_for_a_share_is_open_to_those_whose_lot_is_below_it",
    "offer.share_by": f"{OFFER}::test_an_offer_for_a_share_is_open_to_those_whose_lot_is_below_it",
    "reintegration.per_household": f"{STATE}::test_help_in_kind_is_spent_on_each_household_that_takes_an_offer",
    "advice.visits_per_1000_week": f"{STATE}::test_advisers_make_so_many_visits_a_week_to_those_refused",
    "advice.independence": f"{STATE}::test_an_adviser_removes_doubt_as_far_as_it_is_independent",
    **{
        f"support.{lever}": f"{STATE}::test_support_goes_on_or_ends_after_its_weeks_for_those_meant"
        for lever in ("families", "families_weeks", "singles", "singles_weeks")
    },
    "housing.hotel_exit_per_week": f"{STATE}::test_who_leaves_a_hotel_goes_to_dispersal_and_costs_what_dispersal_costs",
    "enforcement.attempts_per_1000_week": f"{STATE}::test_so_many_removals_are_attempted_a_week_and_paid_for",
    "enforcement.priority": f"{STATE}::test_who_is_attempted_first_by_time",
    "enforcement.include_families": f"{STATE}::test_removal_reaches_those_meant",
    "enforcement.include_absconded": f"{STATE}::test_removal_reaches_those_meant",
    "enforcement.safe_origins_only": f"{STATE}::test_removal_reaches_those_meant",
    "enforcement.announced_risk": f"{STATE}::test_a_threat_reaches_those_meant",
    "enforcement.notice": f"{STATE}::test_a_threat_reaches_those_meant",
    "procedure.decision_speed": f"{STATE}::test_decisions_are_made_at_their_speed",
    "procedure.appeal_speed": f"{STATE}::test_appeals_are_decided_at_their_speed",
    "procedure.capacity_follows_inflow": f"{STATE}::test_decisions_keep_up_with_those_whom_a_policy_pulls",
    "status.review_interval_months": f"{STATE}::test_protection_is_reviewed_in_its_interval_and_within_capacity",
    "status.review_speed": f"{STATE}::test_protection_is_reviewed_in_its_interval_and_within_capacity",
    "status.settlement_years": f"{STATE}::test_protection_settles_after_its_years",
    "settlement.regularisation_per_year": f"{STATE}::test_those_whose_claim_has_failed_are_regularised_at_the_rate",
    "scope.safe_threshold": f"{STATE}::test_a_country_is_safe_from_the_threshold_on",
    "entry.family_reunion_age": f"{STATE}::test_a_higher_age_for_family_reunion_keeps_its_share_of_arrivals_away",
    "entry.reentry_ban_years": f"{STATE}::test_who_returned_may_not_come_back_while_a_ban_lasts",
}  # fmt: skip
LEVERS = [path for path in declarations(Policy) if not path.startswith("standing.")]


def text_of(statement: str) -> str:
    """The text of a test, with what decorates it."""
    file, _, name = statement.partition("::")
    text = (TESTS / file).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(line.lineno for line in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise AssertionError(f"there is no test {statement}")


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_has_a_statement_that_names_it(lever: str) -> None:
    assert lever in SAYS, "write a test of what it does in a tiny world, and name it here"
    text, leaf = text_of(SAYS[lever]), lever.rpartition(".")[2]
    stem = leaf.rpartition("_")[0] if lever.startswith(("support.", "offer.open_")) else leaf
    assert leaf in text or stem in text


def test_nothing_is_said_of_levers_that_are_not() -> None:
    assert set(SAYS) <= set(LEVERS)
    shared = {path.removeprefix("standing.") for path in declarations(Policy) if path.startswith("standing.")}
    assert (
        shared
        == {path.removeprefix("offer.") for path in LEVERS if path.startswith("offer.")}
        == set(Offer.model_fields)
    )
