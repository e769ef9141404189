"""Users who are on call in a layer-based schedule at some time of the horizon.

Follows https://developer.pagerduty.com/api-reference "List users on call". Not paged; shift-based
schedules have no such endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.schedule import LAYERS, SCHEDULE
from ccm_pagerduty.collectors.time_parameters import period
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession


def collector() -> Collector:
    """Describe the collector."""
    return Collector(kind="pagerduty.schedule_user", collect=collect, needs=(SCHEDULE,))


async def collect(session: PagerDutySession, ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """List the users of every layer-based schedule."""
    asked = period(ask.horizon)
    layered = [one for one in ask.current_records[SCHEDULE] if one["form"] == LAYERS]

    async def users(schedule: JsonObject) -> AsyncIterator[CollectorEvent]:
        fetched = await session.get(f"/schedules/{schedule['id']}/users", "users", asked)
        if not isinstance(fetched.value, list):
            raise BadResponse(f"{fetched.answer.described()}: 'users' is not a list")
        about = {"schedule": reference_to(schedule, "schedule_reference"), **dict(asked)}
        yield fetched.page([{**about, "user": user} for user in fetched.value])

    async for found in one_by_one(SCHEDULE, layered, users):
        yield found
