"""Reading a page of a listing by offset: again where it is odd, in halves where it is too large."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ccm_core.errors import TimedOut
from ccm_core.sdk.paging.offset_progress import OffsetPage

ReadPage = Callable[[int, int, int], Awaitable[OffsetPage]]
"""Reads the page at ``(offset, limit, number)``; numbers count from 1."""

SMALLEST_PAGE = 6
"""Items below which a page is not halved: 100, 50, 25, 12, 6."""
_TIMEOUTS, _TIMEOUTS_OF_SMALLEST = 1, 3


def timeouts_for(limit: int) -> int:
    """Return after how many time-outs a page of so many items is given up.

    Reads of a page pass it to :meth:`ccm_core.sdk.http.HttpSource.get`.
    """
    return _TIMEOUTS if limit // 2 >= SMALLEST_PAGE else _TIMEOUTS_OF_SMALLEST


@dataclass(slots=True)
class PageReads:
    """Reads the pages of one listing, each with what its source needs to answer.

    A page that the source does not answer in time is asked for in halves, from the same offset; the
    pages after it stay that small. An empty page that says that there is more is asked for once
    more: what comes then is the answer.
    """

    read: ReadPage
    largest: int
    """Items that one page may have: what was asked for at first, halved with each time-out."""

    async def __call__(self, offset: int, limit: int, number: int) -> OffsetPage:
        """Read the page at an offset.

        Raises:
            TimedOut: Not even the smallest page came in time.
        """
        page = await self._in_time(offset, limit, number)
        if page.more and not page.page.items:
            page = await self._in_time(offset, limit, number)
        return page

    async def _in_time(self, offset: int, limit: int, number: int) -> OffsetPage:
        while True:
            size = min(limit, self.largest)
            try:
                return await self.read(offset, size, number)
            except TimedOut:
                if size // 2 < SMALLEST_PAGE:
                    raise
                self.largest = min(self.largest, size // 2)
