"""The users of the simulated account, a few of them with flaws."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import JOB_TITLES, TEAMS, TIME_ZONES, person_name
from pagerduty_simulator.account.objects import (
    ContactMethod,
    Membership,
    NotificationRule,
    Team,
    User,
)

_DAY = 86_400
_ADMINS = range(1, 12)  # far too many for an account of this size
_MANAGERS_SHARE = 5
_INVITED = frozenset({37, 74, 98, 111})
_NO_METHOD_ENABLED = frozenset({43, 82})
_ONE_METHOD_ONLY = frozenset({29, 52, 66, 91, 103})
_BLACKLISTED = frozenset({20, 60, 100})
_LOW_URGENCY_RULES_ONLY = frozenset({22, 70})
_LATE_RULES_ONLY = frozenset({34})
_LATE_MINUTES = 20
_NOT_RESPONDING = {
    -1: "read_only_user",
    -2: "read_only_user",
    -3: "read_only_limited_user",
    -4: "observer",
    -5: "restricted_access",
    -6: "read_only_user",
    -7: "observer",
    -8: "read_only_limited_user",
}
_TEAMS_WITHOUT_MANAGER = frozenset({4, 9})
_PRIVATE_TEAM = 10


def add_users(account: Account, users: int, teams: int, random: Random) -> None:
    """Add users, teams and memberships."""
    for number in range(users):
        user = _user(number, users, random)
        account.users[user.id] = user
    for number in range(teams):
        team = _team(number)
        account.teams[team.id] = team
    account.memberships.extend(_memberships(account))
    deleted = _user(users, users, random, deleted_at=account.epoch - 70 * _DAY)
    account.deleted_users[deleted.id] = deleted


def responders(account: Account, team_id: str) -> list[str]:
    """Return the ids of a team's users who can be on call."""
    return [
        membership.user_id
        for membership in account.memberships
        if membership.team_id == team_id and can_respond(account.users[membership.user_id])
    ]


def can_respond(user: User) -> bool:
    """Return whether a user may be paged: a responding role, and the invitation accepted."""
    return user.role in {"limited_user", "user", "admin", "owner"} and not user.invitation_sent


def _user(number: int, count: int, random: Random, deleted_at: int | None = None) -> User:
    name = person_name(number)
    email = f"{name.lower().replace(' ', '.')}@northwind-freight.example"
    identifier = object_id("user", number)
    methods = _contact_methods(number, name, email)
    return User(
        id=identifier,
        name=name,
        email=email,
        role=_role(number, count),
        time_zone=TIME_ZONES[number % len(TIME_ZONES)],
        job_title=random.choice(JOB_TITLES) if number % 4 else None,
        invitation_sent=number in _INVITED,
        created_via_sso=number % 10 != 0,
        contact_methods=methods,
        notification_rules=tuple(_notification_rules(number, methods)),
        deleted_at=deleted_at,
    )


def _role(number: int, count: int) -> str:
    if number == 0:
        return "owner"
    if number in _ADMINS and count > 2 * len(_ADMINS):
        return "admin"
    if count > 2 * len(_NOT_RESPONDING) and number - count in _NOT_RESPONDING:
        return _NOT_RESPONDING[number - count]
    return "user" if number % _MANAGERS_SHARE == 1 else "limited_user"


def _contact_methods(number: int, name: str, email: str) -> tuple[ContactMethod, ...]:
    phone = f"5550{number:06d}"
    kinds = [
        ("email_contact_method", "Default", email),
        ("push_notification_contact_method", name, f"{number:064x}"),
        ("phone_contact_method", "Mobile", phone),
        ("sms_contact_method", "Mobile", phone),
    ]
    if number in _INVITED or number in _ONE_METHOD_ONLY:
        kinds = kinds[:1]
    if number in _NO_METHOD_ENABLED:
        del kinds[1]  # the app cannot be disabled without being removed
    return tuple(
        ContactMethod(
            id=object_id("contact_method", number * 4 + position),
            type=type_,
            label=label,
            address=address,
            enabled=number not in _NO_METHOD_ENABLED,
            blacklisted=number in _BLACKLISTED and type_ == "phone_contact_method",
        )
        for position, (type_, label, address) in enumerate(kinds)
    )


def _notification_rules(
    number: int, methods: tuple[ContactMethod, ...]
) -> Iterable[NotificationRule]:
    """Yield rules that use each method at once, and mail for low urgency."""
    urgencies = ("low",) if number in _LOW_URGENCY_RULES_ONLY else ("high", "low")
    late = number in _LATE_RULES_ONLY
    for position, method in enumerate(methods):
        for urgency in urgencies[: 1 if position else 2]:
            yield NotificationRule(
                id=object_id("notification_rule", number * 8 + position * 2 + (urgency == "low")),
                contact_method_id=method.id,
                delay_minutes=_LATE_MINUTES if late and urgency == "high" else 0,
                urgency=urgency,
            )


def _team(number: int) -> Team:
    name, description = TEAMS[number % len(TEAMS)]
    suffix = f" {number // len(TEAMS) + 1}" if number >= len(TEAMS) else ""
    return Team(
        id=object_id("team", number),
        name=name + suffix,
        description=description if number % 5 else None,
        default_role="none" if number == _PRIVATE_TEAM else "manager",
    )


def _memberships(account: Account) -> list[Membership]:
    """Distribute the users over the teams; the owner and the admins belong to several."""
    teams = list(account.teams)
    members: list[Membership] = []
    for number, user in enumerate(account.users.values()):
        if not teams or user.role == "read_only_limited_user":
            continue
        first = number % len(teams)
        both = {first, (first + 5) % len(teams)} if number % 6 == 0 else {first}
        members.extend(_membership(teams, team, user) for team in sorted(both))
    return members


def _membership(teams: list[str], team: int, user: User) -> Membership:
    leads = user.role in {"owner", "admin", "user"} and team not in _TEAMS_WITHOUT_MANAGER
    role = "manager" if leads else "responder" if can_respond(user) else "observer"
    return Membership(team_id=teams[team], user_id=user.id, role=role)
