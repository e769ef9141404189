"""Maintenance windows, audit records and event orchestrations as PagerDuty sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.api.serializers.references import (
    API,
    instant,
    service_reference,
    team_references,
    user_reference,
)

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.objects import CustomFieldValue
    from pagerduty_simulator.account.operations import (
        AuditedObject,
        AuditRecord,
        MaintenanceWindow,
        Orchestration,
        OrchestrationPath,
    )


def maintenance_window_object(
    account: Account, window: MaintenanceWindow, number: int
) -> JsonObject:
    """Return a maintenance window; ``number`` counts in the order of their creation."""
    services = [account.services[key] for key in window.service_ids if key in account.services]
    teams = tuple(dict.fromkeys(team for service in services for team in service.team_ids))
    page = f"https://{account.subdomain}.pagerduty.com/service-directory/maintenance-windows"
    return {
        "id": window.id,
        "type": "maintenance_window",
        "summary": window.description,
        "self": f"{API}/maintenance_windows/{window.id}",
        "html_url": f"{page}/{window.id}",
        "sequence_number": number,
        "start_time": instant(window.start),
        "end_time": None if window.end is None else instant(window.end),
        "description": window.description,
        "services": [service_reference(account, service) for service in services],
        "teams": team_references(account, teams),
        "created_by": user_reference(account, window.created_by) if window.created_by else None,
    }


def custom_field_value(field: CustomFieldValue) -> JsonObject:
    """Return the value of a custom field; several are a list."""
    value = list(field.value) if isinstance(field.value, tuple) else field.value
    return {
        "id": field.id,
        "type": "field_value",
        "name": field.name,
        "display_name": field.display_name,
        "description": None,
        "data_type": field.data_type,
        "field_type": field.field_type,
        "value": value,
    }


def audit_record_object(record: AuditRecord) -> JsonObject:
    """Return a record of the audit trail; what is empty is left out, as PagerDuty does."""
    details: JsonObject = {"resource": _audited(record.resource or record.root)}
    if record.fields:
        details["fields"] = [
            {
                name: value
                for name, value in (
                    ("name", change.name),
                    ("before_value", change.before_value),
                    ("value", change.value),
                )
                if value is not None
            }
            for change in record.fields
        ]
    if record.references:
        details["references"] = [
            {
                "name": change.name,
                **({"added": [_audited(ref) for ref in change.added]} if change.added else {}),
                **(
                    {"removed": [_audited(ref) for ref in change.removed]} if change.removed else {}
                ),
            }
            for change in record.references
        ]
    token = {"truncated_token": record.truncated_token} if record.truncated_token else {}
    body: JsonObject = {
        "id": record.id,
        "execution_time": f"{instant(record.at)[:-1]}.272Z",
        "execution_context": {"request_id": f"request-{record.id}", "remote_address": "192.0.2.7"},
        "method": {"type": record.method, **token},
        "root_resource": _audited(record.root),
        "action": record.action,
        "details": details,
    }
    if record.actors:
        body["actors"] = [_audited(actor) for actor in record.actors]
    return body


def orchestration_object(account: Account, orchestration: Orchestration) -> JsonObject:
    """Return an event orchestration as the list has it."""
    team = orchestration.team_id
    author = _author(account)
    routes = sum(
        "route_to" in rule.actions for _, rules in orchestration.router.sets for rule in rules
    )
    return {
        "id": orchestration.id,
        "self": f"{API}/event_orchestrations/{orchestration.id}",
        "name": orchestration.name,
        "description": None,
        "team": {"id": team, "type": "team_reference", "self": f"{API}/teams/{team}"}
        if team
        else None,
        "routes": routes,
        "created_at": instant(orchestration.created_at),
        "created_by": author,
        "updated_at": instant(orchestration.created_at),
        "updated_by": author,
        "version": f"version-of-{orchestration.id}",
    }


def orchestration_path_object(
    account: Account, path: OrchestrationPath, kind: str, parent: JsonObject
) -> JsonObject:
    """Return the rule sets of one path.

    Args:
        account: Whose it is.
        path: The rule sets.
        kind: ``router``, ``unrouted``, ``global`` or ``service``.
        parent: A reference to what the path belongs to.
    """
    author = _author(account)
    sets = path.raw_sets or [
        {
            "id": name,
            "rules": [
                {
                    "id": rule.id,
                    "label": rule.label,
                    "conditions": [{"expression": text} for text in rule.conditions],
                    "actions": rule.actions,
                    **({"disabled": True} if rule.disabled else {}),
                }
                for rule in rules
            ],
        }
        for name, rules in path.sets
    ]
    return {
        "type": kind,
        "parent": parent,
        "self": f"{parent['self']}/{kind}",
        "sets": sets,
        "catch_all": {"actions": path.catch_all},
        "created_at": instant(account.epoch - 86_400),
        "created_by": author,
        "updated_at": instant(account.epoch - 86_400),
        "updated_by": author,
        "version": f"version-of-{kind}-{parent['id']}",
    }


def orchestration_reference(identifier: str) -> JsonObject:
    """Return a reference to an event orchestration."""
    return {
        "id": identifier,
        "self": f"{API}/event_orchestrations/{identifier}",
        "type": "event_orchestration_reference",
    }


def _author(account: Account) -> JsonObject | None:
    user = next(iter(account.users), None)
    if user is None:
        return None
    return {"id": user, "self": f"{API}/users/{user}", "type": "user_reference"}


def _audited(audited: AuditedObject) -> JsonObject:
    return {"id": audited.id, "type": audited.type, "summary": audited.summary}
