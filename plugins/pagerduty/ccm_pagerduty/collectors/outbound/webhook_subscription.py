"""Collects webhook subscriptions: where PagerDuty sends what happens to incidents.

Follows https://developer.pagerduty.com/api-reference "List webhook subscriptions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.webhook_subscription", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every webhook subscription."""
    async for event in session.listing("/webhook_subscriptions", "webhook_subscriptions"):
        yield event
