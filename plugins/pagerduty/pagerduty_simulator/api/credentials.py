"""Who may ask, and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

API_KEY = "u+simulated-account-key"
USER_KEY = "u+simulated-user-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCredential:
    """An API key, or a token of the identity server."""

    secret: str
    user_id: str | None = None
    """Whose key it is; None for an account key."""
    scopes: frozenset[str] | None = None
    """What an OAuth token may read; None: it is an API key, which scopes do not bind."""
    expires_at: datetime | None = None
    """From when on it is refused."""

    @property
    def bucket(self) -> str:
        """What is rate-limited: all keys of one user together, an account key on its own."""
        return self.user_id or self.secret


def parse_authorization(header: str | None) -> tuple[str, str] | None:
    """Read an ``Authorization`` header: ``Token token=KEY`` exactly, or ``Bearer TOKEN``."""
    if header is None:
        return None
    if header.startswith("Token token="):
        return "key", header.removeprefix("Token token=")
    if header.startswith("Bearer "):
        return "bearer", header.removeprefix("Bearer ")
    return None
