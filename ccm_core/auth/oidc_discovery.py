"""What an OpenID provider says of itself (OpenID Connect Discovery). Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from ccm_core.auth.pkce import METHOD
from ccm_core.errors import BadResponse
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.http.base_url import is_loopback
from ccm_core.sdk.oauth import OAuthProvider

_WELL_KNOWN = "/.well-known/openid-configuration"
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdProvider:
    """An OpenID provider."""

    servers: OAuthProvider
    takes_basic: bool
    """Whether clients show their secret by HTTP Basic, which is the default of the standard."""
    names_itself: bool
    """Whether its answers name their issuer (RFC 9207)."""


def discovery_url(issuer: str) -> str:
    """Return where an issuer publishes what it offers."""
    return issuer.rstrip("/") + _WELL_KNOWN


def read_discovery(document: JsonObject, issuer: str) -> OpenIdProvider:
    """Return the provider that a discovery document describes.

    Args:
        document: As the issuer published it.
        issuer: The expected one.

    Raises:
        BadResponse: It is of another issuer, or lacks what sign-in needs.
    """
    if document.get("issuer") != issuer:
        raise BadResponse(
            f"{discovery_url(issuer)} is of the issuer {document.get('issuer')!r}; set "
            "web.sign_in.issuer to exactly what it names"
        )
    methods = document.get("code_challenge_methods_supported")
    if isinstance(methods, list) and METHOD not in methods:
        raise BadResponse(f"{issuer} does not offer PKCE with {METHOD}, which sign-in needs")
    authentication = document.get("token_endpoint_auth_methods_supported")
    return OpenIdProvider(
        servers=OAuthProvider(
            authorize_url=_address(document, "authorization_endpoint", issuer),
            token_url=_address(document, "token_endpoint", issuer),
            keys_url=_address(document, "jwks_uri", issuer),
            issuer=issuer,
            base_urls={},
        ),
        takes_basic=not isinstance(authentication, list)
        or _BASIC in authentication
        or _POST not in authentication,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: JsonObject, name: str, issuer: str) -> str:
    """Return an address of the document: https, or http on loopback where the issuer is there."""
    url = document.get(name)
    parts = urlsplit(url) if isinstance(url, str) and url.isprintable() else None
    if isinstance(url, str) and parts is not None and parts.hostname and not parts.username:
        is_local = parts.scheme == "http" and is_loopback(url) and is_loopback(issuer)
        if parts.scheme == "https" or is_local:
            return url
    raise BadResponse(f"{discovery_url(issuer)} has no {name} at an https address")
