"""Incidents and log entries as PagerDuty sends them, generated from the incident log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo
from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.identifiers import incident_id, log_entry_id
from pagerduty_simulator.account.incident_store import LogEntry
from pagerduty_simulator.api.serializers.core import (
    policy_object,
    priority_object,
    service_object,
    team_object,
    user_or_stub,
)
from pagerduty_simulator.api.serializers.references import API, instant, reference

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.incident_store import Event, IncidentRecord

_STATUS_CHANGES = ("trigger", "acknowledge", "unacknowledge", "resolve", "reopen")
_BODY_ONE_IN = 10
OVERVIEW = frozenset({"trigger", "acknowledge", "assign", "escalate", "resolve", "annotate"})
"""The types of log entries in an overview."""


def incident_reference(account: Account, incident: IncidentRecord) -> JsonObject:
    """Return a reference to an incident."""
    summary = f"[#{incident.number}] {incident.title}"
    return reference(account, "incident", incident_id(incident.number), summary)


def incident_object(
    account: Account, incident: IncidentRecord, include: Collection[str], zone: tzinfo
) -> JsonObject:
    """Return an incident."""
    state = incident.state
    status = state.status
    created = instant(incident.created, zone)
    changed = state.last(*_STATUS_CHANGES) or state.events[0]
    last_change = instant(incident.created + changed.after, zone)
    return {
        "incident_number": incident.number,
        "title": incident.title,
        "description": incident.title,
        "created_at": created,
        "updated_at": instant(incident.updated, zone),
        "status": status,
        "incident_key": incident_id(incident.number).lower() if incident.has_key else None,
        "service": _service(account, incident, include),
        "assignments": _assignments(account, incident, include, zone),
        "assigned_via": "escalation_policy",
        "last_status_change_at": last_change,
        "resolved_at": last_change if status == "resolved" else None,
        "first_trigger_log_entry": _first_entry(account, incident, include, zone),
        "alert_counts": {
            "all": 1,
            "triggered": int(status != "resolved"),
            "resolved": int(status == "resolved"),
        },
        "is_mergeable": True,
        "incident_type": {"name": "incident_default"},
        "escalation_policy": _policy(account, incident, include),
        "teams": _teams(account, incident, include),
        "pending_actions": [],
        "acknowledgements": _acknowledgements(account, incident, include, zone),
        "basic_alert_grouping": None,
        "alert_grouping": None,
        "last_status_change_by": changed.agent,
        "priority": None
        if incident.priority is None
        else priority_object(account.priorities[incident.priority], incident.priority),
        "resolve_reason": _resolve_reason(account, incident),
        "incidents_responders": [],
        "responder_requests": [],
        "subscriber_requests": [],
        "urgency": incident.urgency,
        **incident_reference(account, incident),
        "type": "incident",
        **_body(incident),
    }


def log_entry_object(
    account: Account, entry: LogEntry, include: Collection[str], zone: tzinfo
) -> JsonObject:
    """Return a log entry."""
    incident, event = entry.incident, entry.event
    return {
        **_entry_identity(account, entry),
        "created_at": instant(entry.created, zone),
        "agent": event.agent,
        "channel": _channel(account, incident, event, include),
        "service": _service(account, incident, include),
        "incident": incident_object(account, incident, (), zone)
        if "incidents" in include
        else incident_reference(account, incident),
        "teams": _teams(account, incident, include),
        "contexts": [],
        **_specific_fields(incident, event),
        **(event.extra or {}),
    }


def _entry_identity(account: Account, entry: LogEntry) -> JsonObject:
    incident, event = entry.incident, entry.event
    identifier = log_entry_id(incident.number, entry.position)
    page = f"https://{account.subdomain}.pagerduty.com/incidents/{incident_id(incident.number)}"
    return {
        "id": identifier,
        "type": f"{event.type}_log_entry",
        "summary": _summary(event),
        "self": f"{API}/log_entries/{identifier}",
        "html_url": f"{page}/log_entries/{identifier}",
    }


def note_object(entry: LogEntry) -> JsonObject:
    """Return the note that a log entry shows."""
    event, at = entry.event, instant(entry.created)
    key = log_entry_id(entry.incident.number, entry.position)
    bot = {"id": f"P{key[1:7]}", "type": "bot_user_reference", "summary": "A rule", "self": None}
    return {
        "id": f"P{key[1:7]}",
        "user": event.agent or bot | {"html_url": None},
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": (event.extra or {}).get("note", ""),
        "created_at": at,
        "updated_at": at,
    }


def _summary(event: Event) -> str:
    verb = event.type.replace("_", " ").capitalize()
    whom = f" {event.user['summary']}" if event.user else ""
    by = f" by {event.agent['summary']}" if event.agent else ""
    return f"{verb}{whom}{by} through {event.channel}"


def _specific_fields(incident: IncidentRecord, event: Event) -> JsonObject:
    if event.type == "trigger":
        return {"event_details": {"description": incident.title}}
    if event.type in {"assign", "delegate", "escalate"}:
        return {"assignees": [event.user] if event.user else []}
    if event.type == "notify":
        return {"user": event.user}
    return {"acknowledgement_timeout": None} if event.type == "acknowledge" else {}


def _channel(
    account: Account, incident: IncidentRecord, event: Event, include: Collection[str]
) -> JsonObject:
    channel: JsonObject = {"type": event.channel}
    if event.type == "trigger":
        channel["summary"] = incident.title
    if event.type == "priority_change":
        # The priority that the incident has is that of the only change of it.
        position = incident.priority
        new = None if position is None else priority_object(account.priorities[position], position)
        channel |= {"old_priority": None, "new_priority": new}
    if "channels" not in include:
        return channel
    if event.type == "notify":
        return channel | {
            "notification": {
                "type": "sms_notification",
                "address": f"+1 555 {incident.number:07d}",
                "status": "success",
            }
        }
    host = f"ip-10-0-{incident.number % 256}-{incident.number // 256 % 256}.internal"
    return channel | {"details": {"host": host, "body": f"{incident.title}, seen on {host}"}}


def _service(account: Account, incident: IncidentRecord, include: Collection[str]) -> JsonObject:
    service = (
        account.services.get(incident.references.service["id"]) if "services" in include else None
    )
    return service_object(account, service) if service else incident.references.service


def _policy(account: Account, incident: IncidentRecord, include: Collection[str]) -> JsonObject:
    whole = "escalation_policies" in include
    policy = account.policies.get(incident.references.policy["id"]) if whole else None
    return policy_object(account, policy) if policy else incident.references.policy


def _teams(
    account: Account, incident: IncidentRecord, include: Collection[str]
) -> list[JsonObject]:
    if "teams" not in include:
        return list(incident.references.teams)
    ids = [team["id"] for team in incident.references.teams]
    return [team_object(account, account.teams[key]) for key in ids if key in account.teams]


def _assignments(
    account: Account, incident: IncidentRecord, include: Collection[str], zone: tzinfo
) -> list[JsonObject]:
    assigned = incident.state.assigned
    if assigned is None or assigned.user is None:
        return []
    whole = bool({"assignees", "users"} & set(include))
    assignee = user_or_stub(account, assigned.user["id"], whole=True) if whole else assigned.user
    return [{"at": instant(incident.created + assigned.after, zone), "assignee": assignee}]


def _acknowledgements(
    account: Account, incident: IncidentRecord, include: Collection[str], zone: tzinfo
) -> list[JsonObject]:
    last = incident.state.last("acknowledge") if incident.state.status == "acknowledged" else None
    if last is None or last.agent is None:
        return []
    whole = "acknowledgers" in include and last.agent["type"] == "user_reference"
    acknowledger = user_or_stub(account, last.agent["id"], whole=True) if whole else last.agent
    return [{"at": instant(incident.created + last.after, zone), "acknowledger": acknowledger}]


def _first_entry(
    account: Account, incident: IncidentRecord, include: Collection[str], zone: tzinfo
) -> JsonObject:
    entry = LogEntry(incident, 0)
    if "first_trigger_log_entries" in include:
        return log_entry_object(account, entry, ("channels",), zone)
    return _entry_identity(account, entry) | {"type": "trigger_log_entry_reference"}


def _body(incident: IncidentRecord) -> JsonObject:
    """Return the private text of incidents created through the API, one in ten here."""
    if incident.number % _BODY_ONE_IN:
        return {}
    details = {"client": "Datadog", "body": f"{incident.title}: see https://wiki.internal"}
    return {"body": {"type": "incident_body", "details": details}}


def _resolve_reason(account: Account, incident: IncidentRecord) -> JsonObject | None:
    number = incident.state.merged_into
    if number is None:
        return None
    primary = account.incidents.get(number)
    if primary is None:
        # What was deleted stays a reference: whoever requests it gets a 404.
        deleted = reference(account, "incident", incident_id(number), f"[#{number}] Deleted")
        return {"type": "merge_resolve_reason", "incident": deleted | {"html_url": None}}
    return {"type": "merge_resolve_reason", "incident": incident_reference(account, primary)}
