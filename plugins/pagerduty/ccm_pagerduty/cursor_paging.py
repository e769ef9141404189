"""Cursor paging of PagerDuty listings.

Follows https://developer.pagerduty.com/docs/pagination: each response has the cursor of the next
page, and the last one has none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.paging import CursorPage, paginate_by_cursor, timeouts_for
from ccm_core.sdk.types import JsonObject, Page, Request

if TYPE_CHECKING:
    from ccm_core.sdk.http import HttpSource
    from ccm_pagerduty.paging import Compose


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorListing:
    """One listing that hands out cursors."""

    source: HttpSource
    path: str
    wrapper: str
    parameters: tuple[tuple[str, str], ...]
    size: int
    """Items per request."""
    compose: Compose | None = None

    async def pages(self) -> AsyncIterator[Page]:
        """Read every page in order.

        Raises:
            BadResponse: A page is no list of objects, or the cursors lead nowhere.
            SourceError: A request was refused or failed.
        """
        async for page in paginate_by_cursor(self._read):
            yield page

    async def _read(self, cursor: str | None, number: int) -> CursorPage:
        query = [*self.parameters, ("limit", str(self.size))]
        query += [("cursor", cursor)] if cursor is not None else []
        response = await self.source.get(self.path, query, timeouts=timeouts_for(self.size))
        document = response.json()
        items = document.get(self.wrapper) if isinstance(document, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadResponse(f"{response.summary()}: {self.wrapper!r} is not a list of objects")
        following = document.get("next_cursor")
        if following is not None and (not isinstance(following, str) or not following):
            raise BadResponse(f"{response.summary()}: 'next_cursor' is neither a text nor null")
        page = Page(
            request=Request(endpoint=self.path, parameters=self.parameters),
            number=number,
            items=self._composed(items),
            response_digest=response.digest,
            received_at=response.received_at,
            last=following is None,
        )
        return CursorPage(page=page, next_cursor=following)

    def _composed(self, items: list[JsonObject]) -> list[JsonObject]:
        return [self.compose(item) for item in items] if self.compose else items
