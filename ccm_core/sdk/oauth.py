"""What a plugin tells of its source's OAuth 2.0 servers; the host walks through the grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ccm_core.model.json_codec import JsonObject

CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
"""The fields of every OAuth 2.0 method: the app that was registered for ccm."""


class Flow(StrEnum):
    """Who is asked for a grant (RFC 6749 section 1.3)."""

    CODE = "authorization_code"
    """A person, in a browser."""
    APP = "client_credentials"
    """Nobody: the app asks for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProvider:
    """Where a source's identity server is, and what its ID tokens may say."""

    authorize_url: str
    """Where a person is sent to agree."""
    token_url: str
    """Where codes and refresh tokens become access tokens."""
    keys_url: str
    """The JSON Web Key Set that checks ID tokens."""
    issuer: str
    """The ``iss`` of its ID tokens."""
    base_urls: Mapping[str, str]
    """The API's addresses by region. An ID token chooses one of these and never names another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIdentity:
    """Whose account a token is for, as a verified ID token says."""

    region: str
    """One of the provider's."""
    base_url: str
    """The provider's own address of that region; never taken from the token as it stands."""
    subdomain: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthGrant:
    """How a connection gets its tokens."""

    flow: Flow
    provider: Callable[[JsonObject], OAuthProvider]
    """Gives the servers for a connection's settings."""
    scopes: Callable[[JsonObject, JsonObject], tuple[str, ...]]
    """Gives what to ask for, from a connection's settings and the method's other fields."""
    settings_from_identity: Callable[[AccountIdentity], JsonObject] = lambda _account: {}
    """Gives the settings that a verified ID token decides, such as the region."""
