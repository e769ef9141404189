"""PagerDuty's identity server: authorize, token and the keys of ID tokens.

Follows https://developer.pagerduty.com/docs/oauth-functionality. Where that page is silent, the
answers are those of RFC 6749 section 5.2, and a refresh token dies the moment it is used.
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
from pagerduty_simulator.identity.clients import AppKind, Code, Identity, Refresh, RegisteredApp
from pagerduty_simulator.identity.id_token import id_token, key_set

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl

AUTHORIZE, TOKEN, KEYS = "/oauth/authorize", "/oauth/token", "/global/oauth/anonymous/jwks"
Fields = Mapping[str, str]


class IdentityServer:
    """Decides what each request is answered with.

    Each token that it gives out is put into the control's bearers, so the simulated API lets it
    in. It is refused there from the moment on at which it expires by the control's clock.
    """

    def __init__(
        self, account: Account, control: SimulatorControl, identity: Identity | None = None
    ) -> None:
        self.identity = identity or Identity()
        self._account, self._steering = account, control

    def response(self, method: str, path: str, fields: Fields) -> SimulatedResponse:
        """Answer one request; ``fields`` are its query, or its form."""
        try:
            match (method, path):
                case ("GET", "/oauth/authorize"):
                    return self._authorize(fields)
                case ("POST", "/oauth/token"):
                    return self._token(fields)
                case ("GET", "/global/oauth/anonymous/jwks"):
                    return json_response(key_set())
        except RejectedRequest as why:
            return why.response
        return _page(404, "Not Found")

    # -- the browser's side -------------------------------------------------------------------

    def _authorize(self, fields: Fields) -> SimulatedResponse:
        app = self.identity.apps.get(fields.get("client_id", ""))
        redirect_uri = fields.get("redirect_uri", "")
        if app is None or not _registered(app, redirect_uri):
            # Nobody is sent to an address that no app has registered.
            return _page(400, "The client or its redirect address is not registered")
        said = {"state": fields["state"]} if "state" in fields else {}
        try:
            code = self._code(app, redirect_uri, fields)
        except RejectedRequest as why:
            return _redirect(redirect_uri, _error_of(why) | said)
        return _redirect(redirect_uri, {"code": code} | said)

    def _code(self, app: RegisteredApp, redirect_uri: str, fields: Fields) -> str:
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
        self.identity.codes[code] = Code(
            client_id=app.client_id,
            redirect_uri=redirect_uri,
            scopes=_granted(app, fields["scope"]),
            challenge=challenge,
            expires_at=self._steering.now() + self.identity.code_life,
        )
        return code

    # -- the program's side -------------------------------------------------------------------

    def _token(self, fields: Fields) -> SimulatedResponse:
        if self.identity.before_token is not None:
            self.identity.before_token()
        if self.identity.failures:
            return self.identity.failures.popleft()
        app = self._client(fields)
        match fields.get("grant_type"):
            case "authorization_code":
                response = self._of_code(app, fields)
            case "refresh_token":
                response = self._of_refresh(app, fields)
            case "client_credentials":
                response = self._of_client(app, fields)
            case _:
                raise _oauth_error("unsupported_grant_type", "no such grant")
        if self.identity.after_token is not None:
            self.identity.after_token()
        return response

    def _client(self, fields: Fields) -> RegisteredApp:
        app = self.identity.apps.get(fields.get("client_id", ""))
        if app is None or fields.get("client_secret") != app.client_secret:
            raise _oauth_error("invalid_client", "Client authentication failed", status=401)
        return app

    def _of_code(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        code = self.identity.codes.pop(fields.get("code", ""), None)
        if code is None or self._steering.now() >= code.expires_at:
            raise _invalid_grant()
        if (code.client_id, code.redirect_uri) != (app.client_id, fields.get("redirect_uri")):
            raise _invalid_grant()
        if code.challenge is not None and code.challenge != _s256(fields.get("code_verifier", "")):
            raise _invalid_grant()
        return self._to_user(app, code.scopes)

    def _of_refresh(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        # Popped: from here on the old token is dead, whether or not the response arrives.
        known = self.identity.refreshes.pop(fields.get("refresh_token", ""), None)
        if (
            known is None
            or known.client_id != app.client_id
            or self._steering.now() >= known.expires_at
        ):
            self.identity.replays += 1
            raise _invalid_grant()
        self.identity.rotations += 1
        return self._to_user(app, known.scopes)

    def _of_client(self, app: RegisteredApp, fields: Fields) -> SimulatedResponse:
        request = fields.get("scope", "").split()
        account = f"as_account-{self.identity.region}.{self.identity.subdomain}"
        right = app.kind is AppKind.SCOPED and app.client_secret is not None
        if not right or account not in request or not {*request} - {account} <= app.scopes:
            raise _oauth_error("invalid_scope", "Invalid scope")
        return json_response(self._access(app, tuple(request), None))

    def _to_user(self, app: RegisteredApp, scopes: tuple[str, ...]) -> SimulatedResponse:
        user_id = self.identity.user_id or next(iter(self._account.users))
        now = self._steering.now()
        refresh = f"pdus+_1{secrets.token_urlsafe(24)}+{secrets.token_hex(4)}"
        self.identity.refreshes[refresh] = Refresh(
            client_id=app.client_id, scopes=scopes, expires_at=now + app.refresh_life
        )
        return json_response(
            {
                **self._access(app, scopes, user_id),
                "refresh_token": refresh,
                "id_token": id_token(self.identity, app.client_id, user_id, now),
                "client_info": "simulated",
            }
        )

    def _access(
        self, app: RegisteredApp, scopes: tuple[str, ...], user_id: str | None
    ) -> dict[str, object]:
        token = f"pdus+_0{secrets.token_urlsafe(24)}+{secrets.token_hex(4)}"
        life = self.identity.access_life or app.access_life
        self._steering.bearer_tokens[token] = SimulatedCredential(
            secret=token,
            user_id=user_id,
            scopes=frozenset(scopes),
            expires_at=self._steering.now() + life,
        )
        return {
            "token_type": "bearer",
            "access_token": token,
            "scope": " ".join(scopes),
            "expires_in": life // timedelta(seconds=1),
        }


def _granted(app: RegisteredApp, request: str) -> tuple[str, ...]:
    """Give what is granted: a scope the app does not have is left out without a word."""
    return (ALWAYS, *(one for one in dict.fromkeys(request.split()) if one in app.scopes))


def _registered(app: RegisteredApp, redirect_uri: str) -> bool:
    there = urlsplit(redirect_uri)
    if there.hostname == "127.0.0.1":
        redirect_uri = there._replace(netloc=there.hostname).geturl()
    return redirect_uri in app.redirect_uris


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _oauth_error(error: str, description: str, *, status: int = 400) -> RejectedRequest:
    response = json_response({"error": error, "error_description": description}, status)
    return RejectedRequest(replace(response, limit_headers=False))


def _invalid_grant() -> RejectedRequest:
    return _oauth_error("invalid_grant", "The grant is invalid, expired or revoked")


def _error_of(why: RejectedRequest) -> dict[str, str]:
    return msgspec.json.decode(why.response.body, type=dict[str, str])


def _redirect(to: str, said: Mapping[str, str]) -> SimulatedResponse:
    location = f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(said)}"
    return SimulatedResponse(status=302, headers={"location": location}, content_type=None)


def _page(status: int, words: str) -> SimulatedResponse:
    body = f"<html><body><h1>{words}</h1></body></html>".encode()
    return SimulatedResponse(status=status, body=body, content_type="text/html")
