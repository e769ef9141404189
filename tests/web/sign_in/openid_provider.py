"""An OpenID provider on loopback that really signs, and lies only where a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "ccm-console"
CLIENT_SECRET = "made-up client/secret: 100%"
SECRETS = ("made-up client", "eyJ", CLIENT_SECRET)
"""What no page, log or entry may contain."""


@dataclass
class OpenIdProviderOfTests:
    """One provider, and what tests change of it."""

    clock: Callable[[], datetime]
    key: RSAKey
    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Of its ID tokens, over those that are right; ``...`` leaves one out."""
    discovery: dict[str, Any] = field(default_factory=dict)
    """Of its discovery document, likewise."""
    answer: dict[str, str] = field(default_factory=dict)
    """Of the address that it sends a browser back to, likewise."""
    signed_by: RSAKey | None = None
    algorithm: str = "RS256"
    header: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What a client did that a provider refuses."""

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        return _changed(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            },
            self.discovery,
        )

    def key_set(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [self.key.as_dict(private=False)]}

    def agree(self, address: str) -> str:
        """Sign somebody in who was sent here; return the address that they are sent back to."""
        request = dict(parse_qsl(urlsplit(address).query))
        assert request["client_id"] == CLIENT_ID
        assert request["code_challenge_method"] == "S256"
        assert "openid" in request["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = request
        fields = {"code": code, "state": request["state"], "iss": self.url}
        return f"{request['redirect_uri']}?{urlencode(_changed(fields, self.answer))}"

    def tokens(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer the token request of a client."""
        request = self.codes.pop(form.get("code", ""), None)
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        client = [unquote_plus(part) for part in pair.split(":")]
        if client != [CLIENT_ID, CLIENT_SECRET]:
            return self._refuse(401, "invalid_client")
        if request is None or request["redirect_uri"] != form.get("redirect_uri"):
            return self._refuse(400, "invalid_grant")
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _encoded(hashed) != request["code_challenge"]:
            return self._refuse(400, "invalid_grant")
        return self.token_status, {
            "access_token": "made-up",
            "token_type": "Bearer",
            "id_token": self.id_token(request["nonce"]),
        }

    def id_token(self, nonce: str) -> str:
        """Sign an ID token."""
        at = int(self.clock().timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "nonce": nonce,
            "iat": at,
            "exp": at + 300,
            "name": "Dana Petrov",
            "email": "dana@acme.example",
            "groups": ["compliance"],
        }
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        claims = _changed(claims, self.claims)
        if self.algorithm in {"none", "HS256"}:
            return self._without_the_key(f"{_part(header)}.{_part(claims)}")
        return jwt.encode(header, claims, self.signed_by or self.key, algorithms=[self.algorithm])

    def _without_the_key(self, content: str) -> str:
        """Sign with nothing, or with the public key as if it were a secret."""
        if self.algorithm == "none":
            return f"{content}."
        public = self.key.as_pem(private=False)
        return f"{content}.{_encoded(hmac.digest(public, content.encode(), 'sha256'))}"

    def _refuse(self, status: int, error: str) -> tuple[int, dict[str, Any]]:
        self.problems.append(error)
        return status, {"error": error}


@contextmanager
def running(provider: OpenIdProviderOfTests) -> Iterator[OpenIdProviderOfTests]:
    """Serve a provider on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            pages = {
                "/.well-known/openid-configuration": provider.document,
                "/keys": provider.key_set,
            }
            page = pages.get(self.path)
            self._send(404 if page is None else 200, {} if page is None else page())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(
                *provider.tokens(self.headers.get("Authorization", ""), dict(parse_qsl(body)))
            )

        def _send(self, status: int, document: dict[str, Any]):
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (fields | changes).items() if value is not ...}


def _part(fields: dict[str, Any]) -> str:
    return _encoded(json.dumps(fields).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
