"""The activity log: who did what in the console, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.web.answers import Answer, HtmlPage

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit

_PAGE = 100


def activity(visit: Visit) -> Answer:
    """List entries, page by page."""
    text = visit.asked("before")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None  # noqa: PLR2004 - a number of a row
    with visit.reading() as store:
        entries = store.console.activity(limit=_PAGE + 1, before=before)
    return HtmlPage(
        template="activity.html",
        values={
            "entries": entries[:_PAGE],
            "next": entries[_PAGE - 1][0] if len(entries) > _PAGE else None,
        },
    )
