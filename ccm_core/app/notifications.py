"""Notifications of a workspace: who receives what, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import ChannelSettings, DigestSettings, QuietHoursSettings
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.notify.types import Channel, DigestTimes, QuietHours
    from ccm_core.pipeline.notify import NotificationPolicy
    from ccm_core.store.interface.evidence_store import EvidenceStore


def notify_recipients(
    workspace: Workspace, store: EvidenceStore, evaluation: Evaluation
) -> tuple[str, ...]:
    """Notify of what changed, where the settings ask for it; return why something was not sent."""
    from ccm_core.pipeline.notify import notify

    if workspace.settings.notify is None:
        return ()
    try:
        results = notify(workspace.host, store, evaluation, notification_policy(workspace))
    except UsageError as error:
        # What was collected and evaluated stands, whoever could not be notified.
        return (f"notify: {error}",)
    return tuple(
        f"notify {result.recipient}: {result.failure}" for result in results if result.failure
    )


def notification_policy(workspace: Workspace) -> NotificationPolicy:
    """Return who receives what.

    Raises:
        UsageError: The settings have no ``notify``.
    """
    from ccm_core.notify.entries import MessageOptions
    from ccm_core.pipeline.notify import NotificationPolicy

    settings = workspace.settings.notify
    if settings is None:
        raise UsageError(
            f"{workspace.settings.document.file} has no `notify`, so there is nobody to notify"
        )
    references = {str(name): name for channel in settings.channels for name in channel.to}
    return NotificationPolicy(
        channels=tuple(_channel(channel) for channel in settings.channels),
        # An address is looked up when something is sent to it: one that is gone keeps no other.
        address=lambda name: workspace.resolve_secret(references[name], "address"),
        sent_state=settings.state_path,
        options=MessageOptions(
            report_url=settings.report_url,
            finding_url=settings.finding_url,
            include_reasons=settings.include_reasons,
        ),
        findings=workspace.finding_policy,
    )


def _channel(settings: ChannelSettings) -> Channel:
    from ccm_core.model.evaluation.rule import Severity
    from ccm_core.notify.types import Channel, NotifyEvent

    return Channel(
        name=settings.name,
        to=tuple(map(str, settings.to)),
        owners=settings.owners,
        rules=settings.rules,
        frameworks=settings.frameworks,
        connections=settings.connections,
        min_severity=Severity(settings.min_severity),
        events=frozenset(map(NotifyEvent, settings.on)) or frozenset(NotifyEvent),
        quiet_hours=_quiet_hours(settings.quiet_hours) if settings.quiet_hours else None,
        digest=_digest(settings.digest),
    )


def _digest(settings: DigestSettings) -> DigestTimes:
    from ccm_core.notify.types import DigestTimes

    return DigestTimes(
        at=settings.at,
        timezone=settings.timezone,
        weekdays=settings.weekdays,
        send_empty=settings.send_empty,
    )


def _quiet_hours(settings: QuietHoursSettings) -> QuietHours:
    from ccm_core.model.evaluation.rule import Severity
    from ccm_core.notify.types import QuietHours

    return QuietHours(
        since=settings.since,
        until=settings.until,
        timezone=settings.timezone,
        bypass_severity=Severity(settings.bypass_severity) if settings.bypass_severity else None,
    )
