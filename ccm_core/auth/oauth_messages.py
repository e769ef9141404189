"""The messages of OAuth 2.0: requests that are sent, redirects and responses that are parsed. Pure.

Follows RFC 6749 and RFC 8252; PKCE is in :mod:`ccm_core.auth.pkce`. Authlib encodes URLs and forms.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote_plus, urlsplit

from ccm_core.auth import pkce
from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import AuthenticationFailed, BadResponse, UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import decode
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

_MAX_DIGITS = 9
"""Of a token's lifetime in seconds: some thirty years."""
_MAX_TEXT = 200
_STATE_BYTES = 32


class InsufficientScope(AuthenticationFailed):
    """Less was granted than was asked, which servers do not report as an error."""

    def __init__(self, message: str, missing: tuple[str, ...]) -> None:
        """Keep which scopes are missing, beside the message."""
        super().__init__(message)
        self.missing = missing


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """The client that was registered for ccm."""

    client_id: str
    client_secret: Secret | None = None
    """None: a public client, which PKCE alone protects."""
    in_header: bool = False
    """Whether the secret is sent by HTTP Basic (RFC 6749 section 2.3.1), not in the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """One request for a person's authorization; used once."""

    url: Secret
    """Where the person is sent. It contains the state, so it is shown to that person only."""
    redirect_uri: str
    scopes: tuple[str, ...]
    state: Secret
    verifier: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """The tokens of one response of a token endpoint."""

    access: Secret
    refresh: Secret | None
    scopes: tuple[str, ...]
    """The granted scopes, sorted: they may be fewer than were requested."""
    received_at: datetime
    expires_at: datetime | None
    """None where the server does not state it."""
    id_token: Secret | None = None


def authorization_request(
    provider: OAuthProvider,
    client: OAuthClient,
    *,
    redirect_uri: str,
    scopes: Iterable[str],
    nonce: Secret | None = None,
    random_text: Callable[[int], str] = secrets.token_urlsafe,
) -> AuthorizationRequest:
    """Create a request, with a state and a PKCE verifier that nobody can guess.

    Args:
        provider: The identity server.
        client: The client that requests access.
        redirect_uri: Where the browser is sent afterwards; registered with the client.
        scopes: The requested scopes.
        nonce: What the ID token is to contain (OpenID Connect); None: nothing.
        random_text: Returns that many random bytes as URL-safe text.
    """
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

    state, verifier = random_text(_STATE_BYTES), pkce.create_verifier(random_text)
    requested = tuple(scopes)
    url = prepare_grant_uri(
        provider.authorize_url,
        client.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=" ".join(requested),
        state=state,
        code_challenge=pkce.challenge(verifier),
        code_challenge_method=pkce.METHOD,
        **({} if nonce is None else {"nonce": nonce.reveal()}),
    )
    return AuthorizationRequest(
        url=Secret(url),
        redirect_uri=redirect_uri,
        scopes=requested,
        state=Secret(state),
        verifier=Secret(verifier),
    )


def code_from_redirect(redirected: str, request: AuthorizationRequest) -> Secret:
    """Return the code in the address that the browser was sent to, or that a person pasted.

    Raises:
        UsageError: It is another address, belongs to another request, or carries an error.
    """
    address, expected = urlsplit(redirected.strip()), urlsplit(request.redirect_uri)
    if address[:3] != expected[:3]:
        raise UsageError(
            f"expected an address that begins with {request.redirect_uri}, got another one; copy "
            "the whole address line of the browser"
        )
    pairs = parse_qsl(address.query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UsageError("the address has a parameter twice; start again")
    state = fields.get("state", "").encode()
    if not hmac.compare_digest(state, request.state.reveal().encode()):
        raise UsageError(
            "the state in the address does not match: it belongs to another request; start again "
            "and use the newest link"
        )
    if "error" in fields:
        raise UsageError(_refusal(fields["error"], fields.get("error_description", "")))
    if not fields.get("code"):
        raise UsageError("the address has no code; copy the whole address line")
    return Secret(fields["code"])


# -- forms ------------------------------------------------------------------------------------


def code_form(client: OAuthClient, request: AuthorizationRequest, code: Secret) -> Secret:
    """Return the form that exchanges a code for tokens."""
    return _form(
        client,
        "authorization_code",
        code=code.reveal(),
        redirect_uri=request.redirect_uri,
        code_verifier=request.verifier.reveal(),
    )


def refresh_form(client: OAuthClient, refresh: Secret) -> Secret:
    """Return the form that exchanges a refresh token."""
    return _form(client, "refresh_token", refresh_token=refresh.reveal())


def client_credentials_form(client: OAuthClient, scopes: Iterable[str]) -> Secret:
    """Return the form of the client credentials grant."""
    return _form(client, "client_credentials", scope=" ".join(scopes))


def _form(client: OAuthClient, grant: str, **fields: str) -> Secret:
    """Encode a form with Authlib: a ``+`` in a token has to become ``%2B``."""
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    if client.client_secret is not None and not client.in_header:
        fields["client_secret"] = client.client_secret.reveal()
    return Secret(str(prepare_token_request(grant, client_id=client.client_id, **fields)))


def basic_authorization(client: OAuthClient) -> Secret | None:
    """Return the header by which a client shows its secret; None: it does so in forms, or not."""
    if client.client_secret is None or not client.in_header:
        return None
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret.reveal())}"
    return Secret(f"Basic {b64encode(pair.encode()).decode()}")


# -- responses --------------------------------------------------------------------------------


def parse_token_response(
    body: bytes, *, requested: Iterable[str], received_at: datetime
) -> TokenSet:
    """Parse the tokens of a response. No error message repeats any part of it.

    Raises:
        BadResponse: It contains no usable tokens.
    """
    try:
        fields = decode(body)
    except (ValueError, RecursionError):
        raise BadResponse("the token response is not JSON") from None
    if not isinstance(fields, dict):
        raise BadResponse("the token response is not a JSON object")
    access = _text(fields, "access_token")
    kind = fields.get("token_type")
    if access is None or not isinstance(kind, str) or kind.lower() != "bearer":
        raise BadResponse("the token response has no bearer token")
    refresh, id_token, scope = (
        _text(fields, name) for name in ("refresh_token", "id_token", "scope")
    )
    # RFC 6749 section 5.1: where the scope is left out, it is the requested one.
    granted = requested if scope is None else scope.split()
    return TokenSet(
        access=Secret(access),
        refresh=None if refresh is None else Secret(refresh),
        scopes=tuple(sorted(set(granted))),
        received_at=received_at,
        expires_at=_expiry(fields.get("expires_in"), received_at),
        id_token=None if id_token is None else Secret(id_token),
    )


def missing_scopes(requested: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that were requested and not granted, in the order of the request."""
    granted_scopes = set(granted)
    return tuple(scope for scope in requested if scope not in granted_scopes)


def require_scopes(tokens: TokenSet, requested: Iterable[str]) -> TokenSet:
    """Return the tokens if they have every requested scope.

    Raises:
        InsufficientScope: A scope is missing.
    """
    missing = missing_scopes(requested, tokens.scopes)
    if missing:
        granted = " ".join(tokens.scopes) or "nothing"
        raise InsufficientScope(
            f"insufficient scope: got {granted!r}, missing {' '.join(missing)!r}; add these scopes "
            "to the OAuth client and connect again: existing tokens keep their scopes",
            missing,
        )
    return tokens


def parse_error_code(body: bytes) -> str | None:
    """Return the error code (RFC 6749 section 5.2) of an error response, where it has one."""
    try:
        fields = decode(body)
    except (ValueError, RecursionError):
        return None
    error = fields.get("error") if isinstance(fields, dict) else None
    if not isinstance(error, str) or not error.isascii() or not error.replace("_", "").isalpha():
        return None
    return error[:_MAX_TEXT]


def _refusal(error: str, description: str) -> str:
    if error == "access_denied":
        return "access was denied in the browser by the person or the account; ask and start again"
    reason = ": ".join(filter(None, (_printable(error), _printable(description))))
    return (
        f"the identity server refused: {reason}. Check the client id, the scopes and the redirect"
    )


def _printable(text: str) -> str:
    return printable_excerpt(text, _MAX_TEXT)


def _text(fields: dict[str, object], name: str) -> str | None:
    text = fields.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not text.isprintable() or (not text and name != "scope"):
        raise BadResponse(f"{name} in the token response cannot be used")
    return text


def _expiry(seconds: object, received_at: datetime) -> datetime | None:
    if seconds is None:
        return None
    text = str(seconds)
    if isinstance(seconds, bool) or not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise BadResponse("expires_in in the token response is not a usable number of seconds")
    return received_at + timedelta(seconds=int(text))
