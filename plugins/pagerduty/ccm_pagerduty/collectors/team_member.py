"""Collects team members: the only source of a user's role in a team.

Follows https://developer.pagerduty.com/api-reference "List members of a team".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Collector
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

TEAM = "pagerduty.team"


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.team_member", collect=collect, needs=(TEAM,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the members of every team."""

    def members(team: JsonObject) -> AsyncIterator[CollectorEvent]:
        reference = reference_to(team, "team_reference")
        return session.listing(
            url_path("/teams/{}/members", team["id"]),
            "members",
            counted=False,
            compose=lambda member: {"team": reference, **member},
        )

    async for event in one_by_one(TEAM, request.current_records[TEAM], members):
        yield event
