"""Which of the account's own standards a service meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Record


def standards_fields(record: Record | None) -> JsonObject:
    """Return how many standards apply to a service, and the names of those that it misses.

    A standard of which PagerDuty does not report whether it is met makes both unknown.
    """
    if record is None:
        return {}
    applied = [entry for entry in record.body["standards"] if entry.get("active") is not False]
    if any(entry.get("pass") is None for entry in applied):
        return {}
    missed = sorted(
        str(entry.get("name") or entry.get("type")) for entry in applied if not entry["pass"]
    )
    return {"standards": {"applied": len(applied), "missed": missed}}
