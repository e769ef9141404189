"""Collects log entries: what happened to incidents in a window, such as acknowledgements.

Follows https://developer.pagerduty.com/api-reference "List log entries" and "List log entries for
an incident". ``channels`` are not included: they hold what the monitoring tool sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.incident import INCIDENT, LOG_ENTRY
from ccm_pagerduty.collectors.log_entry_strategies import by_account, by_incident, cheaper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

MAX_WINDOW = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
SETTLES_AFTER = timedelta(minutes=10)
STRATEGIES = {"account": by_account, "incident": by_incident, "auto": cheaper}


def collector(settings: JsonObject) -> Collector:
    """Return the collector; only reading incident by incident needs the incidents."""
    from_account = settings.get("log_entries") != "incident"
    return Collector(
        kind=LOG_ENTRY,
        collect=collect,
        needs=() if from_account else (INCIDENT,),
        uses=(INCIDENT,) if from_account else (),
        longest_window=MAX_WINDOW,
        overlap=OVERLAP,
        settles_after=SETTLES_AFTER,
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the window with the strategy that the settings choose."""
    if request.window is None:
        return
    strategy = STRATEGIES[session.settings.get("log_entries", "account")]
    async for event in strategy(session, request, request.window):
        yield event
