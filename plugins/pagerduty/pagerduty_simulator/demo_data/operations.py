"""Maintenance windows, changes and event orchestrations of the simulated account."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.objects import Service
from pagerduty_simulator.account.operations import (
    AuditedObject,
    AuditRecord,
    FieldChange,
    MaintenanceWindow,
    Orchestration,
    OrchestrationPath,
    OrchestrationRule,
    ReferenceChange,
)

_HOUR, _DAY = 3_600, 86_400
_ROUTED = 6
"""Services that an orchestration routes to."""
_ORCHESTRATIONS = ("Production Events", "Partner Events")
_WEAKENED_POLICY = 3
_PROMOTED_USER = 9


def add_operations(account: Account) -> None:
    """Add them to an account that has services, policies, teams and users."""
    account.maintenance_windows.extend(_maintenance_windows(account))
    account.audit_records.extend(_audit_records(account))
    account.orchestrations.update((entry.id, entry) for entry in _orchestrations(account))
    account.service_orchestrations.update(_service_orchestrations(account))


def _maintenance_windows(account: Account) -> Iterator[MaintenanceWindow]:
    """Yield one that is over, one ahead, and one without an end for each service in maintenance."""
    services, owner = list(account.services.values()), next(iter(account.users), None)
    now = account.epoch - account.epoch % _HOUR
    plans = [
        (now - 9 * _DAY, now - 9 * _DAY + 2 * _HOUR, services[1:3], "Database upgrade"),
        (now + 5 * _DAY, now + 5 * _DAY + 4 * _HOUR, services[3:4], "Datacentre move"),
        *((now - 4 * _DAY, None, [entry], "Migration") for entry in services if entry.maintenance),
    ]
    for number, (start, end, affected, description) in enumerate(plans):
        if affected:
            yield MaintenanceWindow(
                id=object_id("maintenance_window", number),
                start=start,
                end=end,
                service_ids=tuple(service.id for service in affected),
                created_by=owner,
                description=description,
            )


def _audit_records(account: Account) -> Iterator[AuditRecord]:
    """Yield a change every other day; a policy is weakened, and somebody becomes an admin."""
    users, policies = list(account.users.values()), list(account.policies.values())
    teams, services = list(account.teams.values()), list(account.services.values())
    if not (users and policies and teams and services):
        return
    actor = _audited("user", users[0].id, users[0].name)
    weakened = policies[_WEAKENED_POLICY % len(policies)]
    promoted, team = users[_PROMOTED_USER % len(users)], teams[0]
    member = _audited("user", promoted.id, promoted.name)
    changes: list[JsonObject] = [
        {
            "root": _audited("escalation_policy", weakened.id, weakened.name),
            "fields": (FieldChange(name="num_loops", before_value="2", value="0"),),
        },
        {
            "root": member,
            "fields": (FieldChange(name="role", before_value="limited_user", value="admin"),),
        },
        {
            "root": _audited("team", team.id, team.name),
            "resource": member,
            "fields": (FieldChange(name="team_role", before_value="responder", value="manager"),),
        },
        {
            "root": _audited("team", team.id, team.name),
            "references": (ReferenceChange(name="members", added=(member,)),),
        },
        {
            "root": member,
            "fields": (
                FieldChange(name="email", before_value="old@example.com", value=promoted.email),
            ),
        },
        {
            "root": _audited("service", services[0].id, services[0].name),
            "fields": (
                FieldChange(name="acknowledgement_timeout", before_value="1800", value="null"),
            ),
        },
        {"root": _audited("service", "PGONE01", "Retired Service"), "action": "delete"},
    ]
    for number, change in enumerate(changes):
        yield AuditRecord(
            id=f"PDAUDIT{crc32(account.subdomain.encode()):08X}{number:04d}",
            at=account.epoch - (2 * number + 1) * _DAY,
            action=change.pop("action", "update"),
            actors=(actor,) if number % 3 else (),
            method="browser" if number % 3 else "api_token",
            truncated_token=None if number % 3 else "2adm",
            **change,
        )


def _orchestrations(account: Account) -> Iterator[Orchestration]:
    services = list(account.services.values())
    for number, name in enumerate(_ORCHESTRATIONS):
        routed = services[number * _ROUTED : (number + 1) * _ROUTED]
        if routed:
            yield Orchestration(
                id=f"{number + 1:08x}-9620-4e0a-9edc-00fedf7d4694",
                name=name,
                team_id=next(iter(routed[0].team_ids), None),
                router=_router(routed),
                unrouted=_path(
                    OrchestrationRule(
                        id="38880ffb",
                        label="Critical events stand out",
                        conditions=("event.severity matches 'critical'",),
                        actions={"severity": "critical"},
                    ),
                    catch_all={"severity": "warning"},
                ),
                global_path=_path(
                    OrchestrationRule(
                        id="1f6d9a33",
                        label="Events of load tests are dropped",
                        conditions=("event.source matches part 'load-test'",),
                        actions={"drop_event": True},
                    )
                ),
                created_at=account.epoch - 300 * _DAY,
            )


def _router(services: list[Service]) -> OrchestrationPath:
    rules = (
        OrchestrationRule(
            id=f"route{number:03d}",
            label=service.name,
            conditions=(f"event.component matches '{service.name}'",),
            actions={"route_to": service.id},
        )
        for number, service in enumerate(services)
    )
    return _path(*rules, catch_all={"route_to": "unrouted"})


def _service_orchestrations(account: Account) -> Iterator[tuple[str, OrchestrationPath]]:
    for service in list(account.services.values())[:1]:
        rules = OrchestrationRule(
            id="cd770384",
            label="Nobody is woken for information",
            conditions=("event.severity matches 'info'",),
            actions={"suppress": True},
        )
        yield service.id, _path(rules)


def _path(*rules: OrchestrationRule, catch_all: JsonObject | None = None) -> OrchestrationPath:
    return OrchestrationPath(sets=(("start", rules),), catch_all=catch_all or {})


def _audited(kind: str, identifier: str, summary: str) -> AuditedObject:
    return AuditedObject(id=identifier, type=f"{kind}_reference", summary=summary)
