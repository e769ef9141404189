"""Characters that steer a terminal or turn text around: never shown as they are.

Names and texts come from sources and from files that strangers hand over. Printed raw, an escape
sequence in one (ECMA-48) rewrites the screen, and a bidirectional control (Unicode UAX 9) makes a
line read differently from what it says.
"""

from __future__ import annotations

import re

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""Control characters but tab and line feed, half surrogate pairs, line separators, and what turns
text around."""
_LINE_BREAKING = re.compile(f"[\t\n]|{_STEERING.pattern}")


def replace_controls(text: str) -> str:
    """Replace each steering character with U+FFFD; tabs and line feeds stay."""
    # Most texts have nothing but what can be printed, which none of these can.
    return text if text.isprintable() else _STEERING.sub("\ufffd", text)


def escape_controls(text: str) -> str:
    r"""Write each steering character as ``\u202e``; tabs and line feeds stay.

    In JSON text this changes no value, only how it is written.
    """
    return _STEERING.sub(_escaped, text)


def escape_line(text: str) -> str:
    r"""Write a text on one line: tabs and line feeds are escaped as well."""
    return _LINE_BREAKING.sub(_escaped, text)


def printable_excerpt(text: str, most: int, substitute: str = "") -> str:
    """Return the begin of a text of somebody else's, as far as it can be printed.

    Args:
        text: Such as a header of a response.
        most: The characters that are looked at.
        substitute: What stands for a character that cannot be printed.
    """
    return "".join(char if char.isprintable() else substitute for char in text[:most])


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
