"""Connections as they are shown: references in place of secrets."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedConnection:
    """What may be shown of one connection; never a secret."""

    document: str = "ccm.connection/v1"
    name: str
    connector: str
    method: str
    settings: JsonObject
    """Defaults filled in."""
    auth: JsonObject
    """The method's fields that are no secrets."""
    secrets: dict[str, str]
    """Where each secret is stored."""
    tokens: str | None = None
    """Where tokens that rotate are stored."""
    entered_at: datetime | None = None
    """When a person entered the credential, or consented; None where the vault does not keep it."""
    rotate_by: datetime | None = None
    """When it should be replaced."""
    scopes: tuple[str, ...] | None = None
    """What was granted; None where no OAuth 2.0 token is stored."""
    expires_at: datetime | None = None
    """When the access token that is stored expires; it is renewed before."""
    problem: str | None = None
    """Why the vault could not be read, where it could not."""

    @property
    def places(self) -> set[str]:
        """Where secrets and tokens are stored."""
        return {*self.secrets.values(), *filter(None, [self.tokens])}
