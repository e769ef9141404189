"""ID tokens that approve a waiver: their nonce is the digest of what is approved (OIDC Core)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccm_core.model import json_codec
from ccm_core.model.evaluation.waiver import KnownIdentity
from ccm_core.model.json_codec import JsonObject

MAX_LENGTH = 16 * 1024
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
"""Signatures by a public key: neither ``none`` nor a shared secret."""
_PARTS = 3
_CLOCK_DIFFERENCE = timedelta(minutes=5)
_LONGEST = timedelta(days=1)
"""How long after the statement was printed somebody may sign in."""
_MIN_RSA_BITS = 2048
_BITS_OF_A_LETTER = 6
"""Of base64url, by which the length of a key is told before it is loaded."""
_PUBLIC_FIELDS = {
    "RSA": ("kty", "kid", "alg", "n", "e"),
    "EC": ("kty", "kid", "alg", "crv", "x", "y"),
    "OKP": ("kty", "kid", "alg", "crv", "x"),
}


def public_key_set(data: bytes) -> str:
    """Return the public keys of a JSON Web Key Set that may sign, as JSON.

    Raises:
        ValueError: It is none, or has secrets or weak keys.
    """
    try:
        keys = json_codec.decode(data)["keys"]
    except (ValueError, KeyError, TypeError):
        raise ValueError('expected a JSON Web Key Set: {"keys": [...]}') from None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError('expected a JSON Web Key Set with at least one key: {"keys": [...]}')
    public = [_public(key) for key in keys if key.get("use", "sig") == "sig"]
    if not public:
        raise ValueError("none of its keys is for signatures")
    return json_codec.encode({"keys": public}).decode()


def verify_approval_token(
    token: str, *, identities: Sequence[KnownIdentity], nonce: str, at: datetime
) -> None:
    """Check that an identity provider issued a token to the approver for what is approved.

    That it has expired since does not matter: it proves what somebody did then.

    Args:
        token: As the provider issued it.
        identities: By which providers know the approver.
        nonce: The digest of what is approved.
        at: When it was approved, as stated.

    Raises:
        ValueError: It does not; the message says which part of it.
    """
    token = token.strip()
    if len(token) > MAX_LENGTH or token.count(".") != _PARTS - 1 or not token.isascii():
        raise ValueError("it is no ID token")
    if not identities:
        raise ValueError("the settings have no OIDC subject of theirs (any more)")
    messages = []
    for identity in identities:
        try:
            _check(_claims(token, identity), identity, nonce, at)
        except ValueError as error:
            messages.append(str(error))
        else:
            return
    raise ValueError("; ".join(dict.fromkeys(messages)))


def _public(key: JsonObject) -> JsonObject:
    kind = key.get("kty")
    if kind not in _PUBLIC_FIELDS:
        raise ValueError(f"it has a key of type {kind!r}; expected RSA, EC or OKP")
    if "d" in key or "k" in key:
        raise ValueError("it has a private key: nobody but the provider may have it")
    public = {name: key[name] for name in _PUBLIC_FIELDS[kind] if name in key}
    bits = len(str(public.get("n", ""))) * _BITS_OF_A_LETTER
    if kind == "RSA" and 0 < bits < _MIN_RSA_BITS:
        raise ValueError(f"it has an RSA key of {bits} bits; expected {_MIN_RSA_BITS} or more")
    _require_readable(public)
    return public


def _require_readable(key: JsonObject) -> None:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        KeySet.import_key_set({"keys": [key]})
    except (JoseError, ValueError, KeyError, TypeError) as cause:
        raise ValueError(f"it has a key that cannot be read ({type(cause).__name__})") from None


def _claims(token: str, identity: KnownIdentity) -> JsonObject:
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    keys = json_codec.decode(identity.keys)["keys"]
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("typ", "JWT") != "JWT":
            raise ValueError(f"it is of type {header['typ']!r}; expected an ID token")
        named = [key for key in keys if key.get("kid") == header.get("kid")]
        if len(named) != 1:
            raise ValueError(
                f"it names the key {header.get('kid')!r}, which {identity.issuer} has not"
            )
        key_set = KeySet.import_key_set({"keys": named})
        return jwt.decode(token, key_set, algorithms=list(ALGORITHMS)).claims
    except (JoseError, KeyError, TypeError) as cause:
        raise ValueError(
            f"it is not signed by {identity.issuer} ({type(cause).__name__})"
        ) from None


def _check(claims: JsonObject, identity: KnownIdentity, nonce: str, at: datetime) -> None:
    if claims.get("iss") != identity.issuer:
        raise ValueError(f"its issuer is {claims.get('iss')!r}; expected {identity.issuer!r}")
    if claims.get("sub") != identity.subject:
        raise ValueError(f"its subject is {claims.get('sub')!r}; expected {identity.subject!r}")
    if claims.get("aud") not in (identity.audience, [identity.audience]):
        raise ValueError(f"its audience is {claims.get('aud')!r}; expected {identity.audience!r}")
    if claims.get("nonce") != nonce:
        raise ValueError(
            "its nonce is not the digest of this entry: it was changed after it was approved, or "
            "the token belongs to another one"
        )
    issued_at = claims.get("iat")
    earliest, latest = (at - _CLOCK_DIFFERENCE).timestamp(), (at + _LONGEST).timestamp()
    if not (isinstance(issued_at, int | float) and earliest <= issued_at <= latest):
        raise ValueError("it was not issued on the day on which the approval is stated")
