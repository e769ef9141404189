"""Collects incident workflows: steps that PagerDuty takes by itself on an incident.

Follows https://developer.pagerduty.com/api-reference "List Incident Workflows". Steps are not asked
for: they hold addresses and texts of messages.
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
    return Collector(kind="pagerduty.incident_workflow", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every incident workflow, without its steps."""
    async for event in session.listing("/incident_workflows", "incident_workflows"):
        yield event
