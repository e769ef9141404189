"""The simulator as an ASGI application, for a server or for ``httpx.ASGITransport``."""

from __future__ import annotations

import asyncio
import time
import zlib
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.credentials import SimulatedCredential, parse_authorization
from pagerduty_simulator.api.faults import html, rate_limited
from pagerduty_simulator.api.rate_limits import FixedWindowLimiter
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import RejectedRequest, SimulatedResponse, error_response
from pagerduty_simulator.api.routes import ROUTES, template_of
from pagerduty_simulator.api.scopes import scope_fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from pagerduty_simulator.account.account import Account

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_READING = frozenset({"GET", "HEAD"})


class SimulatedPagerDuty:
    """Answers requests out of an account, the way its control says."""

    def __init__(self, account: Account, control: SimulatorControl | None = None) -> None:
        self.account = account
        self.control = control or SimulatorControl()
        self.failures: list[Exception] = []
        """What went wrong in the simulator itself; always a mistake to mend."""
        self._limits = FixedWindowLimiter(self.control)
        self._served = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        if scope["type"] != "http":
            return
        asked_at = time.monotonic()
        try:
            response = self.response(*_read(scope))
        except Exception as mistake:
            self.failures.append(mistake)
            raise
        wait = self.control.latency + response.delay - (time.monotonic() - asked_at)
        if wait > 0:
            await asyncio.sleep(wait)
        await self._send(response, send)

    def response(self, request: SimulatedRequest, authorization: str | None) -> SimulatedResponse:
        """Decide what a request is answered with, and write it down."""
        if self.control.before_response is not None:
            self.control.before_response(request)
        response = self._limited(request, authorization)
        self.control.log(request, response.status)
        return response

    def _limited(self, request: SimulatedRequest, authorization: str | None) -> SimulatedResponse:
        credential = self._credential(authorization)
        if credential is None:
            return self._unknown(request)
        passes, headers = self._limits.take(credential.bucket, request.template)
        if not passes:
            reset = int(headers["ratelimit-reset"])
            response = (self.control.rate_limit_response or rate_limited)(reset)
        else:
            response = self._honest_or_not(replace(request, credential=credential))
        if not response.limit_headers:
            return response
        return replace(response, headers=headers | response.headers)

    def _credential(self, authorization: str | None) -> SimulatedCredential | None:
        match parse_authorization(authorization):
            case ("key", secret):
                return self.control.api_keys.get(secret)
            case ("bearer", secret):
                return self._alive(self.control.bearer_tokens.get(secret))
            case _:
                return None

    def _alive(self, token: SimulatedCredential | None) -> SimulatedCredential | None:
        if token is None or token.expires_at is None:
            return token
        return token if self.control.now() < token.expires_at else None

    def _unknown(self, request: SimulatedRequest) -> SimulatedResponse:
        if self.control.refuse_in_html:
            return html(401, "401 Authorization Required")(request, self._honest)
        return replace(error_response(401), limit_headers=False)

    def _honest_or_not(self, request: SimulatedRequest) -> SimulatedResponse:
        fault = self.control.fault_for(request) or scope_fault(request)
        return self._honest(request) if fault is None else fault(request, self._honest)

    def _honest(self, request: SimulatedRequest) -> SimulatedResponse:
        if request.template is None:
            return error_response(404)
        if request.method not in _READING:
            return error_response(405)
        try:
            context = EndpointContext(account=self.account, control=self.control)
            return ROUTES[request.template](context, request)
        except RejectedRequest as why:
            return why.response

    async def _send(self, response: SimulatedResponse, send: Send) -> None:
        self._served += 1
        now = self.control.now() + self.control.clock_skew
        headers = {
            "date": format_datetime(now, usegmt=True),
            "x-request-id": f"{zlib.crc32(str(self._served).encode()):032x}",
            **response.headers,
        }
        if response.content_type is not None:
            headers["content-type"] = response.content_type
            headers["content-length"] = str(len(response.body))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        whole = response.cut_after is None
        body = response.body if whole else response.body[: response.cut_after]
        await send({"type": "http.response.body", "body": body, "more_body": not whole})


def _read(scope: Message) -> tuple[SimulatedRequest, str | None]:
    path = scope["path"].rstrip("/") or "/"
    template, ids = template_of(path)
    query = scope["query_string"].decode("latin-1")
    request = SimulatedRequest(
        method=scope["method"],
        path=path,
        template=template,
        ids=ids,
        params=tuple(parse_qsl(query, keep_blank_values=True)),
    )
    headers = dict(scope["headers"])
    authorization = headers.get(b"authorization")
    return request, None if authorization is None else authorization.decode("latin-1")
