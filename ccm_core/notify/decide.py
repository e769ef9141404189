"""What to tell one recipient now: the difference between what is so and what they believe. Pure.

There are no repeats and nothing is lost, whatever happens between two calls: what could not be
sent, and what has to wait for the end of the quiet hours, is simply still a difference next time.
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

MOST = 12
"""Lines of each occasion; a message says how many it leaves out."""
_LONGEST = 240
"""Characters of a line."""
_SEVERITIES = tuple(Severity)
_SAID = {
    NotifyEvent.OPENED: "opened",
    NotifyEvent.INSUFFICIENT: "not judged",
    NotifyEvent.KEY_DUE: "key due",
    NotifyEvent.OVERDUE: "overdue",
}


def decide(now: datetime, so: Iterable[Condition], told: RecipientState, wishes: NotifyPreferences) -> NotifyDecision:
    """Decide what one recipient is told.

    Args:
        now: The moment, for the quiet hours.
        so: Everything that is so.
        told: What the recipient believes.
        wishes: What they want to be told, and when.
    """
    there = {one.key: one for one in so}
    news = [one for one in there.values() if one.key not in told.conditions]
    news = [one for one in news if _wanted(one, wishes) and _may_be_told(one.severity, now, wishes)]
    over = {
        key: one
        for key, one in told.conditions.items()
        if key not in there and _may_be_told(one.severity, now, wishes)
    }
    believed = {key: one for key, one in told.conditions.items() if key not in over}
    believed |= {one.key: SentCondition(severity=one.severity, over=one.over) for one in news}
    ended = list(over.values()) if NotifyEvent.RESOLVED in wishes.occasions else []
    return NotifyDecision(message=_message(news, ended), told=RecipientState(conditions=believed))


def _wanted(one: Condition, wishes: NotifyPreferences) -> bool:
    severe = _SEVERITIES.index(one.severity) >= _SEVERITIES.index(wishes.least)
    return severe and one.occasion in wishes.occasions


def _may_be_told(severity: Severity, now: datetime, wishes: NotifyPreferences) -> bool:
    quiet = wishes.quiet
    if quiet is None or not quiet.hold(now):
        return True
    return quiet.unless is not None and _SEVERITIES.index(severity) >= _SEVERITIES.index(
        quiet.unless
    )


def _message(news: Sequence[Condition], over: Sequence[SentCondition]) -> Notification | None:
    if not news and not over:
        return None
    counts, lines = [], []
    for occasion, said in _SAID.items():
        some = sorted((one for one in news if one.occasion is occasion), key=_rank)
        if some:
            counts.append(f"{len(some):,} {said}")
            lines += _listed(said, [f"{one.severity}: {one.text}" for one in some])
    if over:
        counts.append(f"{len(over):,} over")
        lines += _listed("over", sorted(one.over for one in over))
    return Notification(title=f"ccm: {', '.join(counts)}", lines=tuple(lines))


def _rank(one: Condition) -> tuple[int, str, str]:
    return (-_SEVERITIES.index(one.severity), one.text, one.key)


def _listed(heading: str, told: Sequence[str]) -> list[str]:
    more = [f"- and {len(told) - MOST:,} more"] if len(told) > MOST else []
    return [f"{heading.capitalize()}:", *(f"- {_short(one)}" for one in told[:MOST]), *more]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
