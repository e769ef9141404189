"""The collectors: one module for each evidence kind, with the API page that it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.collectors import (
    audit_record,
    escalation_policy,
    incident,
    incident_log_entry,
    incident_note,
    maintenance_window,
    on_call,
    priority,
    service,
    session_configuration,
    team,
    team_member,
    user,
)
from ccm_pagerduty.collectors.orchestrations import (
    event_orchestration,
    event_orchestration_path,
    service_orchestration,
)
from ccm_pagerduty.collectors.outbound import extension, webhook_subscription
from ccm_pagerduty.collectors.schedules import (
    schedule,
    schedule_overrides,
    schedule_rendering,
)
from ccm_pagerduty.collectors.services import (
    business_service,
    service_custom_fields,
    service_dependencies,
    service_standards,
)
from ccm_pagerduty.collectors.workflows import incident_workflow, incident_workflow_trigger

if TYPE_CHECKING:
    from ccm_core.sdk.types import Collector, JsonObject

_SNAPSHOTS = (
    user,
    team,
    team_member,
    service,
    escalation_policy,
    schedule,
    schedule_rendering,
    on_call,
    priority,
    maintenance_window,
    event_orchestration,
    event_orchestration_path,
    service_orchestration,
    schedule_overrides,
    service_custom_fields,
    business_service,
    service_dependencies,
    service_standards,
    extension,
    webhook_subscription,
    session_configuration,
    incident_workflow,
    incident_workflow_trigger,
)
"""Kinds that others need or refer to come first."""
_EVENTS = (incident, incident_log_entry, incident_note)


def collectors(settings: JsonObject | None = None) -> tuple[Collector, ...]:
    """Return every collector, in the order in which they should run.

    Args:
        settings: The connection's settings; they choose how log entries are read.
    """
    events = tuple(module.collector(settings or {}) for module in _EVENTS)
    return (*(module.collector() for module in _SNAPSHOTS), *events, audit_record.collector())
