"""Flawed twins of the healthy account: each differs in one thing, and fails the checks of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.incident_store import Event
from pagerduty_simulator.account.objects import PolicyLevel, PolicyTarget, Restriction
from pagerduty_simulator.api.serializers.references import user_reference
from pagerduty_simulator.demo_data import healthy_account as healthy
from pagerduty_simulator.demo_data import healthy_incidents as incidents
from pagerduty_simulator.demo_data.healthy_incidents import change_incident

_MINUTE, _HOUR = 60, 3_600
_AIKO, _EVA, _OMAR = 2, 4, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong in an otherwise healthy account."""

    feature: str
    """What of the healthy account it concerns."""
    description: str
    apply: Callable[[Account], None]
    fails: tuple[str, ...]
    """The rules that fail over it, and no others."""


def flaws() -> tuple[Flaw, ...]:
    """Return every flaw, by feature."""
    return (*_coverage(), *_people(), *_access(), *_services(), *_responses())


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
            apply=_shorten_regions,
            fails=(*gap, *first, "pagerduty_policy_asks_another_person"),
        ),
        Flaw(
            feature="follow-the-sun",
            description="The same, and no other level",
            apply=_shorten_only_level,
            fails=(
                *gap,
                *first,
                *whole,
                "pagerduty_policy_has_levels",
                "pagerduty_schedule_is_attached",
            ),
        ),
        Flaw(
            feature="follow-the-sun",
            description="Each region has a schedule of its own on the first level",
            apply=_split_regions,
            fails=gap,
        ),
        Flaw(
            feature="schedules",
            description="One person holds every shift of a schedule",
            apply=lambda account: _rotate(account, healthy.OFFICE_ROTA, 10),
            fails=("pagerduty_schedule_is_shared",),
        ),
        Flaw(
            feature="schedules",
            description="No escalation policy uses a schedule",
            apply=_unused_schedule,
            fails=("pagerduty_schedule_is_attached",),
        ),
        Flaw(
            feature="schedules",
            description="A schedule that no escalation policy uses has no layers",
            apply=_schedule_without_layers,
            fails=("pagerduty_schedule_is_attached", "pagerduty_schedule_has_layers"),
        ),
    )


def _people() -> tuple[Flaw, ...]:
    level = "pagerduty_policy_every_level_reaches_a_person"
    return (
        Flaw(
            feature="push only",
            description="The app of the one person whom only it notifies is blocked",
            apply=_block_app,
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
            apply=_low_urgency_rules,
            fails=(
                "pagerduty_on_call_user_is_notified",
                "pagerduty_policy_first_level_covered",
                "pagerduty_policy_asks_another_person",
            ),
        ),
        Flaw(
            feature="people",
            description="The second level names a stakeholder",
            apply=lambda account: _second_level(account, healthy.STAKEHOLDER),
            fails=(
                "pagerduty_policy_names_no_stakeholder",
                "pagerduty_policy_asks_another_person",
                level,
            ),
        ),
        Flaw(
            feature="people",
            description="The second level names somebody with a pending invitation",
            apply=lambda account: _second_level(account, healthy.INVITED),
            fails=(
                "pagerduty_policy_names_no_unaccepted_invitation",
                "pagerduty_policy_asks_another_person",
                level,
            ),
        ),
        Flaw(
            feature="people",
            description="The second level names somebody who was deleted",
            apply=_delete_user,
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
            apply=lambda account: [_user(account, number, role="admin") for number in range(2, 6)],
            fails=("pagerduty_owners_and_admins_bounded",),
        ),
        Flaw(
            feature="account roles",
            description="The members with an account role of a manager leave a team",
            apply=_without_managers,
            fails=("pagerduty_team_has_manager",),
        ),
        Flaw(
            feature="access",
            description="A first responder leaves the team that owns the service",
            apply=lambda account: _remove_member(account, healthy.PAYMENTS, _EVA),
            fails=("pagerduty_service_responders_belong_to_owner",),
        ),
        Flaw(
            feature="access",
            description="A service belongs to no team",
            apply=lambda account: _service(account, healthy.EVENT_ARCHIVE, team_ids=()),
            fails=("pagerduty_service_has_owner_team",),
        ),
    )


def _services() -> tuple[Flaw, ...]:
    return (
        Flaw(
            feature="business hours",
            description="A critical service pages in support hours only",
            apply=lambda account: _service(
                account, healthy.CARD_PAYMENTS, urgency="support_hours"
            ),
            fails=("pagerduty_critical_service_pages_at_all_hours",),
        ),
        Flaw(
            feature="services",
            description="A critical service is disabled",
            apply=lambda account: _service(account, healthy.CARD_PAYMENTS, disabled=True),
            fails=("pagerduty_critical_service_is_enabled",),
        ),
        Flaw(
            feature="services",
            description="The escalation policy of a service was deleted",
            apply=lambda account: _service(account, healthy.EVENT_ARCHIVE, policy_id="PGONE01"),
            fails=("pagerduty_service_has_escalation_policy",),
        ),
        Flaw(
            feature="orchestrations",
            description="The route to a service without integrations is off",
            apply=_route_off,
            fails=("pagerduty_service_has_integration",),
        ),
    )


def _responses() -> tuple[Flaw, ...]:
    late = (
        "pagerduty_incident_acknowledged_in_time",
        "pagerduty_incidents_of_a_month_acknowledged_in_time",
    )
    return (
        Flaw(
            feature="bots",
            description="A bot acknowledges, and a person resolves an hour later",
            apply=lambda account: change_incident(
                account,
                incidents.BOT,
                Event(10, "acknowledge", _agent(account, incidents.BOT), "api"),
                _by_person(account, "resolve", _HOUR),
            ),
            fails=late,
        ),
        Flaw(
            feature="merged",
            description="An incident that nobody acknowledged is merged after two hours",
            apply=lambda account: change_incident(
                account, incidents.MERGED, _by_person(account, "resolve", 2 * _HOUR)
            ),
            fails=late,
        ),
        Flaw(
            feature="low urgency over a weekend",
            description="It is acknowledged two days later",
            apply=lambda account: change_incident(
                account,
                incidents.WEEKEND,
                _by_person(account, "acknowledge", 104 * _HOUR),
                _by_person(account, "resolve", 105 * _HOUR),
            ),
            fails=("pagerduty_low_urgency_incident_acknowledged_in_time",),
        ),
        Flaw(
            feature="business hours",
            description="An incident in support hours is acknowledged after an hour",
            apply=lambda account: change_incident(
                account,
                incidents.IN_HOURS,
                _by_person(account, "acknowledge", _HOUR),
                _by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=late,
        ),
        Flaw(
            feature="priorities",
            description="A P1 incident is acknowledged after eight minutes",
            apply=lambda account: change_incident(
                account,
                incidents.URGENT,
                _by_person(account, "acknowledge", 8 * _MINUTE),
                _by_person(account, "resolve", _HOUR),
            ),
            fails=("pagerduty_incident_acknowledged_within_its_priority",),
        ),
        Flaw(
            feature="incidents",
            description="Nobody takes an incident again after its acknowledgement ran out",
            apply=lambda account: change_incident(
                account,
                incidents.RAN_OUT,
                _by_person(account, "acknowledge", 3 * _MINUTE),
                Event(33 * _MINUTE, "unacknowledge", None, "timeout"),
                _by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=("pagerduty_acknowledged_incident_keeps_an_owner",),
        ),
        Flaw(
            feature="incidents",
            description="An incident is resolved after six hours",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                _by_person(account, "acknowledge", 4 * _MINUTE),
                _by_person(account, "resolve", 6 * _HOUR),
            ),
            fails=("pagerduty_incident_resolved_in_time",),
        ),
        Flaw(
            feature="incidents",
            description="An acknowledged incident is open for two days",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                _by_person(account, "acknowledge", 4 * _MINUTE),
            ),
            fails=(
                "pagerduty_incident_resolved_in_time",
                "pagerduty_no_incident_is_open_and_overdue",
            ),
        ),
    )


# -- changes ----------------------------------------------------------------------------------


def _user(account: Account, number: int, **changes: Any) -> None:
    key = object_id("user", number)
    account.users[key] = replace(account.users[key], **changes)


def _service(account: Account, number: int, **changes: Any) -> None:
    key = object_id("service", number)
    account.services[key] = replace(account.services[key], **changes)


def _rotate(account: Account, number: int, *people: int) -> None:
    """Give every layer of a schedule some people."""
    key = object_id("schedule", number)
    schedule = account.schedules[key]
    users = tuple(object_id("user", person) for person in people)
    layers = tuple(replace(layer, user_ids=users) for layer in schedule.layers)
    account.schedules[key] = replace(schedule, layers=layers)


def _shorten_regions(account: Account) -> None:
    key = object_id("schedule", healthy.AROUND_THE_WORLD)
    schedule = account.schedules[key]
    layers = tuple(
        replace(layer, restrictions=tuple(_seven_hours(part) for part in layer.restrictions))
        for layer in schedule.layers
    )
    account.schedules[key] = replace(schedule, layers=layers)


def _seven_hours(restriction: Restriction) -> Restriction:
    return replace(restriction, duration_seconds=7 * _HOUR)


def _levels(account: Account, number: int, *levels: PolicyLevel) -> None:
    key = object_id("escalation_policy", number)
    account.policies[key] = replace(account.policies[key], levels=levels)


def _level(account: Account, number: int, position: int) -> PolicyLevel:
    return account.policies[object_id("escalation_policy", number)].levels[position]


def _shorten_only_level(account: Account) -> None:
    _shorten_regions(account)
    _levels(account, healthy.PAYMENTS, _level(account, healthy.PAYMENTS, 0))


def _split_regions(account: Account) -> None:
    """Put each layer of the schedule into one of its own, all of them on the first level."""
    whole = account.schedules.pop(object_id("schedule", healthy.AROUND_THE_WORLD))
    targets = []
    for number, layer in enumerate(whole.layers, start=3):
        key = object_id("schedule", number)
        account.schedules[key] = replace(whole, id=key, name=layer.name, layers=(layer,))
        targets.append(PolicyTarget(type="schedule", id=key))
    first, second = _level(account, healthy.PAYMENTS, 0), _level(account, healthy.PAYMENTS, 1)
    _levels(account, healthy.PAYMENTS, replace(first, targets=tuple(targets)), second)


def _unused_schedule(account: Account) -> None:
    schedule = account.schedules[object_id("schedule", healthy.OFFICE_ROTA)]
    key = object_id("schedule", 9)
    account.schedules[key] = replace(schedule, id=key, name="Holiday Cover")


def _schedule_without_layers(account: Account) -> None:
    _unused_schedule(account)
    key = object_id("schedule", 9)
    account.schedules[key] = replace(account.schedules[key], layers=())


def _block_app(account: Account) -> None:
    key = object_id("user", healthy.PUSH_ONLY)
    methods = tuple(
        replace(method, blacklisted=method.type.startswith("push"))
        for method in account.users[key].contact_methods
    )
    _user(account, healthy.PUSH_ONLY, contact_methods=methods)


def _low_urgency_rules(account: Account) -> None:
    rules = account.users[object_id("user", _EVA)].notification_rules
    _user(
        account,
        _EVA,
        notification_rules=tuple(replace(rule, urgency="low") for rule in rules),
    )


def _second_level(account: Account, user: int) -> None:
    """Name a user alone on the second level of the policy for the office."""
    second = _level(account, healthy.OFFICE, 1)
    target = PolicyTarget(type="user", id=object_id("user", user))
    first = _level(account, healthy.OFFICE, 0)
    _levels(account, healthy.OFFICE, first, replace(second, targets=(target,)))


def _delete_user(account: Account) -> None:
    key = object_id("user", _OMAR)
    account.deleted_users[key] = replace(account.users.pop(key), deleted_at=account.epoch - _HOUR)
    account.memberships[:] = [entry for entry in account.memberships if entry.user_id != key]


def _remove_member(account: Account, team: int, user: int) -> None:
    left = (object_id("team", team), object_id("user", user))
    account.memberships[:] = [
        entry for entry in account.memberships if (entry.team_id, entry.user_id) != left
    ]


def _without_managers(account: Account) -> None:
    for number in (healthy.OWNER, healthy.ADMIN, _OMAR):
        _remove_member(account, healthy.OFFICE, number)


def _route_off(account: Account) -> None:
    for key, orchestration in account.orchestrations.items():
        sets = tuple(
            (name, tuple(replace(rule, disabled=True) for rule in rules))
            for name, rules in orchestration.router.sets
        )
        router = replace(orchestration.router, sets=sets)
        account.orchestrations[key] = replace(orchestration, router=router)


def _by_person(account: Account, type_: str, after: int) -> Event:
    return Event(after, type_, user_reference(account, object_id("user", _AIKO)), "mobile")


def _agent(account: Account, number: int) -> Any:
    return account.incidents[number].references.service
