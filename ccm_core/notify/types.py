"""The values of notifications: events, conditions, channels and what was sent before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.message import Message

_SEVERITIES = tuple(Severity)


class NotifyEvent(StrEnum):
    """What channels may be notified of."""

    OPENED = "opened"
    """A finding is new, or more severe than before."""
    REOPENED = "reopened"
    """A finding that was closed is back."""
    RESOLVED = "resolved"
    """Something that was sent before no longer holds: it passes, is gone or was accepted."""
    FINDING_OVERDUE = "finding_overdue"
    """The due date of a finding has passed."""
    ACCEPTANCE_ASKED = "acceptance_asked"
    """Somebody asked to accept a risk, and an approver has to answer."""
    ACCEPTANCE_ENDING = "acceptance_ending"
    """The acceptance of a risk ends within two weeks."""
    INCONCLUSIVE = "inconclusive"
    """A check has become inconclusive, in all or in part."""
    KEY_DUE = "key_due"
    """A credential should be rotated."""
    EVIDENCE_OVERDUE = "evidence_overdue"
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

    def end(self, now: datetime) -> datetime:
        """Return when those that contain an instant end."""
        local = now.astimezone(self.timezone)
        day = local.date() + timedelta(days=local.time() >= self.until)
        return datetime.combine(day, self.until, tzinfo=self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTimes:
    """When a channel receives its digest."""

    at: time = time(8)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    weekdays: frozenset[int] = frozenset(range(5))
    """Monday is 0; none: never, but for the first one."""
    send_empty: bool = False
    """Whether one is sent where there is nothing to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Who is notified of which findings, and when."""

    name: str
    to: tuple[str, ...] = ()
    """References of its addresses."""
    owners: tuple[str, ...] = ()
    """Teams or people, with ``*`` as wildcard; empty: what no other channel takes."""
    rules: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    min_severity: Severity = Severity.LOW
    """Nothing is sent about less severe checks."""
    events: frozenset[NotifyEvent] = frozenset(NotifyEvent)
    quiet_hours: QuietHours | None = None
    digest: DigestTimes = field(default_factory=DigestTimes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds now, and of which people may want to know."""

    key: str
    """Stays the same for as long as the condition holds."""
    event: NotifyEvent
    severity: Severity
    text: str
    """One line. It names check and resource; it contains no reason."""
    resolved_text: str = ""
    """The line that is sent when it no longer holds; empty: none, or that of its finding."""
    item: WorkItem | None = None
    """The finding, where it is about one."""
    owners: tuple[str, ...] = ()
    """Who has to act, with the teams of people; empty: nobody in particular."""
    connection: str = ""
    rules: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Something that was sent and no longer holds."""

    key: str
    severity: Severity
    heading: str
    text: str
    item: WorkItem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCondition:
    """One condition that was sent to an address."""

    severity: Severity
    resolved_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """What one address of a channel was sent."""

    conditions: Mapping[str, SentCondition] = field(default_factory=dict)
    """What was sent and not yet reported to be over, by the condition's key."""
    digest_at: datetime | None = None
    """When it was sent a digest last; None: never, so the first message is one."""
    opened: int = 0
    """Findings that were opened or reopened since then."""
    resolved: int = 0
    """What was reported to be over since then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyDecision:
    """What to send to one address now, and its state once it has been sent."""

    message: Message | None
    """None: there is nothing to send, or it waits for the end of the quiet hours."""
    state: RecipientState


def severity_rank(severity: Severity) -> int:
    """Return how severe something is: the more, the greater."""
    return _SEVERITIES.index(severity)
