"""Link paging: each page names the URL of the next one, in its body or its ``Link`` header."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

from ccm_core.errors import BadResponse
from ccm_core.sdk.collector import Page
from ccm_core.sdk.paging.cursor import MAX_PAGES, CursorPage, paginate_by_cursor


async def paginate_by_link(
    read: Callable[[str, int], Awaitable[CursorPage]], *, first: str, max_pages: int = MAX_PAGES
) -> AsyncIterator[Page]:
    """Read a listing whose pages name the next one by URL; links to another host are refused.

    Args:
        read: Reads the page at ``(url, number)``; ``next_cursor`` is the next URL.
        first: The first URL.
        max_pages: Pages after which the listing is no longer believed to end.

    Raises:
        BadResponse: A link leaves the host or came twice, or there is no end.
    """
    origin = urlsplit(first)[:2]

    async def follow(cursor: str | None, number: int) -> CursorPage:
        url = first if cursor is None else cursor
        if urlsplit(url)[:2] != origin:
            raise BadResponse(f"page {number} would be read from another host; that is refused")
        return await read(url, number)

    async for page in paginate_by_cursor(follow, max_pages=max_pages):
        yield page
