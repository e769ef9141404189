"""Offset paging of PagerDuty listings, up to the API's cap and beyond it.

Follows https://developer.pagerduty.com/docs/pagination. A listing that changes while it is read is
detected in two ways: the first and the last page request the total, and each page begins with the
last item of the page before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.paging import (
    CapReached,
    OffsetPage,
    PageReads,
    page_offsets,
    paginate_by_offset,
    same_object,
    timeouts_for,
)
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import (
    CollectorEvent,
    JsonObject,
    Overflow,
    Page,
    Reason,
    Request,
    ResumeFrom,
    Shortfall,
)

if TYPE_CHECKING:
    from ccm_core.sdk.http import HttpResponse, HttpSource
    from ccm_core.sdk.rate_limit import Limiter

CAP = 10_000
"""The API refuses ``offset + limit`` above this."""
SECOND = timedelta(seconds=1)
_PREFETCHED = 1
"""Pages prepared beyond those requested in parallel: the next request is sent as soon as a response
arrives, not when it is decoded."""

Compose = Callable[[JsonObject], JsonObject]
"""Converts a received item into a record's body."""
Slices = Callable[[int], tuple[dict[str, str], ...]]
"""Returns the slices in which so many items can be requested."""


@dataclass(slots=True, kw_only=True)
class Pager:
    """Reads the pages of one listing, and keeps its total."""

    source: HttpSource
    path: str
    wrapper: str
    parameters: tuple[tuple[str, str], ...]
    size: int
    """Items per request."""
    parallel: int = 1
    counted: bool = True
    """Request the total; off where a kind consists of many small listings."""
    compose: Compose | None = None
    limiter: Limiter | None = None
    total: int | None = None
    _reads: PageReads = field(init=False)
    _ahead: dict[int, OffsetPage] = field(default_factory=dict)
    _recount_at: int | None = None

    def __post_init__(self) -> None:
        """Read pages in halves where they are too large, and again where they are odd."""
        self._reads = PageReads(self._read, self.size)

    async def _read(self, offset: int, limit: int, number: int) -> OffsetPage:
        """Read one page, or return it where it was read ahead."""
        if offset in self._ahead:
            ahead = self._ahead.pop(offset)
            return replace(ahead, page=replace(ahead.page, number=number))
        end = min(self.total or CAP, CAP)
        edge = number == 1 or offset == self._recount_at
        edge = edge or (self.total is not None and offset + limit >= end)
        query = [*self.parameters, ("limit", str(limit)), ("offset", str(offset))]
        query += [("total", "true")] if self.counted and edge else []
        response = await self.source.get(
            self.path, query, limiter=self.limiter, timeouts=timeouts_for(limit)
        )
        return self._page(response, limit, number)

    async def first(self) -> Page:
        """Read the first page ahead of the others."""
        first = self._ahead[0] = await self._reads(0, self.size, 1)
        return first.page

    async def furthest(self) -> Page:
        """Read the last page that the API lists ahead of the others."""
        starts = page_offsets(limit=self.size, total=CAP, overlapping=True)
        offset = starts[-1]
        last = await self._reads(offset, min(self.size, CAP - offset), len(starts))
        self._ahead[offset] = last
        # That page is not the last one that is read: a later page has to request the total again.
        self._recount_at = starts[-2]
        return last.page

    def pages(self) -> AsyncIterator[Page | CapReached]:
        """Read every page in order."""
        concurrency = self.parallel + _PREFETCHED if self.parallel > 1 else 1
        return paginate_by_offset(
            self._reads, limit=self.size, cap=CAP, same_item=same_object, parallel=concurrency
        )

    def _page(self, response: HttpResponse, limit: int, number: int) -> OffsetPage:
        document = response.json()
        items = document.get(self.wrapper) if isinstance(document, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadResponse(f"{response.summary()}: {self.wrapper!r} is not a list of objects")
        total, more, offset = (document.get(name) for name in ("total", "more", "offset"))
        self.total = total if _is_count(total) else self.total
        page = Page(
            request=Request(endpoint=self.path, parameters=self.parameters),
            number=number,
            items=[self.compose(item) for item in items] if self.compose else items,
            response_digest=response.digest,
            received_at=response.received_at,
            total=total if _is_count(total) else None,
            last=more is False,
        )
        # Where `more` is missing, only a page that is not full can be the last one.
        has_more = more if isinstance(more, bool) else len(items) >= limit
        return OffsetPage(page=page, offset=offset if _is_count(offset) else None, more=has_more)


async def listed(pager: Pager, *, may_split: bool) -> AsyncIterator[CollectorEvent]:
    """Read a listing to its end, or report what the API does not list.

    Args:
        pager: The listing.
        may_split: Yield only an :class:`Overflow` when there are too many items.
    """
    if may_split and ((await pager.first()).total or 0) > CAP:
        yield Overflow(total=pager.total or 0, limit=CAP)
        return
    async for page in pager.pages():
        yield page if isinstance(page, Page) else _truncated(pager.path, page)


async def oldest_first(
    pager: Pager, *, instant: str, after: datetime, may_split: bool, slices: Slices
) -> AsyncIterator[CollectorEvent]:
    """Read a listing sorted by time as far as the API lists it, and report how far that is.

    Items of the same second cannot be passed in this way: then the listing is offered in slices.

    Args:
        pager: The listing.
        instant: The field by which it is sorted.
        after: The start of the window.
        may_split: Whether a window that is too large can be split in time.
        slices: Returns the slices of a query that time does not split.
    """
    first = await pager.first()
    total = first.total or 0
    if total > CAP and (overflow := await _split_needed(pager, first, instant, after, slices)):
        if may_split or overflow.slices:
            yield overflow
            return
        may_split = False
    last: Page | None = None
    async for page in pager.pages():
        if isinstance(page, Page):
            last = page if page.items else last
            yield page
        elif may_split and last is not None:
            yield ResumeFrom(at=_instant_of(last.items[-1], instant) or after)
        else:
            yield _truncated(pager.path, page)


async def _split_needed(
    pager: Pager, first: Page, instant: str, after: datetime, slices: Slices
) -> Overflow | None:
    """Return how to split the listing; None where reading on in time makes progress."""
    total = first.total or 0
    furthest = await pager.furthest()
    edges = [
        _instant_of(item, instant) for page in (first, furthest) for item in _first_and_last(page)
    ]
    instants = [edge for edge in edges if edge is not None]
    if len(instants) < len(edges) or instants != sorted(instants) or not instants:
        return Overflow(total=total, limit=CAP, slices=slices(total))
    if instants[-1] > after:
        return None
    return Overflow(total=total, limit=CAP, split_at=instants[-1] + SECOND, slices=slices(total))


def _first_and_last(page: Page) -> Sequence[JsonObject]:
    return (page.items[0], page.items[-1]) if page.items else ()


def _instant_of(item: JsonObject, instant: str) -> datetime | None:
    text = item.get(instant)
    return parse_instant(text).replace(microsecond=0) if isinstance(text, str) else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _truncated(path: str, capped: CapReached) -> Shortfall:
    missing = None if capped.total is None else max(0, capped.total - capped.received)
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"GET {path}: the API lists at most {CAP} objects per query and this query has "
        f"{'more' if capped.total is None else capped.total}; {capped.received} were read",
        missing=missing,
    )
