"""Periods as people name them: a year, a quarter, a month, a day, or one date to another."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

PART = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|([0-9]{2})(?:-([0-9]{2}))?))?")


def period_bounds(text: str) -> tuple[datetime, datetime]:
    """Return when a period begins and ends; of two dates the second is its last day. In UTC."""
    first, dots, last = text.partition("..")
    since, until = day_bounds(first)
    if dots:
        until = day_bounds(last)[1]
    if until <= since:
        raise ValueError(f"{text!r} is not a period")
    return since, until


def day_bounds(text: str) -> tuple[datetime, datetime]:
    """Return the beginning of the first day of a part, and of the day after its last."""
    match = PART.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a period")
    year, quarter, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        since = datetime(year, month, day, tzinfo=UTC)
        return since, since + timedelta(days=1)
    first = month or (3 * quarter - 2 if quarter else 1)
    months = 1 if month else (3 if quarter else 12)
    after = year * 12 + first - 1 + months
    since = datetime(year, first, 1, tzinfo=UTC)
    return since, datetime(after // 12, after % 12 + 1, 1, tzinfo=UTC)
