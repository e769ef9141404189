"""An account in which everything is as it should be: no check may fail over it.

It has what makes checks fail that look at one part alone: people who hand over around the world, a
service that pages in business hours only, somebody whom only the app notifies, events that an
orchestration sends on, planned maintenance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType

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
    Restriction,
    ScheduleLayer,
    Service,
    Team,
    User,
)
from pagerduty_simulator.account.operations import (
    AuditedObject,
    AuditRecord,
    FieldChange,
    MaintenanceWindow,
    Orchestration,
    OrchestrationPath,
    OrchestrationRule,
)
from pagerduty_simulator.demo_data.healthy_incidents import add_healthy_incidents

PARAMETERS = MappingProxyType(
    {
        "critical_services": "row.title == 'Card Payments'",
        "business_hours": "Mon-Fri 09:00-17:00 America/New_York",
    }
)
"""What its settings say: a service for office hours is not critical, and when these are."""

FEATURES = (
    ("follow-the-sun", "Three regions of eight hours each are layers of one schedule"),
    ("business hours", "A service is of high urgency in support hours and of low urgency else"),
    ("merged", "An incident was merged three minutes after it began, and never acknowledged alone"),
    ("bots", "A bot acknowledged first, then a person; monitoring resolved another by itself"),
    ("push only", "One first responder is notified of high urgency by the app alone"),
    ("low urgency over a weekend", "Triggered on Saturday, acknowledged on Monday morning"),
    ("priorities", "A P1 incident was acknowledged after three minutes"),
    ("orchestrations", "A service without integrations gets its events from an orchestration"),
    ("maintenance", "A service that is not critical had two planned hours of maintenance"),
    ("account roles", "Nobody has the team role of a manager; members with an account role manage"),
    ("schedules", "Each schedule has two people or more, and an escalation policy that uses it"),
    ("people", "A stakeholder and somebody invited just now, neither of them on call"),
    ("access", "One Account Owner and one Global Admin"),
    ("services", "A critical service, and its neighbour of high urgency"),
    ("incidents", "One ran out and was taken again in five minutes; one is open for twenty"),
)
"""What the account has that a check might take for a fault: each a name, and what it is."""

PAYMENTS, OFFICE = 0, 1
"""The numbers of its teams, of their policies, and of their first services."""
CARD_PAYMENTS, BACK_OFFICE, EVENT_ARCHIVE, CARD_LEDGER = range(4)
"""The numbers of its services."""
AROUND_THE_WORLD, BACKUP, OFFICE_ROTA = range(3)
"""The numbers of its schedules."""
OWNER, ADMIN, PUSH_ONLY = 0, 1, 2
"""The numbers of some of its users."""
STAKEHOLDER, INVITED = 13, 14

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
_REGIONS = (("Asia", 0, (2, 3)), ("Europe", 8, (4, 5)), ("America", 16, (6, 7)))


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
    account.audit_records.append(_harmless_change(account))
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
            invitation_sent=number == INVITED,
            contact_methods=methods,
            notification_rules=tuple(_notification_rules(number, methods)),
        )


def _contact_methods(number: int, name: str) -> Iterable[ContactMethod]:
    kinds = [
        ("email", "Default", f"{number}@northwind-freight.example"),
        ("push_notification", name, f"{number:064x}"),
        ("phone", "Mobile", f"5550{number:06d}"),
    ]
    for position, (kind, label, address) in enumerate(kinds[: 2 if number == PUSH_ONLY else 3]):
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
        ("Around the World", PAYMENTS, _REGIONS),
        ("Payments Backup", PAYMENTS, (("Backup", None, (8, 9)),)),
        ("Office", OFFICE, (("Office", None, (10, 11)),)),
    )
    for number, (name, team, layers) in enumerate(plans):
        yield AccountSchedule(
            id=object_id("schedule", number),
            name=name,
            time_zone="Etc/UTC",
            form="layers",
            layers=tuple(
                ScheduleLayer(
                    id=object_id("schedule_layer", number * 4 + position),
                    name=part,
                    start=monday,
                    turn_seconds=_WEEK,
                    user_ids=tuple(object_id("user", person) for person in people),
                    restrictions=() if begin is None else (_eight_hours(begin),),
                )
                for position, (part, begin, people) in enumerate(layers)
            ),
            team_ids=(object_id("team", team),),
        )


def _eight_hours(begin: int) -> Restriction:
    return Restriction(start_time_of_day=f"{begin:02d}:00:00", duration_seconds=8 * _HOUR)


def _policies(account: Account) -> Iterable[Policy]:
    plans = (
        (("schedule", AROUND_THE_WORLD), ("schedule", BACKUP)),
        (("schedule", OFFICE_ROTA), ("user", 12)),
    )
    for number, levels in enumerate(plans):
        yield Policy(
            id=object_id("escalation_policy", number),
            name=("Payments", "Office")[number],
            levels=tuple(
                PolicyLevel(
                    id=object_id("escalation_rule", number * 4 + position),
                    targets=(PolicyTarget(type=kind, id=object_id(kind, target)),),
                    delay_minutes=(15, 30)[position],
                )
                for position, (kind, target) in enumerate(levels)
            ),
            team_ids=(object_id("team", number),),
            created_at=account.epoch - 400 * _DAY,
        )


def _services(account: Account) -> Iterable[Service]:
    plans = (
        ("Card Payments", PAYMENTS, "high", True),
        ("Back Office", OFFICE, "support_hours", True),
        ("Event Archive", OFFICE, "low", False),
        ("Card Ledger", PAYMENTS, "high", True),
    )
    for number, (name, team, urgency, integrated) in enumerate(plans):
        integration = Integration(
            id=object_id("integration", number),
            name="Events API V2",
            type="events_api_v2_inbound_integration",
            key=f"{number:032x}",
        )
        yield Service(
            id=object_id("service", number),
            name=name,
            policy_id=object_id("escalation_policy", team),
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


def _harmless_change(account: Account) -> AuditRecord:
    """Return a change that weakens nothing."""
    service = AuditedObject(
        id=object_id("service", CARD_LEDGER), type="service_reference", summary="Card Ledger"
    )
    return AuditRecord(
        id="PDHEALTHY0001",
        at=account.epoch - 3 * _DAY,
        action="update",
        root=service,
        actors=(
            AuditedObject(
                id=object_id("user", OWNER), type="user_reference", summary=_PEOPLE[OWNER][0]
            ),
        ),
        fields=(FieldChange(name="description", before_value="", value="Books of the cards"),),
    )
