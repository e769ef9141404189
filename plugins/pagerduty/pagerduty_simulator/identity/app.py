"""The identity server as an ASGI application, and on a loopback port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pagerduty_simulator.api.loopback_server import LoopbackServer
from pagerduty_simulator.api.responses import SimulatedResponse, error_response
from pagerduty_simulator.identity.server import AUTHORIZE, KEYS, TOKEN, IdentityServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl
    from pagerduty_simulator.identity.clients import Identity

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_FORM = "application/x-www-form-urlencoded"


class SimulatedIdentity:
    """Reads requests for an identity server and sends what it answers."""

    def __init__(
        self, account: Account, control: SimulatorControl, identity: Identity | None = None
    ) -> None:
        self._server = IdentityServer(account, control, identity)
        self.failures: list[Exception] = []
        """What went wrong in the simulator itself; always a mistake to mend."""

    @property
    def identity(self) -> Identity:
        """What it knows, and how it is steered."""
        return self._server.identity

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await _whole(receive)
        try:
            response = self._answer(scope, body)
        except Exception as mistake:
            self.failures.append(mistake)
            raise
        await _send(response, send)

    def _answer(self, scope: Message, body: bytes) -> SimulatedResponse:
        method = scope["method"]
        if method != "POST":
            return self._server.response(method, scope["path"], _fields(scope["query_string"]))
        kind = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        if kind.partition(";")[0].strip().lower() != _FORM:
            return error_response(415)
        return self._server.response(method, scope["path"], _fields(body))


class IdentitySimulator(LoopbackServer):
    """PagerDuty's identity server beside a simulated API: the two share account and control.

    ``with PagerDutySimulator(account) as api, IdentitySimulator.beside(api) as identity:``
    """

    def __init__(
        self,
        account: Account,
        *,
        control: SimulatorControl,
        identity: Identity | None = None,
        port: int = 0,
    ) -> None:
        self.app = SimulatedIdentity(account, control, identity)
        super().__init__(self.app, port=port, name="pagerduty-identity-simulator")

    @property
    def identity(self) -> Identity:
        """What it knows, and how it is steered."""
        return self.app.identity

    @property
    def authorize_url(self) -> str:
        """Where the browser is sent."""
        return self.base_url + AUTHORIZE

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens become access tokens."""
        return self.base_url + TOKEN

    @property
    def keys_url(self) -> str:
        """Where the keys are that check ID tokens."""
        return self.base_url + KEYS


def _fields(encoded: bytes) -> dict[str, str]:
    """Decode a query or a form. A ``+`` that was not percent-encoded becomes a blank here."""
    return dict(parse_qsl(encoded.decode("latin-1"), keep_blank_values=True))


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(response: SimulatedResponse, send: Send) -> None:
    headers = {"cache-control": "no-store", **response.headers}
    if response.content_type is not None:
        headers["content-type"] = response.content_type
    headers["content-length"] = str(len(response.body))
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
