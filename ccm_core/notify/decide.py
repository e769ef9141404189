"""What is new to one address of a channel: the difference from what it was sent. Pure.

Nothing is repeated and nothing that lasts is lost, whatever happens between two calls: what could
not be sent, and what has to wait for the end of the quiet hours, is still a difference next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.finding import ACTIVE, FindingState, change_of_check
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.finding_conditions import FINDING, what_fails
from ccm_core.notify.routing import wants
from ccm_core.notify.types import (
    Channel,
    Condition,
    DigestTimes,
    Ending,
    NotifyEvent,
    RecipientState,
    SentCondition,
    severity_rank,
)

RESOLVED = "Resolved"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an address is to be sent now, and its state once it was."""

    opened: Sequence[Condition] = ()
    """What it was not sent before, in order."""
    worse: Sequence[Condition] = ()
    """Findings that it was sent as less severe."""
    continued: Sequence[Condition] = ()
    """Findings that continue others that it was sent."""
    ended: Sequence[Ending] = ()
    waiting: int = 0
    """How much is new and waits for the end of the quiet hours."""
    is_digest: bool = False
    state: RecipientState = field(default_factory=RecipientState)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing new."""
        return not (self.opened or self.worse or self.continued or self.ended)


def difference(
    now: datetime,
    conditions: Iterable[Condition],
    state: RecipientState,
    channel: Channel,
    findings: Mapping[str, WorkItem],
) -> Difference:
    """Return what an address is to be sent now.

    Args:
        now: The moment, for quiet hours and digests.
        conditions: Everything that holds now and goes to the channel.
        state: What the address was sent before.
        channel: What the channel wants, and when.
        findings: By id, those that were sent and are no longer among the conditions.
    """
    current = {condition.key: condition for condition in conditions}
    sent = state.conditions
    news = [
        condition
        for condition in current.values()
        if wants(channel, condition) and _is_news(condition, sent)
    ]
    due = [condition for condition in news if _may_send(condition.severity, now, channel)]
    gone = {key: condition for key, condition in sent.items() if key not in current}
    over = {
        key: condition
        for key, condition in gone.items()
        if _may_send(condition.severity, now, channel)
    }
    followed = {name for condition in current.values() for name in _follows(condition)}
    endings = {key: _ending(key, condition, findings, followed) for key, condition in gone.items()}
    ended = [ending for key in over if (ending := endings[key]) is not None]
    tells_endings = NotifyEvent.RESOLVED in channel.events
    later = [key for key, ending in endings.items() if ending is not None and key not in over]
    worse = [condition for condition in due if condition.key in sent]
    new = [condition for condition in due if condition.key not in sent]
    continued = [condition for condition in new if _continues(condition, sent)]
    opened = [condition for condition in new if not _continues(condition, sent)]
    kept = {key: condition for key, condition in sent.items() if key not in over}
    return Difference(
        opened=opened,
        worse=worse,
        continued=continued,
        ended=ended if tells_endings else (),
        waiting=len(news) - len(due) + (len(later) if tells_endings else 0),
        is_digest=_is_digest_due(now, state.digest_at, channel),
        state=RecipientState(
            conditions=kept | {condition.key: _sent(condition) for condition in due},
            digest_at=state.digest_at,
            opened=state.opened + sum(map(_is_opened, opened)),
            resolved=state.resolved + sum(ending.heading == RESOLVED for ending in ended),
        ),
    )


def sent_findings(state: RecipientState) -> Iterable[str]:
    """Return the ids of the findings that an address was sent."""
    return (key.removeprefix(FINDING) for key in state.conditions if key.startswith(FINDING))


def _is_opened(condition: Condition) -> bool:
    return condition.key.startswith(FINDING)


def _is_news(condition: Condition, sent: Mapping[str, SentCondition]) -> bool:
    before = sent.get(condition.key)
    return before is None or (
        _is_opened(condition) and severity_rank(condition.severity) > severity_rank(before.severity)
    )


def _sent(condition: Condition) -> SentCondition:
    return SentCondition(severity=condition.severity, resolved_text=condition.resolved_text)


def _follows(condition: Condition) -> tuple[str, ...]:
    is_finding = _is_opened(condition) and condition.item is not None
    return condition.item.finding.follows if is_finding and condition.item else ()


def _continues(condition: Condition, sent: Collection[str]) -> bool:
    return any(f"{FINDING}{name}" in sent for name in _follows(condition))


def _ending(
    key: str,
    sent: SentCondition,
    findings: Mapping[str, WorkItem],
    followed: Collection[str],
) -> Ending | None:
    """Return what is said of something that was sent and is over; None: nothing."""
    if not key.startswith(FINDING):
        if not sent.resolved_text:
            return None
        return Ending(key=key, severity=sent.severity, heading=RESOLVED, text=sent.resolved_text)
    name = key.removeprefix(FINDING)
    item = findings.get(name)
    if name in followed:
        return None  # the finding that continues it says so
    heading, text = _end_of_finding(name, item)
    return Ending(key=key, severity=sent.severity, heading=heading, text=text, item=item)


def _end_of_finding(name: str, item: WorkItem | None) -> tuple[str, str]:
    if item is None:
        return "No longer followed", f"finding {name}"
    text = what_fails(item)
    if item.state is WorkState.ACCEPTED and item.accepted_until is not None:
        return "Risk accepted", f"{text} (until {item.accepted_until:%Y-%m-%d})"
    if item.finding.state in ACTIVE:
        owner = ", ".join(item.owner.names) or "nobody in particular"
        return "Handed over", f"{text} (now with {owner})"
    if item.finding.state is FindingState.REMOVED:
        return "No longer tested", _with_change(text, item)
    if item.finding.state is FindingState.REPLACED:
        return "Continued as another finding", text
    return RESOLVED, _with_change(text, item)


def _with_change(text: str, item: WorkItem) -> str:
    """Return a line that ends with what was changed of the check itself, if anything was."""
    changed = change_of_check(item.finding.reason)
    return f"{text} ({changed})" if changed else text


def _may_send(severity: Severity, now: datetime, channel: Channel) -> bool:
    quiet_hours = channel.quiet_hours
    if quiet_hours is None or not quiet_hours.contains(now):
        return True
    bypass = quiet_hours.bypass_severity
    return bypass is not None and severity_rank(severity) >= severity_rank(bypass)


def _is_digest_due(now: datetime, sent_at: datetime | None, channel: Channel) -> bool:
    if channel.quiet_hours is not None and channel.quiet_hours.contains(now):
        return False
    if sent_at is None:
        return True
    last = _last_digest_time(now, channel.digest)
    # Where the clock was ahead once, that must not silence digests until then.
    return last is not None and (sent_at < last or sent_at > now + _DAY)


def _last_digest_time(now: datetime, times: DigestTimes) -> datetime | None:
    """Return the last moment by now at which a digest was due; None: there is none."""
    today = now.astimezone(times.timezone).date()
    for days in range(8):
        day = today - days * _DAY
        moment = datetime.combine(day, times.at, tzinfo=times.timezone)
        if day.weekday() in times.weekdays and moment <= now:
            return moment
    return None
