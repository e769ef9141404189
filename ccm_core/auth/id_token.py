"""Verifies an ID token (RS256, issuer, audience, time) and reads the account from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ccm_core.auth.oauth_messages import OAuthClient
from ccm_core.errors import BadResponse, UsageError
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.oauth import AccountIdentity, OAuthProvider
from ccm_core.sdk.secret import Secret

LEEWAY_SECONDS = 120
"""The clock difference that is tolerated."""
SIGN_IN_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""Signatures by a public key: neither ``none`` nor a secret that is shared."""
_LONGEST_SUBJECT = 255
_OTHER_TOKEN = "the ID token is not for this connection ({}); check the client id"  # noqa: S105 - a message


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


def verify_sign_in_token(
    id_token: Secret, *, keys: JsonObject, issuer: str, client_id: str, nonce: Secret, now: datetime
) -> JsonObject:
    """Verify an ID token by which a person signs in, and return its claims.

    Args:
        id_token: As the token endpoint returned it.
        keys: The issuer's JSON Web Key Set.
        issuer: The expected issuer.
        client_id: The expected audience.
        nonce: What the authorization request asked it to contain.
        now: By this machine's clock.

    Raises:
        BadResponse: It is not signed by the issuer, not for this client, or of another request.
        UsageError: By this machine's clock it has expired, or is of the future.
    """
    claims = _verified_claims(id_token, _signing_keys(keys), SIGN_IN_ALGORITHMS)
    _check_registered(
        claims,
        now,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        nonce={"essential": True, "value": nonce.reveal()},
        iat={"essential": True},
    )
    audience, party = claims["aud"], claims.get("azp")
    is_shared = isinstance(audience, list) and len(audience) > 1
    if party != client_id and (is_shared or party is not None):
        raise BadResponse(_OTHER_TOKEN.format("azp"))
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _is_subject(subject):
        raise BadResponse(_OTHER_TOKEN.format("sub"))
    return claims


def _is_subject(text: str) -> bool:
    """Return whether a text may be a subject: at most 255 ASCII characters, by the standard."""
    return 0 < len(text) <= _LONGEST_SUBJECT and text.isascii() and text.isprintable()


def _signing_keys(keys: JsonObject) -> JsonObject:
    """Return the public keys of a set that may sign: one that nobody here can read is left out."""
    named = [
        key
        for key in keys.get("keys", ())
        if isinstance(key, dict)
        and key.get("kty") in {"RSA", "EC", "OKP"}
        and key.get("use", "sig") == "sig"
    ]
    return {"keys": named}


def _verified_claims(
    id_token: Secret, keys: JsonObject, algorithms: Sequence[str] = ("RS256",)
) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return jwt.decode(
            id_token.reveal(),
            KeySet.import_key_set(keys),  # type: ignore[arg-type]
            algorithms=list(algorithms),
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
    _check_registered(
        claims,
        now,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": client.client_id},
    )


def _check_registered(claims: dict[str, Any], now: datetime, **expected: Any) -> None:
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
        exp={"essential": True},
        **expected,
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise UsageError(
            "the ID token has expired already: set the clock of this machine and start again"
        ) from None
    except ClaimError as cause:
        raise BadResponse(_OTHER_TOKEN.format(cause.claim)) from None


def _label(claims: dict[str, Any], name: str) -> str | None:
    label = claims.get(name)
    if label is None:
        return None
    if not isinstance(label, str) or not label.replace("-", "").isalnum() or not label.isascii():
        raise BadResponse(f"{name} in the ID token cannot be used")
    return label
