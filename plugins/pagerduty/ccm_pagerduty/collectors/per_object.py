"""Reads object by object, so that a failure of one does not hide the others."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, BadResponse, NotAvailable, PermissionDenied, SourceError
from ccm_core.sdk.types import Reason, Shortfall
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from ccm_core.sdk.types import CollectorEvent, JsonObject

MAX_CONSECUTIVE = 3
"""Consecutive bad responses after which the source itself is considered broken."""
MAX_REFUSED = 25
"""Refusals without any success after which the other objects are not requested."""
_REFUSALS = MappingProxyType({Reason.NOT_AVAILABLE: NotAvailable, Reason.DENIED: PermissionDenied})


async def one_by_one(
    kind: str,
    objects: Iterable[JsonObject],
    read: Callable[[JsonObject], AsyncIterator[CollectorEvent]],
) -> AsyncIterator[CollectorEvent]:
    """Read the details of each object; a refused object becomes a shortfall that names it.

    Args:
        kind: The evidence kind of the objects.
        objects: Bodies with an ``id``.
        read: Reads the details of one object.

    Raises:
        SourceError: The error would be the same for every object: a refused credential, a missing
            scope or ability, an unreachable source, a rate limit that does not end.
    """
    consecutive = refused = 0
    for body in objects:
        try:
            async for event in read(body):
                yield event
            consecutive, refused = 0, -1
        except (ScopeMissing, AbilityMissing):
            raise
        except (PermissionDenied, NotAvailable, BadRequest, BadResponse) as error:
            consecutive = consecutive + 1 if isinstance(error, BadResponse) else 0
            refused += refused >= 0
            if consecutive >= MAX_CONSECUTIVE or refused > MAX_REFUSED:
                raise
            yield shortfall(error, f"{kind}:{body['id']}")


async def each_unless_all_refused(
    kind: str,
    objects: Iterable[JsonObject],
    read: Callable[[JsonObject], AsyncIterator[CollectorEvent]],
) -> AsyncIterator[CollectorEvent]:
    """Read object by object; where every single one is refused alike, the feature is off.

    Args:
        kind: The evidence kind of the objects.
        objects: Bodies with an ``id``.
        read: Reads the details of one object.

    Raises:
        NotAvailable: The source has the details of none of them.
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


def shortfall(error: SourceError, *subjects: str) -> Shortfall:
    """Return an error as a shortfall."""
    reason = Reason.SOURCE_ERROR
    if isinstance(error, PermissionDenied):
        reason = Reason.DENIED
    if isinstance(error, NotAvailable):
        reason = Reason.NOT_AVAILABLE
    return Shortfall(reason=reason, detail=str(error), subjects=subjects)
