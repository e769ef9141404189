"""What to send to one recipient now: what changed since they were notified last. Pure.

Nothing is repeated and nothing is lost, whatever happens between two calls: what could not be sent,
and what has to wait for the end of the quiet hours, is simply still a difference next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify.types import (
    Condition,
    Notification,
    NotifyDecision,
    NotifyEvent,
    NotifyPreferences,
    RecipientState,
    SentCondition,
)

MAX_LINES = 12
"""Lines of each event; a message states how many it leaves out."""
_MAX_LENGTH = 240
"""Characters of a line."""
_SEVERITIES = tuple(Severity)
_HEADINGS = {
    NotifyEvent.OPENED: "opened",
    NotifyEvent.INSUFFICIENT: "inconclusive",
    NotifyEvent.KEY_DUE: "credential rotation due",
    NotifyEvent.OVERDUE: "overdue",
}
_RESOLVED = "resolved"


def decide(
    now: datetime,
    conditions: Iterable[Condition],
    state: RecipientState,
    preferences: NotifyPreferences,
) -> NotifyDecision:
    """Decide what one recipient is sent.

    Args:
        now: The moment, for the quiet hours.
        conditions: Everything that holds now.
        state: What the recipient was sent before.
        preferences: What they want to be notified of, and when.
    """
    current = {condition.key: condition for condition in conditions}
    opened = [
        condition
        for condition in current.values()
        if condition.key not in state.conditions
        and _is_selected(condition, preferences)
        and _may_send(condition.severity, now, preferences)
    ]
    resolved = {
        key: condition
        for key, condition in state.conditions.items()
        if key not in current and _may_send(condition.severity, now, preferences)
    }
    sent = {key: sent for key, sent in state.conditions.items() if key not in resolved}
    sent |= {
        condition.key: SentCondition(
            severity=condition.severity, resolved_text=condition.resolved_text
        )
        for condition in opened
    }
    reported = list(resolved.values()) if NotifyEvent.RESOLVED in preferences.events else []
    return NotifyDecision(message=_message(opened, reported), state=RecipientState(conditions=sent))


def _is_selected(condition: Condition, preferences: NotifyPreferences) -> bool:
    severe = _rank_of(condition.severity) >= _rank_of(preferences.min_severity)
    return severe and condition.event in preferences.events


def _may_send(severity: Severity, now: datetime, preferences: NotifyPreferences) -> bool:
    quiet_hours = preferences.quiet_hours
    if quiet_hours is None or not quiet_hours.contains(now):
        return True
    bypass = quiet_hours.bypass_severity
    return bypass is not None and _rank_of(severity) >= _rank_of(bypass)


def _rank_of(severity: Severity) -> int:
    return _SEVERITIES.index(severity)


def _message(opened: Sequence[Condition], resolved: Sequence[SentCondition]) -> Notification | None:
    if not opened and not resolved:
        return None
    counts, lines = [], []
    for event, heading in _HEADINGS.items():
        of_event = [condition for condition in opened if condition.event is event]
        if of_event:
            counts.append(f"{len(of_event):,} {heading}")
            ordered = sorted(of_event, key=_sort_key)
            texts = [f"{condition.severity}: {condition.text}" for condition in ordered]
            lines += _section(heading, texts)
    if resolved:
        counts.append(f"{len(resolved):,} {_RESOLVED}")
        lines += _section(_RESOLVED, sorted(condition.resolved_text for condition in resolved))
    return Notification(title=f"ccm: {', '.join(counts)}", lines=tuple(lines))


def _sort_key(condition: Condition) -> tuple[int, str, str]:
    return (-_rank_of(condition.severity), condition.text, condition.key)


def _section(heading: str, texts: Sequence[str]) -> list[str]:
    rest = [f"- and {len(texts) - MAX_LINES:,} more"] if len(texts) > MAX_LINES else []
    return [
        f"{heading.capitalize()}:",
        *(f"- {_shortened(text)}" for text in texts[:MAX_LINES]),
        *rest,
    ]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 1]}…"
