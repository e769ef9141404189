"""Periods as people name them: a year, a quarter, a month, a day, or one date to another."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass

EXPECTED = "write it like 2026, 2026-Q3, 2026-07, 2026-07-01 or 2026-07-01..2026-09-30"
_DAY = timedelta(days=1)
_PART = re.compile(r"(?P<year>\d{4})(-(Q(?P<quarter>\d)|(?P<month>\d{2})(-(?P<day>\d{2}))?))?")
_MONTHS = 12
_QUARTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period and how it was written. Days are UTC."""

    text: str
    window: Window


def parse_period(text: str) -> Period:
    """Read a period; of two dates with ``..`` between them, the second is its last day.

    Raises:
        ValueError: It is not a period; the message says how to write one.
    """
    first, dots, last = text.partition("..")
    try:
        since, until = _days(first)
        if dots:
            until = _days(last)[1]
    except ValueError as cause:
        raise ValueError(f"{text!r} is not a period ({cause}); {EXPECTED}") from cause
    if until <= since:
        raise ValueError(f"{text!r} is not a period: it ends before it begins")
    return Period(text=text, window=Window(_midnight(since), _midnight(until)))


def _days(text: str) -> tuple[date, date]:
    """Return the first day, and the day after the last."""
    match = _PART.fullmatch(text)
    if not match or not text.isascii():
        raise ValueError(f"{text!r} names no days")
    year, quarter, month, day = (
        int(match[name]) if match[name] else None for name in ("year", "quarter", "month", "day")
    )
    if year is None or not 1 <= year < date.max.year:
        raise ValueError(f"there is no year {text[:4]}")
    if day is not None:
        since = date(year, month or 1, day)
        return since, since + _DAY
    first, length = 1, _MONTHS
    if month is not None:
        first, length = month, 1
    elif quarter is not None:
        first, length = (quarter - 1) * _QUARTER + 1, _QUARTER
    if not 1 <= first <= _MONTHS:
        raise ValueError(f"{text!r} names no days")
    after = first + length
    return date(year, first, 1), date(year + after // 13, (after - 1) % _MONTHS + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
