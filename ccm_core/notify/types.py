"""What is told, when, and what was told before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from ccm_core.model.evaluation.rule import Severity


class NotifyEvent(StrEnum):
    """What people may be told of."""

    OPENED = "opened"
    """Something fails that did not, as far as they were told."""
    RESOLVED = "resolved"
    """What they were told of is over."""
    INSUFFICIENT = "insufficient"
    """A rule can no longer be judged, in all or in part."""
    KEY_DUE = "key_due"
    """A credential should be replaced."""
    OVERDUE = "overdue"
    """A kind of evidence was not collected when it was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When people are left alone, on every day."""

    since: time
    until: time
    """Before ``since``: on the next day."""
    zone: ZoneInfo
    unless: Severity | None = None
    """What is at least this severe is told all the same; None: nothing is."""

    def hold(self, now: datetime) -> bool:
        """Whether an instant lies in them."""
        at = now.astimezone(self.zone).time()
        if self.since <= self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyPreferences:
    """What people want to be told."""

    occasions: frozenset[NotifyEvent] = frozenset(NotifyEvent)
    least: Severity = Severity.LOW
    """Less severe rules are not told of."""
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is so now, and of which people may want to know."""

    key: str
    """The same for as long as it is the same thing."""
    occasion: NotifyEvent
    severity: Severity
    text: str
    """One line. It names the rule and the object; it holds nothing out of the evidence."""
    over: str
    """What is said when it is so no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCondition:
    """One condition as somebody was told of it."""

    severity: Severity
    over: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """What one recipient believes to be so: what they were told and not told to be over."""

    conditions: Mapping[str, SentCondition] = field(default_factory=dict)
    """By the condition's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyDecision:
    """What to tell one recipient now, and what they will believe once it has been sent."""

    message: Notification | None
    """None: there is nothing new, or it is to wait."""
    told: RecipientState
