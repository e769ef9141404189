"""Paging, as small separate functions, each with its guards.

A source pages in one of three ways. Nothing here guesses which: the connector says so. Every
function stops a listing that goes in circles: an empty page that promises more, an offset or a
cursor that does not move, more pages than could be true.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ccm_core.errors import BadResponse
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.http.event_loop import others_first
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


Read = Callable[[int, int, int], Awaitable[OffsetPage]]
"""Reads the page at ``(offset, limit, number)``; numbers count from 1."""
Same = Callable[[JsonObject, JsonObject], bool]
"""Whether two items as received are one object."""


def same_object(one: JsonObject, other: JsonObject) -> bool:
    """Tell by the ``id`` where there is one, and by everything where there is none."""
    return one["id"] == other["id"] if "id" in one and "id" in other else one == other


async def by_offset(
    read: Read, *, limit: int, cap: int, same: Same | None = None, parallel: int = 1
) -> AsyncIterator[Page | Capped]:
    """Read a listing by offset, advancing by the number of items received.

    With ``same``, each page is asked to begin with the last item of the one before. As long as it
    does, no item that was there all the time can have slipped from one page to another, in
    whatever order the pages were read; where it does not, :attr:`Page.shifted` says so. That costs
    one item in each page, which is left out again. A listing that fills the cap to its last page
    is read without: it would need one more page than the source has.

    Args:
        read: Reads a page.
        limit: The page size to ask for.
        cap: The source refuses ``offset + limit`` above this.
        same: Compares the items at the edges of pages; None: nobody looks.
        parallel: Pages to read side by side once the first has told the total.

    Yields:
        Each page in order, and one :class:`Capped` at the end when there was more than the cap
        allows.

    Raises:
        BadResponse: The listing goes in circles.
    """
    course = _Course(limit=limit, cap=cap, same=same)
    async for page in _first_to_last(read, course, parallel):
        yield page
    if course.capped:
        yield Capped(received=course.received, total=course.total)


def offsets(*, limit: int, total: int, linked: bool) -> Sequence[int]:
    """Give where the pages of a listing begin when every page but the last is full.

    Args:
        limit: The page size.
        total: The items to reach.
        linked: Whether each page begins with the last item of the one before.
    """
    back = 1 if linked and limit > 1 else 0
    return range(0, max(1, total - back), limit - back)


@dataclass(slots=True, kw_only=True)
class _Course:
    """How far a listing was read."""

    limit: int
    cap: int
    same: Same | None
    offset: int = 0
    number: int = 1
    received: int = 0
    total: int | None = None
    edge: JsonObject | None = None
    """The item that the next page must begin with."""
    capped: bool = False
    ended: bool = False
    short: bool = False
    """Whether the newest page held less than was asked for."""

    @property
    def linked(self) -> bool:
        return self.same is not None and self.limit > 1

    def size(self, offset: int) -> int:
        return min(self.limit, self.cap - offset)

    def take(self, got: OffsetPage) -> Page:
        """Note what a page gave; give it without what the page before gave already."""
        _same_offset(got, self.offset)
        page = self._without_edge(got.page)
        count = len(got.page.items)
        self.total = got.page.total if got.page.total is not None else self.total
        self.same = None if self._too_long_to_link() else self.same
        self.short = count < self.size(self.offset)
        self.received = self.offset + count
        self.ended = not got.more
        if not self.ended and not count:
            raise BadResponse(
                f"GET {page.request.endpoint}: page {self.number} at offset {self.offset} is "
                "empty and says that there is more"
            )
        self.edge = got.page.items[-1] if self.linked and count > 1 else None
        self.offset = self.received - (self.edge is not None)
        self.number += 1
        self.capped = not self.ended and self.received >= self.cap
        return page

    def _too_long_to_link(self) -> bool:
        if self.number > 1 or self.total is None or self.total > self.cap:
            return False
        places = offsets(limit=self.limit, total=self.total, linked=True)
        return len(places) > -(-self.cap // self.limit)

    def _without_edge(self, page: Page) -> Page:
        if self.edge is None or self.same is None:
            return page
        if page.items and self.same(page.items[0], self.edge):
            return replace(page, items=page.items[1:], shifted=False)
        return replace(page, shifted=True)


async def _first_to_last(read: Read, course: _Course, parallel: int) -> AsyncIterator[Page]:
    while not (course.ended or course.capped):
        got = await read(course.offset, course.size(course.offset), course.number)
        yield course.take(got)
        if parallel > 1 and course.number == 2 and not course.short:  # noqa: PLR2004 - after one page
            async for page in _side_by_side(read, course, parallel):
                yield page


async def _side_by_side(read: Read, course: _Course, parallel: int) -> AsyncIterator[Page]:
    """Read the pages that the total promises; the last one only when all others are there."""
    reach = min(course.total or 0, course.cap)
    places = offsets(limit=course.limit, total=reach, linked=course.linked)[1:]
    ahead = deque(zip(places[:-1], range(2, len(places) + 1), strict=False))
    under_way: deque[asyncio.Task[OffsetPage]] = deque()

    def start() -> None:
        while ahead and len(under_way) < parallel:
            offset, number = ahead.popleft()
            page = read(offset, course.size(offset), number)
            under_way.append(asyncio.ensure_future(page))

    start()
    try:
        while under_way and not course.ended:
            got = await under_way.popleft()
            start()
            await others_first()
            yield course.take(got)
            if course.short:
                # The pages that were asked for do not follow on this one: go on one by one.
                return
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def by_cursor(
    read: Callable[[str | None, int], Awaitable[CursorPage]], *, most: int = 100_000
) -> AsyncIterator[Page]:
    """Read a listing by cursor until there is none.

    Args:
        read: Reads the page at ``(cursor, number)``; the first cursor is None.
        most: Pages after which the listing is not believed any more.

    Raises:
        BadResponse: A cursor came twice, or there is no end.
    """
    cursor, number, seen = None, 1, set[str]()
    while True:
        got = await read(cursor, number)
        yield got.page
        if got.following is None:
            return
        if got.following in seen or number >= most:
            raise BadResponse(
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
        BadResponse: A link leaves the host or came twice, or there is no end.
    """
    home = urlsplit(first)[:2]

    async def follow(cursor: str | None, number: int) -> CursorPage:
        url = first if cursor is None else cursor
        if urlsplit(url)[:2] != home:
            raise BadResponse(f"page {number} would be read from another host; that is refused")
        return await read(url, number)

    async for page in by_cursor(follow, most=most):
        yield page


def _same_offset(got: OffsetPage, asked: int) -> None:
    if got.offset is not None and got.offset != asked:
        raise BadResponse(
            f"GET {got.page.request.endpoint}: asked for offset {asked}, the source answered "
            f"with offset {got.offset}"
        )
