"""What the services of the healthy account stand for, and what is sent elsewhere."""

from __future__ import annotations

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.business import (
    BusinessService,
    Extension,
    ServiceDependency,
    WebhookSubscription,
)
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.operations import OrchestrationPath, OrchestrationRule
from pagerduty_simulator.demo_data.business import add_workflow, standards

SHOP = "Shop"
"""A business service."""


def add_healthy_business(account: Account, critical: int, supporting: int, peripheral: int) -> None:
    """Add a business service, standards, workflows, an extension, a webhook and rules for events.

    Args:
        account: The healthy account.
        critical: The number of the service that supports the business service.
        supporting: The number of one that supports it in turn.
        peripheral: The number of one that supports none, and may miss a standard.
    """
    service, other = object_id("service", critical), object_id("service", supporting)
    business = BusinessService(id=object_id("business_service", 0), name=SHOP)
    account.business_services[business.id] = business
    pairs = [(service, business.id), (other, service), (service, other)]
    account.service_dependencies.extend(
        ServiceDependency(
            id=object_id("service_dependency", number), supporting=first, dependent=second
        )
        for number, (first, second) in enumerate(pairs)
    )
    account.standards.extend(standards(frozenset({object_id("service", peripheral)})))
    add_workflow(account)
    chat = Extension(id=object_id("extension", 0), name="Chat", service_ids=(service,))
    account.extensions[chat.id] = chat
    tickets = WebhookSubscription(id=object_id("webhook_subscription", 0), description="Tickets")
    account.webhook_subscriptions[tickets.id] = tickets
    account.service_orchestrations[service] = _without_information()


def _without_information() -> OrchestrationPath:
    rule = OrchestrationRule(
        id="cd770384",
        label="Nobody is woken for information",
        conditions=("event.severity matches 'info'",),
        actions={"suppress": True},
    )
    return OrchestrationPath(sets=(("start", (rule,)),))
