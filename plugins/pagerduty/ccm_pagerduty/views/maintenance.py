"""Maintenance windows of services: while one is open, its services open no incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.references import references_in, title_of
from ccm_pagerduty.views.intervals import ALWAYS
from ccm_pagerduty.views.row_builder import MAINTENANCE_WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RecordIndex


def windows_by_service(index: RecordIndex) -> Mapping[str, list[Record]]:
    """Return the maintenance windows of each service, by its key."""
    windows: dict[str, list[Record]] = {}
    for record in index.records(MAINTENANCE_WINDOW):
        for key in {ref["id"] for ref in references_in(record.body, "services")}:
            windows.setdefault(key, []).append(record)
    return windows


def maintenance_fields(windows: Iterable[JsonObject]) -> list[JsonObject]:
    """Return maintenance windows as rows show them, in order; one without an end has none."""
    shown = []
    for window in windows:
        since, until = window.get("start_time"), window.get("end_time")
        by = window.get("created_by")
        begin = ALWAYS.since if since is None else parse_instant(since)
        end = ALWAYS.until if until is None else parse_instant(until)
        if begin < end:
            shown.append(
                {
                    "since": format_instant(begin),
                    "until": format_instant(end),
                    "title": str(window.get("description") or title_of(window)),
                    "by": None if by is None else title_of(by),
                }
            )
    return sorted(shown, key=lambda one: (str(one["since"]), str(one["until"]), str(one["title"])))
