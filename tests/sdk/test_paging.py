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
    """Make a page of made-up items."""
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
        return [one async for one in pages]

    return asyncio.run(drain())


def ids(found) -> list:
    """Give the ids of every item of every page."""
    return [item["id"] for one in found if isinstance(one, Page) for item in one.items]


@given(
    count=st.integers(0, 300),
    limit=st.integers(1, 50),
    cap=st.integers(1, 120),
    served=st.integers(1, 50),
    same=st.sampled_from([None, same_object]),
    parallel=st.integers(1, 4),
)
def test_every_record_is_read_once_or_the_cap_is_told(count, limit, cap, served, same, parallel):
    """Whatever page size the source really serves, the offset follows what was received."""

    async def read(offset, size, number):
        items = list(range(count))[offset : offset + min(size, served)]
        more = offset + len(items) < count
        return OffsetPage(page=page(items, number, count), offset=offset, more=more)

    found = drained(
        paginate_by_offset(read, limit=limit, cap=cap, same_item=same, parallel=parallel)
    )
    assert not [one for one in found if isinstance(one, Page) and one.shifted]
    capped = [one for one in found if isinstance(one, CapReached)]
    assert ids(found) == list(range(min(count, cap)))
    assert bool(capped) == (count > cap)
    assert all((one.received, one.total) == (cap, count) for one in capped)


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
def test_pages_that_follow_on_each_other_lose_nothing(start, limit, parallel, happenings):
    """What was there all the time was read, or a page says that the data moved."""
    there = [float(n) for n in range(start)]
    always = set(there)
    left = list(happenings)

    async def read(offset, size, number):
        for what, where in left.pop(0) if left else ():
            place = int(where * len(there))
            if what == "in":
                before = there[place - 1] if place else -1.0
                after = there[place] if place < len(there) else before + 2
                there.insert(place, (before + after) / 2)
            elif there:
                always.discard(there.pop(min(place, len(there) - 1)))
        items = there[offset : offset + size]
        more = offset + len(items) < len(there)
        answer = OffsetPage(page=page(items, number, len(there)), offset=offset, more=more)
        await asyncio.sleep(0)  # a source answers out of one moment, and the answer travels
        return answer

    try:
        found = drained(
            paginate_by_offset(
                read, limit=limit, cap=10_000, same_item=same_object, parallel=parallel
            )
        )
    except BadResponse:
        return
    moved = any(one.shifted for one in found)
    assert moved or always <= set(ids(found))


def test_pages_are_read_side_by_side_and_come_in_order():
    """No more than so many at once, the last alone and at the end, each offset once."""
    under_way, most, asked = set(), [], []

    async def read(offset, size, number):
        under_way.add(offset)
        most.append(len(under_way))
        asked.append(offset)
        await asyncio.sleep(0.001 * (5 - number % 3))
        under_way.discard(offset)
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=offset + size < 95)

    found = drained(paginate_by_offset(read, limit=10, cap=1000, parallel=3))
    assert ids(found) == list(range(95))
    assert sorted(asked) == list(range(0, 100, 10))
    assert (max(most), most[0], most[-1]) == (3, 1, 1)


def test_the_source_works_while_a_page_is_looked_at():
    """When a page is handed over, as many more as may be under way have left already."""
    sent = []

    async def read(offset, size, number):
        for _ in range(5):  # a request is not on its way at once
            await asyncio.sleep(0)
        sent.append(number)
        await asyncio.sleep(0.001)
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=offset + size < 95)

    async def look():
        return [
            (one.number, max(sent))
            async for one in paginate_by_offset(read, limit=10, cap=1000, parallel=3)
        ]

    looked_at = asyncio.run(look())
    assert looked_at[1:6] == [(2, 5), (3, 6), (4, 7), (5, 8), (6, 9)]


def test_an_error_on_one_of_several_pages_ends_the_listing_after_those_before_it():
    """What came before it is given, and nothing is left running."""

    async def read(offset, size, number):
        if offset == 40:
            raise BadResponse("cut")
        items = list(range(95))[offset : offset + size]
        return OffsetPage(page=page(items, number, 95), offset=offset, more=True)

    async def drain():
        given, error = [], None
        try:
            async for one in paginate_by_offset(read, limit=10, cap=1000, parallel=3):
                given.append(one)  # noqa: PERF401 - what came before the error counts
        except BadResponse as cause:
            error = str(cause)
        return given, error, len(asyncio.all_tasks())

    given, error, tasks = asyncio.run(drain())
    assert (ids(given), error, tasks) == (list(range(40)), "cut", 1)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param([([], 0, True)], "is empty and says that there is more", id="empty with more"),
        pytest.param([([1], 0, True), ([2], 0, True)], "answered with offset 0", id="stuck offset"),
        pytest.param([([1], 7, True)], "asked for offset 0", id="another offset"),
    ],
)
def test_a_listing_by_offset_that_goes_in_circles_is_stopped(answers, said):
    """It ends in an error that names the page, not in an endless loop."""
    left = list(answers)

    async def read(_offset, _size, number):
        items, offset, more = left.pop(0)
        return OffsetPage(page=page(items, number), offset=offset, more=more)

    with pytest.raises(BadResponse, match=said):
        drained(paginate_by_offset(read, limit=10, cap=100))


def test_a_listing_by_cursor_is_read_to_its_end():
    """Cursors are handed back as they came."""
    pages = {None: ([1, 2], "a"), "a": ([3], "b"), "b": ([], None)}

    async def read(cursor, number):
        items, following = pages[cursor]
        return CursorPage(page=page(items, number), next_cursor=following)

    assert ids(drained(paginate_by_cursor(read))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("pages", "most", "said"),
    [
        pytest.param({None: "a", "a": "b", "b": "a"}, 10, "already read", id="circle"),
        pytest.param({None: "a", "a": "a"}, 10, "already read", id="itself"),
        pytest.param(
            {None: "1", **{str(n): str(n + 1) for n in range(99)}}, 5, "no end", id="endless"
        ),
    ],
)
def test_a_listing_by_cursor_that_goes_in_circles_is_stopped(pages, most, said):
    """A repeated cursor and a listing without end are errors."""

    async def read(cursor, number):
        return CursorPage(page=page([cursor], number), next_cursor=pages[cursor])

    with pytest.raises(BadResponse, match=said):
        drained(paginate_by_cursor(read, max_pages=most))


def test_a_link_to_another_host_is_not_followed():
    """The credential would go along."""

    async def read(_url, number):
        return CursorPage(page=page([number], number), next_cursor="https://evil.example/2")

    with pytest.raises(BadResponse, match="another host"):
        drained(paginate_by_link(read, first="https://source.example/1"))
