"""The lists that a collection reads, and what must not pass where they are lost."""

from __future__ import annotations

from ccm_core.model.evaluation.result import Status

OF_SERVICES = ("orchestration", "custom_fields", "standards")
LISTS = {
    "/users": ("user",),
    "/teams": ("team", "team_member"),
    "/services": ("service", *(f"service_{noun}" for noun in OF_SERVICES)),
    "/escalation_policies": ("escalation_policy",),
    "/schedules": ("schedule", "schedule_rendering", "schedule_overrides"),
    "/oncalls": ("on_call",),
    "/incidents": ("incident",),
    "/log_entries": ("incident_log_entry", "incident_note"),
    "/priorities": ("priority",),
    "/maintenance_windows": ("maintenance_window",),
    "/event_orchestrations": ("event_orchestration", "event_orchestration_path"),
    "/business_services": ("business_service", "service_dependencies"),
    "/extensions": ("extension",),
    "/webhook_subscriptions": ("webhook_subscription",),
    "/session_configurations": ("session_configuration",),
    "/incident_workflows": ("incident_workflow",),
    "/incident_workflows/triggers": ("incident_workflow_trigger",),
    "/audit/records": ("audit_record",),
}
"""The kind that each list is read for, and those that are read object by object from it."""
KINDS = tuple(kind for kinds in LISTS.values() for kind in kinds)
SHORT = (
    "/maintenance_windows",
    "/event_orchestrations",
    "/extensions",
    "/webhook_subscriptions",
    "/session_configurations",
    "/incident_workflows",
    "/incident_workflows/triggers",
    "/audit/records",
)
"""Lists without offsets, or with so few objects that they have one page."""
OF_PARAMETERS = {"business_service", "service_dependencies"}
"""What no shipped rule reads unless the settings say what is critical by it."""
BY_SOMETHING_ELSE = {"pagerduty_service_has_integration"}
"""A service with an integration passes whatever routes events to it."""
OF_SOME_ROWS = {
    "pagerduty_highest_priority_starts_workflow",
    "pagerduty_privilege_grant_is_recorded",
    "pagerduty_weakened_response_is_recorded",
}
"""They are not about lower priorities, and about no change where nothing was changed."""
STATED_BY_404 = "session_configuration"
"""PagerDuty answers so where none was ever created."""
PAGED = [endpoint for endpoint in LISTS if endpoint not in SHORT]
OF_ONE_INCIDENT = "/incidents/{id}/log_entries"
"""Where the log entries are looked for when their list is refused."""


def assert_nothing_passes(lab, ran, *lost):
    """Hold that no rule over a view of lost kinds says anything but that it cannot tell."""
    touched = lab.rules_over(*lost)
    assert touched or set(lost) <= OF_PARAMETERS
    for rule in touched - (BY_SOMETHING_ELSE if lost == LISTS["/event_orchestrations"] else set()):
        statuses = {one.status for one in ran.rules[rule].results}
        beside = {Status.NOT_APPLICABLE} if rule in OF_SOME_ROWS else set()
        assert statuses - beside <= {Status.INSUFFICIENT}, rule
        assert statuses == {Status.INSUFFICIENT} or beside, rule
