"""Paging: one page of a list by ``offset`` and ``limit``, with its cap, or by cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection

T = TypeVar("T")
_DEFAULT_LIMIT = 25
_CURSOR = "bmV4dA-"


def page_response(
    context: EndpointContext,
    request: SimulatedRequest,
    key: str,
    rows: Sequence[T],
    serialize: Callable[[T], object],
    *,
    default_limit: int = _DEFAULT_LIMIT,
    max_limit: int | None = None,
) -> SimulatedResponse:
    """Return one page of a list, in classic paging.

    Raises:
        RejectedRequest: The page lies beyond the cap.
    """
    limit = min(
        request.integer("limit", default_limit) or default_limit,
        max_limit or context.control.max_limit,
    )
    offset = request.integer("offset", 0)
    cap = context.control.paging_cap
    if offset + limit > cap:
        raise rejection(
            400,
            f"Offset+limit exceeds maximum allowed value of {cap}. "
            "Please try to refine your search to reduce the returned set of records.",
            code=2002,
        )
    return json_response(
        {
            key: [serialize(row) for row in rows[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "total": len(rows) if request.flag("total") else None,
            "more": offset + limit < len(rows),
        }
    )


def cursor_response(
    context: EndpointContext,
    request: SimulatedRequest,
    key: str,
    rows: Sequence[T],
    serialize: Callable[[T], object],
) -> SimulatedResponse:
    """Return one page of a list that hands out cursors; the last one has none.

    Raises:
        RejectedRequest: The cursor is none that was handed out.
    """
    default = context.control.max_limit
    limit = min(request.integer("limit", default) or default, default)
    cursor = request.value("cursor") or f"{_CURSOR}0"
    position = cursor.removeprefix(_CURSOR)
    if not cursor.startswith(_CURSOR) or not position.isdecimal():
        raise rejection(400, "Cursor is invalid.")
    end = int(position) + limit
    return json_response(
        {
            key: [serialize(row) for row in rows[end - limit : end]],
            "limit": limit,
            "next_cursor": f"{_CURSOR}{end}" if end < len(rows) else None,
        }
    )
