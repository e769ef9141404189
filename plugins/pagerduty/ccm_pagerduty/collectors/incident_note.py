"""Collects notes of incidents, without what they say.

Follows https://developer.pagerduty.com/api-reference "List notes for an incident". No list has
them: an incident takes a request where its log shows a note in the window, once a day. Of the text
it is stored whether it speaks of a review, and the sites that it links to.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ccm_core.sdk.errors import BadResponse, NotAvailable
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Collector, NamedBy, Visibility
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing
from ccm_pagerduty.collectors.incident import INCIDENT, LOG_ENTRY
from ccm_pagerduty.collectors.per_object import each_unless_all_refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject, Window
    from ccm_pagerduty.client import PagerDutySession

OVERLAP = timedelta(hours=1)
"""How late a log entry may appear that shows a note."""
_REVIEW = re.compile(
    r"post[ -]?mortem|post[ -]incident|incident review|root[ -]cause analysis|retrospective"
    r"|lessons? learned|\bRCA\b|\bPIR\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_MAX_SITES = 100


def collector(_settings: JsonObject) -> Collector:
    """Return the collector."""
    return Collector(
        kind="pagerduty.incident_note",
        collect=collect,
        needs=(LOG_ENTRY,),
        longest_window=timedelta(days=180),
        overlap=OVERLAP,
        named_by=NamedBy(
            kind=LOG_ENTRY,
            path="incident.id",
            marker=("type", "annotate_log_entry"),
            occurred_at="created_at",
        ),
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the notes of the window, of each incident whose log shows one."""
    window = request.window
    if window is None:
        return

    async def notes(incident: JsonObject) -> AsyncIterator[CollectorEvent]:
        try:
            fetched = await session.get(url_path("/incidents/{}/notes", incident["id"]), "notes")
        except AbilityMissing:
            raise
        except NotAvailable:
            if session.credential.visibility is Visibility.WHOLE:
                return  # it was deleted, and its notes with it
            raise
        if not isinstance(fetched.value, list) or not all(map(_is_object, fetched.value)):
            raise BadResponse(f"{fetched.response.summary()}: 'notes' is not a list of objects")
        of_window = [note for note in fetched.value if _is_within(note.get("created_at"), window)]
        yield fetched.page([without_text(note, incident["id"]) for note in of_window])

    incidents = [{"id": key} for key in request.changed_keys]
    async for event in each_unless_all_refused(INCIDENT, incidents, notes):
        yield event


def without_text(note: JsonObject, incident: str) -> JsonObject:
    """Return a note with what its text shows in place of the text."""
    text = str(note.get("content") or "")
    return {
        **note,
        "incident": {"id": incident, "type": "incident_reference"},
        "mentions_review": _REVIEW.search(text) is not None,
        "sites": sorted(set(filter(None, map(_site, _LINK.findall(text)))))[:_MAX_SITES],
    }


def _site(link: str) -> str | None:
    """Return the name of the host that a link leads to, and nothing else of it."""
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


def _is_within(instant: Any, window: Window) -> bool:
    """Return whether a note is of the window; one without a readable time is refused later."""
    try:
        return parse_instant(instant) in window
    except (TypeError, ValueError, AttributeError):
        return True


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
