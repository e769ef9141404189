"""The escalation policies and services of the simulated account, some with flaws."""

from __future__ import annotations

from random import Random

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import INTEGRATIONS, SERVICES, nth_name
from pagerduty_simulator.account.objects import (
    CustomFieldValue,
    Integration,
    Policy,
    PolicyLevel,
    PolicyTarget,
    Service,
)
from pagerduty_simulator.demo_data.schedules import UNUSED
from pagerduty_simulator.demo_data.users import responders

_DAY = 86_400
_UNUSED_POLICY = 11
_ONE_LEVEL = frozenset({6, 22})
_DELETED_USER = 8
_STAKEHOLDER = 14
_INVITED = 19
_MAX_TARGETS = 10
_DISABLED = frozenset({7, 41})
_IN_MAINTENANCE = 38
_LOW_URGENCY = frozenset({12, 33, 50, 58})
_SEVERITY_BASED = frozenset({16, 48})
_SUPPORT_HOURS = frozenset({30})
_WITHOUT_TEAM = frozenset({20, 45})
_WITHOUT_INTEGRATION = frozenset({25, 55})


def add_policies(account: Account, count: int) -> None:
    """Add escalation policies: a schedule, then a second one or a lead, then a manager."""
    for number in range(count):
        policy = _policy(account, number, count)
        account.policies[policy.id] = policy


def add_services(account: Account, count: int, random: Random) -> None:
    """Add services; the unused policy gets none."""
    policies = [
        policy
        for number, policy in enumerate(account.policies.values())
        if number != _UNUSED_POLICY
    ]
    for number in range(count):
        service = _service(account, number, policies[number % len(policies)], random)
        account.services[service.id] = service


def _policy(account: Account, number: int, count: int) -> Policy:
    teams = list(account.teams)
    team = teams[number % len(teams)]
    levels = _levels(account, number, count, team)
    part = ("", " Out of Hours", " Escalation")[number // len(teams) % 3]
    numbered_levels = tuple(
        PolicyLevel(
            id=object_id("escalation_rule", number * 4 + position),
            targets=targets,
            delay_minutes=15 if position == 0 else 30,
        )
        for position, targets in enumerate(levels)
    )
    return Policy(
        id=object_id("escalation_policy", number),
        name=f"{account.teams[team].name}{part}",
        description=f"Pages {account.teams[team].name}" if number % 3 else None,
        levels=numbered_levels,
        num_loops=number % 3,
        team_ids=(team,),
        created_at=account.epoch - (400 + number) * _DAY,
    )


def _levels(account: Account, number: int, count: int, team: str) -> list[tuple[PolicyTarget, ...]]:
    schedules = list(account.schedules.values())
    # The policy of the unused schedule uses another schedule of the same team.
    primary = number - len(account.teams) if number == UNUSED else number
    users = responders(account, team) or list(account.users)
    first = PolicyTarget(type="schedule", id=schedules[primary % len(schedules)].id)
    position = 1 + number % max(1, len(users) - 1)
    lead = PolicyTarget(type="user", id=users[position % len(users)])
    flawed = _flawed(account, number)
    second = (flawed,) if flawed else _remaining_schedules(account, number, count) or (lead,)
    if number in _ONE_LEVEL:
        return [(first,)]
    return [(first,), second, (PolicyTarget(type="user", id=users[0]),)]


def _remaining_schedules(account: Account, number: int, count: int) -> tuple[PolicyTarget, ...]:
    """Return the schedules of the policy's team that have no policy of their own."""
    teams = len(account.teams)
    return tuple(
        PolicyTarget(type="schedule", id=schedule.id)
        for position, schedule in enumerate(account.schedules.values())
        if position >= count and position != UNUSED and position % teams == number
    )[:_MAX_TARGETS]


def _flawed(account: Account, number: int) -> PolicyTarget | None:
    """Return the target of a second level that notifies nobody."""
    if number == _DELETED_USER:
        return PolicyTarget(type="user", id=next(iter(account.deleted_users)))
    for user in account.users.values():
        is_stakeholder = number == _STAKEHOLDER and user.role == "read_only_user"
        is_invited = number == _INVITED and user.invitation_sent
        if is_stakeholder or is_invited:
            return PolicyTarget(type="user", id=user.id)
    return None


def _service(account: Account, number: int, policy: Policy, random: Random) -> Service:
    name = nth_name(SERVICES, number)
    return Service(
        id=object_id("service", number),
        name=name,
        policy_id=policy.id,
        created_at=account.epoch - random.randint(200, 900) * _DAY,
        description=f"{name}, run by {policy.name}" if number % 3 else None,
        disabled=number in _DISABLED,
        maintenance=number == _IN_MAINTENANCE,
        urgency=_urgency(number),
        auto_resolve_timeout=14_400 if number % 2 == 0 else None,
        acknowledgement_timeout=1_800 if number % 3 == 0 else None,
        team_ids=() if number in _WITHOUT_TEAM else policy.team_ids,
        integrations=_integrations(number, random),
        custom_fields=_custom_fields(number, name),
    )


def _custom_fields(number: int, name: str) -> tuple[CustomFieldValue, ...]:
    environments = ("production", "staging") if number % 5 == 0 else ("production",)
    return (
        CustomFieldValue(
            id=object_id("custom_field", 0),
            name="tier",
            display_name="Tier",
            value=str(1 + number % 3),
            field_type="single_value_fixed",
        ),
        CustomFieldValue(
            id=object_id("custom_field", 1),
            name="environment",
            display_name="Environment",
            value=environments,
            field_type="multi_value_fixed",
        ),
        CustomFieldValue(
            id=object_id("custom_field", 2),
            name="contact",
            display_name="Contact",
            value=f"Whoever runs {name}" if number % 2 else None,
        ),
    )


def _urgency(number: int) -> str:
    if number in _LOW_URGENCY:
        return "low"
    if number in _SEVERITY_BASED:
        return "severity_based"
    return "support_hours" if number in _SUPPORT_HOURS else "high"


def _integrations(number: int, random: Random) -> tuple[Integration, ...]:
    if number in _WITHOUT_INTEGRATION:
        return ()
    chosen = [number % len(INTEGRATIONS)]
    if number % 4 == 0:
        chosen.append((number + 1) % len(INTEGRATIONS))
    return tuple(
        Integration(
            id=object_id("integration", number * 4 + position),
            name=INTEGRATIONS[choice][0],
            type=INTEGRATIONS[choice][1],
            key=f"{random.getrandbits(128):032x}",
        )
        for position, choice in enumerate(chosen)
    )
