"""Log entries that were read by incident, kept until the run ends: several windows need them.

The API lists all entries of an incident at once, whatever the window.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.json_codec import decode, encode
from ccm_core.sdk.types import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ccm_core.sdk.types import CollectorEvent

MAX_BYTES = 32 * 1024 * 1024
"""Compressed bytes that are kept; what does not fit is read again where it is needed again."""


class IncidentEntries:
    """The pages of log entries by incident, compressed."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Begin with none."""
        self._pages: dict[str, list[tuple[Page, bytes]]] = {}
        self._bytes_left = max_bytes

    def __iter__(self) -> Iterator[str]:
        """Iterate over the incidents whose entries are kept."""
        return iter(self._pages)

    def __contains__(self, incident: str) -> bool:
        """Return whether the entries of an incident are kept."""
        return incident in self._pages

    async def read(
        self, incident: str, listing: AsyncIterator[CollectorEvent]
    ) -> AsyncIterator[CollectorEvent]:
        """Yield the pages of an incident: those that are kept, or else those of its listing.

        Args:
            incident: The id.
            listing: Is begun only where nothing is kept; it is kept when it consists of pages.
        """
        if incident in self._pages:
            for page, items in self._pages[incident]:
                yield replace(page, items=decode(zlib.decompress(items)))
            return
        pages: list[tuple[Page, bytes]] | None = []
        async for event in listing:
            if not isinstance(event, Page):
                pages = None
            elif pages is not None:
                pages.append((replace(event, items=()), zlib.compress(encode(event.items), 1)))
            yield event
        size = sum(len(items) for _, items in pages or ())
        if pages and size <= self._bytes_left:
            self._pages[incident], self._bytes_left = pages, self._bytes_left - size
