"""Collects incidents: those created in a window, and older ones that changed.

Follows https://developer.pagerduty.com/api-reference "List incidents" and "Get an incident": both
bounds are always sent (without one, the API assumes a month), at most six months apart. Oldest
first, so that an incident that opens while paging is on the last page. The window selects by
creation, and nothing selects by change: open incidents are listed whatever their age, and incidents
that log entries name are read one by one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import (
    ChangedBy,
    Collector,
    Gone,
    ObjectHistory,
    Reason,
    Shortfall,
    Visibility,
)
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.collectors.incident_query_slices import SERVICE, filters, split_query
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.time_parameters import UTC, period
from ccm_pagerduty.paging import oldest_first

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

INCIDENT = "pagerduty.incident"
LOG_ENTRY = "pagerduty.incident_log_entry"
MAX_WINDOW = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
SETTLES_AFTER = timedelta(hours=1)
"""Most incidents are resolved by then: reading a page again is cheaper than reading one by one."""
OLDEST_FIRST = ("sort_by", "created_at:asc")
OPEN = (("date_range", "all"), ("statuses[]", "triggered"), ("statuses[]", "acknowledged"))


def collector(settings: JsonObject) -> Collector:
    """Return the collector.

    Log entries that are read incident by incident cannot show which other incidents changed;
    then every incident of the lookback is read each time.
    """
    follows_log_entries = settings.get("log_entries") != "incident"
    return Collector(
        kind=INCIDENT,
        collect=collect,
        uses=(SERVICE,),
        longest_window=MAX_WINDOW,
        overlap=OVERLAP,
        settles_after=SETTLES_AFTER if follows_log_entries else None,
        refresh=refresh,
        changed_by=ChangedBy(kind=LOG_ENTRY, path="incident.id") if follows_log_entries else None,
        by_key=by_key,
        history=ObjectHistory(kind=LOG_ENTRY, collect=history),
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the incidents of the window as far as the API lists them, and report how far that is."""
    if request.window is None:
        return
    parameters = (*period(request.window), *filters(request.slice), UTC, OLDEST_FIRST)
    async for event in oldest_first(
        session.pager("/incidents", "incidents", parameters),
        instant="created_at",
        after=request.window.since + request.overlap,
        may_split=request.may_split,
        slices=lambda total: split_query(request, total),
    ):
        yield event


async def refresh(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the open incidents, and read each incident that changed since it was read."""
    still_open: set[str] = set()
    async for event in session.listing("/incidents", "incidents", (*OPEN, UTC, OLDEST_FIRST)):
        still_open.update(str(item.get("id")) for item in getattr(event, "items", ()))
        yield event
    for key in request.changed_keys:
        if key not in still_open:
            yield await _incident(session, key)


async def by_key(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read incidents that others were merged into, whatever their age."""
    for key in request.changed_keys:
        yield await _incident(session, key)


async def history(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read all log entries of single incidents: those from before the lookback are in no window."""

    async def read(incident: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path("/incidents/{}/log_entries", incident["id"])
        listing = session.listing(path, "log_entries", (UTC,), counted=False)
        async for event in session.incident_entries.read(incident["id"], listing):
            yield event

    incidents = [{"id": key} for key in request.changed_keys]
    async for event in one_by_one(INCIDENT, incidents, read):
        yield event


async def _incident(session: PagerDutySession, key: str) -> CollectorEvent:
    """Read one incident that records refer to.

    PagerDuty responds 404 for deleted and for hidden incidents alike. Where nothing is hidden from
    the credential, it was deleted.
    """
    try:
        fetched = await session.get(url_path("/incidents/{}", key), "incident", (UTC,))
    except (ScopeMissing, AbilityMissing):
        raise
    except (PermissionDenied, NotAvailable, BadRequest) as error:
        nothing_hidden = session.credential.visibility is Visibility.WHOLE
        if isinstance(error, NotAvailable) and nothing_hidden:
            return Gone(key=key)
        return Shortfall(
            reason=Reason.HIDDEN_REFERENCES,
            detail=f"incident {key}, which log entries or merged incidents name, cannot be read: "
            f"{error}. Use a credential that sees the whole account",
            missing=1,
            subjects=(f"{INCIDENT}:{key}",),
        )
    if not isinstance(fetched.value, dict):
        raise BadResponse(f"{fetched.response.summary()}: 'incident' is not an object")
    return fetched.page([fetched.value])
