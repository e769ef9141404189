"""Log entries: what happened to incidents in a window. Acknowledgements are told nowhere else.

Follows https://developer.pagerduty.com/api-reference "List log entries" and "List log entries for
an incident". ``channels`` are not included: they hold whatever the monitoring tool sent.
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

LONGEST = timedelta(days=180)
OVERLAP = timedelta(minutes=5)
SETTLES_AFTER = timedelta(minutes=10)
STRATEGIES = {"account": by_account, "incident": by_incident, "auto": cheaper}


def collector(settings: JsonObject) -> Collector:
    """Describe the collector; only what is read incident by incident needs the incidents."""
    alone = settings.get("log_entries") != "incident"
    return Collector(
        kind=LOG_ENTRY,
        collect=collect,
        needs=() if alone else (INCIDENT,),
        uses=(INCIDENT,) if alone else (),
        longest_window=LONGEST,
        overlap=OVERLAP,
        settles_after=SETTLES_AFTER,
    )


async def collect(session: PagerDutySession, ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """Read the window in the way that the settings choose."""
    if ask.window is None:
        return
    strategy = STRATEGIES[session.settings.get("log_entries", "account")]
    async for found in strategy(session, ask, ask.window):
        yield found
