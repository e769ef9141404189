"""Collects business services: what the company offers, which technical services support.

Follows https://developer.pagerduty.com/api-reference "List Business Services".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession

BUSINESS_SERVICE = "pagerduty.business_service"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind=BUSINESS_SERVICE, collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every business service."""
    async for event in session.listing("/business_services", "business_services"):
        yield event
