"""Formats of strings that schemas assert, and how a message describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.string_formats import FORMATS

if TYPE_CHECKING:
    from jsonschema import FormatChecker

DESCRIPTIONS = {
    "date-time": "an instant such as 2026-11-23T14:00:00Z",
    "duration": "a duration such as 15m",
    "uri": "a URI such as https://example.com/path",
}
"""How a message describes each format."""


def format_checker() -> FormatChecker:
    """Return a checker of every format that is asserted elsewhere too."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(check)
    return checker
