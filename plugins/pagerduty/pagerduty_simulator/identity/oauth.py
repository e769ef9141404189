"""The OAuth endpoints of the identity server: authorize, token and the keys of ID tokens.

Follows https://developer.pagerduty.com/docs/oauth-functionality. Where that page is silent, the
responses are those of RFC 6749 section 5.2, and a refresh token is valid for one use.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec

from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.responses import RejectedRequest, SimulatedResponse, json_response
from pagerduty_simulator.api.scopes import ALWAYS
from pagerduty_simulator.identity.id_token import id_token, key_set
from pagerduty_simulator.identity.state import (
    AppKind,
    AuthorizationCode,
    IdentityState,
    RefreshGrant,
    RegisteredApp,
)

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl

AUTHORIZE, TOKEN, KEYS = "/oauth/authorize", "/oauth/token", "/global/oauth/anonymous/jwks"
Fields = Mapping[str, str]


class OAuthEndpoints:
    """Decides the response to each request.

    Each access token that it issues is added to the bearer tokens of the simulator's control, so
    the simulated API accepts it. The API refuses it once it has expired by the control's clock.
    """

    def __init__(
        self, account: Account, control: SimulatorControl, identity: IdentityState | None = None
    ) -> None:
        self.identity = identity or IdentityState()
        self._account, self._control = account, control

    def respond(self, method: str, path: str, fields: Fields) -> SimulatedResponse:
        """Return the response to a request; ``fields`` are its query, or its form."""
        try:
            match (method, path):
                case ("GET", "/oauth/authorize"):
                    return self._authorize(fields)
                case ("POST", "/oauth/token"):
                    return self._token(fields)
                case ("GET", "/global/oauth/anonymous/jwks"):
                    return json_response(key_set())
        except RejectedRequest as rejected:
            return rejected.response
        return _html_page(404, "Not Found")

    # -- the browser's side -------------------------------------------------------------------

    def _authorize(self, fields: Fields) -> SimulatedResponse:
        app = self.identity.apps.get(fields.get("client_id", ""))
        redirect_uri = fields.get("redirect_uri", "")
        if app is None or not _is_registered(app, redirect_uri):
            # No browser is redirected to an address that no app has registered.
            return _html_page(400, "The client or its redirect address is not registered")
        state = {"state": fields["state"]} if "state" in fields else {}
        try:
            code = self._issue_code(app, redirect_uri, fields)
        except RejectedRequest as rejected:
            return _redirect(redirect_uri, _error_fields(rejected) | state)
        return _redirect(redirect_uri, {"code": code} | state)

    def _issue_code(self, app: RegisteredApp, redirect_uri: str, fields: Fields) -> str:
        if fields.get("response_type") != "code":
            raise _oauth_error("unsupported_response_type", "only code is supported")
        if not fields.get("scope"):
            raise _oauth_error("invalid_request", "scope is required")
        challenge = fields.get("code_challenge")
        if challenge is None and (app.client_secret is None or app.kind is AppKind.SCOPED):
            raise _oauth_error("invalid_request", "code_challenge is required")
        if challenge is not None and fields.get("code_challenge_method") != "S256":
            raise _oauth_error("invalid_request", "code_challenge_method must be S256")
        if not self.identity.consents:
            raise _oauth_error("access_denied", "The resource owner denied the request")
        code = secrets.token_urlsafe(24)
        self.identity.codes[code] = AuthorizationCode(
            client_id=app.client_id,
            redirect_uri=redirect_uri,
            scopes=_granted_scopes(app, fields["scope"]),
            challenge=challenge,
            expires_at=self._control.now() + self.identity.code_lifetime,
        )
        return code

    # -- the program's side -------------------------------------------------------------------

    def _token(self, fields: Fields) -> SimulatedResponse:
        if self.identity.before_token is not None:
            self.identity.before_token()
        if self.identity.failures:
            return self.identity.failures.popleft()
        app = self._authenticate(fields)
        match fields.get("grant_type"):
            case "authorization_code":
                response = self._exchange_code(app, fields)
            case "refresh_token":
                response = self._refresh(app, fields)
            case "client_credentials":
                response = self._client_credentials(app, fields)
            case _:
                raise _oauth_error("unsupported_grant_type", "no such grant")
        if self.identity.after_token is not None:
            self.identity.after_token()
        return response

    def _authenticate(self, fields: Fields) -> RegisteredApp:
        app = self.identity.apps.get(fields.get("client_id", ""))
        if app is None or fields.get("client_secret") != app.client_secret:
            raise _oauth_error("invalid_client", "Client authentication failed", status=401)
        return app

    def _exchange_code(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        code = self.identity.codes.pop(fields.get("code", ""), None)
        if code is None or self._control.now() >= code.expires_at:
            raise _invalid_grant()
        if (code.client_id, code.redirect_uri) != (app.client_id, fields.get("redirect_uri")):
            raise _invalid_grant()
        if code.challenge is not None and code.challenge != _s256(fields.get("code_verifier", "")):
            raise _invalid_grant()
        return self._issue_tokens(app, code.scopes)

    def _refresh(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        # Popped: from here on the old token is invalid, whether or not the response arrives.
        grant = self.identity.refresh_grants.pop(fields.get("refresh_token", ""), None)
        if (
            grant is None
            or grant.client_id != app.client_id
            or self._control.now() >= grant.expires_at
        ):
            self.identity.replays += 1
            raise _invalid_grant()
        self.identity.rotations += 1
        return self._issue_tokens(app, grant.scopes)

    def _client_credentials(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        scopes = fields.get("scope", "").split()
        account = f"as_account-{self.identity.region}.{self.identity.subdomain}"
        confidential = app.kind is AppKind.SCOPED and app.client_secret is not None
        if not confidential or account not in scopes or not {*scopes} - {account} <= app.scopes:
            raise _oauth_error("invalid_scope", "Invalid scope")
        return json_response(self._issue_access_token(app, tuple(scopes), None))

    def _issue_tokens(self, app: RegisteredApp, scopes: tuple[str, ...]) -> SimulatedResponse:
        user_id = self.identity.user_id or next(iter(self._account.users))
        now = self._control.now()
        refresh_token = f"pdus+_1{secrets.token_urlsafe(24)}+{secrets.token_hex(4)}"
        self.identity.refresh_grants[refresh_token] = RefreshGrant(
            client_id=app.client_id, scopes=scopes, expires_at=now + app.refresh_lifetime
        )
        return json_response(
            {
                **self._issue_access_token(app, scopes, user_id),
                "refresh_token": refresh_token,
                "id_token": id_token(self.identity, app.client_id, user_id, now),
                "client_info": "simulated",
            }
        )

    def _issue_access_token(
        self, app: RegisteredApp, scopes: tuple[str, ...], user_id: str | None
    ) -> dict[str, object]:
        token = f"pdus+_0{secrets.token_urlsafe(24)}+{secrets.token_hex(4)}"
        lifetime = self.identity.access_lifetime or app.access_lifetime
        self._control.bearer_tokens[token] = SimulatedCredential(
            secret=token,
            user_id=user_id,
            scopes=frozenset(scopes),
            expires_at=self._control.now() + lifetime,
        )
        return {
            "token_type": "bearer",
            "access_token": token,
            "scope": " ".join(scopes),
            "expires_in": lifetime // timedelta(seconds=1),
        }


def _granted_scopes(app: RegisteredApp, requested: str) -> tuple[str, ...]:
    """Return the granted scopes: one that the app does not have is left out silently."""
    scopes = dict.fromkeys(requested.split())
    return (ALWAYS, *(scope for scope in scopes if scope in app.scopes))


def _is_registered(app: RegisteredApp, redirect_uri: str) -> bool:
    parts = urlsplit(redirect_uri)
    if parts.hostname == "127.0.0.1":
        redirect_uri = parts._replace(netloc=parts.hostname).geturl()
    return redirect_uri in app.redirect_uris


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _oauth_error(error: str, description: str, *, status: int = 400) -> RejectedRequest:
    response = json_response({"error": error, "error_description": description}, status)
    return RejectedRequest(replace(response, limit_headers=False))


def _invalid_grant() -> RejectedRequest:
    return _oauth_error("invalid_grant", "The grant is invalid, expired or revoked")


def _error_fields(rejected: RejectedRequest) -> dict[str, str]:
    return msgspec.json.decode(rejected.response.body, type=dict[str, str])


def _redirect(address: str, fields: Fields) -> SimulatedResponse:
    location = f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(fields)}"
    return SimulatedResponse(status=302, headers={"location": location}, content_type=None)


def _html_page(status: int, heading: str) -> SimulatedResponse:
    body = f"<html><body><h1>{heading}</h1></body></html>".encode()
    return SimulatedResponse(status=status, body=body, content_type="text/html")
