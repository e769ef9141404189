"""Notifications of a workspace: who receives what, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import NotifySettings, QuietHoursSettings
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.notify.types import NotifyPreferences, QuietHours
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
        SecretError: An address cannot be resolved.
    """
    from ccm_core.pipeline.notify import NotificationPolicy

    settings = workspace.settings.notify
    if settings is None:
        raise UsageError(
            f"{workspace.settings.document.file} has no `notify`, so there is nobody to notify"
        )
    return NotificationPolicy(
        recipients={
            str(reference): workspace.resolve_secret(reference, "address")
            for reference in settings.to
        },
        preferences=_preferences(settings),
        sent_state=settings.state_path,
    )


def _preferences(settings: NotifySettings) -> NotifyPreferences:
    from ccm_core.model.evaluation.rule import Severity
    from ccm_core.notify.types import NotifyEvent, NotifyPreferences

    return NotifyPreferences(
        events=frozenset(map(NotifyEvent, settings.on)) or frozenset(NotifyEvent),
        min_severity=Severity(settings.min_severity),
        quiet_hours=_quiet_hours(settings.quiet_hours) if settings.quiet_hours else None,
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
