"""OAuth 2.0 as texts: what is sent and what is read. Nothing here talks, waits or stores.

Follows RFC 6749, RFC 7636 (PKCE, S256 only) and RFC 8252. Authlib writes the URLs and forms.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from ccm_core.errors import AuthenticationFailed, BadResponse, UsageError
from ccm_core.model.json_codec import decode
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

_MOST_DIGITS = 9
"""Of a token's life in seconds: some thirty years."""
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The app that was registered for ccm."""

    client_id: str
    client_secret: Secret | None = None
    """None: a public client, which PKCE alone protects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """One attempt to get a person's agreement: used once, then forgotten."""

    url: Secret
    """Where the person is sent. It holds the state, so it is shown to that person only."""
    redirect_uri: str
    scopes: tuple[str, ...]
    state: Secret
    verifier: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What a token endpoint gave."""

    access: Secret
    refresh: Secret | None
    scopes: tuple[str, ...]
    """What was granted, sorted: it may be less than was asked."""
    received_at: datetime
    expires_at: datetime | None
    """None where the server does not say."""
    id_token: Secret | None = None


def authorization(
    provider: OAuthProvider,
    client: Client,
    *,
    redirect_uri: str,
    scopes: Iterable[str],
    token: Callable[[int], str] = secrets.token_urlsafe,
) -> AuthorizationRequest:
    """Begin an attempt, with a state and a verifier that nobody can guess.

    Args:
        provider: Whose agreement is wanted.
        client: Who wants it.
        redirect_uri: Where the browser is sent afterwards; registered with the app.
        scopes: What is wanted.
        token: Gives that many random bytes as text, URL-safe.
    """
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    state, verifier, wanted = token(32), token(48), tuple(scopes)
    url = prepare_grant_uri(
        provider.authorize_url,
        client.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=" ".join(wanted),
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return AuthorizationRequest(
        url=Secret(url),
        redirect_uri=redirect_uri,
        scopes=wanted,
        state=Secret(state),
        verifier=Secret(verifier),
    )


def code_from_redirect(redirected: str, attempt: AuthorizationRequest) -> Secret:
    """Read the code out of the address that the browser was sent to, or that a person pasted.

    Raises:
        UsageError: It is another address, of another attempt, or carries an error.
    """
    there, wanted = urlsplit(redirected.strip()), urlsplit(attempt.redirect_uri)
    if there[:3] != wanted[:3]:
        raise UsageError(
            f"that is not the address the browser was sent to; it begins with "
            f"{attempt.redirect_uri}. Copy the whole address line of the browser"
        )
    pairs = parse_qsl(there.query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UsageError("the address says something twice; start again from the beginning")
    found = fields.get("state", "").encode()
    if not hmac.compare_digest(found, attempt.state.reveal().encode()):
        raise UsageError(
            "the state in the address does not match: it belongs to another attempt; start again "
            "and use the newest link"
        )
    if "error" in fields:
        raise UsageError(_refusal(fields["error"], fields.get("error_description", "")))
    if not fields.get("code"):
        raise UsageError("the address has no code in it; copy the whole address line")
    return Secret(fields["code"])


# -- forms ------------------------------------------------------------------------------------


def code_form(client: Client, attempt: AuthorizationRequest, code: Secret) -> Secret:
    """Write the form that exchanges a code."""
    return _form(
        client,
        "authorization_code",
        code=code.reveal(),
        redirect_uri=attempt.redirect_uri,
        code_verifier=attempt.verifier.reveal(),
    )


def refresh_form(client: Client, refresh: Secret) -> Secret:
    """Write the form that exchanges a refresh token."""
    return _form(client, "refresh_token", refresh_token=refresh.reveal())


def client_credentials_form(client: Client, scopes: Iterable[str]) -> Secret:
    """Write the form with which an app asks for itself."""
    return _form(client, "client_credentials", scope=" ".join(scopes))


def _form(client: Client, grant: str, **fields: str) -> Secret:
    """Let Authlib encode the form: a ``+`` in a token has to become ``%2B``."""
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    if client.client_secret is not None:
        fields["client_secret"] = client.client_secret.reveal()
    return Secret(str(prepare_token_request(grant, client_id=client.client_id, **fields)))


# -- answers ----------------------------------------------------------------------------------


def parse_token_response(body: bytes, *, asked: Iterable[str], received_at: datetime) -> TokenSet:
    """Read the tokens out of an answer. No message repeats anything of it.

    Raises:
        BadResponse: It is none.
    """
    try:
        fields = decode(body)
    except (ValueError, RecursionError):
        raise BadResponse("the answer with the tokens is not JSON") from None
    if not isinstance(fields, dict):
        raise BadResponse("the answer with the tokens is not an object")
    access = _text(fields, "access_token")
    kind = fields.get("token_type")
    if access is None or not isinstance(kind, str) or kind.lower() != "bearer":
        raise BadResponse("the answer has no bearer token in it")
    refresh, id_token, scope = (
        _text(fields, name) for name in ("refresh_token", "id_token", "scope")
    )
    # RFC 6749 section 5.1: where the scope is left out, it is the one that was asked for.
    granted = asked if scope is None else scope.split()
    return TokenSet(
        access=Secret(access),
        refresh=None if refresh is None else Secret(refresh),
        scopes=tuple(sorted(set(granted))),
        received_at=received_at,
        expires_at=_expiry(fields.get("expires_in"), received_at),
        id_token=None if id_token is None else Secret(id_token),
    )


def missing_scopes(asked: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """Give what was asked for and not granted, in the order in which it was asked for."""
    there = set(granted)
    return tuple(one for one in asked if one not in there)


def all_granted(tokens: TokenSet, asked: Iterable[str]) -> TokenSet:
    """Give the tokens back when they may do all that was asked for.

    Raises:
        AuthenticationFailed: Something was left out, which servers do without calling it an error.
    """
    missing = missing_scopes(asked, tokens.scopes)
    if missing:
        granted = " ".join(tokens.scopes) or "nothing"
        raise AuthenticationFailed(
            f"insufficient scope: granted was {granted!r}, and not {' '.join(missing)!r}; give the "
            "app these scopes and connect again, for tokens that were issued before do not change"
        )
    return tokens


def parse_error_code(body: bytes) -> str | None:
    """Give the error code of RFC 6749 section 5.2 in a refusal, where it has one."""
    try:
        fields = decode(body)
    except (ValueError, RecursionError):
        return None
    error = fields.get("error") if isinstance(fields, dict) else None
    if not isinstance(error, str) or not error.isascii() or not error.replace("_", "").isalpha():
        return None
    return error[:_LONGEST_TEXT]


def _refusal(error: str, description: str) -> str:
    if error == "access_denied":
        return "the person at the browser, or the account, did not agree; ask them and start again"
    words = ": ".join(filter(None, (_shown(error), _shown(description))))
    return f"the identity server refused: {words}. Check the client id, the scopes and the redirect"


def _shown(text: str) -> str:
    return "".join(char for char in text[:_LONGEST_TEXT] if char.isprintable())


def _text(fields: dict[str, object], name: str) -> str | None:
    found = fields.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not found.isprintable() or (not found and name != "scope"):
        raise BadResponse(f"{name} in the answer cannot be used")
    return found


def _expiry(seconds: object, received_at: datetime) -> datetime | None:
    if seconds is None:
        return None
    text = str(seconds)
    if isinstance(seconds, bool) or not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise BadResponse("expires_in in the answer is no number of seconds that can be used")
    return received_at + timedelta(seconds=int(text))
