"""Incidents created in a window.

Follows https://developer.pagerduty.com/api-reference "List incidents": both bounds are always
given (with one, the other is a month away), at most six months apart. Oldest first, so that an
incident that opens while paging lands on the last page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.question import UTC, period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import Ask, Finding
    from ccm_pagerduty.client import PagerDutySession

LONGEST = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
OLDEST_FIRST = ("sort_by", "created_at:asc")


def collector() -> Collector:
    """Describe the collector. A resolved incident can be reopened, so none is ever settled."""
    return Collector(
        kind="pagerduty.incident",
        collect=collect,
        longest_window=LONGEST,
        overlap=OVERLAP,
        settles_after=None,
    )


async def collect(session: PagerDutySession, ask: Ask) -> AsyncIterator[Finding]:
    """List the incidents of the window, or say that it holds too many."""
    if ask.window is None:
        return
    parameters = (*period(ask.window), UTC, OLDEST_FIRST)
    async for found in session.listing(
        "/incidents", "incidents", parameters, may_split=ask.may_split
    ):
        yield found
