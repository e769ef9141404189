"""Two ways to read log entries, and which of them is cheaper.

The account's own list costs one request for every 100 entries and also holds the entries of old
incidents. Incident by incident costs one request for each incident at least; it is the way out
where the account's list is refused, or holds more in a second than the API lists.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import CollectionNote, DependsOn, Overflow, Page, Reason, Shortfall
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.collectors.incident import INCIDENT
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.time_parameters import UTC, period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject, Window
    from ccm_pagerduty.client import PagerDutySession

FEW = 10
"""Pages that are read without asking what another way would cost."""
LATER = timedelta(minutes=10)
"""Entries that belong to a resolution can bear a slightly later time."""


async def by_account(
    session: PagerDutySession, ask: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the list of the whole account, or each incident where that list is not to be had."""
    pages = 0
    capped: list[Shortfall] = []
    seen: set[str] = set()
    try:
        async for found in _of_account(session, ask, window):
            if isinstance(found, Shortfall) and found.reason == Reason.TRUNCATED:
                capped.append(found)
                continue
            if isinstance(found, Page):
                pages += 1
                seen.update(str(item.get("id")) for item in found.items)
            yield found
    except (ScopeMissing, AbilityMissing):
        raise
    except (PermissionDenied, NotAvailable, BadRequest) as error:
        if pages or not ask.current_records.get(INCIDENT):
            raise
        yield CollectionNote(
            text=f"read incident by incident, as the account's list is refused: {error}"
        )
        async for found in _of_incidents(session, ask, window):
            yield found
    for fall in capped:
        async for found in _what_is_missing(session, ask, window, fall, seen):
            yield found


async def by_incident(
    session: PagerDutySession, ask: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Read the entries of each incident that was alive in the window."""
    async for found in _of_incidents(session, ask, window):
        yield found


async def cheaper(
    session: PagerDutySession, ask: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """Count the account's list with its first page, and choose what takes fewer requests."""
    listed = by_account(session, ask, window)
    first = await anext(listed, None)
    total = first.total if isinstance(first, Page | Overflow) else None
    pages = -(-(total or 0) // session.page_size)
    # A few pages are not worth looking at every incident in the store.
    alive = len(_alive_in(ask, window)) if pages > FEW else None
    if alive is not None and alive < pages:
        yield CollectionNote(
            text=f"read incident by incident: {alive} requests, {pages} for the account"
        )
        async for found in _of_incidents(session, ask, window):
            yield found
        return
    other = "one for each incident" if alive is None else str(alive)
    yield CollectionNote(text=f"read for the whole account: {pages} requests, not {other}")
    if first is not None:
        yield first
    async for found in listed:
        yield found


def _of_account(
    session: PagerDutySession, ask: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """One request for every 100 entries; entries of older incidents are among them."""
    parameters = (*period(window), UTC)
    return session.listing("/log_entries", "log_entries", parameters, may_split=ask.may_split)


async def _of_incidents(
    session: PagerDutySession, ask: CollectRequest, window: Window
) -> AsyncIterator[CollectorEvent]:
    """One request for every incident at least; without a window, which this endpoint garbles."""

    def entries(incident: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = f"/incidents/{incident['id']}/log_entries"
        return session.listing(path, "log_entries", (UTC,), counted=False)

    yield DependsOn(kind=INCIDENT)
    async for found in one_by_one(INCIDENT, _alive_in(ask, window), entries):
        yield found


async def _what_is_missing(
    session: PagerDutySession, ask: CollectRequest, window: Window, fall: Shortfall, seen: set[str]
) -> AsyncIterator[CollectorEvent]:
    """Look for what the capped list held back; say what was not found that way either."""
    yield CollectionNote(
        text=f"completed incident by incident, as the account's list is capped: {fall.detail}"
    )
    found_late: set[str] = set()
    async for found in _of_incidents(session, ask, window):
        if isinstance(found, Page):
            within = (one for one in found.items if _within(one, window))
            found_late.update(str(one.get("id")) for one in within)
        yield found
    left = None if fall.missing is None else fall.missing - len(found_late - seen)
    if left is None or left > 0:
        yield replace(fall, missing=left)


def _alive_in(ask: CollectRequest, window: Window) -> Sequence[JsonObject]:
    return [one for one in ask.current_records[INCIDENT] if _alive(one, window)]


def _alive(incident: JsonObject, window: Window) -> bool:
    """Whether something may have happened to the incident in the window."""
    if parse_instant(incident["created_at"]) >= window.until:
        return False
    if incident.get("status") != "resolved":
        return True
    told = (incident.get(name) for name in ("resolved_at", "last_status_change_at", "updated_at"))
    ends = [parse_instant(instant) for instant in told if instant is not None]
    return not ends or max(ends) + LATER >= window.since


def _within(entry: JsonObject, window: Window) -> bool:
    at = entry.get("created_at")
    return isinstance(at, str) and parse_instant(at) in window
