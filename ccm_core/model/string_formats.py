"""String formats that are asserted, the same for both JSON Schema validators in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

_USUAL_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-5][0-9])"
)
"""How nearly every instant is written; one that looks like this only has to exist."""


def is_date_time(text: object) -> bool:
    """Whether a string is an RFC 3339 instant. Leap seconds are not: no calendar here has them."""
    if not isinstance(text, str):
        return True
    if _USUAL_INSTANT.fullmatch(text) is None:
        from rfc3339_validator import validate_rfc3339

        if not validate_rfc3339(text):
            return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_uri(text: object) -> bool:
    """Whether a string is an absolute URI (RFC 3986) with a scheme and something behind it."""
    if not isinstance(text, str):
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    blank = any(character.isspace() for character in text)
    return bool(parts.scheme and (parts.netloc or parts.path)) and not blank


def is_duration(text: object) -> bool:
    """Whether a string is a duration as people write it (``15m``) or in ISO 8601 (``PT15M``)."""
    if not isinstance(text, str):
        return True
    from ccm_core.model.duration import parse_duration

    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[object], bool]] = {
    "date-time": is_date_time,
    "uri": is_uri,
    "duration": is_duration,
}
