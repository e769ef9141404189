"""The keyring of the operating system, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from ccm_core.errors import SecretError

SERVICE = "ccm"


class Keyring(Protocol):
    """Keeps texts under names. What it raises is a ``SecretError``."""

    def get(self, name: str) -> str | None:
        """Give a text, or nothing where there is none."""

    def set(self, name: str, text: str) -> None:
        """Keep a text."""

    def remove(self, name: str) -> None:
        """Forget a text; one that is not there is forgotten already."""


def os_keyring() -> Keyring | None:
    """Give the keyring, or nothing where it is not installed or the machine has none."""
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        return None
    # Backends that keep nothing, such as "fail" and "null", have no priority above 0.
    return _OsKeyring(keyring) if keyring.get_keyring().priority > 0 else None


class _OsKeyring:
    """The library ``keyring``, with the host's own errors."""

    def __init__(self, keyring: Any) -> None:
        self._keyring = keyring

    def get(self, name: str) -> str | None:
        with _border():
            found: str | None = self._keyring.get_password(SERVICE, name)
            return found

    def set(self, name: str, text: str) -> None:
        with _border():
            self._keyring.set_password(SERVICE, name, text)

    def remove(self, name: str) -> None:
        with _border():
            if self._keyring.get_password(SERVICE, name) is not None:
                self._keyring.delete_password(SERVICE, name)


@contextmanager
def _border() -> Iterator[None]:
    try:
        yield
    except Exception as cause:  # noqa: BLE001 - each backend raises its system's own errors
        # Without the cause: a backend may repeat what it could not keep.
        raise SecretError(
            f"the keyring of this machine did not do it ({type(cause).__name__}); unlock it, or "
            "keep a new vault in a file of its own: set CCM_VAULT_KEY"
        ) from None
