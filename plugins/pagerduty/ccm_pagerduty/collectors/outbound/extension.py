"""Collects extensions, which connect services to other tools, such as a chat.

Follows https://developer.pagerduty.com/api-reference "List extensions".
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
    return Collector(kind="pagerduty.extension", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every extension."""
    async for event in session.listing("/extensions", "extensions"):
        yield event
