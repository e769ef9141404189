"""Verifies an ID token (RS256, issuer, audience, time) and reads the account from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ccm_core.auth.oauth_messages import OAuthClient
from ccm_core.errors import BadResponse, UsageError
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.oauth import AccountIdentity, OAuthProvider
from ccm_core.sdk.secret import Secret

LEEWAY_SECONDS = 120
"""The clock difference that is tolerated."""


def verify_id_token(
    id_token: Secret,
    *,
    keys: JsonObject,
    provider: OAuthProvider,
    client: OAuthClient,
    now: datetime,
) -> AccountIdentity:
    """Verify an ID token and return the account in it.

    Args:
        id_token: As the token endpoint returned it.
        keys: The provider's JSON Web Key Set.
        provider: The expected issuer.
        client: The expected audience.
        now: By this machine's clock.

    Raises:
        BadResponse: It is not signed by the provider, not for this client, or of no known region.
        UsageError: By this machine's clock it was issued in the future.
    """
    claims = _verified_claims(id_token, keys)
    _check_claims(claims, provider, client, now)
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    regions = [region for region, url in provider.base_urls.items() if url in audience]
    if len(regions) != 1:
        hosts = ", ".join(provider.base_urls.values())
        raise BadResponse(
            f"expected one of these hosts in the ID token, got {len(regions)} of them: {hosts}"
        )
    return AccountIdentity(
        region=regions[0],
        base_url=provider.base_urls[regions[0]],
        subdomain=_label(claims, "subdomain"),
        user_id=_label(claims, "user_id"),
    )


def _verified_claims(id_token: Secret, keys: JsonObject) -> dict[str, Any]:
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
        # Without the cause: it may contain the token.
        raise BadResponse(
            f"the ID token is not signed by the identity server ({type(cause).__name__}); "
            "nothing was stored; start again"
        ) from None


def _check_claims(
    claims: dict[str, Any], provider: OAuthProvider, client: OAuthClient, now: datetime
) -> None:
    from joserfc.errors import ClaimError, ExpiredTokenError
    from joserfc.jwt import JWTClaimsRegistry

    timestamp = int(now.timestamp())
    issued_at = claims.get("iat")
    if isinstance(issued_at, int | float) and issued_at > timestamp + LEEWAY_SECONDS:
        raise UsageError(
            f"the clock of this machine is {(issued_at - timestamp) / 60:.0f} minutes behind the "
            "identity server's; set it and start again"
        )
    registry = JWTClaimsRegistry(
        now=timestamp,
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
    label = claims.get(name)
    if label is None:
        return None
    if not isinstance(label, str) or not label.replace("-", "").isalnum() or not label.isascii():
        raise BadResponse(f"{name} in the ID token cannot be used")
    return label
