"""Formats that are asserted: moments, durations and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema import FormatChecker

WANTED = {
    "date-time": "a moment such as 2026-11-23T14:00:00Z",
    "duration": "a duration such as 15m",
    "uri": "an address such as https://example.com/path",
}
"""How each format is called in a message."""


def checker() -> FormatChecker:
    """Give the checker of every format that these documents use."""
    from jsonschema import FormatChecker

    found = FormatChecker(formats=("date", "email", "regex"))
    found.checks("date-time")(_of_text(is_moment))
    found.checks("duration")(_of_text(is_duration))
    found.checks("uri")(_of_text(is_uri))
    return found


def is_moment(text: str) -> bool:
    """Whether a text is an RFC 3339 moment with an offset."""
    from rfc3339_validator import validate_rfc3339

    return bool(validate_rfc3339(text))


def is_duration(text: str) -> bool:
    """Whether a text is a duration of fixed length, as people or ISO 8601 write them."""
    from datetime import timedelta

    import durationpy
    import isodate

    try:
        if text.startswith(("P", "-P", "+P")):
            return isinstance(isodate.parse_duration(text), timedelta)
        durationpy.from_str(text)
    except (ValueError, isodate.ISO8601Error, durationpy.DurationError):
        return False
    return True


def is_uri(text: str) -> bool:
    """Whether a text is an absolute address: a scheme and something after it, no white space."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and not any(map(str.isspace, text))


def _of_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)
