"""How far a listing by offset was read: the next offset, the total, and the loop guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ccm_core.errors import BadResponse
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.collector import Page

SameItem = Callable[[JsonObject, JsonObject], bool]
"""Whether two items as received are one object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPage:
    """A page of a listing that counts records."""

    page: Page
    offset: int | None
    """The offset the source says this page begins at, where it says so."""
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CapReached:
    """The listing goes on, but the source will not list more of it."""

    received: int
    total: int | None


def same_object(left: JsonObject, right: JsonObject) -> bool:
    """Return whether two items have one ``id``, or are equal where either has none."""
    return left["id"] == right["id"] if "id" in left and "id" in right else left == right


def page_offsets(*, limit: int, total: int, overlapping: bool) -> Sequence[int]:
    """Return where the pages of a listing begin when every page but the last is full.

    Args:
        limit: The page size.
        total: The items to reach.
        overlapping: Whether each page begins with the last item of the one before.
    """
    overlap = 1 if overlapping and limit > 1 else 0
    return range(0, max(1, total - overlap), limit - overlap)


@dataclass(slots=True, kw_only=True)
class OffsetProgress:
    """How far a listing was read."""

    limit: int
    cap: int
    same_item: SameItem | None
    offset: int = 0
    number: int = 1
    received: int = 0
    total: int | None = None
    last_item: JsonObject | None = None
    """The item that the next page must begin with."""
    capped: bool = False
    ended: bool = False
    short: bool = False
    """Whether the newest page held less than was asked for."""

    @property
    def overlapping(self) -> bool:
        """Whether each page is asked to begin with the last item of the one before."""
        return self.same_item is not None and self.limit > 1

    def size(self, offset: int) -> int:
        """Return how many items to ask for at an offset."""
        return min(self.limit, self.cap - offset)

    def advance(self, response: OffsetPage) -> Page:
        """Move past a page; return it without the item that the page before had already.

        Raises:
            BadResponse: The listing goes in circles.
        """
        self._require_offset(response)
        page = self._without_overlap(response.page)
        count = len(response.page.items)
        self.total = response.page.total if response.page.total is not None else self.total
        self.same_item = None if self._too_long_to_overlap() else self.same_item
        self.short = count < self.size(self.offset)
        self.received = self.offset + count
        self.ended = not response.more
        if not self.ended and not count:
            raise BadResponse(
                f"GET {page.request.endpoint}: page {self.number} at offset {self.offset} is "
                "empty and says that there is more, twice"
            )
        self.last_item = response.page.items[-1] if self.overlapping and count > 1 else None
        self.offset = self.received - (self.last_item is not None)
        self.number += 1
        self.capped = not self.ended and self.received >= self.cap
        return page

    def _require_offset(self, response: OffsetPage) -> None:
        if response.offset is not None and response.offset != self.offset:
            raise BadResponse(
                f"GET {response.page.request.endpoint}: asked for offset {self.offset}, the source "
                f"answered with offset {response.offset}"
            )

    def _too_long_to_overlap(self) -> bool:
        if self.number > 1 or self.total is None or self.total > self.cap:
            return False
        offsets = page_offsets(limit=self.limit, total=self.total, overlapping=True)
        return len(offsets) > -(-self.cap // self.limit)

    def _without_overlap(self, page: Page) -> Page:
        if self.last_item is None or self.same_item is None:
            return page
        if page.items and self.same_item(page.items[0], self.last_item):
            return replace(page, items=page.items[1:], shifted=False)
        return replace(page, shifted=True)
