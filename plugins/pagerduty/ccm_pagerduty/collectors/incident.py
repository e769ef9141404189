"""Incidents: those created in a window, and older ones that changed.

Follows https://developer.pagerduty.com/api-reference "List incidents" and "Get an incident": both
bounds are always given (with one, the other is a month away), at most six months apart. Oldest
first, so that an incident that opens while paging lands on the last page. The window selects by
creation, and nothing selects by change: what is open is listed whatever its age, and what log
entries name is read one by one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import ChangedBy, Collector, Reason, Shortfall
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.collectors.incident_splits import SERVICE, filters, smaller
from ccm_pagerduty.collectors.time_parameters import UTC, period
from ccm_pagerduty.paging import oldest_first

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

INCIDENT = "pagerduty.incident"
LOG_ENTRY = "pagerduty.incident_log_entry"
LONGEST = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
SETTLES_AFTER = timedelta(hours=1)
"""Most incidents are over by then: reading a page again is cheaper than asking one by one."""
OLDEST_FIRST = ("sort_by", "created_at:asc")
OPEN = (("date_range", "all"), ("statuses[]", "triggered"), ("statuses[]", "acknowledged"))


def collector(settings: JsonObject) -> Collector:
    """Describe the collector.

    Where log entries are read incident by incident they cannot tell which others changed; then
    every incident of the lookback is read each time.
    """
    told = settings.get("log_entries") != "incident"
    return Collector(
        kind=INCIDENT,
        collect=collect,
        uses=(SERVICE,),
        longest_window=LONGEST,
        overlap=OVERLAP,
        settles_after=SETTLES_AFTER if told else None,
        refresh=refresh,
        changed_by=ChangedBy(kind=LOG_ENTRY, path="incident.id") if told else None,
    )


async def collect(session: PagerDutySession, ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """List the incidents of the window as far as the API lists them, and say how far that is."""
    if ask.window is None:
        return
    parameters = (*period(ask.window), *filters(ask.slice), UTC, OLDEST_FIRST)
    async for found in oldest_first(
        session.pager("/incidents", "incidents", parameters),
        instant="created_at",
        after=ask.window.since + ask.overlap,
        may_split=ask.may_split,
        parts=lambda total: smaller(ask, total),
    ):
        yield found


async def refresh(session: PagerDutySession, ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """List what is open, and read each incident that changed since it was read."""
    still_open: set[str] = set()
    async for found in session.listing("/incidents", "incidents", (*OPEN, UTC, OLDEST_FIRST)):
        still_open.update(str(item.get("id")) for item in getattr(found, "items", ()))
        yield found
    for key in ask.changed_keys:
        if key not in still_open:
            yield await _one(session, key)


async def _one(session: PagerDutySession, key: str) -> CollectorEvent:
    """Read one incident. One that is named and cannot be read is hidden, or gone."""
    try:
        fetched = await session.get(f"/incidents/{key}", "incident", (UTC,))
    except (ScopeMissing, AbilityMissing):
        raise
    except (PermissionDenied, NotAvailable) as error:
        return Shortfall(
            reason=Reason.HIDDEN_REFERENCES,
            detail=f"log entries name incident {key}, and it cannot be read: {error}",
            missing=1,
            subjects=(f"{INCIDENT}:{key}",),
        )
    if not isinstance(fetched.value, dict):
        raise BadResponse(f"{fetched.answer.described()}: 'incident' is not an object")
    return fetched.page([fetched.value])
