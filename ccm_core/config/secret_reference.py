"""Secret references: the location of a secret, in place of the secret."""

from __future__ import annotations

import re
from typing import Self

from ccm_core.model.frozen_dataclass import dataclass

FORMS = "env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
"""The forms of a reference, for messages."""

VAULT = "vault"

_FORMS = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"[^\0\n]+"),
    "keyring": re.compile(r"[^\0\n]+/[^/\0\n]+"),
    "vault": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[a-z_]+)?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """Where a secret is stored."""

    scheme: str
    """``env``, ``file``, ``keyring`` or ``vault``."""
    name: str
    """The variable, the path, the service and its user, or the vault's entry and, where it is not
    the one that the reference stands for, its field."""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a reference.

        Raises:
            ValueError: It is not one. The text is not repeated: it may be the secret itself.
        """
        if isinstance(text, str):
            scheme, _, name = text.partition(":")
            if scheme in _FORMS and _FORMS[scheme].fullmatch(name):
                return cls(scheme=scheme, name=name)
        msg = f"expected the location of a secret, never the secret itself; write {FORMS}"
        raise ValueError(msg)

    @property
    def entry(self) -> str | None:
        """Return the vault's entry; None for another scheme."""
        return self.name.partition("/")[0] if self.scheme == VAULT else None

    def __str__(self) -> str:
        """Format it as in the settings."""
        return f"{self.scheme}:{self.name}"
