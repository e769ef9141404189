"""Schedules of both worlds: layer-based ones and, since 2026, shift-based ones.

Follows https://developer.pagerduty.com/api-reference "List schedules" (``/schedules`` lists only
layer-based ones, ``/v3/schedules`` only shift-based ones; no endpoint lists both) and "Get a
schedule" of v3, because that list has references only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import Collector, Page
from ccm_pagerduty.collectors.per_object import one_by_one, shortfall
from ccm_pagerduty.collectors.time_parameters import UTC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

SCHEDULE = "pagerduty.schedule"
LAYERS, SHIFTS = "layers", "shifts"


def collector() -> Collector:
    """Describe the collector."""
    return Collector(kind=SCHEDULE, collect=collect)


async def collect(session: PagerDutySession, _ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """List the schedules of both worlds; one world that is closed never looks empty."""
    parameters = (("include[]", "schedule_layers"), UTC)
    async for found in session.listing("/schedules", "schedules", parameters, compose=_layers):
        yield found
    try:
        async for found in _shift_based(session):
            yield found
    except (PermissionDenied, NotAvailable) as error:
        told = shortfall(error)
        yield replace(told, detail=f"shift-based schedules could not be listed: {told.detail}")


async def _shift_based(session: PagerDutySession) -> AsyncIterator[CollectorEvent]:
    async for found in session.listing("/v3/schedules", "schedules", counted=False):
        if not isinstance(found, Page):
            yield found
            continue
        # The listing is finished by its own pages, which hold no records: references only.
        yield _emptied(found)
        async for one in one_by_one(SCHEDULE, found.items, lambda item: _details(session, item)):
            yield one


async def _details(session: PagerDutySession, item: JsonObject) -> AsyncIterator[CollectorEvent]:
    fetched = await session.get(f"/v3/schedules/{item['id']}", "schedule", (UTC,))
    if not isinstance(fetched.value, dict):
        raise BadResponse(f"{fetched.answer.described()}: 'schedule' is not an object")
    yield fetched.page([{"summary": item.get("summary"), **fetched.value, "form": SHIFTS}])


def _layers(item: JsonObject) -> JsonObject:
    return {**item, "form": LAYERS}


def _emptied(page: Page) -> Page:
    return replace(page, items=())
