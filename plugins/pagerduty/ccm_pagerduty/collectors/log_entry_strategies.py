"""Strategies to read log entries: for the whole account, by incident, or the cheaper one.

The list of the account costs one request for every 100 entries and also holds the entries of old
incidents. Reading by incident costs at least one request for each incident; it is the fallback
where the list of the account is refused. Where one second holds more than the API lists, the lists
of teams come first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import CollectionNote, DependsOn, Overflow, Page, Shortfall
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.collectors.incident import INCIDENT
from ccm_pagerduty.collectors.log_entry_bursts import read_burst, read_incidents
from ccm_pagerduty.collectors.time_parameters import UTC, period
from ccm_pagerduty.paging import CAP, listed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject, Window
    from ccm_pagerduty.client import PagerDutySession
    from ccm_pagerduty.paging import Pager

MAX_INCIDENTS = 1_000
"""Incidents of one window that are read one after the other: a minute's requests."""
FEW_PAGES = 10
"""Pages that are read without comparing the cost of the other strategy."""
RESOLUTION_DELAY = timedelta(minutes=10)
"""Entries of a resolution can have a slightly later time."""


async def by_account(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the list of the whole account, or each incident where that list is refused."""
    pager = session.pager("/log_entries", "log_entries", (*period(window), UTC))
    try:
        first = await pager.first()
    except (ScopeMissing, AbilityMissing):
        raise
    except (PermissionDenied, NotAvailable, BadRequest) as error:
        if not request.current_records.get(INCIDENT):
            raise
        yield CollectionNote(
            text=f"read incident by incident, because the list of the account was refused: {error}"
        )
        async for event in _of_incidents(session, request, window):
            yield event
        return
    if (first.total or 0) > CAP and request.may_split:
        yield Overflow(total=first.total or 0, limit=CAP)
        return
    async for event in _of_account(session, request, window, pager, first):
        yield event


async def by_incident(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the entries of each incident that was active in the window."""
    async for event in _of_incidents(session, request, window):
        yield event


async def cheaper(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Count the account's list by its first page, and choose the strategy with fewer requests."""
    events = by_account(session, request, window)
    first = await anext(events, None)
    if first is not None and not isinstance(first, Page | Overflow):
        yield first  # the list of the account was refused, or is not enough
        async for event in events:
            yield event
        return
    pages = -(-((first.total if first else None) or 0) // session.page_size)
    # For a few pages it is not worth scanning every incident in the store.
    incidents = len(_active_incidents(request, window)) if pages > FEW_PAGES else None
    if incidents is not None and incidents < pages:
        yield CollectionNote(
            text=f"read incident by incident: {incidents} requests, {pages} for the account"
        )
        async for event in _of_incidents(session, request, window):
            yield event
        return
    alternative = "one for each incident" if incidents is None else str(incidents)
    yield CollectionNote(text=f"read for the whole account: {pages} requests, not {alternative}")
    if first is not None:
        yield first
    async for event in events:
        yield event


async def _of_account(
    session: PagerDutySession,
    request: CollectRequest,
    window: Window,
    pager: Pager,
    first: Page,
) -> AsyncIterator[CollectorEvent]:
    """Read the account's list, with entries of old incidents: one request for 100 entries."""
    incidents = _active_incidents(request, window) if (first.total or 0) > CAP else ()
    if incidents:
        async for event in read_burst(session, window, first, incidents, request.flushed):
            yield event
        return
    async for event in listed(pager, may_split=False):
        yield event
        if isinstance(event, Shortfall) and event.missing is None:
            # The API did not count the entries: only the incidents show what there is.
            incidents = _active_incidents(request, window)
            stored = request.flushed
            async for entry_event in read_burst(session, window, first, incidents, stored):
                yield entry_event


async def _of_incidents(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read by incident, at least one request each; this endpoint does not support a window.

    A window with many incidents is split, so that each part is stored as soon as it was read.
    """
    incidents = _active_incidents(request, window)
    begun = sum(parse_instant(incident["created_at"]) in window for incident in incidents)
    if request.may_split and begun > MAX_INCIDENTS:
        yield Overflow(total=begun, limit=MAX_INCIDENTS)
        return
    yield DependsOn(kind=INCIDENT)
    stored = {(entry.get("incident") or {}).get("id") for entry in request.flushed}
    unread = [incident for incident in incidents if incident["id"] not in stored]
    async for event in read_incidents(session, unread):
        yield event


def _active_incidents(request: CollectRequest, window: Window) -> Sequence[JsonObject]:
    return [incident for incident in request.current_records[INCIDENT] if _active(incident, window)]


def _active(incident: JsonObject, window: Window) -> bool:
    """Return whether the incident may have log entries in the window."""
    if parse_instant(incident["created_at"]) >= window.until:
        return False
    if incident.get("status") != "resolved":
        return True
    instants = (
        incident.get(name) for name in ("resolved_at", "last_status_change_at", "updated_at")
    )
    ends = [parse_instant(instant) for instant in instants if instant is not None]
    return not ends or max(ends) + RESOLUTION_DELAY >= window.since
