"""Log entries: what happened to incidents in a window. Acknowledgements are told nowhere else.

Follows https://developer.pagerduty.com/api-reference "List log entries" and "List log entries for
an incident". ``channels`` are not included: they hold whatever the monitoring tool sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.time import parse_instant
from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.one_by_one import one_by_one
from ccm_pagerduty.collectors.question import UTC, period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import Ask, Finding, JsonObject, Window
    from ccm_pagerduty.client import PagerDutySession

INCIDENT = "pagerduty.incident"
LONGEST = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
SETTLES_AFTER = timedelta(minutes=10)


def collector() -> Collector:
    """Describe the collector."""
    return Collector(
        kind="pagerduty.incident_log_entry",
        collect=collect,
        needs=(INCIDENT,),
        longest_window=LONGEST,
        overlap=OVERLAP,
        settles_after=SETTLES_AFTER,
    )


async def collect(session: PagerDutySession, ask: Ask) -> AsyncIterator[Finding]:
    """Read the window for the whole account, or incident by incident where the settings say so."""
    if ask.window is None:
        return
    by_incident = session.settings.get("log_entries") == "incident"
    found_by = _of_incidents(session, ask) if by_incident else _of_account(session, ask)
    async for found in found_by:
        yield found


def _of_account(session: PagerDutySession, ask: Ask) -> AsyncIterator[Finding]:
    """One request for every 100 entries; entries of older incidents are among them."""
    parameters = (*period(ask.window), UTC) if ask.window else (UTC,)
    return session.listing("/log_entries", "log_entries", parameters, may_split=ask.may_split)


def _of_incidents(session: PagerDutySession, ask: Ask) -> AsyncIterator[Finding]:
    """One request for every incident at least; without a window, which this endpoint garbles."""

    def entries(incident: JsonObject) -> AsyncIterator[Finding]:
        path = f"/incidents/{incident['id']}/log_entries"
        return session.listing(path, "log_entries", (UTC,), counted=False)

    concerned = [one for one in ask.known[INCIDENT] if ask.window and _alive(one, ask.window)]
    return one_by_one(INCIDENT, concerned, entries)


def _alive(incident: JsonObject, window: Window) -> bool:
    """Whether something may have happened to the incident in the window."""
    if parse_instant(incident["created_at"]) >= window.until:
        return False
    if incident.get("status") != "resolved":
        return True
    told = (incident.get(name) for name in ("resolved_at", "last_status_change_at", "updated_at"))
    ends = [parse_instant(instant) for instant in told if instant is not None]
    # Entries that belong to a resolution can bear a slightly later time.
    return not ends or max(ends) + SETTLES_AFTER >= window.since
