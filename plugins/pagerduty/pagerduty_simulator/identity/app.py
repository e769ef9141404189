"""The identity server as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pagerduty_simulator.api.responses import SimulatedResponse, error_response
from pagerduty_simulator.identity.oauth import OAuthEndpoints

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl
    from pagerduty_simulator.identity.state import IdentityState

_FORM = "application/x-www-form-urlencoded"


class SimulatedIdentity:
    """Reads requests for the OAuth endpoints and sends their responses."""

    def __init__(
        self, account: Account, control: SimulatorControl, identity: IdentityState | None = None
    ) -> None:
        self._endpoints = OAuthEndpoints(account, control, identity)
        self.failures: list[Exception] = []
        """Errors of the simulator itself; each is a bug to fix."""

    @property
    def identity(self) -> IdentityState:
        """The state: apps, codes, tokens, and the controls for tests."""
        return self._endpoints.identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:  # its form is incomplete, and nobody waits for the response
            return
        except Exception as error:
            self.failures.append(error)
            raise
        headers = {"cache-control": "no-store", **response.all_headers}
        await Response(response.body, response.status, headers)(scope, receive, send)

    async def _respond(self, request: Request) -> SimulatedResponse:
        # A "+" that was not percent-encoded becomes a blank, in a query as in a form.
        fields = request.query_params
        if request.method == "POST":
            content_type = request.headers.get("content-type", "")
            if content_type.partition(";")[0].strip().lower() != _FORM:
                return error_response(415)
            fields = QueryParams((await request.body()).decode("latin-1"))
        return self._endpoints.respond(request.method, request.scope["path"], fields)
