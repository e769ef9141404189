"""Collects the overrides of each schedule over the whole days of the horizon, of both forms.

Follows https://developer.pagerduty.com/api-reference "List overrides" (v2 and v3). No list has
those of all schedules, so that each costs a request: they are read once a day. ``overflow`` asks
for each override whole, so that it reads the same from day to day.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector, Page
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import each_unless_all_refused
from ccm_pagerduty.collectors.schedules.schedule import LAYERS, SCHEDULE, SHIFTS
from ccm_pagerduty.collectors.schedules.schedule_rendering import member_of
from ccm_pagerduty.collectors.time_parameters import UTC, period, whole_days
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession
    from ccm_pagerduty.collectors.time_parameters import Period

WHOLE = ("overflow", "true")


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.schedule_overrides", collect=collect, needs=(SCHEDULE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the overrides of every schedule, from the lookback to the lookahead."""
    time_range = period(whole_days(request.horizon))

    def overrides(schedule: JsonObject) -> AsyncIterator[CollectorEvent]:
        read = _of_layers if schedule["form"] == LAYERS else _of_shifts
        return read(session, schedule, time_range)

    schedules = request.current_records[SCHEDULE]
    async for event in each_unless_all_refused(SCHEDULE, schedules, overrides):
        yield event


async def _of_layers(
    session: PagerDutySession, schedule: JsonObject, time_range: Period
) -> AsyncIterator[CollectorEvent]:
    path = url_path("/schedules/{}/overrides", schedule["id"])
    fetched = await session.get(path, "overrides", (*time_range, WHOLE))
    if not isinstance(fetched.value, list) or not all(isinstance(o, dict) for o in fetched.value):
        raise BadResponse(f"{fetched.response.summary()}: 'overrides' is not a list of objects")
    overrides = [_override(entry, "start", "end", entry.get("user")) for entry in fetched.value]
    yield fetched.page([_body(schedule, LAYERS, time_range, overrides)])


async def _of_shifts(
    session: PagerDutySession, schedule: JsonObject, time_range: Period
) -> AsyncIterator[CollectorEvent]:
    """Read the pages of a shift-based schedule as one record; what is cut short is none."""
    path, parameters = url_path("/v3/schedules/{}/overrides", schedule["id"]), (*time_range, UTC)
    overrides: list[JsonObject] = []
    async for event in session.listing(path, "overrides", (*parameters, WHOLE), counted=False):
        if not isinstance(event, Page):
            yield event
            continue
        overrides += [
            _override(
                entry, "start_time", "end_time", member_of(entry.get("overriding_member") or {})
            )
            for entry in event.items
        ]
        body = _body(schedule, SHIFTS, time_range, overrides)
        yield replace(event, items=(body,) if event.last else ())


def _stand_in(shift: JsonObject) -> JsonObject | None:
    return member_of(shift.get("overriding_member") or {})


def _override(entry: JsonObject, start: str, end: str, user: JsonObject | None) -> JsonObject:
    return {"id": entry.get("id"), "start": entry.get(start), "end": entry.get(end), "user": user}


def _body(
    schedule: JsonObject, form: str, time_range: Period, overrides: Iterable[JsonObject]
) -> JsonObject:
    kind = "schedule_reference" if form == LAYERS else "schedule_v3_reference"
    return {
        "schedule": reference_to(schedule, kind),
        "form": form,
        **dict(time_range),
        "overrides": sorted(overrides, key=_by_time),
    }


def _by_time(override: JsonObject) -> tuple[str, Any]:
    return str(override["start"]), str(override["id"])
