"""Paging, as small separate functions, each with its guards.

A source pages in one of three ways. Nothing here guesses which: the connector says so. Every
function stops a listing that goes in circles: an empty page that promises more, an offset or a
cursor that does not move, more pages than could be true.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ccm_core.errors import BadAnswer
from ccm_core.sdk.types import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPage:
    """A page of a listing that counts records."""

    page: Page
    offset: int | None
    """The offset the source says this page begins at, where it says so."""
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorPage:
    """A page of a listing that hands out cursors."""

    page: Page
    following: str | None
    """The next cursor; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """The listing goes on, but the source will not list more of it."""

    received: int
    total: int | None


async def by_offset(
    read: Callable[[int, int, int], Awaitable[OffsetPage]], *, limit: int, cap: int
) -> AsyncIterator[Page | Capped]:
    """Read a listing by offset, advancing by the number of items received.

    Args:
        read: Reads the page at ``(offset, limit, number)``; numbers count from 1.
        limit: The page size to ask for.
        cap: The source refuses ``offset + limit`` above this.

    Yields:
        Each page, and one :class:`Capped` at the end when there was more than the cap allows.

    Raises:
        BadAnswer: The listing goes in circles.
    """
    offset, number, total = 0, 1, None
    while True:
        size = min(limit, cap - offset)
        if size <= 0:
            yield Capped(received=offset, total=total)
            return
        got = await read(offset, size, number)
        _same_offset(got, offset)
        total = got.page.total if got.page.total is not None else total
        yield got.page
        if not got.more:
            return
        if not got.page.items:
            raise BadAnswer(
                f"GET {got.page.request.endpoint}: page {number} at offset {offset} is empty "
                "and says that there is more"
            )
        offset, number = offset + len(got.page.items), number + 1


async def by_cursor(
    read: Callable[[str | None, int], Awaitable[CursorPage]], *, most: int = 100_000
) -> AsyncIterator[Page]:
    """Read a listing by cursor until there is none.

    Args:
        read: Reads the page at ``(cursor, number)``; the first cursor is None.
        most: Pages after which the listing is not believed any more.

    Raises:
        BadAnswer: A cursor came twice, or there is no end.
    """
    cursor, number, seen = None, 1, set[str]()
    while True:
        got = await read(cursor, number)
        yield got.page
        if got.following is None:
            return
        if got.following in seen or number >= most:
            raise BadAnswer(
                f"GET {got.page.request.endpoint}: page {number} leads back to a page already read"
                if got.following in seen
                else f"GET {got.page.request.endpoint}: no end after {number} pages"
            )
        seen.add(got.following)
        cursor, number = got.following, number + 1


async def by_link(
    read: Callable[[str, int], Awaitable[CursorPage]], *, first: str, most: int = 100_000
) -> AsyncIterator[Page]:
    """Read a listing whose pages name the next one by URL; links to another host are refused.

    Args:
        read: Reads the page at ``(url, number)``; ``following`` is the next URL.
        first: The first URL.
        most: Pages after which the listing is not believed any more.

    Raises:
        BadAnswer: A link leaves the host or came twice, or there is no end.
    """
    home = urlsplit(first)[:2]

    async def follow(cursor: str | None, number: int) -> CursorPage:
        url = first if cursor is None else cursor
        if urlsplit(url)[:2] != home:
            raise BadAnswer(f"page {number} would be read from another host; that is refused")
        return await read(url, number)

    async for page in by_cursor(follow, most=most):
        yield page


def _same_offset(got: OffsetPage, asked: int) -> None:
    if got.offset is not None and got.offset != asked:
        raise BadAnswer(
            f"GET {got.page.request.endpoint}: asked for offset {asked}, the source answered "
            f"with offset {got.offset}"
        )
