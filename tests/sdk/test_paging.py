"""Paging: everything is read once, and a listing that goes in circles is stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.errors import BadAnswer
from ccm_core.sdk.paging import Capped, CursorPage, OffsetPage, by_cursor, by_link, by_offset
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


@given(st.integers(0, 300), st.integers(1, 50), st.integers(1, 120), st.integers(1, 50))
def test_every_record_is_read_once_or_the_cap_is_told(count, limit, cap, served):
    """Whatever page size the source really serves, the offset follows what was received."""

    async def read(offset, size, number):
        items = list(range(count))[offset : offset + min(size, served)]
        more = offset + len(items) < count
        return OffsetPage(page=page(items, number, count), offset=offset, more=more)

    found = drained(by_offset(read, limit=limit, cap=cap))
    capped = [one for one in found if isinstance(one, Capped)]
    assert ids(found) == list(range(min(count, cap)))
    assert bool(capped) == (count > cap)
    assert all((one.received, one.total) == (cap, count) for one in capped)


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

    with pytest.raises(BadAnswer, match=said):
        drained(by_offset(read, limit=10, cap=100))


def test_a_listing_by_cursor_is_read_to_its_end():
    """Cursors are handed back as they came."""
    pages = {None: ([1, 2], "a"), "a": ([3], "b"), "b": ([], None)}

    async def read(cursor, number):
        items, following = pages[cursor]
        return CursorPage(page=page(items, number), following=following)

    assert ids(drained(by_cursor(read))) == [1, 2, 3]


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
        return CursorPage(page=page([cursor], number), following=pages[cursor])

    with pytest.raises(BadAnswer, match=said):
        drained(by_cursor(read, most=most))


def test_a_link_to_another_host_is_not_followed():
    """The credential would go along."""

    async def read(_url, number):
        return CursorPage(page=page([number], number), following="https://evil.example/2")

    with pytest.raises(BadAnswer, match="another host"):
        drained(by_link(read, first="https://source.example/1"))
