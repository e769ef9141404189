"""Reads the rule sets of orchestrations, object by object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Page
    from ccm_pagerduty.client import PagerDutySession


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
