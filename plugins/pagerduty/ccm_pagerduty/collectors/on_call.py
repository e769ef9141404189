"""Collects on-calls from today to the lookahead, for the levels of every policy.

Follows https://developer.pagerduty.com/api-reference "List all of the on-calls": at most 90
days ahead, with whole shifts; a shift appears once for each policy and level. The endpoint has its
own rate limit. A period with more on-calls than the API lists is read in halves.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector, Overflow, Window
from ccm_pagerduty.collectors.time_parameters import UTC, day_of, period, whole_days

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest
    from ccm_pagerduty.client import PagerDutySession

MAX_LOOKAHEAD = timedelta(days=90)
MIN_WINDOW = timedelta(minutes=1)


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.on_call", collect=collect)


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List who is on call from today on, in whole UTC days."""
    days = whole_days(Window(request.now, max(request.horizon.until, request.now)))
    until = min(days.until, day_of(request.now + MAX_LOOKAHEAD))
    async for event in _period(session, Window(days.since, until)):
        yield event


async def _period(session: PagerDutySession, window: Window) -> AsyncIterator[CollectorEvent]:
    may_split = window.length >= 2 * MIN_WINDOW
    parameters = (*period(window), UTC)
    async for event in session.listing("/oncalls", "oncalls", parameters, may_split=may_split):
        if not isinstance(event, Overflow):
            yield event
            continue
        middle = window.since + window.length / 2
        for half in (Window(window.since, middle), Window(middle, window.until)):
            async for half_event in _period(session, half):
                yield half_event
