"""What the identity server knows: apps, codes and tokens."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pagerduty_simulator.account.names import SUBDOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from pagerduty_simulator.api.responses import SimulatedResponse

REDIRECT_URI = "http://127.0.0.1/callback"


class AppKind(StrEnum):
    """How an app's access is cut."""

    CLASSIC = "classic"
    """``read`` or ``write``, within the user's rights."""
    SCOPED = "scoped"
    """A scope for each resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApp:
    """An app as somebody registered it in the account."""

    client_id: str
    client_secret: str | None
    """None: a public client, which proves itself with PKCE alone."""
    kind: AppKind
    scopes: frozenset[str]
    redirect_uris: tuple[str, ...] = (REDIRECT_URI,)
    """A redirect to 127.0.0.1 may name any port, as RFC 8252 section 7.3 wants it."""

    @property
    def access_life(self) -> timedelta:
        """How long its access tokens live."""
        return timedelta(days=30 if self.kind is AppKind.CLASSIC else 1)

    @property
    def refresh_life(self) -> timedelta:
        """How long its refresh tokens live."""
        return timedelta(days=210 if self.kind is AppKind.CLASSIC else 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code on its way from the browser to the token endpoint."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """What a refresh token stands for."""

    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class Identity:
    """The identity server's state, and how a test steers it. Change it at any time."""

    apps: dict[str, RegisteredApp] = field(default_factory=dict)
    user_id: str | None = None
    """Who sits at the browser; None: the account's first user."""
    consents: bool = True
    """Whether that person agrees."""
    region: str = "us"
    subdomain: str = SUBDOMAIN
    api_base_url: str = "https://api.pagerduty.com"
    """The audience of ID tokens beside the client: the API of the account's region."""
    issuer: str = "https://identity.pagerduty.com/global/oauth/anonymous"
    code_life: timedelta = timedelta(seconds=30)
    access_life: timedelta | None = None
    """How long access tokens live, where it is not what the app's kind says."""
    failures: deque[SimulatedResponse] = field(default_factory=deque)
    """Answers that the token endpoint gives next, in references of respond ones."""
    before_token: Callable[[], None] | None = None
    """Called with each request for a token, before it is answered."""
    after_token: Callable[[], None] | None = None
    """Called after tokens were given out, before their response is sent."""
    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    """The refresh tokens that are alive: using one removes it at once."""
    rotations: int = 0
    """How many refresh tokens were used up."""
    replays: int = 0
    """How many refresh tokens were parse_authorization that are not alive."""

    def register(
        self,
        *scopes: str,
        kind: AppKind = AppKind.CLASSIC,
        public: bool = False,
        redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
    ) -> RegisteredApp:
        """Register an app in the account, and give it with its secret."""
        app = RegisteredApp(
            client_id=secrets.token_hex(16),
            client_secret=None if public else f"pdeas-{secrets.token_urlsafe(24)}",
            kind=kind,
            scopes=frozenset(scopes or {"read"}),
            redirect_uris=redirect_uris,
        )
        self.apps[app.client_id] = app
        return app

    def revoke_all(self) -> None:
        """Revoke every refresh token, as the button on the app's page does."""
        self.refreshes.clear()
