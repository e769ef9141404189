"""A secret that cannot be printed by accident."""

from __future__ import annotations

import hashlib

from ccm_core.sdk.disclosed_secrets import disclosed


class Secret:
    """A secret value: prints as stars, compares by value, cannot be serialised."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Hold a value that is about to be used."""
        self._value = value

    def reveal(self) -> str:
        """Return the value itself. Only for the code that sends it."""
        secrets = disclosed.get()
        if secrets is not None:
            secrets.add(self._value)
        return self._value

    def fingerprint(self) -> str:
        """Return a short name of the value that distinguishes secrets in one process."""
        return hashlib.sha256(b"ccm secret fingerprint\x00" + self._value.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        """Print stars."""
        return "Secret('********')"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        """Print stars in f-strings too."""
        return "********"

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)

    def __reduce__(self) -> str:
        """Refuse to be pickled or copied into a file."""
        msg = "a Secret is not written anywhere; keep the reference to it instead"
        raise TypeError(msg)
