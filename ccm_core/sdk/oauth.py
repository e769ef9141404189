"""OAuth 2.0 of a source: its servers and what to request; the host performs the grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
"""The fields of every OAuth 2.0 method: the app that is registered for ccm."""


class Flow(StrEnum):
    """The grant type (RFC 6749 section 1.3)."""

    CODE = "authorization_code"
    """A person consents in a browser."""
    APP = "client_credentials"
    """The app requests tokens by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProvider:
    """The identity server of a source, and what its ID tokens may name."""

    authorize_url: str
    """Where a person is sent to consent."""
    token_url: str
    """Where codes and refresh tokens become access tokens."""
    keys_url: str
    """The JSON Web Key Set that checks ID tokens."""
    issuer: str
    """The ``iss`` of its ID tokens."""
    base_urls: Mapping[str, str]
    """The API's addresses by region. An ID token selects one of these and never names another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIdentity:
    """The account that a token is for, from a verified ID token."""

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
    """Returns the servers for a connection's settings."""
    scopes: Callable[[JsonObject, JsonObject], tuple[str, ...]]
    """Returns the scopes to request, from a connection's settings and the method's fields."""
    settings_from_identity: Callable[[AccountIdentity], JsonObject] = lambda _account: {}
    """Returns the settings that a verified ID token decides, such as the region."""
