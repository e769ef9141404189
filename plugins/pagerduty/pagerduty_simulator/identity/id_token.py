"""ID tokens, and the key pair that signs them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from joserfc.jwk import RSAKey

    from pagerduty_simulator.identity.state import IdentityState

LIFETIME_SECONDS = 3600
REGIONS = {"us": "UnitedStates", "eu": "Europe"}


@cache
def signing_key() -> RSAKey:
    """Generate the key pair, once for a process: it takes a moment."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def key_set() -> dict[str, Any]:
    """Return the public keys as a JSON Web Key Set."""
    return {"keys": [signing_key().as_dict(private=False)]}


def id_token(identity: IdentityState, client_id: str, user_id: str, now: datetime) -> str:
    """Sign the claims about the user and the account."""
    from joserfc import jwt

    key, issued_at = signing_key(), int(now.timestamp())
    claims = {
        "iss": identity.issuer,
        "sub": user_id,
        "aud": [identity.api_base_url, client_id],
        "azp": client_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
        "account_id": "PSIMACCT",
        "user_id": user_id,
        "subdomain": identity.subdomain,
        "region": REGIONS[identity.region],
        "delegation_id": "PSIMDELEG",
    }
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key, algorithms=["RS256"])
