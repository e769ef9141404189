"""Collects abilities: the features of the account's plan, not the rights of the credential.

Follows https://developer.pagerduty.com/api-reference "List abilities". It is not paged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.ability", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every ability."""
    fetched = await session.get("/abilities", "abilities")
    if not isinstance(fetched.value, list):
        raise BadResponse(f"{fetched.response.summary()}: 'abilities' is not a list")
    yield fetched.page([{"name": name} for name in fetched.value])
