"""Diagnoses every endpoint that collectors read, with a request for one object."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import (
    AuthenticationFailed,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    SourceError,
)
from ccm_core.sdk.types import Diagnosis
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_pagerduty.client import PagerDutySession, Parameters

ENDPOINTS = (
    ("/services", "services"),
    ("/escalation_policies", "escalation_policies"),
    ("/schedules", "schedules"),
    ("/v3/schedules", "schedules"),
    ("/oncalls", "oncalls"),
    ("/incidents", "incidents"),
    ("/log_entries", "log_entries"),
    ("/users", "users"),
    ("/teams", "teams"),
    ("/priorities", "priorities"),
    ("/maintenance_windows", "maintenance_windows"),
    ("/event_orchestrations", "orchestrations"),
    ("/business_services", "business_services"),
    ("/extensions", "extensions"),
    ("/webhook_subscriptions", "webhook_subscriptions"),
    ("/session_configurations", "session_configurations"),
    ("/incident_workflows", "incident_workflows"),
    ("/incident_workflows/triggers", "triggers"),
    ("/audit/records", "records"),
)
"""All lists that are read, with the key that holds the items."""
OF_SERVICE = "/event_orchestrations/services/{}"
OVERRIDES = "/schedules/{}/overrides"
CUSTOM_FIELDS = "/services/{}/custom_fields/values"
DEPENDENCIES = "/service_dependencies/business_services/{}"
NOTES = "/incidents/{}/notes"
STANDARDS = "/standards/scores/technical_services"
OF_IT = "{}"
"""Stands for the id of the object."""
# Any period will do: what matters is whether the endpoint refuses it.
_PERIOD = (("since", "2026-01-01T00:00:00Z"), ("until", "2026-01-02T00:00:00Z"))
OF_EACH: tuple[tuple[str, str, str, Parameters], ...] = (
    (OF_SERVICE, "/services", "orchestration_path", ()),
    (OVERRIDES, "/schedules", "overrides", _PERIOD),
    (CUSTOM_FIELDS, "/services", "custom_fields", ()),
    (DEPENDENCIES, "/business_services", "relationships", ()),
    (NOTES, "/incidents", "notes", ()),
    (STANDARDS, "/services", "resources", (("ids[]", OF_IT),)),
)
"""What has no list: it is read object by object of the list that is named second."""
REFUSABLE = MappingProxyType(
    {
        "/teams": ("pagerduty.team", "pagerduty.team_member"),
        "/priorities": ("pagerduty.priority",),
        "/maintenance_windows": ("pagerduty.maintenance_window",),
        "/event_orchestrations": (
            "pagerduty.event_orchestration",
            "pagerduty.event_orchestration_path",
        ),
        OF_SERVICE: ("pagerduty.service_orchestration",),
        OVERRIDES: ("pagerduty.schedule_overrides",),
        CUSTOM_FIELDS: ("pagerduty.service_custom_fields",),
        "/business_services": ("pagerduty.business_service", "pagerduty.service_dependencies"),
        DEPENDENCIES: ("pagerduty.service_dependencies",),
        NOTES: ("pagerduty.incident_note",),
        STANDARDS: ("pagerduty.service_standards",),
        "/extensions": ("pagerduty.extension",),
        "/webhook_subscriptions": ("pagerduty.webhook_subscription",),
        "/session_configurations": ("pagerduty.session_configuration",),
        "/incident_workflows": ("pagerduty.incident_workflow",),
        "/incident_workflows/triggers": ("pagerduty.incident_workflow_trigger",),
        "/audit/records": ("pagerduty.audit_record",),
    }
)
"""What is read at the endpoints that an account may well be without."""

ATTEMPTS = 2
ONE = (("limit", "1"),)
LOG_ENTRIES = "/log_entries"
SESSIONS = "/session_configurations"
"""Not found where none was ever created."""
WITHOUT_LOG_ENTRIES = "acknowledgements are recorded only in log entries, so they will be missing"

# Most specific first: the first matching class decides.
_CAUSES: tuple[tuple[type[SourceError], Cause], ...] = (
    (AuthenticationFailed, Cause.KEY_REFUSED),
    (ScopeMissing, Cause.INSUFFICIENT_SCOPE),
    (PermissionDenied, Cause.DENIED),
    (AbilityMissing, Cause.NOT_IN_PLAN),
    (NotAvailable, Cause.NOT_FOUND),
    (RateLimited, Cause.RATE_LIMITED),
)
_STEPS = {
    Cause.KEY_REFUSED: "check the key and the region",
    Cause.INSUFFICIENT_SCOPE: "add the missing scopes to the app, and authorize again",
    Cause.DENIED: "ask an administrator for a read-only API key of the account",
    Cause.RATE_LIMITED: "another client uses the requests of this credential; lower its rate, or "
    "set share",
}
_LOG_ENTRY_STEPS = {
    Cause.RATE_LIMITED: "leave log entries more of the limit: lower the rate of other clients, set "
    "share, or set log_entries: auto; then run `ccm collect`",
    Cause.INSUFFICIENT_SCOPE: "add the scope incidents.read to the app, and authorize again",
    Cause.DENIED: "allow the credential to read incidents and their log entries: use a read-only "
    "API key of the account",
}
_RETRY = "try again; if the error persists, report the request id to PagerDuty's support"


def cause_of(error: SourceError) -> Cause:
    """Return the cause of an error."""
    matches = (cause for error_class, cause in _CAUSES if isinstance(error, error_class))
    return next(matches, Cause.SOURCE_ERROR)


async def endpoints(session: PagerDutySession) -> Sequence[Diagnosis]:
    """Request one object from every endpoint."""
    lines, values = [], {}
    for path, wrapper in ENDPOINTS:
        line, values[path] = await _endpoint(session, path, wrapper)
        lines.append(line)
    for path, listed, wrapper, parameters in OF_EACH:
        lines.extend(await _of_first(session, path, values[listed], wrapper, parameters))
    return [
        await _log_entries(session, line, values["/incidents"])
        if line.subject == LOG_ENTRIES
        else line
        for line in lines
    ]


async def _of_first(
    session: PagerDutySession, template: str, objects: Any, wrapper: str, parameters: Parameters
) -> Sequence[Diagnosis]:
    """Request what belongs to the first object of a list; nothing where none is listed."""
    first = objects[0] if isinstance(objects, list) and objects else None
    if not isinstance(first, dict):
        return ()
    try:
        key = first.get("id")
        path = url_path(template, *[key] * template.count(OF_IT))
        of_it = tuple((name, str(key) if value == OF_IT else value) for name, value in parameters)
        await session.get(path, wrapper, of_it, attempts=ATTEMPTS)
    except SourceError as error:
        return (_refused(template, error),)
    return (Diagnosis(subject=template, ok=True, message="can be read"),)


async def _endpoint(session: PagerDutySession, path: str, wrapper: str) -> tuple[Diagnosis, Any]:
    try:
        fetched = await session.get(path, wrapper, ONE, attempts=ATTEMPTS)
    except SourceError as error:
        if path == SESSIONS and cause_of(error) is Cause.NOT_FOUND:
            return Diagnosis(subject=path, ok=True, message="none was ever created"), None
        return _refused(path, error), None
    return Diagnosis(subject=path, ok=True, message="can be read"), fetched.value


def _refused(path: str, error: SourceError) -> Diagnosis:
    cause = cause_of(error)
    return Diagnosis(
        subject=path,
        ok=False,
        cause=cause,
        message=str(error),
        next_step=_step(path, cause),
        refused_kinds=_refused_kinds(path, cause),
    )


def _refused_kinds(path: str, cause: Cause) -> tuple[str, ...]:
    """Return the kinds of which it can be accepted that they are refused for this cause."""
    optional = {kind.name for kind in kinds() if kind.optional}
    refusals = {Cause.NOT_IN_PLAN, Cause.NOT_FOUND}
    denials = {Cause.DENIED, Cause.INSUFFICIENT_SCOPE}
    return tuple(
        kind
        for kind in REFUSABLE.get(path, ())
        if cause in refusals or (cause in denials and kind in optional)
    )


def _step(path: str, cause: Cause) -> str:
    if cause is Cause.NOT_IN_PLAN:
        return (
            f"if the plan is meant to be without {path[1:]}, accept its kinds with "
            "accept_unavailable and a reason; until then, their rules stay inconclusive"
        )
    if kinds := _refused_kinds(path, cause):
        step = _STEPS.get(cause, "let an administrator switch the feature on")
        return f"{step}; or accept {', '.join(kinds)} with accept_unavailable and a reason"
    if cause is Cause.NOT_FOUND and path == "/v3/schedules":
        return "none, if the account has no shift-based schedules; the API does not report whether"
    return _STEPS.get(cause, _RETRY)


async def _log_entries(session: PagerDutySession, line: Diagnosis, incidents: Any) -> Diagnosis:
    """Return what refused log entries mean: nothing where they can be read by incident."""
    if line.ok:
        return line
    first = incidents[0] if isinstance(incidents, list) and incidents else None
    if line.cause == Cause.DENIED and isinstance(first, dict):
        path = url_path("/incidents/{}/log_entries", first.get("id"))
        by_incident, _ = await _endpoint(session, path, "log_entries")
        if by_incident.ok:
            message = (
                "the list of the account is refused, but the log entries of each incident can be "
                "read: ccm reads them with one request for each incident"
            )
            return Diagnosis(subject=LOG_ENTRIES, ok=True, message=message)
    cause = Cause(line.cause or Cause.SOURCE_ERROR)
    return replace(
        line,
        cause=Cause.ACKNOWLEDGEMENTS_MISSING,
        message=f"{line.message}. {WITHOUT_LOG_ENTRIES[0].upper()}{WITHOUT_LOG_ENTRIES[1:]}",
        next_step=_LOG_ENTRY_STEPS.get(cause, line.next_step),
    )
