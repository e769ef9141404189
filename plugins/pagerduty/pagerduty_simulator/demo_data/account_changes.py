"""Changes that make the healthy account a flawed one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.incident_store import Event
from pagerduty_simulator.account.objects import (
    PolicyLevel,
    PolicyTarget,
    Restriction,
)
from pagerduty_simulator.api.serializers.references import user_reference
from pagerduty_simulator.demo_data import healthy_account as healthy
from pagerduty_simulator.demo_data.shift_hours import daily_hours

AIKO, EVA, OMAR = 2, 4, 12
"""The numbers of some users: two first responders, and the second level for the office."""

_HOUR = 3_600


def six_administrators(account: Account) -> None:
    """Promote four users beside the owner and the admin."""
    for number in range(2, 6):
        change_user(account, number, role="admin")


def change_user(account: Account, number: int, **changes: Any) -> None:
    """Replace fields of a user."""
    key = object_id("user", number)
    account.users[key] = replace(account.users[key], **changes)


def change_service(account: Account, number: int, **changes: Any) -> None:
    """Replace fields of a service."""
    key = object_id("service", number)
    account.services[key] = replace(account.services[key], **changes)


def rotate(account: Account, number: int, *people: int) -> None:
    """Replace the people of every layer of a schedule."""
    key = object_id("schedule", number)
    schedule = account.schedules[key]
    users = tuple(object_id("user", person) for person in people)
    layers = tuple(replace(layer, user_ids=users) for layer in schedule.layers)
    account.schedules[key] = replace(schedule, layers=layers)


def shorten_regions(account: Account) -> None:
    """End the shifts of each region an hour before those of the next one begin."""
    key = object_id("schedule", healthy.AROUND_THE_WORLD)
    schedule = account.schedules[key]
    layers = tuple(
        replace(layer, restrictions=daily_hours(8 * position, 7))
        for position, layer in enumerate(schedule.layers)
    )
    account.schedules[key] = replace(schedule, layers=layers)


def change_hours(account: Account, number: int, hours: tuple[Restriction, ...]) -> None:
    """Replace the hours of every layer of a schedule."""
    key = object_id("schedule", number)
    schedule = account.schedules[key]
    layers = tuple(replace(layer, restrictions=hours) for layer in schedule.layers)
    account.schedules[key] = replace(schedule, layers=layers)


def change_levels(account: Account, number: int, *levels: PolicyLevel) -> None:
    """Replace the levels of an escalation policy."""
    key = object_id("escalation_policy", number)
    account.policies[key] = replace(account.policies[key], levels=levels)


def level_of(account: Account, number: int, position: int) -> PolicyLevel:
    """Return a level of an escalation policy."""
    return account.policies[object_id("escalation_policy", number)].levels[position]


def shorten_only_level(account: Account) -> None:
    """End the shifts of each region early, and remove the second level."""
    shorten_regions(account)
    change_levels(account, healthy.PAYMENTS, level_of(account, healthy.PAYMENTS, 0))


def split_regions(account: Account) -> None:
    """Put each layer of the schedule into one of its own, all of them on the first level."""
    whole = account.schedules.pop(object_id("schedule", healthy.AROUND_THE_WORLD))
    targets = []
    for number, layer in enumerate(whole.layers, start=5):
        key = object_id("schedule", number)
        account.schedules[key] = replace(whole, id=key, name=layer.name, layers=(layer,))
        targets.append(PolicyTarget(type="schedule", id=key))
    first, second = level_of(account, healthy.PAYMENTS, 0), level_of(account, healthy.PAYMENTS, 1)
    change_levels(account, healthy.PAYMENTS, replace(first, targets=tuple(targets)), second)


def unused_schedule(account: Account) -> None:
    """Add a schedule that no escalation policy names."""
    schedule = account.schedules[object_id("schedule", healthy.OFFICE_ROTA)]
    key = object_id("schedule", 9)
    account.schedules[key] = replace(schedule, id=key, name="Holiday Cover")


def schedule_without_layers(account: Account) -> None:
    """Add such a schedule without layers."""
    unused_schedule(account)
    key = object_id("schedule", 9)
    account.schedules[key] = replace(account.schedules[key], layers=())


def block_app(account: Account) -> None:
    """Block the app of the person whom only the app notifies."""
    key = object_id("user", healthy.PUSH_ONLY)
    methods = tuple(
        replace(method, blacklisted=method.type.startswith("push"))
        for method in account.users[key].contact_methods
    )
    change_user(account, healthy.PUSH_ONLY, contact_methods=methods)


def low_urgency_rules(account: Account) -> None:
    """Turn a first responder's notification rules into ones for low urgency."""
    rules = account.users[object_id("user", EVA)].notification_rules
    change_user(
        account,
        EVA,
        notification_rules=tuple(replace(rule, urgency="low") for rule in rules),
    )


def name_on_second_level(account: Account, user: int) -> None:
    """Name a user alone on the second level of the policy for the office."""
    second = level_of(account, healthy.OFFICE, 1)
    target = PolicyTarget(type="user", id=object_id("user", user))
    first = level_of(account, healthy.OFFICE, 0)
    change_levels(account, healthy.OFFICE, first, replace(second, targets=(target,)))


def delete_user(account: Account) -> None:
    """Delete the person on the second level for the office."""
    key = object_id("user", OMAR)
    account.deleted_users[key] = replace(account.users.pop(key), deleted_at=account.epoch - _HOUR)
    account.memberships[:] = [entry for entry in account.memberships if entry.user_id != key]


def remove_member(account: Account, team: int, user: int) -> None:
    """Remove a user from a team."""
    left = (object_id("team", team), object_id("user", user))
    account.memberships[:] = [
        entry for entry in account.memberships if (entry.team_id, entry.user_id) != left
    ]


def without_managers(account: Account) -> None:
    """Remove the members of the office team whose account role manages it."""
    for number in (healthy.OWNER, healthy.ADMIN, OMAR):
        remove_member(account, healthy.OFFICE, number)


def stand_in_for_weeks(account: Account) -> None:
    """Let the one who stood in for an evening do so for two weeks."""
    key = object_id("schedule", healthy.BACKUP)
    schedule = account.schedules[key]
    (override,) = schedule.overrides
    longer = replace(override, start=override.start - 25 * 24 * _HOUR)
    account.schedules[key] = replace(schedule, overrides=(longer,))


def long_maintenance(account: Account) -> None:
    """Let the maintenance be of the critical service, for two days."""
    (window,) = account.maintenance_windows
    services = (object_id("service", healthy.CARD_PAYMENTS),)
    end = window.start + 48 * _HOUR
    account.maintenance_windows[:] = [replace(window, end=end, service_ids=services)]


def route_off(account: Account) -> None:
    """Switch off every route of the orchestration."""
    for key, orchestration in account.orchestrations.items():
        sets = tuple(
            (name, tuple(replace(rule, disabled=True) for rule in rules))
            for name, rules in orchestration.router.sets
        )
        router = replace(orchestration.router, sets=sets)
        account.orchestrations[key] = replace(orchestration, router=router)


def by_person(account: Account, type_: str, after: int) -> Event:
    """Return an event whose agent is a first responder."""
    return Event(after, type_, user_reference(account, object_id("user", AIKO)), "mobile")


def service_of(account: Account, number: int) -> Any:
    """Return the reference to the service of an incident."""
    return account.incidents[number].references.service
