"""Reads an ID token, once it is shown to be real: RS256, the issuer, the audience, the time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ccm_core.auth.oauth_messages import Client
from ccm_core.errors import BadResponse, UsageError
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.oauth import AccountIdentity, OAuthProvider
from ccm_core.sdk.secret import Secret

LEEWAY_SECONDS = 120
"""By how much two clocks may differ."""


def identified(
    id_token: Secret,
    *,
    keys: JsonObject,
    provider: OAuthProvider,
    client: Client,
    now: datetime,
) -> AccountIdentity:
    """Check an ID token and read the account out of it.

    Args:
        id_token: As the token endpoint gave it.
        keys: The provider's JSON Web Key Set.
        provider: Whose token it must be.
        client: For whom it must be.
        now: By this machine's clock.

    Raises:
        BadResponse: It is not signed by the provider, not for this client, or for no known region.
        UsageError: This machine's clock makes it a token of the future.
    """
    claims = _signed(id_token, keys)
    _checked(claims, provider, client, now)
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    regions = [region for region, url in provider.base_urls.items() if url in audience]
    if len(regions) != 1:
        there = ", ".join(provider.base_urls.values())
        raise BadResponse(f"the ID token names none, or more than one, of the known hosts: {there}")
    return AccountIdentity(
        region=regions[0],
        base_url=provider.base_urls[regions[0]],
        subdomain=_label(claims, "subdomain"),
        user_id=_label(claims, "user_id"),
    )


def _signed(id_token: Secret, keys: JsonObject) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return jwt.decode(
            id_token.reveal(),
            KeySet.import_key_set(keys),  # type: ignore[arg-type]
            algorithms=["RS256"],
        ).claims
    except (JoseError, ValueError, KeyError, TypeError) as cause:
        # Without the cause: it may carry the token.
        raise BadResponse(
            f"the ID token is not signed by the identity server ({type(cause).__name__}); "
            "nothing was kept; start again"
        ) from None


def _checked(
    claims: dict[str, Any], provider: OAuthProvider, client: Client, now: datetime
) -> None:
    from joserfc.errors import ClaimError, ExpiredTokenError
    from joserfc.jwt import JWTClaimsRegistry

    at = int(now.timestamp())
    ahead = claims.get("iat")
    if isinstance(ahead, int | float) and ahead > at + LEEWAY_SECONDS:
        raise UsageError(
            f"the clock of this machine is {(ahead - at) / 60:.0f} minutes behind the identity "
            "server's; set it and start again"
        )
    registry = JWTClaimsRegistry(
        now=at,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": client.client_id},
        exp={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise UsageError(
            "the ID token has expired already: set the clock of this machine and start again"
        ) from None
    except ClaimError as cause:
        raise BadResponse(
            f"the ID token is not for this connection ({cause.claim}); check the client id"
        ) from None


def _label(claims: dict[str, Any], name: str) -> str | None:
    found = claims.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not found.replace("-", "").isalnum() or not found.isascii():
        raise BadResponse(f"{name} in the ID token cannot be used")
    return found
