"""The keyring of the operating system, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from ccm_core.errors import SecretError

SERVICE = "ccm"


class Keyring(Protocol):
    """Stores texts by name. Every error it raises is a ``SecretError``."""

    def get(self, name: str) -> str | None:
        """Return a text; None where there is none."""

    def set(self, name: str, text: str) -> None:
        """Store a text."""

    def remove(self, name: str) -> None:
        """Remove a text, if there is one."""


def os_keyring() -> Keyring | None:
    """Return the keyring; None where it is not installed or the machine has none."""
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        return None
    # Backends that store nothing, such as "fail" and "null", have no priority above 0.
    return _OsKeyring(keyring) if keyring.get_keyring().priority > 0 else None


class _OsKeyring:
    """The library ``keyring``, with the host's own errors."""

    def __init__(self, keyring: Any) -> None:
        self._keyring = keyring

    def get(self, name: str) -> str | None:
        with _map_errors():
            text: str | None = self._keyring.get_password(SERVICE, name)
            return text

    def set(self, name: str, text: str) -> None:
        with _map_errors():
            self._keyring.set_password(SERVICE, name, text)

    def remove(self, name: str) -> None:
        with _map_errors():
            if self._keyring.get_password(SERVICE, name) is not None:
                self._keyring.delete_password(SERVICE, name)


@contextmanager
def _map_errors() -> Iterator[None]:
    try:
        yield
    except Exception as cause:  # noqa: BLE001 - each backend raises its system's own errors
        # Without the cause: a backend may repeat the secret.
        raise SecretError(
            f"the keyring of this machine failed ({type(cause).__name__}); unlock it, or encrypt a "
            "new vault with a key of your own: set CCM_VAULT_KEY"
        ) from None
