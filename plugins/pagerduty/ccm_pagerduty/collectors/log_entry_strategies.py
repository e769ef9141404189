"""Strategies to read log entries: for the whole account, by incident, or the cheaper one.

The list of the account costs one request for every 100 entries and also holds the entries of old
incidents. Reading by incident costs at least one request for each incident; it is the fallback
where the list of the account is refused, or holds more in one second than the API lists.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import CollectionNote, DependsOn, Overflow, Page, Reason, Shortfall
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.collectors.incident import INCIDENT
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.time_parameters import UTC, period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject, Window
    from ccm_pagerduty.client import PagerDutySession

FEW_PAGES = 10
"""Pages that are read without comparing the cost of the other strategy."""
RESOLUTION_DELAY = timedelta(minutes=10)
"""Entries of a resolution can have a slightly later time."""


async def by_account(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the list of the whole account, or each incident where that list is refused."""
    pages = 0
    capped: list[Shortfall] = []
    entry_ids: set[str] = set()
    try:
        async for event in _of_account(session, request, window):
            if isinstance(event, Shortfall) and event.reason == Reason.TRUNCATED:
                capped.append(event)
                continue
            if isinstance(event, Page):
                pages += 1
                entry_ids.update(str(item.get("id")) for item in event.items)
            yield event
    except (ScopeMissing, AbilityMissing):
        raise
    except (PermissionDenied, NotAvailable, BadRequest) as error:
        if pages or not request.current_records.get(INCIDENT):
            raise
        yield CollectionNote(
            text=f"read incident by incident, because the list of the account was refused: {error}"
        )
        async for event in _of_incidents(session, request, window):
            yield event
    for shortfall in capped:
        async for event in _complete_capped_list(session, request, window, shortfall, entry_ids):
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
    listed = by_account(session, request, window)
    first = await anext(listed, None)
    total = first.total if isinstance(first, Page | Overflow) else None
    pages = -(-(total or 0) // session.page_size)
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
    async for event in listed:
        yield event


def _of_account(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the account's list, with entries of old incidents: one request for 100 entries."""
    parameters = (*period(window), UTC)
    return session.listing("/log_entries", "log_entries", parameters, may_split=request.may_split)


async def _of_incidents(
    session: PagerDutySession, request: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read by incident, at least one request each; this endpoint does not support a window."""

    def entries(incident: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path("/incidents/{}/log_entries", incident["id"])
        return session.listing(path, "log_entries", (UTC,), counted=False)

    yield DependsOn(kind=INCIDENT)
    async for event in one_by_one(INCIDENT, _active_incidents(request, window), entries):
        yield event


async def _complete_capped_list(
    session: PagerDutySession,
    request: CollectRequest,
    window: Window,
    shortfall: Shortfall,
    listed_ids: set[str],
) -> AsyncIterator[CollectorEvent]:
    """Read by incident what the capped list left out; report what is still missing."""
    yield CollectionNote(
        text="completed incident by incident, because the list of the account is capped: "
        f"{shortfall.detail}"
    )
    recovered_ids: set[str] = set()
    async for event in _of_incidents(session, request, window):
        if isinstance(event, Page):
            in_window = (entry for entry in event.items if _within(entry, window))
            recovered_ids.update(str(entry.get("id")) for entry in in_window)
        yield event
    missing = (
        None if shortfall.missing is None else shortfall.missing - len(recovered_ids - listed_ids)
    )
    if missing is None or missing > 0:
        yield replace(shortfall, missing=missing)


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


def _within(entry: JsonObject, window: Window) -> bool:
    at = entry.get("created_at")
    return isinstance(at, str) and parse_instant(at) in window
