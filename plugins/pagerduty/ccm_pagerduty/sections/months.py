"""Months, in UTC, and whether the evidence holds all of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract
from ccm_core.sdk.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGER = timedelta(days=32)
"""Than any month."""


def month_of(instant: str) -> str:
    """Return the month of an instant, such as ``2026-11``."""
    return instant[:7] if instant.endswith("Z") else parse_instant(instant).strftime("%Y-%m")


def incomplete_month(
    month: str, now: datetime, observed: Mapping[str, Iterable[Window]], kinds: Iterable[str]
) -> str | None:
    """Return why the evidence does not hold all of a month; None: it does.

    Args:
        month: Such as ``2026-11``.
        now: The moment of the evaluation.
        observed: By kind of event: what was collected completely.
        kinds: The kinds that are needed.
    """
    since = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    whole = Window(since, (since + _LONGER).replace(day=1))
    if whole.until > now:
        return f"until {now.astimezone(UTC):%Y-%m-%d %H:%M}"
    gaps = [gap for kind in kinds for gap in subtract((whole,), observed.get(kind, ()))]
    if not gaps:
        return None
    first = min(gaps, key=lambda gap: gap.since)
    if first.since == whole.since:
        return f"no evidence before {first.until:%Y-%m-%d %H:%M}"
    return f"no evidence from {first.since:%Y-%m-%d %H:%M} to {first.until:%Y-%m-%d %H:%M}"
