"""Collects after how long people have to sign in again, on the web and in the app.

Follows https://developer.pagerduty.com/api-reference "Get an account's session configurations": 404
where none was ever created.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable
from ccm_core.sdk.types import Collector, NothingToRead
from ccm_pagerduty.api_errors import AbilityMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.session_configuration", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List both configurations; not paged."""
    try:
        fetched = await session.get("/session_configurations", "session_configurations")
    except AbilityMissing:
        raise
    except NotAvailable:
        yield NothingToRead(reason="the account has no session configuration")
        return
    if not isinstance(fetched.value, list):
        raise BadResponse(f"{fetched.response.summary()}: 'session_configurations' is not a list")
    yield fetched.page(fetched.value)
