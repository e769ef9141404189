"""The value of the header ``Authorization``, as fresh as it has to be.

A key stays as it is; an OAuth 2.0 token expires and is renewed. What reads a source need not know
which of the two it was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ccm_core.sdk.secret import Secret

BEARER = "Bearer "
"""What stands before an OAuth 2.0 token (RFC 6750 section 2.1)."""
REDACTED = "********"
"""Stands where a secret stood."""

_REMEMBERED = 4
"""A source may still repeat the secret before the one that is in use."""


class TokenProvider(Protocol):
    """Gives the secret that lets requests in."""

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What was granted, as far as it is known by now; None where nobody tells."""

    async def token(self) -> Secret:
        """Give one that is good for a while yet.

        Raises:
            SourceError: There is none to be had.
        """

    async def after_refusal(self, refused: Secret) -> Secret | None:
        """Give another one than that which the source has refused; None where there is none.

        Raises:
            SourceError: Another one is due, and there is none to be had.
        """


class StaticToken:
    """A secret that stays as it is, such as an API key."""

    def __init__(self, secret: Secret, *, scopes: Iterable[str] | None = None) -> None:
        """Give this secret whenever one is wanted."""
        self._secret = secret
        self.scopes = None if scopes is None else tuple(scopes)

    async def token(self) -> Secret:
        """Give it."""
        return self._secret

    async def after_refusal(self, refused: Secret) -> None:
        """There is no other."""
        del refused


class Authorization:
    """What authorises the requests of one session."""

    def __init__(self, tokens: TokenProvider, *, prefix: str, name: str) -> None:
        """Write what ``tokens`` gives into the header.

        Args:
            tokens: Where the secret comes from.
            prefix: What stands before it, such as ``Bearer`` and a blank.
            name: Tells credentials apart inside this process; it stays when the secret changes.
        """
        self.name = name
        self._tokens, self._prefix = tokens, prefix
        self._used: list[Secret] = []

    @classmethod
    def from_key(cls, key: Secret, *, prefix: str) -> Authorization:
        """Authorise by a key that stays as it is."""
        return cls(StaticToken(key), prefix=prefix, name=key.fingerprint())

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What was granted, once a request was sent; None where nobody tells."""
        return self._tokens.scopes

    async def token(self) -> Secret:
        """Give the secret to send with the next request.

        Raises:
            SourceError: There is none to be had.
        """
        return self._remembered(await self._tokens.token())

    async def after_refusal(self, refused: Secret) -> Secret | None:
        """Give another secret than one that was answered with 401; None where there is none.

        Raises:
            SourceError: Another one is due, and there is none to be had.
        """
        renewed = await self._tokens.after_refusal(refused)
        return None if renewed is None or renewed == refused else self._remembered(renewed)

    def header(self, token: Secret) -> Secret:
        """Write a secret as the header's value."""
        return Secret(f"{self._prefix}{token.reveal()}")

    def redact(self, text: str) -> str:
        """Give a text without the secrets that were sent, wherever the source repeats them."""
        for token in self._used:
            text = text.replace(token.reveal(), REDACTED)
        return text

    def _remembered(self, token: Secret) -> Secret:
        if token not in self._used:
            self._used = [*self._used, token][-_REMEMBERED:]
        return token
