"""Offset paging: pages at ``offset`` and ``limit``, one after the other or in parallel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from ccm_core.sdk.collector import Page
from ccm_core.sdk.paging.offset_progress import (
    CapReached,
    OffsetPage,
    OffsetProgress,
    SameItem,
    page_offsets,
)
from ccm_core.sdk.paging.page_reads import PageReads, ReadPage
from ccm_core.sdk.rate_limit import yield_to_requests


async def paginate_by_offset(
    read: ReadPage, *, limit: int, cap: int, same_item: SameItem | None = None, parallel: int = 1
) -> AsyncIterator[Page | CapReached]:
    """Read a listing by offset, advancing by the number of items received.

    A page that does not come in time is asked for in halves, and an empty page that says that there
    is more once again: see :class:`PageReads`.

    With ``same_item``, each page is asked to begin with the last item of the one before. As long as
    it does, no item that was listed all the time can have moved from one page to another, in
    whatever order the pages were read; where it does not, :attr:`Page.shifted` says so. That costs
    one item in each page, which is left out again. A listing that fills the cap to its last page
    is read without: it would need one more page than the source has.

    Args:
        read: Reads a page; a :class:`PageReads` where pages are read beside this as well.
        limit: The page size to ask for.
        cap: The source refuses ``offset + limit`` above this.
        same_item: Compares the items at the edges of pages; None: pages do not overlap.
        parallel: Pages to read at once when the first one has a total.

    Yields:
        Each page in order, and one :class:`CapReached` at the end when there was more than the cap
        allows.

    Raises:
        BadResponse: The listing goes in circles.
    """
    progress = OffsetProgress(limit=limit, cap=cap, same_item=same_item)
    reads = read if isinstance(read, PageReads) else PageReads(read, limit)
    async for page in _pages(reads, progress, parallel):
        yield page
    if progress.capped:
        yield CapReached(received=progress.received, total=progress.total)


async def _pages(read: ReadPage, progress: OffsetProgress, parallel: int) -> AsyncIterator[Page]:
    while not (progress.ended or progress.capped):
        response = await read(progress.offset, progress.size(progress.offset), progress.number)
        yield progress.advance(response)
        after_first = progress.number == 2  # noqa: PLR2004 - the number of the next page
        if parallel > 1 and after_first and not progress.short:
            async for page in _parallel_pages(read, progress, parallel):
                yield page


async def _parallel_pages(
    read: ReadPage, progress: OffsetProgress, parallel: int
) -> AsyncIterator[Page]:
    """Read the pages that the total promises; the last one only after all others."""
    reachable = min(progress.total or 0, progress.cap)
    offsets = page_offsets(limit=progress.limit, total=reachable, overlapping=progress.overlapping)[
        1:
    ]
    pending = deque(zip(offsets[:-1], range(2, len(offsets) + 1), strict=False))
    in_flight: deque[asyncio.Task[OffsetPage]] = deque()

    def start_requests() -> None:
        while pending and len(in_flight) < parallel:
            offset, number = pending.popleft()
            page = read(offset, progress.size(offset), number)
            in_flight.append(asyncio.ensure_future(page))

    start_requests()
    try:
        while in_flight and not progress.ended:
            response = await in_flight.popleft()
            start_requests()
            await yield_to_requests()
            yield progress.advance(response)
            if progress.short:
                # The requests in flight do not continue this page: go on one by one.
                return
    finally:
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)
