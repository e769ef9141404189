"""Collects the rules that the events of each service pass.

Follows https://developer.pagerduty.com/api-reference "Get the Service Orchestration for a Service".
No list has them, so that each costs a request: they are read once a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.orchestrations.rule_sets import read_path
from ccm_pagerduty.collectors.per_object import each_unless_all_refused
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

SERVICE = "pagerduty.service"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.service_orchestration", collect=collect, needs=(SERVICE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the rules of every service."""

    async def rules(service: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path("/event_orchestrations/services/{}", service["id"])
        parent = reference_to(service, "service_reference")
        yield await read_path(session, path, "service", parent)

    services = request.current_records[SERVICE]
    async for event in each_unless_all_refused(SERVICE, services, rules):
        yield event
