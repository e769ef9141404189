"""Collects triggers of incident workflows: on which incidents they start.

Follows https://developer.pagerduty.com/api-reference "List Triggers": by cursor. Texts that a
condition compares anything but the priority with may name people and customers: they are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

_TEXT = re.compile(r"""(incident\.priority\s+matches\s+)?('[^']*'|"[^"]*")""")
LEFT_OUT = "'...'"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.incident_workflow_trigger", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every trigger, of each type."""
    listing = session.listing_by_cursor(
        "/incident_workflows/triggers", "triggers", (), compose=without_texts
    )
    async for event in listing:
        yield event


def without_texts(trigger: JsonObject) -> JsonObject:
    """Return a trigger whose condition names priorities, and no other text."""
    condition = trigger.get("condition")
    if not isinstance(condition, str):
        return trigger
    return {**trigger, "condition": _TEXT.sub(_kept, condition)}


def _kept(text: re.Match[str]) -> str:
    return text.group() if text.group(1) else LEFT_OUT
