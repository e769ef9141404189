"""Reading object by object, where one that fails must not hide the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, BadResponse, NotAvailable, PermissionDenied, SourceError
from ccm_core.sdk.types import Reason, Shortfall
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from ccm_core.sdk.types import CollectorEvent, JsonObject

MOST_IN_A_ROW = 3
"""Bad answers in a row after which the source itself is taken to be broken."""
MOST_REFUSED = 25
"""Refusals after which, where nothing was ever answered, the others are not asked for."""


async def one_by_one(
    kind: str,
    objects: Iterable[JsonObject],
    read: Callable[[JsonObject], AsyncIterator[CollectorEvent]],
) -> AsyncIterator[CollectorEvent]:
    """Read something of each object; what one of them refuses becomes a shortfall that names it.

    Args:
        kind: Of the objects.
        objects: Bodies with an ``id``.
        read: Reads what belongs to one of them.

    Raises:
        SourceError: What no other object would answer differently: a refused credential, a missing
            scope or ability, a source out of reach, a limit that does not end.
    """
    in_a_row = refused = 0
    for one in objects:
        try:
            async for found in read(one):
                yield found
            in_a_row, refused = 0, -1
        except (ScopeMissing, AbilityMissing):
            raise
        except (PermissionDenied, NotAvailable, BadRequest, BadResponse) as error:
            in_a_row = in_a_row + 1 if isinstance(error, BadResponse) else 0
            refused += refused >= 0
            if in_a_row >= MOST_IN_A_ROW or refused > MOST_REFUSED:
                raise
            yield shortfall(error, f"{kind}:{one['id']}")


def shortfall(error: SourceError, *subjects: str) -> Shortfall:
    """Say as a value what an error kept from being seen."""
    reason = Reason.SOURCE_ERROR
    if isinstance(error, PermissionDenied):
        reason = Reason.DENIED
    if isinstance(error, NotAvailable):
        reason = Reason.NOT_AVAILABLE
    return Shortfall(reason=reason, detail=str(error), subjects=subjects)
