"""What changed in the sources between two days, and who changed it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.pipeline.change_log.change_log import change_log
from ccm_core.report.terminal.change_log import sources_words, value_words, when_words
from ccm_core.sdk.types import Window
from ccm_core.web.answers import Answer, HtmlPage

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit

_DAYS = timedelta(days=7)
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
"""Days that can be asked for."""
_MOST = 200


def changes(visit: Visit) -> Answer:
    """Show the changes between two days, both included; without any, of the last seven.

    Raises:
        UsageError: A day is none, or the first is after the last.
    """
    last = _day(visit, "until") or visit.now.date()
    first = _day(visit, "since") or max(last - _DAYS, _FIRST)
    since = datetime.combine(first, time(), UTC)
    until = min(datetime.combine(last, time(), UTC) + timedelta(days=1), visit.now)
    if since >= until:
        raise UsageError(f"from {first} to {last}: expected a first day before the last")
    workspace, kind = visit.workspace, visit.asked("kind").strip()
    connections = workspace.connections(secrets=False)
    with visit.reading() as store:
        log = change_log(
            workspace.host, connections, store, Window(since, until), [kind] if kind else ()
        )
    newest_first = log.changes[::-1]
    kinds = {
        name
        for one in connections
        if one.connector.change_trail
        for name in one.connector.change_trail.kinds
    }
    return HtmlPage(
        template="changes.html",
        values={
            "changes": newest_first[:_MOST],
            "more": max(0, len(newest_first) - _MOST),
            "notes": log.notes,
            "first": first,
            "last": last,
            "kind": kind,
            "kinds": sorted(kinds),
            "when": when_words,
            "sources": sources_words,
            "value": value_words,
        },
    )


def _day(visit: Visit, name: str) -> date | None:
    text = visit.asked(name).strip()
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UsageError(f"{name} {text!r}: expected a day such as 2026-03-31") from error
    if not _FIRST <= day <= _LAST:
        raise UsageError(f"{name} {text}: expected a day from {_FIRST} to {_LAST}")
    return day
