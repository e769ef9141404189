"""Collects users, with the flags of their contact methods and their notification rules.

Follows https://developer.pagerduty.com/api-reference "List users".
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
    return Collector(kind="pagerduty.user", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every user."""
    include = (("include[]", "contact_methods"), ("include[]", "notification_rules"))
    async for event in session.listing("/users", "users", include):
        yield event
