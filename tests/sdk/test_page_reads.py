"""Pages that are too large are asked for in halves, and empty ones that promise more once again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.errors import BadResponse, TimedOut
from ccm_core.sdk.paging import OffsetPage, paginate_by_offset, same_object
from ccm_core.sdk.types import Page, Request

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class SlowListing:
    """A listing that answers pages up to a size in time, and now and then with an empty page."""

    def __init__(
        self,
        count: int,
        in_time: int,
        odd: frozenset[int] = frozenset(),
        first_in_time: int | None = None,
    ) -> None:
        self.count, self.in_time, self.odd = count, in_time, odd
        self.first_in_time = in_time if first_in_time is None else first_in_time
        self.requests: list[tuple[int, int]] = []

    async def read(self, offset: int, limit: int, number: int) -> OffsetPage:
        """Read a page."""
        await asyncio.sleep(0)
        self.requests.append((offset, limit))
        if limit > (self.first_in_time if len(self.requests) == 1 else self.in_time):
            raise TimedOut("silence")
        last = min(self.count, offset + limit)
        items = [] if len(self.requests) in self.odd else [{"id": n} for n in range(offset, last)]
        page = Page(
            request=Request(endpoint="/things"),
            number=number,
            items=items,
            response_digest="sha256:0",
            received_at=NOW,
            total=self.count,
        )
        more = last < self.count or bool(offset < self.count and not items)
        return OffsetPage(page=page, offset=offset, more=more)

    def ids(self, **options) -> list[int]:
        """Read all of it; return the id of each item."""

        async def drain() -> list[int]:
            listing = paginate_by_offset(self.read, limit=100, cap=10_000, **options)
            pages = [page async for page in listing if isinstance(page, Page)]
            return [item["id"] for page in pages for item in page.items]

        return asyncio.run(drain())


@given(
    count=st.integers(0, 700),
    in_time=st.integers(6, 100),
    odd=st.frozensets(st.integers(1, 20)).filter(lambda odd: not any(n + 1 in odd for n in odd)),
    same=st.sampled_from([None, same_object]),
)
def test_a_slow_listing_with_odd_pages_is_read_once_and_completely(count, in_time, odd, same):
    """Whatever size the source can answer, and whichever page is empty the first time."""
    listing = SlowListing(count, in_time, odd)
    assert listing.ids(same_item=same) == list(range(count))
    assert sum(limit > in_time for _, limit in listing.requests) <= 4


def test_a_page_that_takes_too_long_is_halved_and_read_from_the_same_offset():
    """The pages after it stay as small as it had to be."""
    listing = SlowListing(60, in_time=30)
    listing.ids()
    assert listing.requests == [(0, 100), (0, 50), (0, 25), (25, 25), (50, 25)]


def test_pages_side_by_side_are_halved_together():
    """Those in flight count as one time-out each, not as more halvings."""
    listing = SlowListing(390, in_time=50, first_in_time=100)
    assert listing.ids(parallel=4) == list(range(390))
    assert min(limit for _, limit in listing.requests) == 50


def test_a_source_that_answers_no_page_in_time_ends_in_an_error():
    """The halves are bounded."""
    listing = SlowListing(60, in_time=5)
    with pytest.raises(TimedOut):
        listing.ids()
    assert [limit for _, limit in listing.requests] == [100, 50, 25, 12, 6]


@pytest.mark.parametrize("number", [1, 2])
def test_a_page_that_is_empty_twice_and_promises_more_ends_in_an_error(number):
    """It is never the end of a complete listing."""
    listing = SlowListing(150, in_time=100, odd=frozenset({number, number + 1}))
    with pytest.raises(BadResponse, match="says that there is more, twice"):
        listing.ids()
