"""Paging: one module for each way in which a source lists many objects.

The connector chooses; nothing here guesses. Every function stops a listing that goes in circles:
an empty page that promises more, an offset or a cursor that does not advance, more pages than can
be true.
"""

from __future__ import annotations

from ccm_core.sdk.paging.cursor import CursorPage, paginate_by_cursor
from ccm_core.sdk.paging.next_link import paginate_by_link
from ccm_core.sdk.paging.offset import paginate_by_offset
from ccm_core.sdk.paging.offset_progress import CapReached, OffsetPage, page_offsets, same_object
from ccm_core.sdk.paging.page_reads import PageReads, timeouts_for

__all__ = [
    "CapReached",
    "CursorPage",
    "OffsetPage",
    "PageReads",
    "page_offsets",
    "paginate_by_cursor",
    "paginate_by_link",
    "paginate_by_offset",
    "same_object",
    "timeouts_for",
]
