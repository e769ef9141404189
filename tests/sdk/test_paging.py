"""Paging: everything is read once, and a listing that goes in circles is stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.errors import BadResponse
from ccm_core.sdk.paging import (
    CapReached,
    CursorPage,
    OffsetPage,
    paginate_by_cursor,
    paginate_by_link,
    paginate_by_offset,
    same_object,
)
from ccm_core.sdk.types import Page, Request

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def page(items, number=1, total=None) -> Page:
    """Return a page of items that have only an id."""
    return Page(
        request=Request(endpoint="/things"),
        number=number,
        items=[{"id": item} for item in items],
        response_digest="sha256:0",
        received_at=NOW,
        total=total,
    )


def drained(pages) -> list:
    """Read an async iterator to its end."""

    async def drain() -> list:
        return [event async for event in pages]

    return asyncio.run(drain())


def ids(events) -> list:
    """Return the ids of every item of every page."""
    return [item["id"] for event in events if isinstance(event, Page) for item in event.items]


@given(
    count=st.integers(0, 300),
    limit=st.integers(1, 50),
    cap=st.integers(1, 120),
    served=st.integers(1, 50),
    same=st.sampled_from([None, same_object]),
    parallel=st.integers(1, 4),
)
def test_offset_paging_reads_every_record_once_up_to_the_cap(
    count, limit, cap, served, same, parallel
):
    """Whatever page size the source really serves, the offset follows what was received."""

    async def read(offset, size, number):
        items = list(range(count))[offset : offset + min(size, served)]
        more = offset + len(items) < count
        return OffsetPage(page=page(items, number, count), offset=offset, more=more)

    events = drained(
        paginate_by_offset(read, limit=limit, cap=cap, same_item=same, parallel=parallel)
    )
    assert not [event for event in events if isinstance(event, Page) and event.shifted]
    capped = [event for event in events if isinstance(event, CapReached)]
    assert ids(events) == list(range(min(count, cap)))
    assert bool(capped) == (count > cap)
    assert all((event.received, event.total) == (cap, count) for event in capped)


@settings(max_examples=300)
@given(
    start=st.integers(0, 60),
    limit=st.integers(2, 9),
    parallel=st.integers(1, 4),
    happenings=st.lists(
        st.lists(st.tuples(st.sampled_from(["in", "out"]), st.floats(0, 1)), max_size=2),
        max_size=40,
    ),
)
def test_overlapping_pages_lose_no_record_without_saying_so(start, limit, parallel, happenings):
    """What was there all the time was read, or a page says that the data moved."""
    listed = [float(n) for n in range(start)]
    always = set(listed)
    pending = list(happenings)

    async def read(offset, size, number):
        for change, fraction in pending.pop(0) if pending else ():
            index = int(fraction * len(listed))
            if change == "in":
                before = listed[index - 1] if index else -1.0
                after = listed[index] if index < len(listed) else before + 2
                listed.insert(index, (before + after) / 2)
            elif listed:
                always.discard(listed.pop(min(index, len(listed) - 1)))
        items = listed[offset : offset + size]
        more = offset + len(items) < len(listed)
        answer = OffsetPage(page=page(items, number, len(listed)), offset=offset, more=more)
        await asyncio.sleep(0)  # a source answers out of one moment, and the answer travels
        return answer

    try:
        pages = drained(
            paginate_by_offset(
                read, limit=limit, cap=10_000, same_item=same_object, parallel=parallel
            )
        )
    except BadResponse:
        return
    moved = any(page.shifted for page in pages)
    assert moved or always <= set(ids(pages))


def test_parallel_pages_come_in_order():
    """No more than so many at once, the last alone and at the end, each offset once."""
    under_way, most, offsets = set(), [], []

    async def read(offset, size, number):
        under_way.add(offset)
        most.append(len(under_way))
        offsets.append(offset)
        await asyncio.sleep(0.001 * (5 - number % 3))
        under_way.discard(offset)
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=offset + size < 95)

    pages = drained(paginate_by_offset(read, limit=10, cap=1000, parallel=3))
    assert ids(pages) == list(range(95))
    assert sorted(offsets) == list(range(0, 100, 10))
    assert (max(most), most[0], most[-1]) == (3, 1, 1)


def test_parallel_requests_are_sent_before_a_page_is_processed():
    """When a page is handed over, as many more as may be under way have left already."""
    sent = []

    async def read(offset, size, number):
        for _ in range(5):  # a request is not on its way at once
            await asyncio.sleep(0)
        sent.append(number)
        await asyncio.sleep(0.001)
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=offset + size < 95)

    async def process():
        return [
            (event.number, max(sent)) if isinstance(event, Page) else None
            async for event in paginate_by_offset(read, limit=10, cap=1000, parallel=3)
        ]

    processed = asyncio.run(process())
    assert processed[1:6] == [(2, 5), (3, 6), (4, 7), (5, 8), (6, 9)]


def test_an_error_on_a_parallel_page_ends_the_listing_after_the_pages_before_it():
    """What came before it is given, and nothing is left running."""

    async def read(offset, size, number):
        if offset == 40:
            raise BadResponse("cut")
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=True)

    async def drain():
        pages, error = [], None
        try:
            async for event in paginate_by_offset(read, limit=10, cap=1000, parallel=3):
                pages.append(event)  # noqa: PERF401 - what came before the error counts
        except BadResponse as cause:
            error = str(cause)
        return pages, error, len(asyncio.all_tasks())

    pages, error, tasks = asyncio.run(drain())
    assert (ids(pages), error, tasks) == (list(range(40)), "cut", 1)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        pytest.param(
            [([], 0, True), ([], 0, True)],
            "is empty and says that there is more",
            id="empty with more",
        ),
        pytest.param([([1], 0, True), ([2], 0, True)], "answered with offset 0", id="stuck offset"),
        pytest.param([([1], 7, True)], "asked for offset 0", id="another offset"),
    ],
)
def test_offset_paging_stops_a_listing_that_goes_in_circles(answers, message):
    """It ends in an error that names the page, not in an endless loop."""
    pending = list(answers)

    async def read(_offset, _size, number):
        items, offset, more = pending.pop(0)
        return OffsetPage(page=page(items, number), offset=offset, more=more)

    with pytest.raises(BadResponse, match=message):
        drained(paginate_by_offset(read, limit=10, cap=100))


def test_cursor_paging_reads_a_listing_to_its_end():
    """Cursors are handed back as they came."""
    pages = {None: ([1, 2], "a"), "a": ([3], "b"), "b": ([], None)}

    async def read(cursor, number):
        items, following = pages[cursor]
        return CursorPage(page=page(items, number), next_cursor=following)

    assert ids(drained(paginate_by_cursor(read))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("cursors", "max_pages", "message"),
    [
        pytest.param({None: "a", "a": "b", "b": "a"}, 10, "already read", id="circle"),
        pytest.param({None: "a", "a": "a"}, 10, "already read", id="itself"),
        pytest.param(
            {None: "1"} | {str(n): str(n + 1) for n in range(99)}, 5, "no end", id="endless"
        ),
    ],
)
def test_cursor_paging_stops_a_listing_that_goes_in_circles(cursors, max_pages, message):
    """A repeated cursor and a listing without end are errors."""

    async def read(cursor, number):
        return CursorPage(page=page([cursor], number), next_cursor=cursors[cursor])

    with pytest.raises(BadResponse, match=message):
        drained(paginate_by_cursor(read, max_pages=max_pages))


def test_link_paging_does_not_follow_a_link_to_another_host():
    """The credential would go along."""

    async def read(_url, number):
        return CursorPage(page=page([number], number), next_cursor="https://evil.example/2")

    with pytest.raises(BadResponse, match="another host"):
        drained(paginate_by_link(read, first="https://source.example/1"))
