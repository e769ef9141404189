"""Authorization of requests: a key, or an OAuth 2.0 token that is renewed before it expires.

Whoever reads a source need not know which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ccm_core.sdk.secret import REDACTED, Secret

BEARER = "Bearer "
"""The prefix of an OAuth 2.0 token (RFC 6750 section 2.1)."""
_REDACTED_TOKENS = 4
"""How many tokens are redacted: a source may still repeat one before the current one."""


class TokenProvider(Protocol):
    """A provider of the secret that authorizes requests."""

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The scopes that were granted, as far as they are known; None where they are not."""

    async def token(self) -> Secret:
        """Return a secret that stays valid for a while.

        Raises:
            SourceError: There is none.
        """

    async def after_refusal(self, refused: Secret) -> Secret | None:
        """Return another secret than a refused one; None where there is none.

        Raises:
            SourceError: Another one is due, and cannot be had.
        """


class StaticToken:
    """A secret that never changes, such as an API key."""

    def __init__(self, secret: Secret, *, scopes: Iterable[str] | None = None) -> None:
        """Provide this secret for every request."""
        self._secret = secret
        self.scopes = None if scopes is None else tuple(scopes)

    async def token(self) -> Secret:
        """Return it."""
        return self._secret

    async def after_refusal(self, refused: Secret) -> None:
        """Return None: there is no other."""
        del refused


class Authorization:
    """The authorization of all requests of one session."""

    def __init__(self, tokens: TokenProvider, *, prefix: str, name: str) -> None:
        """Authorize by the secrets of ``tokens``.

        Args:
            tokens: Where the secret comes from.
            prefix: What comes before it, such as ``Bearer`` and a space.
            name: Identifies the credential in this process; it stays when the secret changes.
        """
        self.name = name
        self._tokens, self._prefix = tokens, prefix
        self._used: list[Secret] = []

    @classmethod
    def from_key(cls, key: Secret, *, prefix: str) -> Authorization:
        """Authorize by a key that never changes."""
        return cls(StaticToken(key), prefix=prefix, name=key.fingerprint())

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The scopes that were granted, once a request was sent; None where they are unknown."""
        return self._tokens.scopes

    async def token(self) -> Secret:
        """Return the secret to send with the next request.

        Raises:
            SourceError: There is none.
        """
        return self._recorded(await self._tokens.token())

    async def after_refusal(self, refused: Secret) -> Secret | None:
        """Return another secret than one that was answered with 401; None where there is none.

        Raises:
            SourceError: Another one is due, and cannot be had.
        """
        renewed = await self._tokens.after_refusal(refused)
        return None if renewed is None or renewed == refused else self._recorded(renewed)

    def header(self, token: Secret) -> Secret:
        """Return the header's value for a secret."""
        return Secret(f"{self._prefix}{token.reveal()}")

    def redact(self, text: str) -> str:
        """Return a text with every secret that was sent replaced."""
        for token in self._used:
            text = text.replace(token.reveal(), REDACTED)
        return text

    def _recorded(self, token: Secret) -> Secret:
        if token not in self._used:
            self._used = [*self._used, token][-_REDACTED_TOKENS:]
        return token
