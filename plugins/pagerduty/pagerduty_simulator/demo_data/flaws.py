"""Flawed twins of the healthy account: each differs in one thing, and fails the checks of that."""

from __future__ import annotations

from pagerduty_simulator.demo_data import healthy_account as healthy
from pagerduty_simulator.demo_data.account_changes import (
    EVA,
    block_app,
    change_hours,
    change_service,
    delete_user,
    long_maintenance,
    low_urgency_rules,
    name_on_second_level,
    remove_member,
    rotate,
    route_off,
    schedule_without_layers,
    shorten_only_level,
    shorten_regions,
    six_administrators,
    split_regions,
    stand_in_for_weeks,
    unused_schedule,
    without_managers,
)
from pagerduty_simulator.demo_data.flaw import Flaw
from pagerduty_simulator.demo_data.healthy_changes import (
    DISABLING,
    PROMOTION,
    change_actor,
    one_level_more,
    without_record,
)
from pagerduty_simulator.demo_data.response_flaws import response_flaws
from pagerduty_simulator.demo_data.service_flaws import service_flaws
from pagerduty_simulator.demo_data.shift_hours import daily_hours, working_hours


def flaws() -> tuple[Flaw, ...]:
    """Return every flaw, by feature."""
    return (*_coverage(), *_people(), *_access(), *_services(), *service_flaws(), *response_flaws())


def _coverage() -> tuple[Flaw, ...]:
    gap = ("pagerduty_schedule_has_no_gap_ahead", "pagerduty_schedule_had_no_gap")
    first = ("pagerduty_policy_first_level_covered", "pagerduty_policy_first_level_was_covered")
    whole = (
        "pagerduty_policy_reaches_somebody_at_all_times",
        "pagerduty_policy_reached_somebody_at_all_times",
    )
    return (
        Flaw(
            feature="follow-the-sun",
            description="Each region leaves an hour before the next one begins",
            apply=shorten_regions,
            fails=(*gap, *first, "pagerduty_policy_asks_another_person"),
        ),
        Flaw(
            feature="follow-the-sun",
            description="The same, and no other level",
            apply=shorten_only_level,
            fails=(*gap, *first, *whole, "pagerduty_policy_has_levels"),
        ),
        Flaw(
            feature="follow-the-sun",
            description="Each region has a schedule of its own, of which the settings do not know",
            apply=split_regions,
            fails=gap,
        ),
        Flaw(
            feature="schedules side by side",
            description="The early one ends an hour before the late one begins",
            apply=lambda account: change_hours(account, healthy.EARLY, daily_hours(0, 11)),
            fails=(*gap, *first, "pagerduty_policy_asks_another_person"),
        ),
        Flaw(
            feature="business hours",
            description="The schedule for the office begins an hour late",
            apply=lambda account: change_hours(account, healthy.OFFICE_ROTA, working_hours(10)),
            fails=(*gap, *first, "pagerduty_policy_asks_another_person"),
        ),
        Flaw(
            feature="schedules",
            description="One person holds every shift of a schedule",
            apply=lambda account: rotate(account, healthy.OFFICE_ROTA, 10),
            fails=("pagerduty_schedule_is_shared",),
        ),
        Flaw(
            feature="schedules",
            description="One person is on call for three weeks in a row",
            apply=lambda account: rotate(account, healthy.BACKUP, 8, 8, 8, 9),
            fails=("pagerduty_schedule_gives_time_off",),
        ),
        Flaw(
            feature="overrides",
            description="Somebody stands in for two weeks of the last three",
            apply=stand_in_for_weeks,
            fails=("pagerduty_schedule_rotation_is_kept", "pagerduty_schedule_gives_time_off"),
        ),
        Flaw(
            feature="schedules",
            description="No escalation policy uses a schedule",
            apply=unused_schedule,
            fails=("pagerduty_schedule_is_attached",),
        ),
        Flaw(
            feature="schedules",
            description="A schedule that no escalation policy uses has no layers",
            apply=schedule_without_layers,
            fails=("pagerduty_schedule_is_attached", "pagerduty_schedule_has_layers"),
        ),
    )


def _people() -> tuple[Flaw, ...]:
    level = "pagerduty_policy_every_level_reaches_a_person"
    return (
        Flaw(
            feature="push only",
            description="The app of the one person whom only it notifies is blocked",
            apply=block_app,
            fails=(
                "pagerduty_on_call_user_is_notified",
                "pagerduty_on_call_user_can_be_reached",
                "pagerduty_policy_first_level_covered",
                "pagerduty_policy_asks_another_person",
            ),
        ),
        Flaw(
            feature="people",
            description="Somebody on call is notified of low urgency only",
            apply=low_urgency_rules,
            fails=(
                "pagerduty_on_call_user_is_notified",
                "pagerduty_policy_first_level_covered",
                "pagerduty_policy_asks_another_person",
            ),
        ),
        Flaw(
            feature="people",
            description="The second level names a stakeholder",
            apply=lambda account: name_on_second_level(account, healthy.STAKEHOLDER),
            fails=(
                "pagerduty_policy_names_no_stakeholder",
                "pagerduty_policy_asks_another_person",
                level,
            ),
        ),
        Flaw(
            feature="invitations",
            description="The second level names somebody who never signed in",
            apply=lambda account: name_on_second_level(account, healthy.INVITED),
            fails=(
                "pagerduty_policy_names_no_unaccepted_invitation",
                "pagerduty_policy_asks_another_person",
                level,
            ),
        ),
        Flaw(
            feature="people",
            description="The second level names somebody who was deleted",
            apply=delete_user,
            fails=(
                "pagerduty_policy_names_no_deleted_user",
                "pagerduty_policy_asks_another_person",
                level,
            ),
        ),
    )


def _access() -> tuple[Flaw, ...]:
    return (
        Flaw(
            feature="access",
            description="Six users are owners or admins",
            apply=six_administrators,
            fails=("pagerduty_owners_and_admins_bounded",),
        ),
        Flaw(
            feature="changes",
            description="Somebody else made the admin one",
            apply=lambda account: change_actor(account, PROMOTION, EVA),
            fails=("pagerduty_privileges_granted_by_authorized_people",),
        ),
        Flaw(
            feature="changes",
            description="Somebody else disabled the service",
            apply=lambda account: change_actor(account, DISABLING, EVA),
            fails=("pagerduty_response_weakened_by_authorized_people",),
        ),
        Flaw(
            feature="changes",
            description="A policy had one level more hours ago, which no audit record shows",
            apply=lambda _: None,
            before=one_level_more,
            fails=("pagerduty_weakened_response_is_recorded",),
        ),
        Flaw(
            feature="changes",
            description="No audit record shows who made the admin one",
            apply=lambda account: without_record(account, PROMOTION),
            fails=("pagerduty_privilege_grant_is_recorded",),
        ),
        Flaw(
            feature="account roles",
            description="The members with an account role of a manager leave a team",
            apply=without_managers,
            fails=("pagerduty_team_has_manager",),
        ),
        Flaw(
            feature="access",
            description="A first responder leaves the team that owns the service",
            apply=lambda account: remove_member(account, healthy.PAYMENTS, EVA),
            fails=("pagerduty_service_responders_belong_to_owner",),
        ),
        Flaw(
            feature="access",
            description="A service belongs to no team",
            apply=lambda account: change_service(account, healthy.EVENT_ARCHIVE, team_ids=()),
            fails=("pagerduty_service_has_owner_team",),
        ),
    )


def _services() -> tuple[Flaw, ...]:
    return (
        Flaw(
            feature="business hours",
            description="A critical service pages in support hours only",
            apply=lambda account: change_service(
                account, healthy.CARD_PAYMENTS, urgency="support_hours"
            ),
            fails=("pagerduty_critical_service_pages_at_all_hours",),
        ),
        Flaw(
            feature="services",
            description="A critical service is disabled",
            apply=lambda account: change_service(account, healthy.CARD_PAYMENTS, disabled=True),
            fails=("pagerduty_critical_service_is_enabled",),
        ),
        Flaw(
            feature="services",
            description="The escalation policy of a service was deleted",
            apply=lambda account: change_service(
                account, healthy.EVENT_ARCHIVE, policy_id="PGONE01"
            ),
            fails=("pagerduty_service_has_escalation_policy",),
        ),
        Flaw(
            feature="maintenance",
            description="A critical service is in maintenance now",
            apply=lambda account: change_service(account, healthy.CARD_PAYMENTS, maintenance=True),
            fails=("pagerduty_critical_service_is_not_in_maintenance",),
        ),
        Flaw(
            feature="maintenance",
            description="The maintenance is of a critical service, and took two days",
            apply=long_maintenance,
            fails=("pagerduty_critical_service_maintenance_is_bounded",),
        ),
        Flaw(
            feature="orchestrations",
            description="The route to a service without integrations is off",
            apply=route_off,
            fails=("pagerduty_service_has_integration",),
        ),
    )
