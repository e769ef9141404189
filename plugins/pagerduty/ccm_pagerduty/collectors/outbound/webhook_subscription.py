"""Collects webhook subscriptions: where PagerDuty sends what happens to incidents.

Follows https://developer.pagerduty.com/api-reference "List webhook subscriptions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.webhook_subscription", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every webhook subscription, each with whether PagerDuty stopped sending to it."""
    listing = session.listing(
        "/webhook_subscriptions", "webhook_subscriptions", compose=_with_stopped
    )
    async for event in listing:
        yield event


def _with_stopped(item: JsonObject) -> JsonObject:
    """Add what PagerDuty leaves out where it never stopped sending."""
    method = item.get("delivery_method")
    stopped = isinstance(method, dict) and method.get("temporarily_disabled") is True
    return {**item, "stopped": stopped}
