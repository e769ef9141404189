"""On-calls from now to the lookahead, for the levels of every policy.

Follows https://developer.pagerduty.com/api-reference "List all of the on-calls": not beyond 90
days ahead, shifts come whole, and one shift appears once for each policy and level. It has a rate
limit of its own. A period with more than the API lists is read in halves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector, Overflow, Window
from ccm_pagerduty.collectors.time_parameters import UTC, period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession

FURTHEST = timedelta(days=90)
SHORTEST = timedelta(minutes=1)


def collector() -> Collector:
    """Describe the collector."""
    return Collector(kind="pagerduty.on_call", collect=collect)


async def collect(session: PagerDutySession, ask: CollectRequest) -> AsyncIterator[CollectorEvent]:
    """List who is on call from now on."""
    until = min(ask.horizon.until, ask.now + FURTHEST)
    async for found in _period(session, Window(ask.now, max(until, ask.now))):
        yield found


async def _period(session: PagerDutySession, window: Window) -> AsyncIterator[CollectorEvent]:
    halves = window.length >= 2 * SHORTEST
    parameters = (*period(window), UTC)
    async for found in session.listing("/oncalls", "oncalls", parameters, may_split=halves):
        if not isinstance(found, Overflow):
            yield found
            continue
        middle = window.since + window.length / 2
        for half in (Window(window.since, middle), Window(middle, window.until)):
            async for one in _period(session, half):
                yield one
