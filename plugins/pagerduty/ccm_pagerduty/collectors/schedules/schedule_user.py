"""Collects users who are on call in a layer-based schedule on any day of the horizon.

Follows https://developer.pagerduty.com/api-reference "List users on call". Not paged; shift-based
schedules have no such endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector, NothingToRead
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.schedules.schedule import LAYERS, SCHEDULE
from ccm_pagerduty.collectors.time_parameters import period, whole_days
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.schedule_user", collect=collect, needs=(SCHEDULE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the users of every layer-based schedule."""
    time_range = period(whole_days(request.horizon))
    layered = [
        schedule for schedule in request.current_records[SCHEDULE] if schedule["form"] == LAYERS
    ]

    if not layered:
        yield NothingToRead(reason="no schedule is built of layers")

    async def users(layered_schedule: JsonObject) -> AsyncIterator[CollectorEvent]:
        fetched = await session.get(
            url_path("/schedules/{}/users", layered_schedule["id"]), "users", time_range
        )
        if not isinstance(fetched.value, list):
            raise BadResponse(f"{fetched.response.summary()}: 'users' is not a list")
        context = {
            "schedule": reference_to(layered_schedule, "schedule_reference"),
            **dict(time_range),
        }
        yield fetched.page([{**context, "user": user} for user in fetched.value])

    async for event in one_by_one(SCHEDULE, layered, users):
        yield event
