"""The names that a text mentions, found without compiling it."""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def identifiers(text: str) -> set[str]:
    """Return every word of an expression that may be a name: all that it reads or calls, and more.

    An identifier of CEL has no other characters and no escapes, so that none is missed.
    """
    return set(_IDENTIFIER.findall(text))
