"""Cursor paging: each page hands out the cursor of the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from ccm_core.errors import BadResponse
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.collector import Page

MAX_PAGES = 100_000
"""Pages after which a listing is no longer believed to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorPage:
    """A page of a listing that hands out cursors."""

    page: Page
    next_cursor: str | None
    """The cursor of the next page, or its URL; None at the end."""


async def paginate_by_cursor(
    read: Callable[[str | None, int], Awaitable[CursorPage]], *, max_pages: int = MAX_PAGES
) -> AsyncIterator[Page]:
    """Read a listing by cursor until there is none.

    Args:
        read: Reads the page at ``(cursor, number)``; the first cursor is None.
        max_pages: Pages after which the listing is no longer believed to end.

    Raises:
        BadResponse: A cursor came twice, or there is no end.
    """
    cursor, number, visited = None, 1, set[str]()
    while True:
        response = await read(cursor, number)
        yield response.page
        cursor = response.next_cursor
        if cursor is None:
            return
        endpoint = response.page.request.endpoint
        if cursor in visited:
            raise BadResponse(f"GET {endpoint}: page {number} leads back to a page already read")
        if number >= max_pages:
            raise BadResponse(f"GET {endpoint}: no end after {number} pages")
        visited.add(cursor)
        number += 1
