"""An account in which everything is as it should be: no check may fail over it.

It has what makes checks fail that look at one part alone: people who hand over around the world, a
service that pages in business hours only, somebody whom only the app notifies, events that an
orchestration sends on, planned maintenance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import PRIORITIES
from pagerduty_simulator.account.objects import (
    AccountSchedule,
    ContactMethod,
    Integration,
    Membership,
    NotificationRule,
    Policy,
    PolicyLevel,
    PolicyTarget,
    Priority,
    ScheduleLayer,
    ScheduleOverride,
    Service,
    Team,
    User,
)
from pagerduty_simulator.account.operations import (
    MaintenanceWindow,
    Orchestration,
    OrchestrationPath,
    OrchestrationRule,
)
from pagerduty_simulator.demo_data.healthy_business import add_healthy_business
from pagerduty_simulator.demo_data.healthy_changes import add_healthy_changes
from pagerduty_simulator.demo_data.healthy_incidents import HELPER, add_healthy_incidents
from pagerduty_simulator.demo_data.shift_hours import daily_hours, working_hours

FEATURES = (
    ("follow-the-sun", "Three regions of eight hours each are layers of one schedule"),
    ("schedules side by side", "Two schedules of twelve hours each share a first level"),
    (
        "business hours",
        "A service and its policy page in office hours, and not at night",
    ),
    ("merged", "An incident was merged three minutes after it began, and never acknowledged alone"),
    ("bots", "A bot acknowledged first, then a person; monitoring resolved another by itself"),
    ("push only", "One first responder is notified of high urgency by the app alone"),
    ("invitations", "The same person signs in by single sign-on, and the invitation stays sent"),
    ("acts", "Somebody on call signs in like that without the app, and acknowledged an incident"),
    ("low urgency over a weekend", "Triggered on Saturday, acknowledged on Monday morning"),
    ("priorities", "A P1 incident was acknowledged after three minutes"),
    ("reviews", "Somebody noted the review of the P1 incident two days later"),
    ("orchestrations", "A service without integrations gets its events from an orchestration"),
    ("rules for events", "Events of a critical service that only inform are suppressed"),
    ("standards", "A service that is not critical misses one of the account's standards"),
    ("other tools", "A chat and a ticket system are told of incidents"),
    ("maintenance", "A service that is not critical had two planned hours of maintenance"),
    ("changes", "The Account Owner made an admin, and weakened a policy and a service on record"),
    ("account roles", "Nobody has the team role of a manager; members with an account role manage"),
    ("schedules", "Each schedule has two people or more, and an escalation policy that uses it"),
    ("overrides", "Somebody stood in for three hours on a schedule, a few days ago"),
    ("people", "A stakeholder and somebody invited just now, neither of them on call"),
    ("access", "One Account Owner and one Global Admin"),
    ("sessions", "Everybody signs in again each day, and each two weeks in the app"),
    ("workflows", "Every P1 incident starts a workflow; people start another"),
    ("services", "A critical service, and its neighbour of high urgency"),
    ("incidents", "One ran out and was taken again in five minutes; one is open for twenty"),
)
"""What the account has that a check might take for a fault: each a name, and what it is."""

PAYMENTS, OFFICE, LEDGER = 0, 1, 2
"""The numbers of its policies, of the teams of the first two, and of their first services."""
CARD_PAYMENTS, BACK_OFFICE, EVENT_ARCHIVE, CARD_LEDGER = range(4)
"""The numbers of its services."""
AROUND_THE_WORLD, BACKUP, OFFICE_ROTA, EARLY, LATE = range(5)
"""The numbers of its schedules."""
OWNER, ADMIN, PUSH_ONLY = 0, 1, 2
"""The numbers of some of its users."""
PIA, STAKEHOLDER, INVITED = 8, 13, 14

_OFFICE_HOURS = "Mon-Fri 09:00-17:00 America/New_York"
_HOUR, _DAY, _WEEK = 3_600, 86_400, 604_800
_PEOPLE = (
    ("Ann Owner", "owner", (PAYMENTS, OFFICE)),
    ("Bea Admin", "admin", (OFFICE,)),
    ("Aiko Sato", "limited_user", (PAYMENTS,)),
    ("Arun Mehta", "limited_user", (PAYMENTS,)),
    ("Eva Brandt", "limited_user", (PAYMENTS,)),
    ("Emil Dahl", "limited_user", (PAYMENTS,)),
    ("Uma Quinn", "limited_user", (PAYMENTS,)),
    ("Ugo Rossi", "limited_user", (PAYMENTS,)),
    ("Pia Larsen", "user", (PAYMENTS,)),
    ("Per Olsen", "limited_user", (PAYMENTS,)),
    ("Olga Novak", "limited_user", (OFFICE,)),
    ("Otto Weber", "limited_user", (OFFICE,)),
    ("Omar Haddad", "user", (OFFICE,)),
    ("Sven Stake", "read_only_user", ()),
    ("Nina New", "limited_user", (OFFICE,)),
)
_REGIONS = (
    ("Asia", (2, 3), daily_hours(0, 8)),
    ("Europe", (4, 5), daily_hours(8, 8)),
    ("America", (6, 7), daily_hours(16, 8)),
)


def healthy_parameters() -> JsonObject:
    """Return what its settings say: what is critical, who may change what, and hours of cover."""
    by_id = (
        ("escalation_policy", OFFICE, _OFFICE_HOURS),
        ("schedule", OFFICE_ROTA, _OFFICE_HOURS),
        ("schedule", EARLY, "daily 00:00-12:00 UTC"),
        ("schedule", LATE, "daily 12:00-00:00 UTC"),
    )
    overrides = [
        {"for": [object_id(kind, number)], "value": hours} for kind, number, hours in by_id
    ]
    return {
        "critical_services": "row.title == 'Card Payments'",
        "authorized_actors": ["Ann Owner"],
        "business_hours": _OFFICE_HOURS,
        "cover": {"value": "always", "overrides": overrides},
    }


def build_healthy_account(now: datetime) -> Account:
    """Build the account as of a moment. The same moment builds the same account."""
    account = Account(now=now.replace(microsecond=0))
    for position, (name, description) in enumerate(PRIORITIES):
        identifier = object_id("priority", position)
        account.priorities.append(Priority(id=identifier, name=name, description=description))
    account.users.update((user.id, user) for user in _users())
    account.teams.update((team.id, team) for team in _teams())
    account.memberships.extend(_memberships())
    account.schedules.update((schedule.id, schedule) for schedule in _schedules(account))
    account.policies.update((policy.id, policy) for policy in _policies(account))
    account.services.update((service.id, service) for service in _services(account))
    account.orchestrations.update((entry.id, entry) for entry in _orchestrations(account))
    account.maintenance_windows.append(_planned_maintenance(account))
    add_healthy_business(account, CARD_PAYMENTS, CARD_LEDGER, EVENT_ARCHIVE)
    add_healthy_changes(account)
    add_healthy_incidents(account)
    return account


def _users() -> Iterable[User]:
    for number, (name, role, _) in enumerate(_PEOPLE):
        methods = tuple(_contact_methods(number, name))
        yield User(
            id=object_id("user", number),
            name=name,
            email=f"{name.lower().replace(' ', '.')}@northwind-freight.example",
            role=role,
            time_zone="Europe/Berlin",
            invitation_sent=number in {INVITED, PUSH_ONLY, HELPER},
            contact_methods=methods,
            notification_rules=tuple(_notification_rules(number, methods)),
        )


def _contact_methods(number: int, name: str) -> Iterable[ContactMethod]:
    kinds = [
        ("email", "Default", f"{number}@northwind-freight.example"),
        ("push_notification", name, f"{number:064x}"),
        ("phone", "Mobile", f"5550{number:06d}"),
    ]
    if number in {INVITED, PUSH_ONLY, HELPER}:  # who has not signed in has no app
        del kinds[2 if number == PUSH_ONLY else 1]
    for position, (kind, label, address) in enumerate(kinds):
        yield ContactMethod(
            id=object_id("contact_method", number * 4 + position),
            type=f"{kind}_contact_method",
            label=label,
            address=address,
        )


def _notification_rules(
    number: int, methods: tuple[ContactMethod, ...]
) -> Iterable[NotificationRule]:
    """Yield rules that use the app at once and the phone a minute later, and mail for low urgency.

    Mail is for low urgency alone.
    """
    plans = [("low", 0, 0), ("high", 0, 1), ("high", 1, 2)]
    for position, (urgency, delay, method) in enumerate(plans[: len(methods)]):
        yield NotificationRule(
            id=object_id("notification_rule", number * 8 + position),
            contact_method_id=methods[method].id,
            delay_minutes=delay,
            urgency=urgency,
        )


def _teams() -> Iterable[Team]:
    for number, name in enumerate(("Payments", "Office")):
        yield Team(id=object_id("team", number), name=name)


def _memberships() -> Iterable[Membership]:
    """Yield members; nobody has the team role of a manager: account roles manage both teams."""
    for number, (_, _, teams) in enumerate(_PEOPLE):
        for team in teams:
            yield Membership(
                team_id=object_id("team", team),
                user_id=object_id("user", number),
                role="responder",
            )


def _schedules(account: Account) -> Iterable[AccountSchedule]:
    monday = account.epoch - account.epoch % _DAY - (account.now.weekday() + 7 * 52) * _DAY
    plans = (
        ("Around the World", PAYMENTS, "Etc/UTC", _REGIONS),
        ("Payments Backup", PAYMENTS, "Etc/UTC", (("Backup", (8, 9), ()),)),
        ("Office", OFFICE, "America/New_York", (("Office", (10, 11), working_hours(9)),)),
        ("Ledger Early", PAYMENTS, "Etc/UTC", (("Early", (4, 5), daily_hours(0, 12)),)),
        ("Ledger Late", PAYMENTS, "Etc/UTC", (("Late", (6, 7), daily_hours(12, 12)),)),
    )
    for number, (name, team, zone, layers) in enumerate(plans):
        yield AccountSchedule(
            id=object_id("schedule", number),
            name=name,
            time_zone=zone,
            form="layers",
            layers=tuple(
                ScheduleLayer(
                    id=object_id("schedule_layer", number * 4 + position),
                    name=part,
                    start=monday,
                    turn_seconds=_WEEK,
                    user_ids=tuple(object_id("user", person) for person in people),
                    restrictions=restrictions,
                )
                for position, (part, people, restrictions) in enumerate(layers)
            ),
            overrides=(_stand_in(account),) if number == BACKUP else (),
            team_ids=(object_id("team", team),),
        )


def _stand_in(account: Account) -> ScheduleOverride:
    start = account.epoch - account.epoch % _DAY - 3 * _DAY + 18 * _HOUR
    return ScheduleOverride(
        id=object_id("schedule_override", 0),
        start=start,
        end=start + 3 * _HOUR,
        user_id=object_id("user", PIA),
    )


def _policies(account: Account) -> Iterable[Policy]:
    plans = (
        ("Payments", PAYMENTS, [("schedule", AROUND_THE_WORLD)], [("schedule", BACKUP)]),
        ("Office", OFFICE, [("schedule", OFFICE_ROTA)], [("user", 12)]),
        ("Ledger", PAYMENTS, [("schedule", EARLY), ("schedule", LATE)], [("schedule", BACKUP)]),
    )
    for number, (name, team, *levels) in enumerate(plans):
        yield Policy(
            id=object_id("escalation_policy", number),
            name=name,
            levels=tuple(
                PolicyLevel(
                    id=object_id("escalation_rule", number * 4 + position),
                    targets=tuple(
                        PolicyTarget(type=kind, id=object_id(kind, target))
                        for kind, target in targets
                    ),
                    delay_minutes=(15, 30)[position],
                )
                for position, targets in enumerate(levels)
            ),
            team_ids=(object_id("team", team),),
            created_at=account.epoch - 400 * _DAY,
        )


def _services(account: Account) -> Iterable[Service]:
    plans = (
        ("Card Payments", PAYMENTS, PAYMENTS, "high", True),
        ("Back Office", OFFICE, OFFICE, "support_hours", True),
        ("Event Archive", OFFICE, OFFICE, "low", False),
        ("Card Ledger", LEDGER, PAYMENTS, "high", True),
    )
    for number, (name, policy, team, urgency, integrated) in enumerate(plans):
        integration = Integration(
            id=object_id("integration", number),
            name="Events API V2",
            type="events_api_v2_inbound_integration",
            key=f"{number:032x}",
        )
        yield Service(
            id=object_id("service", number),
            name=name,
            policy_id=object_id("escalation_policy", policy),
            created_at=account.epoch - 400 * _DAY,
            urgency=urgency,
            team_ids=(object_id("team", team),),
            integrations=(integration,) if integrated else (),
        )


def _orchestrations(account: Account) -> Iterable[Orchestration]:
    """Yield the one that feeds the archive, which has no integration of its own."""
    archive = object_id("service", EVENT_ARCHIVE)
    rule = OrchestrationRule(
        id="route001",
        label="Archive",
        conditions=("event.component matches 'archive'",),
        actions={"route_to": archive},
    )
    router = OrchestrationPath(
        sets=(("start", (rule,)),), catch_all={"route_to": object_id("service", CARD_PAYMENTS)}
    )
    nothing = OrchestrationPath(sets=(("start", ()),))
    yield Orchestration(
        id="00000001-9620-4e0a-9edc-00fedf7d4694",
        name="Events",
        team_id=object_id("team", OFFICE),
        router=router,
        unrouted=nothing,
        global_path=nothing,
        created_at=account.epoch - 300 * _DAY,
    )


def _planned_maintenance(account: Account) -> MaintenanceWindow:
    start = account.epoch - account.epoch % _DAY - 9 * _DAY + 2 * _HOUR
    return MaintenanceWindow(
        id=object_id("maintenance_window", 0),
        start=start,
        end=start + 2 * _HOUR,
        service_ids=(object_id("service", CARD_LEDGER),),
        created_by=object_id("user", OWNER),
        description="Database upgrade",
    )
