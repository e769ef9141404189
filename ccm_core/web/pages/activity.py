"""The activity log: who did what in the console, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.web.answers import Answer, HtmlPage
from ccm_core.web.whole_number import whole_number

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit

_PAGE = 100
_DIGITS = 17
"""Of the number of a row, at most."""


def activity(visit: Visit) -> Answer:
    """List entries, page by page."""
    before = whole_number(visit.asked("before"), _DIGITS)
    with visit.reading() as store:
        entries = store.console.activity(limit=_PAGE + 1, before=before)
    return HtmlPage(
        template="activity.html",
        values={
            "entries": entries[:_PAGE],
            "next": entries[_PAGE - 1][0] if len(entries) > _PAGE else None,
        },
    )
