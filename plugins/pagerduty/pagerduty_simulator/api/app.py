"""The simulator as an ASGI application, for a server or for ``httpx.ASGITransport``.

Starlette reads the request, matches its path and writes the response. Its router does not dispatch:
authorization, rate limits and faults come before the endpoint, and apply to unknown paths as well.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.credentials import SimulatedCredential, parse_authorization
from pagerduty_simulator.api.faults import html, rate_limited
from pagerduty_simulator.api.rate_limits import FixedWindowLimiter
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import RejectedRequest, SimulatedResponse, error_response
from pagerduty_simulator.api.routes import ROUTES, match_route
from pagerduty_simulator.api.scopes import scope_fault

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pagerduty_simulator.account.account import Account

_READ_METHODS = frozenset({"GET", "HEAD"})


class SimulatedPagerDuty:
    """The REST API of an account, with the rights, limits and faults of its control."""

    def __init__(self, account: Account, control: SimulatorControl | None = None) -> None:
        self.account = account
        self.control = control or SimulatorControl()
        self.failures: list[Exception] = []
        """Errors of the simulator itself; each is a bug to fix."""
        self._limiter = FixedWindowLimiter(self.control)
        self._served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = time.monotonic()
        http_request = Request(scope)
        try:
            response = self.respond(_parse(http_request), http_request.headers.get("authorization"))
        except Exception as error:
            self.failures.append(error)
            raise
        wait = self.control.latency + response.delay - (time.monotonic() - started)
        if wait > 0:
            await asyncio.sleep(wait)
        await self._http_response(response)(scope, receive, send)

    def respond(self, request: SimulatedRequest, authorization: str | None) -> SimulatedResponse:
        """Return the response to a request, and log the request."""
        if self.control.before_response is not None:
            self.control.before_response(request)
        response = self._authorize_and_limit(request, authorization)
        self.control.log(request, response.status)
        return response

    def _authorize_and_limit(
        self, request: SimulatedRequest, authorization: str | None
    ) -> SimulatedResponse:
        credential = self._credential(authorization)
        if credential is None:
            return self._unauthorized(request)
        allowed, headers = self._limiter.count(credential.bucket, request.template)
        if not allowed:
            reset = int(headers["ratelimit-reset"])
            response = (self.control.rate_limit_response or rate_limited)(reset)
        else:
            response = self._respond_with_faults(replace(request, credential=credential))
        if not response.limit_headers:
            return response
        return replace(response, headers=headers | response.headers)

    def _credential(self, authorization: str | None) -> SimulatedCredential | None:
        match parse_authorization(authorization):
            case ("key", secret):
                return self.control.api_keys.get(secret)
            case ("bearer", secret):
                return self._unexpired(self.control.bearer_tokens.get(secret))
            case _:
                return None

    def _unexpired(self, token: SimulatedCredential | None) -> SimulatedCredential | None:
        if token is None or token.expires_at is None:
            return token
        return token if self.control.now() < token.expires_at else None

    def _unauthorized(self, request: SimulatedRequest) -> SimulatedResponse:
        if self.control.refuse_in_html:
            return html(401, "401 Authorization Required")(request, self._dispatch)
        return replace(error_response(401), limit_headers=False)

    def _respond_with_faults(self, request: SimulatedRequest) -> SimulatedResponse:
        fault = self.control.fault_for(request) or scope_fault(request)
        return self._dispatch(request) if fault is None else fault(request, self._dispatch)

    def _dispatch(self, request: SimulatedRequest) -> SimulatedResponse:
        if request.template is None:
            return error_response(404)
        if request.method not in _READ_METHODS:
            return error_response(405)
        try:
            credential = request.credential
            account = (credential.account if credential else None) or self.account
            context = EndpointContext(account=account, control=self.control, credential=credential)
            return ROUTES[request.template](context, request)
        except RejectedRequest as rejected:
            return rejected.response

    def _http_response(self, response: SimulatedResponse) -> Response:
        self._served += 1
        now = self.control.now() + self.control.clock_skew
        headers = {
            **({"date": format_datetime(now, usegmt=True)} if self.control.sends_date else {}),
            "x-request-id": f"{zlib.crc32(str(self._served).encode()):032x}",
            **response.all_headers,
        }
        if response.cut_after is not None:
            # A body shorter than its length makes the server close the connection.
            headers["content-length"] = str(len(response.body))
        return Response(response.body[: response.cut_after], response.status, headers)


def _parse(http_request: Request) -> SimulatedRequest:
    path = http_request.scope["path"].rstrip("/") or "/"
    template, ids = match_route(path)
    return SimulatedRequest(
        method=http_request.method,
        path=path,
        template=template,
        ids=ids,
        params=http_request.query_params,
    )
