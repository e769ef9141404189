"""Splits a query for incidents of one second: by service, then by urgency, then by status.

Follows the parameters of https://developer.pagerduty.com/api-reference "List incidents". Incidents
of a service that is not listed any more are in no slice; the host counts what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.paging import CAP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.sdk.types import CollectRequest

SERVICE = "pagerduty.service"
MAX_SERVICES = 100
"""Services in one query, so that the URL stays short."""

_SERVICES, _URGENCY, _STATUS = "services", "urgency", "status"
_URGENCIES = ("high", "low")
_STATUSES = ("triggered", "acknowledged", "resolved")


def filters(slice_: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the query parameters of a slice."""
    services = slice_.get(_SERVICES, "")
    yield from (("service_ids[]", service_id) for service_id in services.split(",") if service_id)
    if _URGENCY in slice_:
        yield "urgencies[]", slice_[_URGENCY]
    if _STATUS in slice_:
        yield "statuses[]", slice_[_STATUS]


def split_query(request: CollectRequest, total: int) -> tuple[dict[str, str], ...]:
    """Split a query into smaller ones that together cover it; empty: it cannot be split.

    Args:
        request: The request.
        total: The number of incidents that the API counted.
    """
    current = dict(request.slice)
    service_ids = current.get(_SERVICES)
    services = [str(service["id"]) for service in request.current_records.get(SERVICE, ())]
    scope = service_ids.split(",") if service_ids else services
    if _URGENCY not in current and len(scope) > 1:
        return tuple({**current, _SERVICES: ",".join(group)} for group in _groups(scope, total))
    for name, values in ((_URGENCY, _URGENCIES), (_STATUS, _STATUSES)):
        if name not in current:
            return tuple({**current, name: value} for value in values)
    return ()


def _groups(services: Sequence[str], total: int) -> Sequence[Sequence[str]]:
    """Group the services so that each group should stay well under the cap."""
    minimum = max(2, -(-total * 5 // (CAP * 4)), -(-len(services) // MAX_SERVICES))
    count = min(minimum, len(services))
    return [services[first::count] for first in range(count)]
