"""Collects what business services depend on, and what that depends on in turn.

Follows https://developer.pagerduty.com/api-reference "Get Business Service dependencies" and "Get
technical service dependencies". No list has them: each business service takes a request, and each
technical service that supports one, once a day. Services that support no business service are not
asked for. Each service is read once, so that a circle ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable
from ccm_core.sdk.types import Collector, Reason, Shortfall, Visibility
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing
from ccm_pagerduty.collectors.per_object import each_unless_all_refused
from ccm_pagerduty.collectors.services.business_service import BUSINESS_SERVICE
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from typing import Any

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

BUSINESS, TECHNICAL = "business_service_reference", "technical_service_reference"
_PATHS = {
    BUSINESS: "/service_dependencies/business_services/{}",
    TECHNICAL: "/service_dependencies/technical_services/{}",
}


def collector() -> Collector:
    """Return the collector."""
    return Collector(
        kind="pagerduty.service_dependencies", collect=collect, needs=(BUSINESS_SERVICE,)
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the dependencies of every business service, then of what supports it, step by step."""
    services = _Services(request.current_records[BUSINESS_SERVICE])

    async def dependencies(service: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path(_PATHS[service["type"]], service["id"])
        try:
            fetched = await session.get(path, "relationships")
        except AbilityMissing:
            raise
        except NotAvailable as error:
            if service["type"] == BUSINESS:
                raise
            if session.credential.visibility is not Visibility.WHOLE:
                yield _hidden(service, error)
            return  # where nothing is hidden, it was deleted
        if not _is_list_of_relationships(fetched.value):
            raise BadResponse(
                f"{fetched.response.summary()}: 'relationships' is not a list of relationships "
                "between two services"
            )
        services.add_supporting(fetched.value)
        yield fetched.page([{"service": service, "relationships": fetched.value}])

    async for event in each_unless_all_refused(BUSINESS_SERVICE, services, dependencies):
        # What is missing may lead to any service: all of them are in doubt, not this one alone.
        yield replace(event, subjects=()) if isinstance(event, Shortfall) else event


def _hidden(service: JsonObject, error: NotAvailable) -> Shortfall:
    return Shortfall(
        reason=Reason.HIDDEN_REFERENCES,
        detail=f"service {service['id']}, which supports another, cannot be read: {error}. Use a "
        "credential that sees the whole account",
        missing=1,
    )


class _Services:
    """The services to read, each once; more are added while they are read."""

    def __init__(self, business_services: Sequence[JsonObject]) -> None:
        self._pending = [reference_to(service, BUSINESS) for service in business_services]
        self._known = {service["id"] for service in self._pending}

    def __iter__(self) -> Iterator[JsonObject]:
        while self._pending:
            yield self._pending.pop(0)

    def add_supporting(self, relationships: list[JsonObject]) -> None:
        """Add the services that support others and were not known."""
        for relationship in relationships:
            service = relationship["supporting_service"]
            if service["id"] not in self._known and service["type"] in _PATHS:
                self._known.add(service["id"])
                self._pending.append({"id": service["id"], "type": service["type"]})


def _is_list_of_relationships(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict)
        and _is_service(entry.get("supporting_service"))
        and _is_service(entry.get("dependent_service"))
        for entry in value
    )


def _is_service(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(value.get(name), str) and value[name] for name in ("id", "type"))
