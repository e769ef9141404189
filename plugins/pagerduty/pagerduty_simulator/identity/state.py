"""The state of the identity server: registered apps, codes and tokens, and controls for tests."""

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
    """The kind of an app: how its access is restricted."""

    CLASSIC = "classic"
    """``read`` or ``write``, within the user's rights."""
    SCOPED = "scoped"
    """A scope for each resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApp:
    """An app that was registered in the account: an OAuth client."""

    client_id: str
    client_secret: str | None
    """None: a public client, which proves itself with PKCE alone."""
    kind: AppKind
    scopes: frozenset[str]
    redirect_uris: tuple[str, ...] = (REDIRECT_URI,)
    """A redirect to 127.0.0.1 may use any port, as RFC 8252 section 7.3 requires."""

    @property
    def access_lifetime(self) -> timedelta:
        """The lifetime of its access tokens."""
        return timedelta(days=30 if self.kind is AppKind.CLASSIC else 1)

    @property
    def refresh_lifetime(self) -> timedelta:
        """The lifetime of its refresh tokens."""
        return timedelta(days=210 if self.kind is AppKind.CLASSIC else 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """An authorization code on its way from the browser to the token endpoint."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshGrant:
    """The access that a refresh token renews."""

    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class IdentityState:
    """The identity server's state, and how a test controls it. Change it at any time."""

    apps: dict[str, RegisteredApp] = field(default_factory=dict)
    user_id: str | None = None
    """The user at the browser; None: the account's first user."""
    consents: bool = True
    """Whether that user consents."""
    region: str = "us"
    subdomain: str = SUBDOMAIN
    api_base_url: str = "https://api.pagerduty.com"
    """The audience of ID tokens beside the client: the API of the account's region."""
    issuer: str = "https://identity.pagerduty.com/global/oauth/anonymous"
    code_lifetime: timedelta = timedelta(seconds=30)
    access_lifetime: timedelta | None = None
    """The lifetime of access tokens, where it differs from that of the app's kind."""
    failures: deque[SimulatedResponse] = field(default_factory=deque)
    """The next responses of the token endpoint, in place of proper ones."""
    before_token: Callable[[], None] | None = None
    """Called with each request for a token, before it is answered."""
    after_token: Callable[[], None] | None = None
    """Called after tokens were issued, before the response is sent."""
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    refresh_grants: dict[str, RefreshGrant] = field(default_factory=dict)
    """The valid refresh tokens; a token is removed when it is used."""
    rotations: int = 0
    """How many refresh tokens were used up."""
    replays: int = 0
    """How many invalid refresh tokens were presented."""

    def register(
        self,
        *scopes: str,
        kind: AppKind = AppKind.CLASSIC,
        public: bool = False,
        redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
    ) -> RegisteredApp:
        """Register an app in the account, and return it with its secret."""
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
        self.refresh_grants.clear()
