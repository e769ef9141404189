"""The values of notifications: events, conditions, preferences and what was sent before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.frozen_dataclass import dataclass


class NotifyEvent(StrEnum):
    """What recipients may be notified of."""

    OPENED = "opened"
    """A check fails that did not fail before."""
    RESOLVED = "resolved"
    """A condition that was sent before no longer holds."""
    INSUFFICIENT = "insufficient"
    """A check has become inconclusive, in all or in part."""
    KEY_DUE = "key_due"
    """A credential should be rotated."""
    OVERDUE = "overdue"
    """A kind of evidence was not collected when it was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The hours of every day in which nothing is sent."""

    since: time
    until: time
    """Before ``since``: on the next day."""
    timezone: ZoneInfo
    bypass_severity: Severity | None = None
    """What is at least this severe is sent all the same; None: nothing is."""

    def contains(self, now: datetime) -> bool:
        """Return whether an instant lies in them."""
        local = now.astimezone(self.timezone).time()
        if self.since <= self.until:
            return self.since <= local < self.until
        return local >= self.since or local < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyPreferences:
    """What recipients want to be notified of."""

    events: frozenset[NotifyEvent] = frozenset(NotifyEvent)
    min_severity: Severity = Severity.LOW
    """Nothing is sent about less severe rules."""
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds now, and of which recipients may want to know."""

    key: str
    """Stays the same for as long as the condition holds."""
    event: NotifyEvent
    severity: Severity
    text: str
    """One line. It names the rule and the object; it contains nothing out of the evidence."""
    resolved_text: str
    """The line that is sent when it no longer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCondition:
    """One condition that a recipient was notified of."""

    severity: Severity
    resolved_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """The conditions that one recipient was notified of and not yet notified to be resolved."""

    conditions: Mapping[str, SentCondition] = field(default_factory=dict)
    """By the condition's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyDecision:
    """What to send to one recipient now, and their state once it has been sent."""

    message: Notification | None
    """None: nothing changed, or it waits for the end of the quiet hours."""
    state: RecipientState
