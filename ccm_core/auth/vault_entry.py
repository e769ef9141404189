"""The vault's entry of one connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Self

from ccm_core.auth.oauth_messages import TokenSet
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import decode_as, encode
from ccm_core.sdk.secret import Secret

ACCESS, REFRESH = "access_token", "refresh_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultEntry:
    """The secrets of a connection, and their scopes and times."""

    secrets: Mapping[str, Secret]
    """By field: ``key``; ``access_token``, ``refresh_token``."""
    entered_at: datetime
    """When a person entered the key, or authorized the access."""
    scopes: tuple[str, ...] = ()
    """The granted scopes."""
    received_at: datetime | None = None
    """When the access token was received."""
    expires_at: datetime | None = None
    refresh_started_at: datetime | None = None
    """Set before a refresh is sent and cleared with its response. Where it is set, a response may
    have been lost."""

    @classmethod
    def of(cls, tokens: TokenSet, *, entered_at: datetime) -> Self:
        """Create an entry of the tokens that a person authorized."""
        return cls(secrets={}, entered_at=entered_at).with_tokens(tokens)

    def with_tokens(self, tokens: TokenSet) -> Self:
        """Replace the tokens; everything else stays."""
        new_secrets = {ACCESS: tokens.access}
        if tokens.refresh is not None:
            new_secrets[REFRESH] = tokens.refresh
        return replace(
            self,
            secrets={**self.secrets, **new_secrets},
            scopes=tokens.scopes,
            received_at=tokens.received_at,
            expires_at=tokens.expires_at,
            refresh_started_at=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredEntry:
    """An entry as it is serialized before encryption: only here secrets are text."""

    secrets: dict[str, str]
    entered_at: datetime
    scopes: tuple[str, ...] = ()
    received_at: datetime | None = None
    expires_at: datetime | None = None
    refresh_started_at: datetime | None = None


def encode_entry(entry: VaultEntry) -> bytes:
    """Serialize an entry. The bytes contain secrets in plain text: they are encrypted next."""
    return encode(
        _StoredEntry(
            secrets={name: secret.reveal() for name, secret in entry.secrets.items()},
            entered_at=entry.entered_at,
            scopes=entry.scopes,
            received_at=entry.received_at,
            expires_at=entry.expires_at,
            refresh_started_at=entry.refresh_started_at,
        )
    )


def decode_entry(data: bytes | str) -> VaultEntry:
    """Parse an entry.

    Raises:
        ValueError: The data is not an entry.
    """
    stored = decode_as(data, _StoredEntry)
    return VaultEntry(
        secrets={name: Secret(text) for name, text in stored.secrets.items()},
        entered_at=stored.entered_at,
        scopes=stored.scopes,
        received_at=stored.received_at,
        expires_at=stored.expires_at,
        refresh_started_at=stored.refresh_started_at,
    )
