"""Collects which of the account's own standards each service meets.

Follows https://developer.pagerduty.com/api-reference "List resources' standards scores": at most
100 services a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.types import Collector
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

SERVICE = "pagerduty.service"
SCORES = "/standards/scores/technical_services"
AT_ONCE = 100
"""Services that the API takes in one request."""


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.service_standards", collect=collect, needs=(SERVICE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the scores of every service."""
    services = request.current_records[SERVICE]
    for start in range(0, len(services), AT_ONCE):
        asked = {service["id"]: service for service in services[start : start + AT_ONCE]}
        fetched = await session.get(SCORES, "resources", tuple(("ids[]", key) for key in asked))
        if not _is_list_of_scores(fetched.value, asked):
            raise BadResponse(
                f"{fetched.response.summary()}: 'resources' is not a list of the scores of the "
                "services that were asked for"
            )
        yield fetched.page([_body(asked[entry["resource_id"]], entry) for entry in fetched.value])


def _is_list_of_scores(value: Any, asked: dict[str, JsonObject]) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and entry.get("resource_id") in asked for entry in value
    )


def _body(service: JsonObject, entry: JsonObject) -> JsonObject:
    return {
        "service": reference_to(service, "service_reference"),
        "score": entry.get("score"),
        "standards": entry.get("standards"),
    }
