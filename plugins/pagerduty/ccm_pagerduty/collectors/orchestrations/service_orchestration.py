"""Collects the rules that the events of each service pass.

Follows https://developer.pagerduty.com/api-reference "Get the Service Orchestration for a Service"
and "Get the Service Orchestration active status for a Service". No list has them, so that each
costs a request: they are read once a day. Whether they are in use is asked where there is a rule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse
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
        page = await read_path(session, path, "service", parent)
        yield replace(page, items=[await _with_use(session, path, body) for body in page.items])

    services = request.current_records[SERVICE]
    async for event in each_unless_all_refused(SERVICE, services, rules):
        yield event


async def _with_use(session: PagerDutySession, path: str, body: JsonObject) -> JsonObject:
    """Return rules with whether they are in use; without a rule, that makes no difference."""
    if not _has_rules(body):
        return body
    fetched = await session.get(f"{path}/active", "active")
    if not isinstance(fetched.value, bool):
        raise BadResponse(f"{fetched.response.summary()}: 'active' is neither true nor false")
    return {**body, "active": fetched.value}


def _has_rules(body: JsonObject) -> bool:
    """Return whether there is a rule, or something is done where none matches."""
    sets, catch_all = body.get("sets"), body.get("catch_all")
    parts = sets if isinstance(sets, list) else ()
    rules = any(part.get("rules") for part in parts if isinstance(part, dict))
    return rules or (isinstance(catch_all, dict) and bool(catch_all.get("actions")))
