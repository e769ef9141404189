"""Business services, standards, extensions, webhooks and workflows as PagerDuty sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.api.serializers.references import API, service_reference

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.business import (
        BusinessService,
        Extension,
        IncidentWorkflow,
        ServiceDependency,
        SessionConfiguration,
        Standard,
        WebhookSubscription,
    )

_SLACK = "PF9KMXH"
"""The id of a kind of extension."""


def business_service_object(business: BusinessService) -> JsonObject:
    """Return a business service; it has no page of its own."""
    team = business.team_id
    return {
        "id": business.id,
        "type": "business_service",
        "summary": business.name,
        "self": f"{API}/business_services/{business.id}",
        "html_url": None,
        "name": business.name,
        "description": None,
        "point_of_contact": "PagerDuty Admin",
        "team": team and {"id": team, "type": "team_reference", "self": f"{API}/teams/{team}"},
    }


def dependency_object(account: Account, dependency: ServiceDependency) -> JsonObject:
    """Return a relationship of two services."""
    return {
        "id": dependency.id,
        "type": "service_dependency",
        "supporting_service": _node(account, dependency.supporting),
        "dependent_service": _node(account, dependency.dependent),
    }


def _node(account: Account, identifier: str) -> JsonObject:
    kind = "business" if identifier in account.business_services else "technical"
    return {"id": identifier, "type": f"{kind}_service_reference"}


def standard_object(standard: Standard) -> JsonObject:
    """Return a standard of the account."""
    return {
        "id": standard.id,
        "name": standard.name,
        "type": standard.type,
        "description": f"Why it matters: {standard.name}.",
        "active": standard.active,
        "resource_type": "technical_service",
        "exclusions": [],
        "inclusions": [],
    }


def score_object(account: Account, service_id: str) -> JsonObject:
    """Return which standards a service meets."""
    active = [standard for standard in account.standards if standard.active]
    missed = [standard for standard in active if service_id in standard.missed_by]
    return {
        "resource_id": service_id,
        "resource_type": "technical_service",
        "score": {"passing": len(active) - len(missed), "total": len(active)},
        "standards": [
            {
                "id": standard.id,
                "name": standard.name,
                "type": standard.type,
                "description": f"Why it matters: {standard.name}.",
                "active": standard.active,
                "pass": standard not in missed,
            }
            for standard in active
        ],
    }


def session_configuration_object(configuration: SessionConfiguration) -> JsonObject:
    """Return a session configuration."""
    return {
        "type": configuration.type,
        "absolute_session_ttl": configuration.absolute,
        "idle_session_ttl": configuration.idle,
    }


def extension_object(account: Account, extension: Extension) -> JsonObject:
    """Return an extension, with the address that it sends to."""
    services = [account.services[key] for key in extension.service_ids if key in account.services]
    body: JsonObject = {
        "id": extension.id,
        "type": "extension",
        "summary": extension.name,
        "self": f"{API}/extensions/{extension.id}",
        "html_url": None,
        "name": extension.name,
        "endpoint_url": f"https://hooks.example/{extension.id}",
        "extension_objects": [service_reference(account, service) for service in services],
        "extension_schema": {
            "id": _SLACK,
            "type": "extension_schema_reference",
            "summary": "Slack",
            "self": f"{API}/extension_schemas/{_SLACK}",
            "html_url": None,
        },
        "config": {"access_token": f"token-of-{extension.id}"},
    }
    if extension.temporarily_disabled is not None:
        body["temporarily_disabled"] = extension.temporarily_disabled
    return body


def incident_workflow_object(workflow: IncidentWorkflow) -> JsonObject:
    """Return an incident workflow without its steps."""
    return _workflow(workflow) | {
        "description": "What is always done first",
        "created_at": "2026-01-12T09:00:00.000Z",
        "is_enabled": workflow.enabled,
    }


def _workflow(workflow: IncidentWorkflow) -> JsonObject:
    return {
        "id": workflow.id,
        "type": "incident_workflow",
        "name": workflow.name,
        "self": f"{API}/incident_workflows/{workflow.id}",
        "html_url": f"https://northwind.pagerduty.com/flex-workflows/workflows/{workflow.id}",
    }


def incident_workflow_trigger_object(account: Account, workflow: IncidentWorkflow) -> JsonObject:
    """Return the trigger of an incident workflow; without a condition it is started by hand."""
    path = f"{API}/incident_workflows/triggers/{workflow.trigger_id}"
    ids = workflow.service_ids or ()
    services = [account.services[key] for key in ids if key in account.services]
    body: JsonObject = {
        "id": workflow.trigger_id,
        "type": "workflow_trigger",
        "trigger_type": "conditional" if workflow.condition else "manual",
        "trigger_type_name": "Conditional Trigger" if workflow.condition else "Manual Trigger",
        "trigger_url": f"{path}/start",
        "self": path,
        "workflow": _workflow(workflow),
        "services": [service_reference(account, service) for service in services],
        "is_subscribed_to_all_services": workflow.service_ids is None,
        "permissions": {"restricted": False},
    }
    return body | ({"condition": workflow.condition} if workflow.condition else {})


def webhook_subscription_object(webhook: WebhookSubscription) -> JsonObject:
    """Return a webhook subscription; the values of its headers are redacted."""
    service, stopped = webhook.service_id, webhook.temporarily_disabled
    return {
        "id": webhook.id,
        "type": "webhook_subscription",
        "active": webhook.active,
        "description": webhook.description,
        "delivery_method": {
            "id": f"{webhook.id}D",
            "type": "http_delivery_method",
            "url": f"https://hooks.example/{webhook.id}",
            "secret": None,
            "custom_headers": [{"name": "x-token", "value": "<redacted>"}],
            **({} if stopped is None else {"temporarily_disabled": stopped}),
        },
        "events": ["incident.triggered", "incident.acknowledged", "incident.resolved"],
        "filter": {"id": service, "type": "service_reference"}
        if service
        else {"type": "account_reference"},
    }
