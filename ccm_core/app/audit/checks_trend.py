"""The trend of checks over a time, from what evaluations stated when they were made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ccm_core.documents import suggest
from ccm_core.errors import UsageError
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.trend.daily_figures import rules_of, trend_of

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.model.period import Period
    from ccm_core.model.trend import Trend
    from ccm_core.store.interface.evidence_store import EvidenceStore

YEAR = timedelta(days=365)
"""How far back it goes unless a period is named."""
_INSTANT = timedelta(microseconds=1)


def checks_trend(
    store: EvidenceStore, now: datetime, period: Period | None = None, rules: Sequence[str] = ()
) -> Trend:
    """Return the figures of checks day by day. Nothing is evaluated.

    Args:
        store: Where evaluations are stored.
        now: The moment; nothing later counts.
        period: The time; None: a year, up to now.
        rules: Ids of rules, with ``*`` as wildcard; none: all.

    Raises:
        UsageError: The period has not begun, or a name matches no rule that was evaluated in it.
    """
    window = _elapsed(now, period)
    points = store.evaluations.daily_trend(since=window.since, until=window.until)
    known = rules_of(points)
    for name in rules:
        if not any(fnmatchcase(rule, name) for rule in known):
            raise UsageError(f"no evaluation of this time has it: {suggest('rule', name, known)}")
    return trend_of(
        points,
        window.since.astimezone(UTC).date(),
        (window.until - _INSTANT).astimezone(UTC).date(),
        lambda rule: not rules or any(fnmatchcase(rule, name) for name in rules),
    )


def _elapsed(now: datetime, period: Period | None) -> Window:
    if period is None:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(midnight - YEAR, now + _INSTANT)
    if now < period.window.since:
        begins = period.window.since.date()
        raise UsageError(f"the period {period.text} has not begun: it begins {begins}")
    return Window(period.window.since, min(period.window.until, now + _INSTANT))
