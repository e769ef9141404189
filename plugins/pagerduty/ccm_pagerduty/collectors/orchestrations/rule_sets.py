"""Reads the rule sets of orchestrations, object by object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import Reason, Shortfall
from ccm_pagerduty.collectors.per_object import one_by_one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from ccm_core.sdk.types import CollectorEvent, JsonObject, Page
    from ccm_pagerduty.client import PagerDutySession

_REFUSALS = {Reason.NOT_AVAILABLE: NotAvailable, Reason.DENIED: PermissionDenied}


async def read_path(session: PagerDutySession, path: str, kind: str, parent: JsonObject) -> Page:
    """Read the rule sets at one path.

    Args:
        session: The open connection.
        path: Where they are.
        kind: ``router``, ``unrouted``, ``global`` or ``service``.
        parent: A reference to what they belong to, by its title; PagerDuty sends none.

    Raises:
        BadResponse: The response has no such rule sets.
        SourceError: The request was refused or failed.
    """
    fetched = await session.get(path, "orchestration_path")
    if not isinstance(fetched.value, dict):
        raise BadResponse(f"{fetched.response.summary()}: 'orchestration_path' is not an object")
    return fetched.page([{**fetched.value, "type": kind, "parent": parent}])


async def each_unless_all_refused(
    kind: str,
    objects: Iterable[JsonObject],
    read: Callable[[JsonObject], AsyncIterator[CollectorEvent]],
) -> AsyncIterator[CollectorEvent]:
    """Read object by object; where every single one is refused alike, the feature is off.

    Args:
        kind: The evidence kind of the objects.
        objects: Bodies with an ``id``.
        read: Reads the rule sets of one object.

    Raises:
        NotAvailable: The source has rule sets of none of them.
        PermissionDenied: The credential may read those of none of them.
        SourceError: The error would be the same for every object.
    """
    refused: list[Shortfall] = []
    has_read = False
    async for event in one_by_one(kind, objects, read):
        if isinstance(event, Shortfall) and not has_read:
            refused.append(event)
            continue
        for shortfall in refused:
            yield shortfall
        refused, has_read = [], True
        yield event
    for reason, error in _REFUSALS.items():
        if refused and all(shortfall.reason is reason for shortfall in refused):
            raise error(f"{refused[0].detail} (the same for each of {len(refused)})")
    for shortfall in refused:
        yield shortfall
