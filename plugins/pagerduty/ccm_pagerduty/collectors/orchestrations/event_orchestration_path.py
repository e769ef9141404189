"""Collects the rules of event orchestrations: before routing, routing, and without a route.

Follows https://developer.pagerduty.com/api-reference "Get the Global Orchestration", "Get the
Router" and "Get the Unrouted Orchestration" for an Event Orchestration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.orchestrations.event_orchestration import EVENT_ORCHESTRATION
from ccm_pagerduty.collectors.orchestrations.rule_sets import read_path
from ccm_pagerduty.collectors.per_object import each_unless_all_refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

PATHS = ("global", "router", "unrouted")
"""In the order in which an event passes them."""


def collector() -> Collector:
    """Return the collector."""
    return Collector(
        kind="pagerduty.event_orchestration_path", collect=collect, needs=(EVENT_ORCHESTRATION,)
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the three paths of every orchestration."""

    async def paths(orchestration: JsonObject) -> AsyncIterator[CollectorEvent]:
        parent = {
            "id": orchestration["id"],
            "type": "event_orchestration_reference",
            "summary": orchestration.get("name"),
        }
        for kind in PATHS:
            path = url_path(f"/event_orchestrations/{{}}/{kind}", orchestration["id"])
            yield await read_path(session, path, kind, parent)

    orchestrations = request.current_records[EVENT_ORCHESTRATION]
    async for event in each_unless_all_refused(EVENT_ORCHESTRATION, orchestrations, paths):
        yield event
