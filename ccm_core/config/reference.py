"""Secret references: where a secret is, in place of the secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

FORMS = "env:NAME, file:PATH or keyring:SERVICE/USER"
"""The forms of a reference, for messages."""

_FORMS = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"[^\0\n]+"),
    "keyring": re.compile(r"[^\0\n]+/[^/\0\n]+"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """Where a secret is kept."""

    scheme: str
    """``env``, ``file`` or ``keyring``."""
    name: str
    """The variable, the path, or the service and its user."""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a reference.

        Raises:
            ValueError: It is none. What was found is not repeated: it may be the secret itself.
        """
        if isinstance(text, str):
            scheme, _, name = text.partition(":")
            if scheme in _FORMS and _FORMS[scheme].fullmatch(name):
                return cls(scheme=scheme, name=name)
        msg = f"a secret itself may not stand here; write where it is kept: {FORMS}"
        raise ValueError(msg)

    def __str__(self) -> str:
        """Write it the way it stands in the settings."""
        return f"{self.scheme}:{self.name}"
