"""Business services, dependencies, standards, extensions and webhook subscriptions."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from pagerduty_simulator.account.business import Extension
from pagerduty_simulator.api.context import EndpointContext, filter_by_name
from pagerduty_simulator.api.paging import cursor_response, page_response
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.business import (
    business_service_object,
    dependency_object,
    extension_object,
    incident_workflow_object,
    incident_workflow_trigger_object,
    score_object,
    session_configuration_object,
    standard_object,
    webhook_subscription_object,
)

_MOST_SCORES = 100
_name = attrgetter("name")


def business_services(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List business services."""
    rows = sorted(context.account.business_services.values(), key=_name)
    return page_response(context, request, "business_services", rows, business_service_object)


def business_dependencies(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the relationships that a business service has, in both directions; not paged."""
    service = context.require(context.account.business_services.get(request.ids[0]))
    return _relationships(context, service.id)


def technical_dependencies(
    context: EndpointContext, request: SimulatedRequest
) -> SimulatedResponse:
    """List the relationships that a technical service has, in both directions; not paged."""
    match = context.account.services.get(request.ids[0])
    service = context.require(match, match.team_ids if match else (), scoped=True)
    return _relationships(context, service.id)


def _relationships(context: EndpointContext, identifier: str) -> SimulatedResponse:
    account = context.account
    rows = [
        dependency_object(account, dependency)
        for dependency in account.service_dependencies
        if identifier in {dependency.supporting, dependency.dependent}
    ]
    return json_response({"relationships": rows})


def standards(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the account's standards; not paged."""
    rows = context.account.standards
    if request.value("active") is not None:
        rows = [standard for standard in rows if standard.active is request.flag("active")]
    return json_response({"standards": [standard_object(standard) for standard in rows]})


def standards_scores(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List which standards up to a hundred services meet."""
    account, ids = context.account, request.values("ids")
    if request.ids[0] != "technical_services":
        raise rejection(404)
    if not 0 < len(ids) <= _MOST_SCORES:
        raise rejection(400, "Ids must name 1 to 100 resources.")
    visible = [
        key for key in ids if key in account.services and context.can_see(_teams(context, key))
    ]
    return json_response({"resources": [score_object(account, key) for key in visible]})


def _teams(context: EndpointContext, service_id: str) -> tuple[str, ...]:
    return context.account.services[service_id].team_ids


def extensions(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the extensions of services that the credential sees."""
    rows = [entry for entry in context.account.extensions.values() if _is_visible(context, entry)]
    serialize = partial(extension_object, context.account)
    return page_response(
        context, request, "extensions", filter_by_name(request, rows, _name), serialize
    )


def _is_visible(context: EndpointContext, extension: Extension) -> bool:
    services = [context.account.services.get(key) for key in extension.service_ids]
    return any(service is None or context.can_see(service.team_ids) for service in services)


def session_configurations(
    context: EndpointContext, request: SimulatedRequest
) -> SimulatedResponse:
    """List both configurations or that of one type; not paged, and 404 where there are none."""
    wanted = request.value("type")
    rows = [
        session_configuration_object(entry)
        for entry in context.account.session_configurations
        if wanted in {None, entry.type}
    ]
    if not rows:
        raise rejection(404)
    return json_response({"session_configurations": rows})


def incident_workflows(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List incident workflows, without their steps."""
    rows = list(context.account.workflows.values())
    rows = filter_by_name(request, rows, _name)
    return page_response(context, request, "incident_workflows", rows, incident_workflow_object)


def incident_workflow_triggers(
    context: EndpointContext, request: SimulatedRequest
) -> SimulatedResponse:
    """List the triggers of incident workflows, by cursor."""
    rows = list(context.account.workflows.values())
    serialize = partial(incident_workflow_trigger_object, context.account)
    return cursor_response(context, request, "triggers", rows, serialize)


def webhook_subscriptions(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List webhook subscriptions."""
    rows = list(context.account.webhook_subscriptions.values())
    return page_response(
        context, request, "webhook_subscriptions", rows, webhook_subscription_object
    )
