"""Notify recipients of what changed since the message they received last, and of that only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify import sent_state
from ccm_core.notify.apprise_sender import send
from ccm_core.notify.conditions import conditions
from ccm_core.notify.decide import decide
from ccm_core.notify.types import Notification, NotifyPreferences, RecipientState
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.findings.track import unresolved_findings
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What was sent to one recipient."""

    recipient: str
    """The reference of their address."""
    message: Notification | None
    """None: nothing changed, or it waits for the end of the quiet hours."""
    failure: str | None = None
    """Why it was not sent; it is tried again in the next cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """Who receives what, and the file that remembers what was sent."""

    recipients: Mapping[str, Secret]
    """Addresses by their references."""
    preferences: NotifyPreferences
    sent_state: Path


def notify(
    host: Host,
    store: EvidenceStore,
    evaluation: Evaluation,
    policy: NotificationPolicy,
    *,
    dry_run: bool = False,
) -> tuple[DeliveryResult, ...]:
    """Send every recipient what changed since they were notified last.

    The store is only read; what was sent is remembered in the policy's own file.

    Args:
        host: What is installed, and the clock.
        store: Where findings and runs are stored.
        evaluation: The newest one.
        policy: Who receives what.
        dry_run: Return what would be sent, send nothing and remember nothing.

    Raises:
        UsageError: The file cannot be read or written, or a package is missing.
    """
    manifests = store.runs.newest_manifests()
    current = conditions(evaluation, unresolved_findings(store), manifests)
    sent = sent_state.read(policy.sent_state)
    results = []
    for recipient, address in policy.recipients.items():
        state = sent.get(recipient, RecipientState())
        decision = decide(host.clock(), current, state, policy.preferences)
        failure = None
        if decision.message is not None and not dry_run:
            failure = send(decision.message, address)
        if failure is None and not dry_run:
            sent[recipient] = decision.state
            sent_state.write(policy.sent_state, sent)
        results.append(
            DeliveryResult(recipient=recipient, message=decision.message, failure=failure)
        )
    return tuple(results)


def send_test(policy: NotificationPolicy) -> tuple[DeliveryResult, ...]:
    """Send every recipient a message that says it is a test.

    Raises:
        UsageError: A package is missing.
    """
    message = Notification(
        title="ccm: test message",
        lines=("This address is notified of changes. Nothing has happened.",),
    )
    return tuple(
        DeliveryResult(recipient=recipient, message=message, failure=send(message, address))
        for recipient, address in policy.recipients.items()
    )
