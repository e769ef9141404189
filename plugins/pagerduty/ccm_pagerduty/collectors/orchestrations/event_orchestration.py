"""Collects event orchestrations, without their integrations, which carry keys.

Follows https://developer.pagerduty.com/api-reference "List Event Orchestrations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession

EVENT_ORCHESTRATION = "pagerduty.event_orchestration"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind=EVENT_ORCHESTRATION, collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every event orchestration. The API counts them unasked, and takes no ``total``."""
    async for event in session.listing("/event_orchestrations", "orchestrations", counted=False):
        yield event
