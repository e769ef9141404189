"""Business services, standards, extensions and webhooks of the simulated account."""

from __future__ import annotations

from collections.abc import Iterator

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.business import (
    BusinessService,
    Extension,
    IncidentWorkflow,
    ServiceDependency,
    Standard,
    WebhookSubscription,
)
from pagerduty_simulator.account.identifiers import object_id

STANDARDS = (
    ("Service has a description", "has_technical_service_description"),
    (
        "Service has an escalation policy with 2 or more unique levels",
        "minimum_escalation_policy_rule_depth",
    ),
    ("Service has an extension or add-on", "minimum_outbound_integrations"),
)
_BUSINESS_SERVICES = ("Order to Cash", "Freight Tracking", "Customer Portal")
_SUPPORTING = 4
"""Technical services that support each business service, one the other in a row."""
_MISSING_STANDARDS = (27, 44)
_DISABLED_EXTENSION, _DISABLED_WEBHOOK = 31, 35
"""The numbers of services whose extension and webhook PagerDuty stopped."""


def add_business(account: Account) -> None:
    """Add them to an account that has services."""
    services = list(account.services)
    names = _BUSINESS_SERVICES if services else ()
    for number, name in enumerate(names):
        business = BusinessService(
            id=object_id("business_service", number),
            name=name,
            team_id=next(iter(account.teams), None),
        )
        account.business_services[business.id] = business
        chain = [business.id, *services[number * _SUPPORTING : (number + 1) * _SUPPORTING]]
        account.service_dependencies.extend(_chain(chain, number))
    missing = frozenset(services[number] for number in _MISSING_STANDARDS if number < len(services))
    account.standards.extend(standards(missing))
    if services:
        add_workflow(account)
    account.extensions.update((entry.id, entry) for entry in _extensions(services))
    account.webhook_subscriptions.update((entry.id, entry) for entry in _webhooks(services))


def add_workflow(account: Account) -> None:
    """Add a workflow that every P1 incident starts, and one that people start on one service."""
    started_by = (
        ("Major incident", "incident.priority matches 'P1'", None),
        ("Call the vendor", "", (next(iter(account.services)),)),
    )
    for number, (name, condition, services) in enumerate(started_by):
        workflow = IncidentWorkflow(
            id=object_id("incident_workflow", number),
            name=name,
            trigger_id=f"4ad696eb-bb48-422a-8bd0-6efad6befa{number:02d}",
            condition=condition,
            service_ids=services,
        )
        account.workflows[workflow.id] = workflow


def standards(missed_by: frozenset[str] = frozenset()) -> Iterator[Standard]:
    """Yield the standards; some services may miss the last of them."""
    for number, (name, kind) in enumerate(STANDARDS):
        last = number == len(STANDARDS) - 1
        yield Standard(
            id=object_id("standard", number),
            name=name,
            type=kind,
            missed_by=missed_by if last else frozenset(),
        )


def _chain(services: list[str], number: int) -> Iterator[ServiceDependency]:
    """Yield that each supports the one before it, and that the first two technical ones circle."""
    pairs = list(zip(services[1:], services, strict=False))
    if len(services) > 2:  # noqa: PLR2004 - a business service and two technical ones
        pairs.append((services[1], services[2]))
    for position, (supporting, dependent) in enumerate(pairs):
        yield ServiceDependency(
            id=object_id("service_dependency", number * 100 + position),
            supporting=supporting,
            dependent=dependent,
        )


def _extensions(services: list[str]) -> Iterator[Extension]:
    for number, service in enumerate(services):
        if number % 6 == 1:
            yield Extension(
                id=object_id("extension", number),
                name=f"Slack {number}",
                service_ids=(service,),
                temporarily_disabled=True if number == _DISABLED_EXTENSION else None,
            )


def _webhooks(services: list[str]) -> Iterator[WebhookSubscription]:
    for number, service in enumerate(services):
        if number % 10 == 5 or number == 0:  # noqa: PLR2004 - every tenth
            yield WebhookSubscription(
                id=object_id("webhook_subscription", number),
                description=f"Status page {number}",
                service_id=service if number else None,
                temporarily_disabled=True if number == _DISABLED_WEBHOOK else None,
            )
