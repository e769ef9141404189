"""Instants as people and sources write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant and return it in UTC.

    Raises:
        ValueError: The text is not an instant with an offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        msg = f"{text!r} has no offset; write it like 2026-11-23T14:00:00Z"
        raise ValueError(msg)
    return instant.astimezone(UTC)


def from_microseconds(microseconds: int) -> datetime:
    """Return the instant that many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def format_instant(instant: datetime) -> str:
    """Write an instant in UTC with ``Z``, without fractions where there are none."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
