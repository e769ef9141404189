"""Listings of PagerDuty: classic paging, its cap, and what can be done about it.

Follows https://developer.pagerduty.com/docs/pagination. A listing that changed while it was read
shows it twice: the first page and the one that should be the last ask for the total, and each page
begins with the last item of the one before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.paging import Capped, OffsetPage, by_offset, offsets, same_object
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
_NEXT_IN_LINE = 1
"""Pages prepared beyond those that the source lets through side by side: the next request goes the
moment another is answered, and not when that answer is decoded."""

Compose = Callable[[JsonObject], JsonObject]
"""Turns an item as received into a record's body as received."""
Slices = Callable[[int], tuple[dict[str, str], ...]]
"""Gives the parts in which so many items can be asked for."""


@dataclass(slots=True, kw_only=True)
class Pager:
    """Reads the pages of one listing, remembering the total."""

    source: HttpSource
    path: str
    wrapper: str
    parameters: tuple[tuple[str, str], ...]
    size: int
    """Items asked for in one request."""
    parallel: int = 1
    counted: bool = True
    """Ask for the total; left out where a kind is made of many small listings."""
    compose: Compose | None = None
    limiter: Limiter | None = None
    total: int | None = None
    _ahead: dict[int, OffsetPage] = field(default_factory=dict)
    _recount_at: int | None = None

    async def read(self, offset: int, limit: int, number: int) -> OffsetPage:
        """Read one page, or give it where it was read already."""
        if offset in self._ahead:
            got = self._ahead.pop(offset)
            return replace(got, page=replace(got.page, number=number))
        end = min(self.total or CAP, CAP)
        edge = number == 1 or offset == self._recount_at
        edge = edge or (self.total is not None and offset + limit >= end)
        query = [*self.parameters, ("limit", str(limit)), ("offset", str(offset))]
        query += [("total", "true")] if self.counted and edge else []
        answer = await self.source.get(self.path, query, limiter=self.limiter)
        return self._page(answer, limit, number)

    async def first(self) -> Page:
        """Read the first page ahead of the others."""
        got = self._ahead[0] = await self.read(0, self.size, 1)
        return got.page

    async def furthest(self) -> Page:
        """Read the last page that the API lists ahead of the others."""
        places = offsets(limit=self.size, total=CAP, linked=True)
        offset = places[-1]
        got = await self.read(offset, min(self.size, CAP - offset), len(places))
        self._ahead[offset] = got
        # That page was not the last to be read: another one has to count again.
        self._recount_at = places[-2]
        return got.page

    def pages(self) -> AsyncIterator[Page | Capped]:
        """Read every page in order."""
        side_by_side = self.parallel + _NEXT_IN_LINE if self.parallel > 1 else 1
        return by_offset(
            self.read, limit=self.size, cap=CAP, same=same_object, parallel=side_by_side
        )

    def _page(self, answer: HttpResponse, limit: int, number: int) -> OffsetPage:
        document = answer.json()
        items = document.get(self.wrapper) if isinstance(document, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadResponse(f"{answer.described()}: {self.wrapper!r} is not a list of objects")
        total, more, offset = (document.get(name) for name in ("total", "more", "offset"))
        self.total = total if _is_count(total) else self.total
        page = Page(
            request=Request(endpoint=self.path, parameters=self.parameters),
            number=number,
            items=[self.compose(item) for item in items] if self.compose else items,
            response_digest=answer.digest,
            received_at=answer.received_at,
            total=total if _is_count(total) else None,
            last=more is False,
        )
        # Where `more` is missing, only a page that is not full can be the last one.
        goes_on = more if isinstance(more, bool) else len(items) >= limit
        return OffsetPage(page=page, offset=offset if _is_count(offset) else None, more=goes_on)


async def listed(pager: Pager, *, may_split: bool) -> AsyncIterator[CollectorEvent]:
    """Read a listing to its end, or say what of it the API will not list.

    Args:
        pager: The listing.
        may_split: Yield an :class:`Overflow`, and nothing else, when there is too much.
    """
    if may_split and ((await pager.first()).total or 0) > CAP:
        yield Overflow(total=pager.total or 0, most=CAP)
        return
    async for found in pager.pages():
        yield found if isinstance(found, Page) else _truncated(pager.path, found)


async def oldest_first(
    pager: Pager, *, instant: str, after: datetime, may_split: bool, parts: Slices
) -> AsyncIterator[CollectorEvent]:
    """Read a listing that is sorted by time as far as the API lists it, and say how far that is.

    What lies in one second cannot be passed in this way: then the listing is offered in parts.

    Args:
        pager: The listing.
        instant: The field that it is sorted by.
        after: Where the window begins.
        may_split: Whether a window that is too large can be cut in time.
        parts: Gives the parts of what time does not cut.
    """
    first = await pager.first()
    total = first.total or 0
    if total > CAP and (found := await _too_many(pager, first, instant, after, parts)):
        if may_split or found.slices:
            yield found
            return
        may_split = False
    last: Page | None = None
    async for one in pager.pages():
        if isinstance(one, Page):
            last = one if one.items else last
            yield one
        elif may_split and last is not None:
            yield ResumeFrom(at=_whole(last.items[-1], instant) or after)
        else:
            yield _truncated(pager.path, one)


async def _too_many(
    pager: Pager, first: Page, instant: str, after: datetime, parts: Slices
) -> Overflow | None:
    """Find out whether reading on in time gets anywhere, or how else to ask."""
    total = first.total or 0
    furthest = await pager.furthest()
    edges = [_whole(item, instant) for page in (first, furthest) for item in _ends(page)]
    told = [edge for edge in edges if edge is not None]
    if len(told) < len(edges) or told != sorted(told) or not told:
        return Overflow(total=total, most=CAP, slices=parts(total))
    if told[-1] > after:
        return None
    return Overflow(total=total, most=CAP, cut=told[-1] + SECOND, slices=parts(total))


def _ends(page: Page) -> Sequence[JsonObject]:
    return (page.items[0], page.items[-1]) if page.items else ()


def _whole(item: JsonObject, instant: str) -> datetime | None:
    told = item.get(instant)
    return parse_instant(told).replace(microsecond=0) if isinstance(told, str) else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _truncated(path: str, capped: Capped) -> Shortfall:
    missing = None if capped.total is None else max(0, capped.total - capped.received)
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"GET {path}: the API lists at most {CAP} of one question and this one has "
        f"{'more' if capped.total is None else capped.total}; {capped.received} were read",
        missing=missing,
    )
