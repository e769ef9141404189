"""Collects extensions, which connect services to other tools, such as a chat.

Follows https://developer.pagerduty.com/api-reference "List extensions".
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
    return Collector(kind="pagerduty.extension", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every extension, each with whether PagerDuty stopped sending to it."""
    async for event in session.listing("/extensions", "extensions", compose=_with_stopped):
        yield event


def _with_stopped(item: JsonObject) -> JsonObject:
    """Add what PagerDuty leaves out where it never stopped sending."""
    return {**item, "stopped": item.get("temporarily_disabled") is True}
