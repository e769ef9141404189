"""Collects schedules of both forms: layer-based ones and, since 2026, shift-based ones.

Follows https://developer.pagerduty.com/api-reference "List schedules" (``/schedules`` lists only
layer-based ones, ``/v3/schedules`` only shift-based ones; no endpoint lists both) and "Get a
schedule" of v3, because that list has references only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import Collector, Page
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import one_by_one, shortfall
from ccm_pagerduty.collectors.time_parameters import UTC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

SCHEDULE = "pagerduty.schedule"
LAYERS, SHIFTS = "layers", "shifts"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind=SCHEDULE, collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the schedules of both forms; a refused form never looks empty."""
    parameters = (("include[]", "schedule_layers"), UTC)
    async for event in session.listing("/schedules", "schedules", parameters, compose=_layers):
        yield event
    try:
        async for event in _shift_based(session):
            yield event
    except (PermissionDenied, NotAvailable) as error:
        missing = shortfall(error)
        yield replace(missing, detail=f"shift-based schedules cannot be listed: {missing.detail}")


async def _shift_based(session: PagerDutySession) -> AsyncIterator[CollectorEvent]:
    async for event in session.listing("/v3/schedules", "schedules", counted=False):
        if not isinstance(event, Page):
            yield event
            continue
        # The listing ends with its own pages, which hold references and no records.
        yield replace(event, items=())
        async for details in one_by_one(SCHEDULE, event.items, lambda ref: _details(session, ref)):
            yield details


async def _details(session: PagerDutySession, ref: JsonObject) -> AsyncIterator[CollectorEvent]:
    fetched = await session.get(url_path("/v3/schedules/{}", ref["id"]), "schedule", (UTC,))
    if not isinstance(fetched.value, dict):
        raise BadResponse(f"{fetched.response.summary()}: 'schedule' is not an object")
    yield fetched.page([{"summary": ref.get("summary"), **fetched.value, "form": SHIFTS}])


def _layers(schedule: JsonObject) -> JsonObject:
    return {**schedule, "form": LAYERS}
