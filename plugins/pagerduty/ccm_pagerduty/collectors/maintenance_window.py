"""Collects maintenance windows, those that are over and those that are planned as well.

Follows https://developer.pagerduty.com/api-reference "List maintenance windows": without ``filter``
only those that are not over are listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession

ALL = (("filter", "all"),)


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.maintenance_window", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every maintenance window."""
    async for event in session.listing("/maintenance_windows", "maintenance_windows", ALL):
        yield event
