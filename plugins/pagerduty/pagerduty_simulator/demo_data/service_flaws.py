"""Flaws in what becomes of events, in standards, and in what is sent elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.operations import OrchestrationPath
from pagerduty_simulator.demo_data import healthy_account as healthy
from pagerduty_simulator.demo_data.flaw import Flaw


def service_flaws() -> tuple[Flaw, ...]:
    """Return them, by feature."""
    no_workflow = ("pagerduty_highest_priority_starts_workflow",)
    discarding = ("pagerduty_critical_service_keeps_unmatched_events",)
    return (
        Flaw(
            feature="rules for events",
            description="The same service suppresses whatever no rule looks for",
            apply=suppress_the_rest,
            fails=discarding,
        ),
        Flaw(
            feature="rules for events",
            description="The orchestration that feeds it drops every event",
            apply=drop_everything,
            fails=discarding,
        ),
        Flaw(
            feature="standards",
            description="The critical service misses one as well",
            apply=miss_a_standard,
            fails=("pagerduty_critical_service_meets_standards",),
        ),
        Flaw(
            feature="sessions",
            description="Sessions in the app end after three months",
            apply=long_sessions,
            fails=("pagerduty_session_is_limited",),
        ),
        Flaw(
            feature="sessions",
            description="Nobody configured sessions",
            apply=lambda account: account.session_configurations.clear(),
            fails=("pagerduty_session_is_limited",),
        ),
        Flaw(
            feature="workflows",
            description="The workflow for P1 incidents is off",
            apply=lambda account: change_workflow(account, enabled=False),
            fails=no_workflow,
        ),
        Flaw(
            feature="workflows",
            description="The workflow starts on P2 incidents",
            apply=lambda account: change_workflow(
                account, condition="incident.priority matches 'P2'"
            ),
            fails=no_workflow,
        ),
        Flaw(
            feature="workflows",
            description="The workflow starts on incidents of one service alone",
            apply=lambda account: change_workflow(
                account, service_ids=(object_id("service", healthy.CARD_PAYMENTS),)
            ),
            fails=no_workflow,
        ),
        Flaw(
            feature="other tools",
            description="The chat refuses what it is sent",
            apply=stop_extension,
            fails=("pagerduty_extension_is_delivered_to",),
        ),
        Flaw(
            feature="other tools",
            description="The ticket system cannot be reached",
            apply=stop_webhook,
            fails=("pagerduty_webhook_is_delivered_to",),
        ),
    )


def long_sessions(account: Account) -> None:
    """Let sessions last for three months in the app."""
    web, mobile = account.session_configurations
    account.session_configurations[:] = [web, replace(mobile, absolute=90 * 86_400)]


def change_workflow(account: Account, **changed: Any) -> None:
    """Change the workflow of P1 incidents."""
    key = object_id("incident_workflow", 0)
    account.workflows[key] = replace(account.workflows[key], **changed)


def suppress_the_rest(account: Account) -> None:
    """Suppress every event of a critical service that no rule matches."""
    key = object_id("service", healthy.CARD_PAYMENTS)
    path = account.service_orchestrations[key]
    account.service_orchestrations[key] = replace(path, catch_all={"suppress": True})


def drop_everything(account: Account) -> None:
    """Drop every event of the orchestration that feeds a critical service."""
    path = OrchestrationPath(sets=(("start", ()),), catch_all={"drop_event": True})
    for key, entry in account.orchestrations.items():
        account.orchestrations[key] = replace(entry, global_path=path)


def miss_a_standard(account: Account) -> None:
    """Let the critical service miss the standards that another one misses."""
    critical = object_id("service", healthy.CARD_PAYMENTS)
    account.standards[:] = [
        replace(standard, missed_by=standard.missed_by | {critical})
        if standard.missed_by
        else standard
        for standard in account.standards
    ]


def stop_extension(account: Account) -> None:
    """Let PagerDuty stop sending to an extension."""
    for key, extension in account.extensions.items():
        account.extensions[key] = replace(extension, temporarily_disabled=True)


def stop_webhook(account: Account) -> None:
    """Let PagerDuty stop sending to a webhook."""
    for key, webhook in account.webhook_subscriptions.items():
        account.webhook_subscriptions[key] = replace(webhook, temporarily_disabled=True)
