"""A secret that cannot be printed by accident, and the blanking of those that were handed over.

A connector needs its secrets in plain text, and may put them into a message by mistake: a URL with
a key in it, an echoed header. Whatever leaves a plugin as text is blanked first.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "********"
"""What replaces a secret in a text."""
_SHORTEST = 4
"""Shorter ones would blank ordinary words."""
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


class DisclosedSecrets:
    """Secrets that were disclosed so far."""

    def __init__(self) -> None:
        """Start without any."""
        self._values: set[str] = set()
        self._forms: tuple[str, ...] = ()
        """How they may be written, the longest first."""

    def add(self, value: str) -> None:
        """Note a secret."""
        if len(value) >= _SHORTEST and value not in self._values:
            self._values.add(value)
            forms = {form for known in self._values for form in _forms(known)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def blank(self, text: str) -> str:
        """Return a text with every secret replaced, however it is encoded in it."""
        if not self._values:
            return text
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return _ENCODED.sub(self._blank_encoded, text)

    def _blank_encoded(self, match: re.Match[str]) -> str:
        encoded = match[0].replace("+", "-").replace("/", "_").rstrip("=")
        try:
            decoded = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except (binascii.Error, ValueError):
            return match[0]
        is_secret = any(value.encode() in decoded for value in self._values)
        return REDACTED if is_secret else match[0]


disclosed: ContextVar[DisclosedSecrets | None] = ContextVar("disclosed", default=None)
"""Those of the session that is open in this task."""


@contextmanager
def disclosing(values: Iterable[str]) -> Iterator[None]:
    """Note every secret that is revealed while the context is open, and some from the start."""
    before, secrets = disclosed.get(), DisclosedSecrets()
    for value in values:
        secrets.add(value)
    disclosed.set(secrets)
    try:
        yield
    finally:
        disclosed.set(before)


def blank(text: str) -> str:
    """Return a text without the secrets of the session that is open; itself where none is."""
    secrets = disclosed.get()
    return text if secrets is None else secrets.blank(text)


def without_secrets(value: Any) -> Any:
    """Return a value of the sdk with the secrets in its texts blanked, all the way down."""
    if disclosed.get() is None:
        return value
    if type(value) is str:
        return blank(value)
    if type(value) is tuple:
        return tuple(map(without_secrets, value))
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: safe
            for field in fields(value)
            if (safe := without_secrets(part := getattr(value, field.name))) is not part
            and safe != part
        }
        return replace(value, **changed) if changed else value
    return value


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield quote_plus(value)
    yield b64encode(value.encode()).decode().rstrip("=")


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
        return f"Secret({REDACTED!r})"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        """Print stars in f-strings too."""
        return REDACTED

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
