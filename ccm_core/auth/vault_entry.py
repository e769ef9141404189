"""What a vault keeps of one connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from ccm_core.auth.oauth_messages import TokenSet
from ccm_core.model.json_codec import decode_as, encode
from ccm_core.sdk.secret import Secret

ACCESS, REFRESH = "access_token", "refresh_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultEntry:
    """The secrets of a connection, and what is to be known of them."""

    secrets: Mapping[str, Secret]
    """By field: ``key``; ``access_token``, ``refresh_token``."""
    entered_at: datetime
    """When a person entered the key, or agreed."""
    scopes: tuple[str, ...] = ()
    """What was granted."""
    received_at: datetime | None = None
    """When the access token came."""
    expires_at: datetime | None = None
    renewing_since: datetime | None = None
    """Set before a refresh is sent and taken away with its answer. Where it stands, an answer
    may have been lost."""

    @classmethod
    def of(cls, tokens: TokenSet, *, entered_at: datetime) -> Self:
        """Keep what a person's agreement gave."""
        return cls(secrets={}, entered_at=entered_at).renewed(tokens)

    def renewed(self, tokens: TokenSet) -> Self:
        """Put newer tokens in place of the old ones; the rest stays."""
        newer = {ACCESS: tokens.access}
        if tokens.refresh is not None:
            newer[REFRESH] = tokens.refresh
        return replace(
            self,
            secrets={**self.secrets, **newer},
            scopes=tokens.scopes,
            received_at=tokens.received_at,
            expires_at=tokens.expires_at,
            renewing_since=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An entry as it is written, inside the seal: here alone secrets are text."""

    secrets: dict[str, str]
    entered_at: datetime
    scopes: tuple[str, ...] = ()
    received_at: datetime | None = None
    expires_at: datetime | None = None
    renewing_since: datetime | None = None


def written(entry: VaultEntry) -> bytes:
    """Write an entry. The bytes hold secrets in the clear: they are sealed next."""
    return encode(
        _Written(
            secrets={name: secret.reveal() for name, secret in entry.secrets.items()},
            entered_at=entry.entered_at,
            scopes=entry.scopes,
            received_at=entry.received_at,
            expires_at=entry.expires_at,
            renewing_since=entry.renewing_since,
        )
    )


def read(data: bytes | str) -> VaultEntry:
    """Read an entry.

    Raises:
        ValueError: It is none.
    """
    found = decode_as(data, _Written)
    return VaultEntry(
        secrets={name: Secret(text) for name, text in found.secrets.items()},
        entered_at=found.entered_at,
        scopes=found.scopes,
        received_at=found.received_at,
        expires_at=found.expires_at,
        renewing_since=found.renewing_since,
    )
