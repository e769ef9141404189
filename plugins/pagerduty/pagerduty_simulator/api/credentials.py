"""The credentials that the API accepts: keys, and tokens of the identity server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account

API_KEY = "u+simulated-account-key"
USER_KEY = "u+simulated-user-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCredential:
    """An API key, or a token of the identity server."""

    secret: str
    user_id: str | None = None
    """The key's owner; None for an account key."""
    scopes: frozenset[str] | None = None
    """What an OAuth token may read; None: it is an API key, which scopes do not restrict."""
    expires_at: datetime | None = None
    """The moment from which it is refused."""
    account: Account | None = None
    """The account that it opens; None: the one that the simulator was started with."""

    @property
    def bucket(self) -> str:
        """The name of its rate limit: all keys of a user share one, an account key has its own."""
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
