"""Incidents of one second, asked for in parts: by service, then by urgency, then by status.

Follows the parameters of https://developer.pagerduty.com/api-reference "List incidents". Incidents
of a service that is not listed any more are in none of the parts; the host counts what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.paging import CAP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.sdk.types import CollectRequest

SERVICE = "pagerduty.service"
MOST_SERVICES = 100
"""Named in one question, so that the address stays short."""

_SERVICES, _URGENCY, _STATUS = "services", "urgency", "status"
_URGENCIES = ("high", "low")
_STATUSES = ("triggered", "acknowledged", "resolved")


def filters(part: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the parameters that ask for a part."""
    services = part.get(_SERVICES, "")
    yield from (("service_ids[]", one) for one in services.split(",") if one)
    if _URGENCY in part:
        yield "urgencies[]", part[_URGENCY]
    if _STATUS in part:
        yield "statuses[]", part[_STATUS]


def smaller(ask: CollectRequest, total: int) -> tuple[dict[str, str], ...]:
    """Cut a question that holds so many into smaller ones that are all of it; none: it is smallest.

    Args:
        ask: What was asked.
        total: What the API counted.
    """
    part = dict(ask.slice)
    asked = part.get(_SERVICES)
    services = [str(one["id"]) for one in ask.current_records.get(SERVICE, ())]
    among = asked.split(",") if asked else services
    if _URGENCY not in part and len(among) > 1:
        return tuple({**part, _SERVICES: ",".join(some)} for some in _groups(among, total))
    for name, values in ((_URGENCY, _URGENCIES), (_STATUS, _STATUSES)):
        if name not in part:
            return tuple({**part, name: value} for value in values)
    return ()


def _groups(services: Sequence[str], total: int) -> Sequence[Sequence[str]]:
    """Deal the services out so that each group should hold well under what is listed."""
    wanted = max(2, -(-total * 5 // (CAP * 4)), -(-len(services) // MOST_SERVICES))
    count = min(wanted, len(services))
    return [services[place::count] for place in range(count)]
