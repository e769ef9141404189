"""Formats that documents assert, and what they are called in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.string_formats import FORMATS

if TYPE_CHECKING:
    from jsonschema import FormatChecker

WANTED = {
    "date-time": "a moment such as 2026-11-23T14:00:00Z",
    "duration": "a duration such as 15m",
    "uri": "an address such as https://example.com/path",
}
"""How each format is called in a message."""


def checker() -> FormatChecker:
    """Give the checker of every format that is asserted everywhere else too."""
    from jsonschema import FormatChecker

    found = FormatChecker(formats=())
    for name, check in FORMATS.items():
        found.checks(name)(check)
    return found
