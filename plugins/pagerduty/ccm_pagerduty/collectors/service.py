"""Collects services, without included objects: integrations would carry their keys.

Follows https://developer.pagerduty.com/api-reference "List services".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.time_parameters import UTC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.service", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every service."""
    async for event in session.listing("/services", "services", (UTC,)):
        yield event
