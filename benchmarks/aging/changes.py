"""What changes in an account besides new events, for stores that are evaluated hour by hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import decode, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant

INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
DATED = frozenset({"pagerduty.schedule_rendering", "pagerduty.on_call"})
"""Kinds whose records state a period around the moment of reading: it moves day by day."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RECENT = (2 * HOUR, 4 * HOUR, 6 * HOUR)
"""How long before the hour the incidents occurred that are noted in it; two more are older."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")

Bodied: TypeAlias = tuple[Record, bytes, str]
Bodies: TypeAlias = Callable[[Window], Iterator[Bodied]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes on incidents of before: five an hour, three on recent ones."""

    incidents: Bodies
    """Yields what was created in a window, with its body and key."""
    entry: Record
    """An entry about a note, of which others are made."""

    def incidents_noted(self, now: datetime) -> Iterator[Bodied]:
        """Yield the incidents that were noted in the hour before a moment, as they are then."""
        older = int(now.timestamp() // 3600) % 26
        for before in (*RECENT, (1 + older) * DAY, (1 + older) * DAY + 12 * HOUR):
            window = Window(now - before - HOUR, now - before)
            for record, body, key in self.incidents(window):
                changed = {**decode(body), "updated_at": format_instant(now - 5 * HOUR / 60)}
                yield record, encode(changed), key
                break

    def entries(self, now: datetime) -> Iterator[Bodied]:
        """Yield the log entries about these notes."""
        for _, body, key in self.incidents_noted(now):
            incident = decode(body)
            noted = {**self.entry.body["incident"], "id": key, "summary": incident["summary"]}
            name = f"RN{int(now.timestamp())}{key}"
            entry = {
                **self.entry.body,
                "id": name,
                "created_at": incident["updated_at"],
                "incident": noted,
            }
            yield self.entry, encode(entry), name


def moved_by_days(record: Record, at: datetime, now: datetime) -> Bodied:
    """Return a record of a moment as it is read on another day: its period moves with the day."""
    shift = (now.date() - at.date()).days * DAY

    def moved(match: re.Match[str]) -> str:
        return format_instant(parse_instant(match[0]) + shift)

    return (
        record,
        _INSTANT.sub(moved, encode(record.body).decode()).encode(),
        _INSTANT.sub(moved, record.key),
    )
