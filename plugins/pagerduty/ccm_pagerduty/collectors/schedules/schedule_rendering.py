"""Collects final schedules over the whole days of the horizon, both forms in one layout.

Follows https://developer.pagerduty.com/api-reference "Get a schedule" (v2 and v3). The window and
``include[]=final_schedule`` are both sent: v2 renders only with the first, v3 only with the second.
An empty list with a null percentage means that nothing was rendered, never that nobody is on call,
and is stored as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.schedules.schedule import LAYERS, SCHEDULE, SHIFTS
from ccm_pagerduty.collectors.time_parameters import UTC, period, whole_days
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

INCLUDE = ("include[]", "final_schedule")


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.schedule_rendering", collect=collect, needs=(SCHEDULE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Render every schedule from the lookback to the lookahead, in whole UTC days."""
    time_range = period(whole_days(request.horizon))

    async def rendering(schedule: JsonObject) -> AsyncIterator[CollectorEvent]:
        layered = schedule["form"] == LAYERS
        path = url_path("/schedules/{}" if layered else "/v3/schedules/{}", schedule["id"])
        fetched = await session.get(path, "schedule", (*time_range, UTC, INCLUDE))
        if not isinstance(fetched.value, dict):
            raise BadResponse(f"{fetched.response.summary()}: 'schedule' is not an object")
        final = fetched.value.get("final_schedule") or {}
        if not isinstance(final, dict):
            raise BadResponse(f"{fetched.response.summary()}: 'final_schedule' is not an object")
        kind = "schedule_reference" if layered else "schedule_v3_reference"
        body = {
            "schedule": reference_to(schedule, kind),
            "form": LAYERS if layered else SHIFTS,
            **dict(time_range),
            "rendered_coverage_percentage": final.get("rendered_coverage_percentage"),
            "entries": _of_layers(final, time_range[1][1]) if layered else _of_shifts(final),
        }
        yield fetched.page([body])

    async for event in one_by_one(SCHEDULE, request.current_records[SCHEDULE], rendering):
        yield event


def _of_layers(final: JsonObject, period_end: str) -> list[Any]:
    return [
        # An entry without an end continues beyond the period.
        {
            "start": entry.get("start"),
            "end": entry.get("end") or period_end,
            "user": entry.get("user"),
        }
        for entry in final.get("rendered_schedule_entries") or ()
    ]


def _of_shifts(final: JsonObject) -> list[Any]:
    return [
        {
            "start": shift.get("start_time"),
            "end": shift.get("end_time"),
            "user": member_of(shift.get("member") or {}),
        }
        for shift in final.get("computed_shift_assignments") or ()
    ]


def member_of(member: JsonObject) -> JsonObject | None:
    """Return a reference to a shift's user; an ``empty_member`` is an intentionally empty slot."""
    user = member.get("user_id")
    if user is None:
        return None
    return {"id": user, "type": "user_reference", "summary": None, "html_url": None}
