"""Reads object by object, so that a failure of one does not hide the others."""

from __future__ import annotations

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


def shortfall(error: SourceError, *subjects: str) -> Shortfall:
    """Return an error as a shortfall."""
    reason = Reason.SOURCE_ERROR
    if isinstance(error, PermissionDenied):
        reason = Reason.DENIED
    if isinstance(error, NotAvailable):
        reason = Reason.NOT_AVAILABLE
    return Shortfall(reason=reason, detail=str(error), subjects=subjects)
